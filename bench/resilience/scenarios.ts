import { moveSlots, writable } from '../../test/client/support/faults';
import type { Shard } from '../../test/client/support/faults';
import type { Users } from '../../test/client/support/users';
import type { TrafficMethods } from '../apps/traffic';
import type { Worker } from '../worker';

/** What a scenario can do things to. */
export interface Stage {
  readonly users: Users;
  readonly shards: readonly Shard[];
  readonly worker: Worker<TrafficMethods>;
  /** By shard, a key that is not part of the traffic. */
  readonly probes: readonly string[];
}

/** What was done, in milliseconds since the epoch. */
export interface Fault {
  readonly at: number;
  /** When the servers could do their work again. */
  readonly healed: number;
  /** The number of the shard it was done to; absent when it was done to all. */
  readonly shard?: number;
}

/** One thing that happens to a client at work. */
export interface Scenario {
  readonly name: string;
  /** Whether the client only reads, from replicas. */
  readonly readsReplicas?: boolean;
  /** How long the client stays at work after it happened, in milliseconds. */
  readonly duration: number;
  /** Whether the data is gone afterwards, so that no write can be expected to be there. */
  readonly losesData?: boolean;
  happen(stage: Stage): Promise<Fault>;
  /** Makes the nodes answer again, so that they can be asked for what they have. */
  end?(stage: Stage): Promise<void>;
}

const PROMOTION_TIMEOUT_MS = 20_000;

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** The password of a moment; each is as long as a real one. */
const password = (number: number) => `Bench-password-${number}-0123456789abcdef`;

export const SCENARIOS: readonly Scenario[] = [
  {
    name: 'primary killed',
    duration: 18_000,
    async happen({ shards: [{ primary, replica }], probes }) {
      const at = Date.now();
      await primary.kill();
      return { at, healed: await writable(replica, probes[0], PROMOTION_TIMEOUT_MS), shard: 0 };
    },
  },
  {
    name: 'primary frozen',
    duration: 20_000,
    async happen({ shards: [{ primary, replica }], probes }) {
      const at = Date.now();
      await primary.kill('SIGSTOP');
      return { at, healed: await writable(replica, probes[0], PROMOTION_TIMEOUT_MS), shard: 0 };
    },
    async end({ shards: [{ primary }] }) {
      await primary.kill('SIGCONT');
      await pause(1_000);
    },
  },
  {
    name: 'replica killed',
    readsReplicas: true,
    duration: 10_000,
    async happen({ shards: [{ replica }] }) {
      const at = Date.now();
      await replica.kill();
      return { at, healed: at, shard: 0 };
    },
  },
  {
    name: 'failover on purpose',
    duration: 6_000,
    async happen({ shards: [{ replica }], probes }) {
      const at = Date.now();
      await replica.call('CLUSTER', 'FAILOVER');
      return { at, healed: await writable(replica, probes[0], PROMOTION_TIMEOUT_MS), shard: 0 };
    },
  },
  {
    name: 'slots moved',
    duration: 6_000,
    async happen({ users: { cluster }, shards: [from, to] }) {
      const at = Date.now();
      await moveSlots(cluster, from.primary, to.primary, Array.from({ length: 300 }, (_, i) => from.start + i));
      return { at, healed: at, shard: 0 };
    },
  },
  {
    name: 'cluster restarted',
    duration: 12_000,
    losesData: true,
    async happen({ users: { cluster }, shards, probes }) {
      const at = Date.now();
      await Promise.all(cluster.nodes.map((node) => node.kill()));
      await pause(1_000);
      cluster.nodes.forEach((node) => node.restart());
      const back = await Promise.all(shards.map(({ primary, replica }, shard) => {
        return Promise.any([primary, replica].map((node) => writable(node, probes[shard], PROMOTION_TIMEOUT_MS)));
      }));
      return { at, healed: Math.max(...back) };
    },
  },
  {
    name: 'password rotated',
    duration: 8_000,
    async happen({ users, worker }) {
      await users.onAllNodes('ACL', 'SETUSER', 'app', `>${password(1)}`);
      await worker.call('changePassword', password(1));
      await pause(500);
      await users.onAllNodes('ACL', 'SETUSER', 'app', 'resetpass', `>${password(1)}`);
      const at = Date.now();
      await users.disconnectAll();
      await pause(2_000);
      await users.disconnectAll();
      return { at, healed: at };
    },
  },
  {
    name: 'passwords of three seconds, two failovers',
    duration: 22_000,
    async happen({ users, worker, shards, probes }) {
      const at = Date.now();
      for (let number = 1; number <= 5; number++) {
        await worker.call('changePassword', password(number));
        await users.onAllNodes('ACL', 'SETUSER', 'app', 'resetpass', `>${password(number)}`).catch(() => undefined);
        if (number === 2) {
          await shards[0].replica.call('CLUSTER', 'FAILOVER');
        } else if (number === 3) {
          await shards[1].primary.kill();
        } else {
          await users.disconnectAll().catch(() => undefined);
        }
        await pause(3_000);
      }
      return { at, healed: await writable(shards[1].replica, probes[1], PROMOTION_TIMEOUT_MS) };
    },
  },
  {
    name: 'process of the client frozen for a minute',
    duration: 66_000,
    async happen({ users, worker }) {
      const at = Date.now();
      worker.kill('SIGSTOP');
      await pause(1_000);
      await users.disconnectAll();
      await pause(59_000);
      worker.kill('SIGCONT');
      return { at, healed: Date.now() };
    },
  },
];
