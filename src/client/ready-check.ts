import type { Cluster, Command } from 'ioredis';
import { clusterInternals, commandInternals } from './internals';

/** Between two questions, in milliseconds; the random part grows to a tenth of the time that the cluster has taken already, up to a limit. */
const WAIT_MS = { least: 25, most: 500 };

/** After so many milliseconds, the client begins anew, with the nodes that the endpoint leads to by then. */
const PATIENCE_MS = 10_000;

/**
 * Waits for a cluster that says that it is not ready, as one does that has just been started or has lost a primary.
 *
 * ioredis would drop all connections and open them again, time after time: work for servers that have enough of it, and the client would
 * come back as much later as it had waited before.
 *
 * @param onNotReady - told the state of the cluster by every check that finds it not ready
 * @returns whether a command that is being given to the cluster is such a check; has the first one answered by the node that the first command waits for,
 * which is connected to for that in any case
 */
export function guardReadyCheck(cluster: Cluster, onNotReady: (state: string) => void): (command: Command) => boolean {
  const internals = clusterInternals(cluster);
  const { readyCheck } = internals;
  let latest = 0;
  let isFirst = false;
  let isAsking = false;
  internals.readyCheck = (callback) => {
    const number = latest += 1;
    const start = performance.now();
    let waited = false;
    // A client that has lost its connections meanwhile begins anew.
    const isOver = () => number !== latest || cluster.status !== 'connect';
    const ask = (done: Parameters<typeof readyCheck>[0]) => {
      isAsking = true;
      readyCheck.call(cluster, done);
      isAsking = false;
    };
    const check = () => ask((error, fail) => {
      const duration = performance.now() - start;
      if (fail) {
        onNotReady(fail);
      }
      if (fail && !isOver() && duration < PATIENCE_MS) {
        if (!waited) {
          connectPrimaries(cluster);
        }
        waited = true;
        const wait = WAIT_MS.least + Math.random() * Math.min(WAIT_MS.most, duration / 10);
        setTimeout(() => isOver() || check(), wait).unref();
      } else if (waited && !error && !fail) {
        // The nodes have agreed on who serves what since the client has asked.
        cluster.refreshSlotsCache(() => isOver() || callback());
      } else {
        callback(error, fail);
      }
    });
    // Only with the first attempt, as that node may be the one that is down.
    isFirst = internals.retryAttempts === 0;
    check();
    isFirst = false;
  };
  return (command) => {
    if (!isAsking) {
      return false;
    }
    const slot = isFirst && internals.offlineQueue.peekFront()?.command.getSlot();
    if (typeof slot === 'number') {
      commandInternals(command).slot = slot;
    }
    return true;
  };
}

/** Commands wait for them. */
function connectPrimaries(cluster: Cluster): void {
  for (const node of cluster.nodes('master')) {
    if (node.status === 'wait') {
      node.connect().catch(() => undefined);
    }
  }
}
