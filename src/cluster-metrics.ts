import type * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';

/**
 * Where nodes with data tiering keep data, in the service's spelling.
 */
export enum StorageTier {
  /** In memory. */
  MEMORY = 'Memory',
  /** On the local disk. */
  SSD = 'SSD',
}

/**
 * Options of a cluster's metric.
 */
export interface ClusterMetricOptions extends cloudwatch.MetricOptions {
  /**
   * Id of a node, whose metric is wanted rather than that of all nodes together; it becomes the dimension `NodeId`.
   *
   * That is the name in the MemoryDB Developer Guide ("Monitoring CloudWatch metrics", where an id is `0002`). Should CloudWatch show another
   * one for your cluster, give that as `dimensionsMap`.
   *
   * @default - all nodes of the cluster
   */
  readonly nodeId?: string;
}

/**
 * Options of a metric that nodes with data tiering report for memory and disk apart.
 */
export interface TieredMetricOptions extends ClusterMetricOptions {
  /**
   * Which part of the data. Only clusters with data tiering report it.
   *
   * @default - no `Tier` dimension, as clusters without data tiering report it
   */
  readonly tier?: StorageTier;
}

/**
 * Options of a metric over all clusters.
 */
export interface AllClustersMetricOptions extends cloudwatch.MathExpressionOptions {
  /**
   * `Average`, `Maximum`, `Minimum`, `SampleCount` or `Sum`.
   *
   * @default - the one that the same metric of a single cluster has
   */
  readonly statistic?: string;
}

/**
 * Metrics of a cluster, once a minute in the namespace `AWS/MemoryDB`.
 *
 * CloudWatch aggregates the nodes of the cluster, replicas included. Every method has the statistic that means something over all of them;
 * `statistic` overrides it.
 *
 * @see https://docs.aws.amazon.com/memorydb/latest/devguide/metrics.memorydb.html
 */
export interface IClusterMetrics {
  /**
   * A metric of the cluster.
   *
   * @param metricName name the service gives it, for example `CPUUtilization`
   */
  metric(metricName: string, options?: ClusterMetricOptions): cloudwatch.Metric;

  /**
   * CPU of the host in use, in percent. By default the busiest node's.
   *
   * Alarm on nodes of up to 2 vCPU: above 90 divided by the number of vCPU, since the engine works on one of them.
   */
  metricCpuUtilization(options?: ClusterMetricOptions): cloudwatch.Metric;

  /**
   * CPU of the engine's thread in use, in percent. By default the busiest node's.
   *
   * Alarm on nodes of 4 vCPU and more: above 90.
   */
  metricEngineCpuUtilization(options?: ClusterMetricOptions): cloudwatch.Metric;

  /**
   * Free memory of the host, in bytes. By default the least of all nodes.
   *
   * Alarm: below 100 MB.
   */
  metricFreeableMemory(options?: ClusterMetricOptions): cloudwatch.Metric;

  /**
   * Swap space of the host in use, in bytes. By default the most of all nodes.
   *
   * Alarm: above `metricFreeableMemory`.
   */
  metricSwapUsage(options?: ClusterMetricOptions): cloudwatch.Metric;

  /**
   * Memory for data in use, in percent of what the node has for it. By default the fullest node's.
   *
   * Alarm well below 100: a full node without evictions refuses writes.
   */
  metricDatabaseMemoryUsagePercentage(options?: ClusterMetricOptions): cloudwatch.Metric;

  /**
   * Memory and disk for data in use, in percent, on nodes with data tiering. By default the fullest node's.
   *
   * Alarm well below 100: a full node without evictions refuses writes.
   */
  metricDatabaseCapacityUsagePercentage(options?: ClusterMetricOptions): cloudwatch.Metric;

  /** Memory used for data and buffers, in bytes. By default the fullest node's. */
  metricBytesUsedForMemoryDb(options?: TieredMetricOptions): cloudwatch.Metric;

