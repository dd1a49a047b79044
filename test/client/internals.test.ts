import { Cluster, Pipeline } from 'ioredis';
import type { ChainableCommander, Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startUsers } from './support/users';
import type { Users } from './support/users';
import { close, connect } from '../../src/client';
import { callersOf, clusterInternals, commandInternals, isAutomatic, nodeInternals, pipelineInternals, subscribers } from '../../src/client/internals';

let users: Users;
let db: Cluster;
let node: Redis;

beforeAll(async () => {
  users = await startUsers({ app: 'on ~* &* +@all' });
  db = connect({ connection: users.connection(), shardedSubscribers: true });
  await Promise.all(['{a}', '{b}', '{c}'].map((key) => db.set(key, '1')));
  [node] = db.nodes('master');
});

afterAll(async () => {
  await close(db);
  await users?.local.stop();
});

const QUEUE = Object.fromEntries(['isEmpty', 'toArray', 'clear', 'push', 'unshift', 'peekFront', 'shift'].map((name) => [name, expect.any(Function)]));

/** What the prototypes have counts, too. */
const members = (object: object, names: readonly string[]) =>
  Object.fromEntries(names.map((name) => [name, (object as Record<string, unknown>)[name]]));

describe('ioredis has what the client relies on:', () => {
  test('the cluster', () => {
    const cluster = clusterInternals(db);
    expect(members(cluster, ['setStatus', 'handleCloseEvent', 'sendCommand', 'handleError', 'delayUntilReady', 'refreshSlotsCache'])).toEqual({
      setStatus: expect.any(Function),
      handleCloseEvent: expect.any(Function),
      sendCommand: expect.any(Function),
      handleError: expect.any(Function),
      delayUntilReady: expect.any(Function),
      refreshSlotsCache: expect.any(Function),
    });
    expect(members(cluster.offlineQueue, Object.keys(QUEUE))).toEqual(QUEUE);
    expect(cluster.startupNodes.length).toBeGreaterThan(1);
    expect(cluster.manuallyClosing).toBe(false);
    expect(cluster.scriptsSet).toEqual({});
    expect(cluster._autoPipelines).toBeInstanceOf(Map);
    expect(members(Object.getPrototypeOf(cluster.connectionPool), ['removeNode'])).toEqual({ removeNode: expect.any(Function) });
    expect(members(Cluster.prototype, ['natMapper', 'resetNodesRefreshInterval'])).toEqual({
      natMapper: expect.any(Function), resetNodesRefreshInterval: expect.any(Function),
    });
    const { host, port } = db.nodes('slave')[0].options;
    expect(cluster.connectionPool.nodes.slave[`${host}:${port}`]).toBe(db.nodes('slave')[0]);
  });

  test('the pipelines that it makes by itself', async () => {
    const automatic = connect({ connection: users.connection(), enableAutoPipelining: true });
    await automatic.get('{a}');
    const read = automatic.get('{a}');
    const [pipeline] = clusterInternals(automatic)._autoPipelines.values() as Iterable<ChainableCommander>;
    expect([isAutomatic(pipeline), callersOf(pipeline)?.length, pipelineInternals(pipeline)._queue.length]).toEqual([true, 1, 1]);
    expect(isAutomatic(automatic.pipeline())).toBe(false);
    await read;
    await close(automatic);
  });

  test('its subscribers', async () => {
    await Promise.all([db.subscribe('news'), db.ssubscribe('{a}news')]);
    const { subscriber } = clusterInternals(db);
    expect(members(subscriber, ['selectSubscriber', 'getInstance', 'isStarted'])).toEqual({
      selectSubscriber: expect.any(Function), getInstance: expect.any(Function), isStarted: expect.any(Function),
    });
    expect(subscriber.isStarted()).toBe(true);
    expect(nodeInternals(subscriber.getInstance()!).connector).toHaveProperty('stream', subscriber.getInstance()!.stream);
    expect(clusterInternals(db).subscriberGroupEmitter!.listenerCount('smessage')).toBe(1);
    const sharded = subscribers(db).find((connection) => connection !== subscriber.getInstance() && connection.status === 'ready')!;
    expect(nodeInternals(sharded).condition.subscriber).toMatchObject({ del: expect.any(Function) });
    expect(subscribers(db).filter(({ status }) => status === 'ready').length).toBeGreaterThanOrEqual(2);
  });

  test('a node, and its queues', async () => {
    const internals = nodeInternals(node);
    expect(internals.flushQueue).toBeInstanceOf(Function);
    for (const queue of [internals.commandQueue, internals.offlineQueue]) {
      expect(members(queue, Object.keys(QUEUE))).toEqual(QUEUE);
    }
    const pending = node.ping();
    expect(internals.commandQueue.peekFront()).toMatchObject({ command: { name: 'ping' }, select: 0 });
    expect(internals.commandQueue.peekFront()?.stream).toBeUndefined();
    await pending;
    expect(internals.commandQueue.isEmpty()).toBe(true);
  });

  test('a command that knows its slot when the cluster has chosen its node', async () => {
    const slotOf = async (send: () => Promise<unknown>) => {
      const pending = send();
      const [{ command }] = db.nodes('master').flatMap((each) => nodeInternals(each).commandQueue.toArray());
      await pending;
      return commandInternals(command).slot;
    };
    const keyless = await slotOf(() => db.ping());
    expect([await slotOf(() => db.get('{a}')), keyless, await slotOf(() => node.ping())]).toEqual([expect.any(Number), null, undefined]);
  });

  test('a pipeline that stays where another one has sent it', async () => {
    const pipeline = db.pipeline().ping();
    const { host, port } = node.options;
    pipelineInternals(pipeline).preferKey = `${host}:${port}`;
    const pending = pipeline.exec();
    expect(nodeInternals(node).commandQueue.toArray()).toHaveLength(1);
    await pending;
  });

  test('a pipeline, whose commands share a stream that names their slot', async () => {
    const pipeline = db.pipeline().set('{a}', '1').get('{a}');
    expect(pipeline).toBeInstanceOf(Pipeline);
    expect(pipelineInternals(pipeline)).toMatchObject({
      _queue: [{ pipelineIndex: 0, inTransaction: false }, { pipelineIndex: 1 }],
      _transactions: 0,
      isCluster: true,
      promise: expect.any(Promise),
    });
    const pending = pipeline.exec();
    const sent = db.nodes('master').flatMap((each) => nodeInternals(each).commandQueue.toArray()).filter(({ stream }) => stream);
    expect(sent).toHaveLength(2);
    expect(sent[0].stream).toBe(sent[1].stream);
    expect(sent[0].stream?.destination).toMatchObject({ slot: expect.any(Number) });
    await pending;
  });

  test('the pipeline of a node, which names none', async () => {
    const pending = node.pipeline().ping().exec();
    expect('slot' in nodeInternals(node).commandQueue.peekFront()!.stream!.destination).toBe(false);
    await pending;
  });

  test('a transaction that marks its commands', async () => {
    const transaction = db.multi().set('{a}', '1');
    expect(pipelineInternals(transaction)._queue.map(({ name, inTransaction }) => `${name} ${inTransaction}`)).toEqual(['multi true', 'set true']);
    await transaction.exec();
  });

  test('the only message that the cluster answers with a retry', () => {
    const retried: string[] = [];
    const handlers = { connectionClosed: () => retried.push('retried'), defaults: () => retried.push('rejected') };
    const cluster = {
      options: { maxRedirections: 2, retryDelayOnFailover: 1 },
      status: 'ready',
      delayQueue: { push: (_: string, retry: () => void) => retry() },
      refreshSlotsCache: () => undefined,
    } as unknown as Cluster;
    for (const message of ['Connection is closed.', 'another']) {
      Cluster.prototype.handleError.call(cluster, new Error(message), {}, handlers as never);
    }
    expect(retried).toEqual(['retried', 'rejected']);
  });

  test('errors of a connection before its end, which come before its queues are looked at', async () => {
    const [other] = db.nodes('master').slice(-1);
    const order: string[] = [];
    const lost = other.ping().catch(() => order.push('rejected'));
    other.once('error', () => order.push('error'));
    other.stream.prependOnceListener('close', () => order.push(`close with ${nodeInternals(other).commandQueue.toArray().length}`));
    other.stream.destroy(new Error('test'));
    await lost;
    expect(order.slice(0, 2)).toEqual(['error', 'close with 1']);
  });
});
