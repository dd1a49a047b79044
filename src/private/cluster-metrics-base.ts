import { Resource, Token, TokenComparison } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type { aws_memorydb as memorydb } from 'aws-cdk-lib/interfaces';
import { METRIC_NAMESPACE, defaultStatistic } from './metric-statistics';
import type { ClusterMetricOptions, IClusterMetrics, TieredMetricOptions } from '../cluster-metrics';

/**
 * Metrics of all clusters, defined and imported.
 *
 * @internal
 */
export abstract class ClusterMetricsBase extends Resource implements memorydb.IClusterRef, IClusterMetrics {
  public abstract readonly clusterRef: memorydb.ClusterReference;

  public metric(metricName: string, options: ClusterMetricOptions = {}): cloudwatch.Metric {
    const { nodeId, dimensionsMap, ...rest } = options;
    return new cloudwatch.Metric({
      namespace: METRIC_NAMESPACE,
      metricName,
      statistic: defaultStatistic(metricName),
      ...this.elsewhere(),
      ...rest,
      dimensionsMap: { ClusterName: this.clusterRef.clusterName, ...(nodeId === undefined ? {} : { NodeId: nodeId }), ...dimensionsMap },
    }).attachTo(this);
  }

  public metricCpuUtilization(options?: ClusterMetricOptions): cloudwatch.Metric {
    return this.metric('CPUUtilization', options);
  }

  public metricEngineCpuUtilization(options?: ClusterMetricOptions): cloudwatch.Metric {
    return this.metric('EngineCPUUtilization', options);
  }

  public metricFreeableMemory(options?: ClusterMetricOptions): cloudwatch.Metric {
    return this.metric('FreeableMemory', options);
  }

  public metricSwapUsage(options?: ClusterMetricOptions): cloudwatch.Metric {
    return this.metric('SwapUsage', options);
  }

  public metricDatabaseMemoryUsagePercentage(options?: ClusterMetricOptions): cloudwatch.Metric {
    return this.metric('DatabaseMemoryUsagePercentage', options);
  }

  public metricDatabaseCapacityUsagePercentage(options?: ClusterMetricOptions): cloudwatch.Metric {
    return this.metric('DatabaseCapacityUsagePercentage', options);
  }

  public metricBytesUsedForMemoryDb(options?: TieredMetricOptions): cloudwatch.Metric {
    return this.metric('BytesUsedForMemoryDB', withTier(options));
  }

  public metricBytesReadFromDisk(options?: ClusterMetricOptions): cloudwatch.Metric {
    return this.metric('BytesReadFromDisk', options);
  }

  public metricBytesWrittenToDisk(options?: ClusterMetricOptions): cloudwatch.Metric {
    return this.metric('BytesWrittenToDisk', options);
  }

  public metricNumItemsReadFromDisk(options?: ClusterMetricOptions): cloudwatch.Metric {
    return this.metric('NumItemsReadFromDisk', options);
  }

  public metricNumItemsWrittenToDisk(options?: ClusterMetricOptions): cloudwatch.Metric {
    return this.metric('NumItemsWrittenToDisk', options);
  }

  public metricMemoryFragmentationRatio(options?: ClusterMetricOptions): cloudwatch.Metric {
    return this.metric('MemoryFragmentationRatio', options);
  }

  public metricActiveDefragHits(options?: ClusterMetricOptions): cloudwatch.Metric {
    return this.metric('ActiveDefragHits', options);
  }

  public metricCurrConnections(options?: ClusterMetricOptions): cloudwatch.Metric {
    return this.metric('CurrConnections', options);
  }

  public metricNewConnections(options?: ClusterMetricOptions): cloudwatch.Metric {
    return this.metric('NewConnections', options);
  }

  public metricCurrItems(options?: TieredMetricOptions): cloudwatch.Metric {
    return this.metric('CurrItems', withTier(options));
  }

  public metricDb0AverageTtl(options?: ClusterMetricOptions): cloudwatch.Metric {
    return this.metric('DB0AverageTTL', options);
  }

  public metricEvictions(options?: ClusterMetricOptions): cloudwatch.Metric {
    return this.metric('Evictions', options);
  }

  public metricReclaimed(options?: ClusterMetricOptions): cloudwatch.Metric {
    return this.metric('Reclaimed', options);
  }