  /** Bytes read from disk, on nodes with data tiering. By default the total of all nodes. */
  metricBytesReadFromDisk(options?: ClusterMetricOptions): cloudwatch.Metric;

  /** Bytes written to disk, on nodes with data tiering. By default the total of all nodes. */
  metricBytesWrittenToDisk(options?: ClusterMetricOptions): cloudwatch.Metric;

  /** Items read from disk, on nodes with data tiering. By default the total of all nodes. */
  metricNumItemsReadFromDisk(options?: ClusterMetricOptions): cloudwatch.Metric;

  /** Items written to disk, on nodes with data tiering. By default the total of all nodes. */
  metricNumItemsWrittenToDisk(options?: ClusterMetricOptions): cloudwatch.Metric;

  /**
   * Memory taken in relation to memory used; above 1 it is fragmented. By default the most fragmented node's.
   *
   * Watch when it stays above 1.
   */
  metricMemoryFragmentationRatio(options?: ClusterMetricOptions): cloudwatch.Metric;

  /** Values that defragmentation moved. By default the total of all nodes. */
  metricActiveDefragHits(options?: ClusterMetricOptions): cloudwatch.Metric;

  /**
   * Connections of clients at a time. By default those of the node with most.
   *
   * Alarm near what your application opens at most; a sudden rise is a client that does not close its connections.
   */
  metricCurrConnections(options?: ClusterMetricOptions): cloudwatch.Metric;

  /**
   * Connections that clients opened. By default the total of all nodes.
   *
   * A steady high number is a client that does not keep its connections.
   */
  metricNewConnections(options?: ClusterMetricOptions): cloudwatch.Metric;

  /** Keys at a time. By default those of the node with most; the sum over all nodes would count replicas, too. */
  metricCurrItems(options?: TieredMetricOptions): cloudwatch.Metric;

  /** Time that keys with an expiry have left, in milliseconds. By default the average of all nodes. */
  metricDb0AverageTtl(options?: ClusterMetricOptions): cloudwatch.Metric;

  /**
   * Keys that were evicted because memory was full. By default the total of all nodes.
   *
   * Alarm: above 0, since what is evicted from a primary database is lost.
   */
  metricEvictions(options?: ClusterMetricOptions): cloudwatch.Metric;

  /** Keys that expired. By default the total of all nodes. */
  metricReclaimed(options?: ClusterMetricOptions): cloudwatch.Metric;

  /** Reads that found their key. By default the total of all nodes. */
  metricKeyspaceHits(options?: ClusterMetricOptions): cloudwatch.Metric;

  /** Reads that did not find their key. By default the total of all nodes. */
  metricKeyspaceMisses(options?: ClusterMetricOptions): cloudwatch.Metric;

  /** Keys that are tracked for clients with a cache of their own. By default those of the node with most. */
  metricKeysTracked(options?: ClusterMetricOptions): cloudwatch.Metric;

  /**
   * Failed attempts to sign in. By default the total of all nodes.
   *
   * Alarm: above 0.
   */
  metricAuthenticationFailures(options?: ClusterMetricOptions): cloudwatch.Metric;

  /**
   * Commands that their user may not run. By default the total of all nodes.
   *
   * Alarm: above 0.
   */
  metricCommandAuthorizationFailures(options?: ClusterMetricOptions): cloudwatch.Metric;

  /**
   * Commands on keys that their user may not touch. By default the total of all nodes.
   *
   * Alarm: above 0.
   */
  metricKeyAuthorizationFailures(options?: ClusterMetricOptions): cloudwatch.Metric;

  /**
   * 1 while a node is primary, else 0. By default the share of primaries in all nodes.
   *
   * Use it with `nodeId`: a change is a failover.
   */
  metricIsPrimary(options?: ClusterMetricOptions): cloudwatch.Metric;

  /**
   * 1 while a node has all that its shard's transaction log holds, else 0. By default 0 as soon as one node has not.
   *
   * Alarm: below 1.
   */
  metricPrimaryLinkHealthStatus(options?: ClusterMetricOptions): cloudwatch.Metric;

