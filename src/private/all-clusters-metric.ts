import { MathExpression, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import { lit } from 'aws-cdk-lib/core/lib/helpers-internal';
import { invalid, shown } from './errors';
import { METRIC_NAMESPACE, defaultStatistic } from './metric-statistics';
import type { AllClustersMetricOptions } from '../cluster-metrics';

/** Functions of a CloudWatch Metrics Insights query by the statistic they compute: Amazon CloudWatch User Guide, "Query components and syntax". */
const FUNCTIONS: Readonly<Record<string, string>> = {
  [Stats.AVERAGE]: 'AVG',
  [Stats.MAXIMUM]: 'MAX',
  [Stats.MINIMUM]: 'MIN',
  [Stats.SAMPLE_COUNT]: 'COUNT',
  [Stats.SUM]: 'SUM',
};

/**
 * A metric of all clusters together.
 *
 * MemoryDB reports nothing without a `ClusterName`, so it takes a query, which an alarm can be set on, too.
 */
export function allClustersMetric(metricName: string, options: AllClustersMetricOptions): MathExpression {
  const { statistic = defaultStatistic(metricName), ...rest } = options;
  if (!Object.hasOwn(FUNCTIONS, statistic)) {
    throw invalid(
      lit`InvalidStatistic`,
      `'statistic' must be one of ${Object.keys(FUNCTIONS).join(', ')} for a metric of all clusters, got ${shown(statistic)}`,
    );
  }
  return new MathExpression({
    label: metricName,
    ...rest,
    expression: `SELECT ${FUNCTIONS[statistic]}(${metricName}) FROM SCHEMA("${METRIC_NAMESPACE}", ClusterName)`,
  });
}