  public metricKeyspaceHits(options?: ClusterMetricOptions): cloudwatch.Metric {
    return this.metric('KeyspaceHits', options);
  }

  public metricKeyspaceMisses(options?: ClusterMetricOptions): cloudwatch.Metric {
    return this.metric('KeyspaceMisses', options);
  }

  public metricKeysTracked(options?: ClusterMetricOptions): cloudwatch.Metric {
    return this.metric('KeysTracked', options);
  }

  public metricAuthenticationFailures(options?: ClusterMetricOptions): cloudwatch.Metric {
    return this.metric('AuthenticationFailures', options);
  }

  public metricCommandAuthorizationFailures(options?: ClusterMetricOptions): cloudwatch.Metric {
    return this.metric('CommandAuthorizationFailures', options);
  }

  public metricKeyAuthorizationFailures(options?: ClusterMetricOptions): cloudwatch.Metric {
    return this.metric('KeyAuthorizationFailures', options);
  }

  public metricIsPrimary(options?: ClusterMetricOptions): cloudwatch.Metric {
    return this.metric('IsPrimary', options);
  }

  public metricPrimaryLinkHealthStatus(options?: ClusterMetricOptions): cloudwatch.Metric {
    return this.metric('PrimaryLinkHealthStatus', options);
  }

  public metricReplicationBytes(options?: ClusterMetricOptions): cloudwatch.Metric {
    return this.metric('ReplicationBytes', options);
  }

  public metricReplicationLag(options?: ClusterMetricOptions): cloudwatch.Metric {
    return this.metric('ReplicationLag', options);
  }

  public metricReplicationDelayedWriteCommands(options?: ClusterMetricOptions): cloudwatch.Metric {
    return this.metric('ReplicationDelayedWriteCommands', options);
  }

  public metricMaxReplicationThroughput(options?: ClusterMetricOptions): cloudwatch.Metric {
    return this.metric('MaxReplicationThroughput', options);
  }

  public metricMultiRegionClusterReplicationLag(options?: ClusterMetricOptions): cloudwatch.Metric {
    return this.metric('MultiRegionClusterReplicationLag', options);
  }

  public metricSuccessfulReadRequestLatency(options?: ClusterMetricOptions): cloudwatch.Metric {
    return this.metric('SuccessfulReadRequestLatency', options);
  }

  public metricSuccessfulWriteRequestLatency(options?: ClusterMetricOptions): cloudwatch.Metric {
    return this.metric('SuccessfulWriteRequestLatency', options);
  }

  public metricErrorCount(options?: ClusterMetricOptions): cloudwatch.Metric {
    return this.metric('ErrorCount', options);
  }

  public metricNetworkBytesIn(options?: ClusterMetricOptions): cloudwatch.Metric {
    return this.metric('NetworkBytesIn', options);
  }

  public metricNetworkBytesOut(options?: ClusterMetricOptions): cloudwatch.Metric {
    return this.metric('NetworkBytesOut', options);
  }

  public metricNetworkPacketsIn(options?: ClusterMetricOptions): cloudwatch.Metric {
    return this.metric('NetworkPacketsIn', options);
  }

  public metricNetworkPacketsOut(options?: ClusterMetricOptions): cloudwatch.Metric {
    return this.metric('NetworkPacketsOut', options);
  }

  public metricNetworkBandwidthInAllowanceExceeded(options?: ClusterMetricOptions): cloudwatch.Metric {
    return this.metric('NetworkBandwidthInAllowanceExceeded', options);
  }

  public metricNetworkBandwidthOutAllowanceExceeded(options?: ClusterMetricOptions): cloudwatch.Metric {
    return this.metric('NetworkBandwidthOutAllowanceExceeded', options);
  }

  public metricNetworkConntrackAllowanceExceeded(options?: ClusterMetricOptions): cloudwatch.Metric {
    return this.metric('NetworkConntrackAllowanceExceeded', options);
  }

  public metricNetworkPacketsPerSecondAllowanceExceeded(options?: ClusterMetricOptions): cloudwatch.Metric {
    return this.metric('NetworkPacketsPerSecondAllowanceExceeded', options);
  }

  public metricNetworkMaxBytesIn(options?: ClusterMetricOptions): cloudwatch.Metric {
    return this.metric('NetworkMaxBytesIn', options);
  }

  public metricNetworkMaxBytesOut(options?: ClusterMetricOptions): cloudwatch.Metric {
    return this.metric('NetworkMaxBytesOut', options);
  }

