import { connect, createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import type { LocalCluster } from '../../../src/local';

/**
 * What happens to connections through a proxy:
 *
 * - `pass`: nothing
 * - `mute`: the server gets what the client sends, and its replies are lost
 * - `deaf`: the server gets nothing
 * - `refuse`: new connections are closed at once
 */
export type ProxyMode = 'pass' | 'mute' | 'deaf' | 'refuse';

/** A way to every node of a cluster that can lose what goes over it. */
export interface Proxy {
  /** The option of ioredis that leads a client over it. */
  readonly natMap: Record<string, { host: string; port: number }>;
  mode: ProxyMode;
  /** How many connections there have been to each node, by its port. */
  readonly accepted: ReadonlyMap<number, number>;
  /** How many connections there are. */
  readonly open: number;
  /** Ends every connection. */
  cut(): void;
  /**
   * Keeps the replies on every connection that there is.
   *
   * @returns lets them go
   */
  hold(): () => void;
  /**
   * Has the server get the first part of the next message of more than one TLS record, and its replies to that arrive. It gets the rest then; its
   * replies to that are lost, and all connections.
   */
  loseRest(): void;
  /** Loses every connection that there is, or as many of the newest, without a word to its ends. */
  lose(most?: number): void;
  stop(): Promise<void>;
}

/** The most bytes of a TLS record with its header. */
const RECORD_BYTES = 16_406;

export async function startProxy({ nodes }: LocalCluster): Promise<Proxy> {
  /** The connection to the server by the one of the client. */
  const sockets = new Map<Socket, Socket>();
  const lost = new WeakSet<Socket>();
  const accepted = new Map<number, number>();
  const natMap: Proxy['natMap'] = {};
  const servers: Server[] = [];
  let part: ((data: Buffer, node: Socket) => void) | undefined;
  const proxy = {
    natMap,
    mode: 'pass' as ProxyMode,
    accepted,
    get open() {
      return sockets.size;
    },
    cut() {
      [...sockets.keys()].forEach((socket) => socket.destroy());
    },
    hold() {
      const held = [...sockets.values()].map((node) => node.pause());
      return () => held.forEach((node) => node.resume());
    },
    loseRest() {
      const rest: Buffer[] = [];
      part = (data, node) => {
        if (rest.length === 0 && data.length <= RECORD_BYTES) {
          node.write(data);
          return;
        }
        const first = rest.length === 0 ? 5 + data.readUInt16BE(3) : 0;
        node.write(data.subarray(0, first));
        rest.push(data.subarray(first));
        if (first > 0) {
          setTimeout(() => {
            proxy.mode = 'mute';
            part = undefined;
            rest.forEach((each) => node.write(each));
          }, 100);
          setTimeout(() => {
            proxy.mode = 'pass';
            proxy.cut();
          }, 300);
        }
      };
    },
    lose(most = sockets.size) {
      [...sockets.keys()].reverse().slice(0, most).forEach((socket) => lost.add(socket));
    },
    async stop() {
      proxy.cut();
      await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
    },
  };
  for (const { host, port } of nodes) {
    const server = createServer({ allowHalfOpen: true }, (client) => {
      accepted.set(port, (accepted.get(port) ?? 0) + 1);
      if (proxy.mode === 'refuse') {
        client.destroy();
        return;
      }
      const node = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
      sockets.set(client, node);
      client.on('error', () => undefined).on('end', () => node.end()).on('data', (data: Buffer) => {
        if (proxy.mode !== 'deaf' && !lost.has(client)) {
          (part ?? ((whole) => node.write(whole)))(data, node);
        }
      });
      node.on('error', () => undefined).on('data', (data) => proxy.mode !== 'mute' && !lost.has(client) && client.write(data)).on('end', () => client.end());
      client.on('close', () => {
        sockets.delete(client);
        node.destroy();
      });
      node.on('close', () => client.destroy());
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    natMap[`${host}:${port}`] = { host, port: (server.address() as AddressInfo).port };
    servers.push(server);
  }
  return proxy;
}
