import { App, Stack } from 'aws-cdk-lib';
import { Vpc } from 'aws-cdk-lib/aws-ec2';
import type { IVpc } from 'aws-cdk-lib/aws-ec2';

/** What an application of this benchmark prints. */
export interface Measurement {
  /** How long it took to make the constructs and the template. */
  readonly milliseconds: number;
  /** How many resources there are of each type with the same properties. */
  readonly resources: Record<string, number>;
}

interface Template {
  readonly Resources: Record<string, { readonly Type: string; readonly Properties?: object }>;
}

/**
 * Synthesizes an application with one VPC and what is added to it, and prints the time.
 *
 * So many clusters in one stack are more than CloudFormation takes, hence the limit is off.
 */
export function synthesize(addClusters: (stack: Stack, vpc: IVpc, count: number) => void): void {
  const [count, outdir] = process.argv.slice(2);
  const start = performance.now();
  const app = new App({ outdir, context: { '@aws-cdk/core:stackResourceLimit': 0 } });
  const stack = new Stack(app, 'Bench');
  addClusters(stack, new Vpc(stack, 'Vpc'), Number(count));
  const assembly = app.synth();
  const milliseconds = performance.now() - start;
  const measurement: Measurement = { milliseconds, resources: countResources(assembly.getStackArtifact(stack.artifactId).template as Template) };
  process.stdout.write(JSON.stringify(measurement));
}

function countResources({ Resources }: Template): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { Type, Properties = {} } of Object.values(Resources)) {
    const kind = `${Type} (${Object.keys(Properties).sort().join(', ')})`;
    counts[kind] = (counts[kind] ?? 0) + 1;
  }
  return counts;
}