  public metricNetworkMaxPacketsIn(options?: ClusterMetricOptions): cloudwatch.Metric {
    return this.metric('NetworkMaxPacketsIn', options);
  }

  public metricNetworkMaxPacketsOut(options?: ClusterMetricOptions): cloudwatch.Metric {
    return this.metric('NetworkMaxPacketsOut', options);
  }

  public metricEvalBasedCmds(options?: ClusterMetricOptions): cloudwatch.Metric {
    return this.metric('EvalBasedCmds', options);
  }

  public metricGeoSpatialBasedCmds(options?: ClusterMetricOptions): cloudwatch.Metric {
    return this.metric('GeoSpatialBasedCmds', options);
  }

  public metricGetTypeCmds(options?: ClusterMetricOptions): cloudwatch.Metric {
    return this.metric('GetTypeCmds', options);
  }

  public metricHashBasedCmds(options?: ClusterMetricOptions): cloudwatch.Metric {
    return this.metric('HashBasedCmds', options);
  }

  public metricHyperLogLogBasedCmds(options?: ClusterMetricOptions): cloudwatch.Metric {
    return this.metric('HyperLogLogBasedCmds', options);
  }

  public metricJsonBasedCmds(options?: ClusterMetricOptions): cloudwatch.Metric {
    return this.metric('JsonBasedCmds', options);
  }

  public metricKeyBasedCmds(options?: ClusterMetricOptions): cloudwatch.Metric {
    return this.metric('KeyBasedCmds', options);
  }

  public metricListBasedCmds(options?: ClusterMetricOptions): cloudwatch.Metric {
    return this.metric('ListBasedCmds', options);
  }

  public metricPubSubBasedCmds(options?: ClusterMetricOptions): cloudwatch.Metric {
    return this.metric('PubSubBasedCmds', options);
  }

  public metricSetBasedCmds(options?: ClusterMetricOptions): cloudwatch.Metric {
    return this.metric('SetBasedCmds', options);
  }

  public metricSetTypeCmds(options?: ClusterMetricOptions): cloudwatch.Metric {
    return this.metric('SetTypeCmds', options);
  }

  public metricSortedSetBasedCmds(options?: ClusterMetricOptions): cloudwatch.Metric {
    return this.metric('SortedSetBasedCmds', options);
  }

  public metricStringBasedCmds(options?: ClusterMetricOptions): cloudwatch.Metric {
    return this.metric('StringBasedCmds', options);
  }

  public metricStreamBasedCmds(options?: ClusterMetricOptions): cloudwatch.Metric {
    return this.metric('StreamBasedCmds', options);
  }

  public metricSearchBasedCmds(options?: ClusterMetricOptions): cloudwatch.Metric {
    return this.metric('SearchBasedCmds', options);
  }

  public metricSearchBasedGetCmds(options?: ClusterMetricOptions): cloudwatch.Metric {
    return this.metric('SearchBasedGetCmds', options);
  }

  public metricSearchBasedSetCmds(options?: ClusterMetricOptions): cloudwatch.Metric {
    return this.metric('SearchBasedSetCmds', options);
  }

  public metricSearchNumberOfIndexes(options?: ClusterMetricOptions): cloudwatch.Metric {
    return this.metric('SearchNumberOfIndexes', options);
  }

  public metricSearchNumberOfIndexedKeys(options?: ClusterMetricOptions): cloudwatch.Metric {
    return this.metric('SearchNumberOfIndexedKeys', options);
  }

  public metricSearchTotalIndexSize(options?: ClusterMetricOptions): cloudwatch.Metric {
    return this.metric('SearchTotalIndexSize', options);
  }

  /** The account and Region of an imported cluster, which are not those of the stack that `attachTo` takes. */
  private elsewhere(): { account?: string; region?: string } {
    const ifOther = (value: string, own: string) => (Token.compareStrings(value, own) === TokenComparison.DIFFERENT ? value : undefined);
    return { account: ifOther(this.env.account, this.stack.account), region: ifOther(this.env.region, this.stack.region) };
  }
}

function withTier({ tier, ...options }: TieredMetricOptions = {}): ClusterMetricOptions {
  return tier === undefined ? options : { ...options, dimensionsMap: { Tier: tier, ...options.dimensionsMap } };
}
