import { setTimeout as pause } from 'node:timers/promises';
import { moveKeys, shardsOf } from './faults';
import { startMove } from './moving-slot';
import type { Proxy, ProxyMode } from './proxy';
import type { Users } from './users';
import type { LocalNode } from '../../../src/local';

/** What faults are done to. */
export interface FaultStage {
  readonly users: Users;
  readonly proxy: Proxy;
  /** Slots with keys that are in use. */
  slots(): readonly number[];
  /** A whole number from zero up to another one, not included. */
  random(below: number): number;
}

type Fault = (stage: FaultStage) => Promise<void>;

const PATIENCE_MS = 20_000;

/** Nobody takes over from a primary that is frozen for less than this, in milliseconds, and loses what it has acknowledged but not replicated. */
const FROZEN_MS = 300;

async function until(what: string, isSo: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + PATIENCE_MS;
  while (!await isSo().catch(() => false)) {
    if (Date.now() > end) {
      throw new Error(`${what}: not within ${PATIENCE_MS} ms`);
    }
    await pause(20);
  }
}

async function replication(node: LocalNode): Promise<Record<string, string>> {
  const text = String(await node.call('INFO', 'replication'));
  return Object.fromEntries(text.split('\r\n').map((line) => line.split(':') as [string, string]));
}

async function someShard({ users, random }: FaultStage): Promise<{ primary: LocalNode; replica: LocalNode }> {
  const shards = await shardsOf(users.cluster);
  return shards[random(shards.length)];
}

async function promoted(node: LocalNode): Promise<void> {
  await until(`${node.name} is no primary`, async () => (await replication(node)).role === 'master' && String(await node.call('CLUSTER', 'INFO')).includes('cluster_state:ok'));
}

/** Keeps writes waiting until the replica has all that was acknowledged: nothing is lost with the primary then, as with the service. */
async function holdWrites(primary: LocalNode, replica: LocalNode): Promise<void> {
  await primary.call('CLIENT', 'PAUSE', PATIENCE_MS, 'WRITE');
  const offset = Number((await replication(primary)).master_repl_offset);
  await until(`${replica.name} is behind`, async () => Number((await replication(replica)).slave_repl_offset) >= offset);
}

async function restarted(node: LocalNode): Promise<void> {
  node.restart();
  await until(`${node.name} is not back`, async () => (await replication(node)).master_link_status === 'up');
}

async function lose(proxy: Proxy, mode: ProxyMode, ms: number): Promise<void> {
  proxy.mode = mode;
  await pause(ms);
  proxy.cut();
  proxy.mode = 'pass';
}

/** What can happen to the ways to a cluster, and to the cluster, without a loss of what it has acknowledged, by name. */
export const LOSSLESS_FAULTS: Readonly<Record<'ways' | 'servers', Readonly<Record<string, Fault>>>> = {
  ways: {
    'servers end all connections': ({ users }) => users.disconnectAll(),
    'connections are cut': async ({ proxy }) => proxy.cut(),
    'replies are lost': ({ proxy, random }) => lose(proxy, 'mute', random(200)),
    'requests are lost': ({ proxy, random }) => lose(proxy, 'deaf', random(200)),
    'connections are refused': ({ proxy, random }) => lose(proxy, 'refuse', random(200)),
    async 'replies come late'({ proxy, random }) {
      const release = proxy.hold();
      await pause(random(1_500));
      release();
    },
    async 'replies come late, and not to all'({ proxy, random }) {
      const release = proxy.hold();
      await pause(random(200));
      proxy.cut();
      release();
    },
  },
  servers: {
    async 'connections fall silent'({ proxy, random }) {
      proxy.lose(1 + random(proxy.open));
      await pause(1_000);
    },
    async 'a primary is frozen for a moment'(stage) {
      const { primary } = await someShard(stage);
      await primary.kill('SIGSTOP');
      await pause(stage.random(FROZEN_MS));
      await primary.kill('SIGCONT');
    },
    async 'a primary gives way to its replica'(stage) {
      const { replica } = await someShard(stage);
      await replica.call('CLUSTER', 'FAILOVER');
      await promoted(replica);
    },
    async 'a primary dies'(stage) {
      const { primary, replica } = await someShard(stage);
      await holdWrites(primary, replica);
      await primary.kill();
      await promoted(replica);
      await restarted(primary);
    },
    async 'a primary is frozen until it is replaced'(stage) {
      const { primary, replica } = await someShard(stage);
      await holdWrites(primary, replica);
      await primary.kill('SIGSTOP');
      await promoted(replica);
      await primary.kill();
      await restarted(primary);
    },
    async 'slots move'({ users: { cluster }, slots, random }) {
      const inUse = slots();
      for (let number = 0; number < 4; number++) {
        const slot = inUse[random(inUse.length)];
        const { from, to, finish } = await startMove(cluster, slot);
        await pause(random(100));
        await moveKeys(from, to, slot);
        await finish();
      }
    },
  },
};
