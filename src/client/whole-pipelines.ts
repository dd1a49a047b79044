import type { Redis } from 'ioredis';
import { nodeInternals } from './internals';
import type { QueueItem } from './internals';

/**
 * Keeps pipelines that wait for the connection to a node whole when it is lost.
 *
 * ioredis looks for the rest of a transaction among what waits, and fails it: by the names of commands, of pipelines, too. Those write nothing
 * before all of their commands have come, so a pipeline that lacks one is waited for and never written, and from then on every reply on that
 * connection goes to the wrong caller.
 */
export function keepPipelinesWhole(node: Redis): void {
  const internals = nodeInternals(node);
  const { setStatus } = internals;
  let waiting: QueueItem[] | undefined;
  const refill = (items: readonly QueueItem[]) => {
    internals.offlineQueue.clear();
    items.forEach((item) => internals.offlineQueue.push(item));
  };
  // ioredis looks between this status and the next one.
  internals.setStatus = (status, ...rest) => {
    if (status === 'close') {
      waiting = internals.offlineQueue.toArray();
      refill(waiting.filter(({ stream }) => !stream));
    } else if (waiting) {
      const hidden = new Set(waiting);
      const left = internals.offlineQueue.toArray();
      const kept = new Set(left);
      refill([...waiting.filter((item) => item.stream || kept.has(item)), ...left.filter((item) => !hidden.has(item))]);
      waiting = undefined;
    }
    setStatus.call(node, status, ...rest);
  };
}