  /** Bytes that primaries sent to their replicas. By default the total of all nodes. */
  metricReplicationBytes(options?: ClusterMetricOptions): cloudwatch.Metric;

  /**
   * How far a replica is behind its primary, in seconds. By default the slowest replica's.
   *
   * Alarm above what the readers of replicas can bear.
   */
  metricReplicationLag(options?: ClusterMetricOptions): cloudwatch.Metric;

  /**
   * Writes that were held back because a shard replicates no faster. By default the total of all nodes.
   *
   * Alarm: above 0.
   */
  metricReplicationDelayedWriteCommands(options?: ClusterMetricOptions): cloudwatch.Metric;

  /**
   * Highest replication throughput, in bytes per second. By default the busiest shard's.
   *
   * Alarm near 100 MB per second, the most a shard can do.
   */
  metricMaxReplicationThroughput(options?: ClusterMetricOptions): cloudwatch.Metric;

  /**
   * How far a member of a multi-Region cluster is behind the others, in milliseconds. By default the slowest shard's.
   *
   * It is reported for each pair of Regions and each shard. The guide does not name those dimensions: when CloudWatch shows more than the cluster's
   * name, give them as `dimensionsMap`.
   */
  metricMultiRegionClusterReplicationLag(options?: ClusterMetricOptions): cloudwatch.Metric;

  /** Time that reads took, in microseconds, from Valkey 7.2 on. By default the average of all nodes. */
  metricSuccessfulReadRequestLatency(options?: ClusterMetricOptions): cloudwatch.Metric;

  /** Time that writes took, in microseconds, from Valkey 7.2 on. By default the average of all nodes. */
  metricSuccessfulWriteRequestLatency(options?: ClusterMetricOptions): cloudwatch.Metric;

  /** Commands that failed. By default the total of all nodes. */
  metricErrorCount(options?: ClusterMetricOptions): cloudwatch.Metric;

  /** Bytes that hosts received. By default the total of all nodes. */
  metricNetworkBytesIn(options?: ClusterMetricOptions): cloudwatch.Metric;

  /** Bytes that hosts sent. By default the total of all nodes. */
  metricNetworkBytesOut(options?: ClusterMetricOptions): cloudwatch.Metric;

  /** Packets that hosts received. By default the total of all nodes. */
  metricNetworkPacketsIn(options?: ClusterMetricOptions): cloudwatch.Metric;

  /** Packets that hosts sent. By default the total of all nodes. */
  metricNetworkPacketsOut(options?: ClusterMetricOptions): cloudwatch.Metric;

  /**
   * Packets held back or dropped because a host received more than its node type allows. By default the total of all nodes.
   *
   * Alarm: above 0 for long; choose larger nodes or more shards.
   */
  metricNetworkBandwidthInAllowanceExceeded(options?: ClusterMetricOptions): cloudwatch.Metric;

  /**
   * Packets held back or dropped because a host sent more than its node type allows. By default the total of all nodes.
   *
   * Alarm: above 0 for long; choose larger nodes, more shards or more replicas.
   */
  metricNetworkBandwidthOutAllowanceExceeded(options?: ClusterMetricOptions): cloudwatch.Metric;

  /**
   * Packets dropped because a host had too many connections to track. By default the total of all nodes.
   *
   * Alarm: above 0.
   */
  metricNetworkConntrackAllowanceExceeded(options?: ClusterMetricOptions): cloudwatch.Metric;

  /**
   * Packets held back or dropped because a host had too many a second. By default the total of all nodes.
   *
   * Alarm: above 0 for long.
   */
  metricNetworkPacketsPerSecondAllowanceExceeded(options?: ClusterMetricOptions): cloudwatch.Metric;

  /** Most bytes that a host received in one second. By default the busiest node's. */
  metricNetworkMaxBytesIn(options?: ClusterMetricOptions): cloudwatch.Metric;

