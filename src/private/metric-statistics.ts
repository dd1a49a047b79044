import { Stats } from 'aws-cdk-lib/aws-cloudwatch';

/** MemoryDB Developer Guide, "Monitoring MemoryDB with Amazon CloudWatch". */
export const METRIC_NAMESPACE = 'AWS/MemoryDB';

/**
 * The statistic of each metric that means something when the nodes of a cluster are taken together.
 *
 * A level, such as the use of memory, shows its worst node: a sum would count replicas, an average would hide a node that is full. A count of
 * events is summed up.
 */
export const METRIC_STATISTICS: Readonly<Record<string, string>> = {
  ActiveDefragHits: Stats.SUM,
  AuthenticationFailures: Stats.SUM,
  BytesReadFromDisk: Stats.SUM,
  BytesUsedForMemoryDB: Stats.MAXIMUM,
  BytesWrittenToDisk: Stats.SUM,
  CPUUtilization: Stats.MAXIMUM,
  CommandAuthorizationFailures: Stats.SUM,
  CurrConnections: Stats.MAXIMUM,
  CurrItems: Stats.MAXIMUM,
  DB0AverageTTL: Stats.AVERAGE,
  DatabaseCapacityUsagePercentage: Stats.MAXIMUM,
  DatabaseMemoryUsagePercentage: Stats.MAXIMUM,
  EngineCPUUtilization: Stats.MAXIMUM,
  ErrorCount: Stats.SUM,
  EvalBasedCmds: Stats.SUM,
  Evictions: Stats.SUM,
  FreeableMemory: Stats.MINIMUM,
  GeoSpatialBasedCmds: Stats.SUM,
  GetTypeCmds: Stats.SUM,
  HashBasedCmds: Stats.SUM,
  HyperLogLogBasedCmds: Stats.SUM,
  IsPrimary: Stats.AVERAGE,
  JsonBasedCmds: Stats.SUM,
  KeyAuthorizationFailures: Stats.SUM,
  KeyBasedCmds: Stats.SUM,
  KeysTracked: Stats.MAXIMUM,
  KeyspaceHits: Stats.SUM,
  KeyspaceMisses: Stats.SUM,
  ListBasedCmds: Stats.SUM,
  MaxReplicationThroughput: Stats.MAXIMUM,
  MemoryFragmentationRatio: Stats.MAXIMUM,
  MultiRegionClusterReplicationLag: Stats.MAXIMUM,
  NetworkBandwidthInAllowanceExceeded: Stats.SUM,
  NetworkBandwidthOutAllowanceExceeded: Stats.SUM,
  NetworkBytesIn: Stats.SUM,
  NetworkBytesOut: Stats.SUM,
  NetworkConntrackAllowanceExceeded: Stats.SUM,
  NetworkMaxBytesIn: Stats.MAXIMUM,
  NetworkMaxBytesOut: Stats.MAXIMUM,
  NetworkMaxPacketsIn: Stats.MAXIMUM,
  NetworkMaxPacketsOut: Stats.MAXIMUM,
  NetworkPacketsIn: Stats.SUM,
  NetworkPacketsOut: Stats.SUM,
  NetworkPacketsPerSecondAllowanceExceeded: Stats.SUM,
  NewConnections: Stats.SUM,
  NumItemsReadFromDisk: Stats.SUM,
  NumItemsWrittenToDisk: Stats.SUM,
  PrimaryLinkHealthStatus: Stats.MINIMUM,
  PubSubBasedCmds: Stats.SUM,
  Reclaimed: Stats.SUM,
  ReplicationBytes: Stats.SUM,
  ReplicationDelayedWriteCommands: Stats.SUM,
  ReplicationLag: Stats.MAXIMUM,
  SearchBasedCmds: Stats.SUM,
  SearchBasedGetCmds: Stats.SUM,
  SearchBasedSetCmds: Stats.SUM,
  SearchNumberOfIndexedKeys: Stats.MAXIMUM,
  SearchNumberOfIndexes: Stats.MAXIMUM,
  SearchTotalIndexSize: Stats.MAXIMUM,
  SetBasedCmds: Stats.SUM,
  SetTypeCmds: Stats.SUM,
  SortedSetBasedCmds: Stats.SUM,
  StreamBasedCmds: Stats.SUM,
  StringBasedCmds: Stats.SUM,
  SuccessfulReadRequestLatency: Stats.AVERAGE,
  SuccessfulWriteRequestLatency: Stats.AVERAGE,
  SwapUsage: Stats.MAXIMUM,
};

/** The statistic of a metric; the average of one that is not known here. */
export function defaultStatistic(metricName: string): string {
  return Object.hasOwn(METRIC_STATISTICS, metricName) ? METRIC_STATISTICS[metricName] : Stats.AVERAGE;
}
