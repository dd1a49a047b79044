import type { Cluster } from 'ioredis';
import { clusterInternals } from './internals';

/**
 * Keeps the status of a client right when it drops its nodes: every one that ends then says that there is none left.
 *
 * ioredis takes each for the loss of the cluster. One loss counted as several attempts to connect, and a client that waited for the next
 * one looked closed, so that closing it never ended.
 */
export function guardStatus(cluster: Cluster): void {
  const internals = clusterInternals(cluster);
  const { setStatus } = internals;
  internals.setStatus = (status) => {
    const { status: current } = cluster;
    const late = status === 'close' && (current === 'close' || current === 'reconnecting' || current === 'end');
    if (!late) {
      setStatus.call(cluster, status);
    }
  };
}