  /** Most bytes that a host sent in one second. By default the busiest node's. */
  metricNetworkMaxBytesOut(options?: ClusterMetricOptions): cloudwatch.Metric;

  /** Most packets that a host received in one second. By default the busiest node's. */
  metricNetworkMaxPacketsIn(options?: ClusterMetricOptions): cloudwatch.Metric;

  /** Most packets that a host sent in one second. By default the busiest node's. */
  metricNetworkMaxPacketsOut(options?: ClusterMetricOptions): cloudwatch.Metric;

  /** Commands that ran scripts, a count. By default the total of all nodes. */
  metricEvalBasedCmds(options?: ClusterMetricOptions): cloudwatch.Metric;

  /** Commands on geospatial data, a count. By default the total of all nodes. */
  metricGeoSpatialBasedCmds(options?: ClusterMetricOptions): cloudwatch.Metric;

  /** Commands that only read, a count. By default the total of all nodes. */
  metricGetTypeCmds(options?: ClusterMetricOptions): cloudwatch.Metric;

  /** Commands on hashes, a count. By default the total of all nodes. */
  metricHashBasedCmds(options?: ClusterMetricOptions): cloudwatch.Metric;

  /** Commands on HyperLogLogs, a count. By default the total of all nodes. */
  metricHyperLogLogBasedCmds(options?: ClusterMetricOptions): cloudwatch.Metric;

  /** Commands on JSON documents, a count. By default the total of all nodes. */
  metricJsonBasedCmds(options?: ClusterMetricOptions): cloudwatch.Metric;

  /** Commands on keys of any type, a count. By default the total of all nodes. */
  metricKeyBasedCmds(options?: ClusterMetricOptions): cloudwatch.Metric;

  /** Commands on lists, a count. By default the total of all nodes. */
  metricListBasedCmds(options?: ClusterMetricOptions): cloudwatch.Metric;

  /** Commands of publish and subscribe, a count. By default the total of all nodes. */
  metricPubSubBasedCmds(options?: ClusterMetricOptions): cloudwatch.Metric;

  /** Commands on sets, a count. By default the total of all nodes. */
  metricSetBasedCmds(options?: ClusterMetricOptions): cloudwatch.Metric;

  /** Commands that write, a count. By default the total of all nodes. */
  metricSetTypeCmds(options?: ClusterMetricOptions): cloudwatch.Metric;

  /** Commands on sorted sets, a count. By default the total of all nodes. */
  metricSortedSetBasedCmds(options?: ClusterMetricOptions): cloudwatch.Metric;

  /** Commands on strings, a count. By default the total of all nodes. */
  metricStringBasedCmds(options?: ClusterMetricOptions): cloudwatch.Metric;

  /** Commands on streams, a count. By default the total of all nodes. */
  metricStreamBasedCmds(options?: ClusterMetricOptions): cloudwatch.Metric;

  /** Commands of vector search, a count. By default the total of all nodes. */
  metricSearchBasedCmds(options?: ClusterMetricOptions): cloudwatch.Metric;

  /** Commands of vector search that only read, a count. By default the total of all nodes. */
  metricSearchBasedGetCmds(options?: ClusterMetricOptions): cloudwatch.Metric;

  /** Commands of vector search that write, a count. By default the total of all nodes. */
  metricSearchBasedSetCmds(options?: ClusterMetricOptions): cloudwatch.Metric;

  /** Indexes of vector search at a time. By default those of the node with most. */
  metricSearchNumberOfIndexes(options?: ClusterMetricOptions): cloudwatch.Metric;

  /** Keys in indexes of vector search at a time. By default those of the node with most. */
  metricSearchNumberOfIndexedKeys(options?: ClusterMetricOptions): cloudwatch.Metric;

  /** Memory that indexes of vector search take, in bytes. By default the most of all nodes. */
  metricSearchTotalIndexSize(options?: ClusterMetricOptions): cloudwatch.Metric;
}
