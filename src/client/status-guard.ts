import type { Cluster } from 'ioredis';
import { clusterInternals } from './internals';

/**
 * Keeps the status of a client right when it drops its nodes: every one that ends then says that there is none left.
 *
 * ioredis takes each for the loss of the cluster. One loss counted as several attempts to connect, and a client that waited for the next
 * one looked closed, so that closing it never ended.
 *
 * @param onClose - told that a client has lost all nodes, before anything else is
 * @param reasonOf - what commands get that wait when the client ends, for what ioredis says, which is never the reason
 */
export function guardStatus(cluster: Cluster, onClose: () => void, reasonOf: (error: Error) => Error): void {
  const internals = clusterInternals(cluster);
  const { setStatus, handleCloseEvent, flushQueue } = internals;
  internals.setStatus = (status) => {
    const { status: current } = cluster;
    const late = status === 'close' && (current === 'close' || current === 'reconnecting' || current === 'end');
    if (!late) {
      setStatus.call(cluster, status);
      if (status === 'close') {
        onClose();
      }
    }
  };
  // A client that was told to connect before it had closed listens twice; the second timer to connect again would be forgotten, and outlive it.
  internals.handleCloseEvent = (reason) => {
    if (cluster.status === 'close') {
      handleCloseEvent.call(cluster, reason);
    }
  };
  internals.flushQueue = (error) => flushQueue.call(cluster, reasonOf(error));
}
