import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { App, CfnResource, Stack, Stage } from 'aws-cdk-lib';
import type { AppProps, StackProps } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { CloudAssembly, SynthesisMessageLevel } from 'aws-cdk-lib/cx-api';
import type { IConstruct } from 'constructs';
import { afterAll, vi } from 'vitest';

export const ACCOUNT = '123456789012';
export const REGION = 'eu-west-1';

afterAll(() => CloudAssembly.cleanupTemporaryDirectories());

// The first synthesis loads the validator, which takes half a minute on a busy machine.
vi.setConfig({ testTimeout: 120_000 });

/** What a synthesis has to say beside its templates. */
export interface Synthesis {
  /** Warnings of the constructs, each as `<construct path>: <text>`. */
  readonly warnings: string[];

  /** The whole cloud assembly as text. */
  readonly text: string;

  template(stack: Stack): Template;
}

/** An app whose templates are held against the schemas of CloudFormation and whose findings the test reads from the report. */
export function newApp(props: AppProps = {}): App {
  return new App({
    ...props,
    postCliContext: {
      '@aws-cdk/core:validateAgainstDefaultRules': true,
      '@aws-cdk/core:failSynthOnValidationErrors': false,
      ...props.postCliContext,
    },
  });
}

export function newStack(scope: IConstruct = newApp(), id = 'Test', props: StackProps = {}): Stack {
  return new Stack(scope as App, id, { env: { account: ACCOUNT, region: REGION }, ...props });
}

/** A VPC that adds nothing to the template. */
export function importedVpc(stack: Stack, id = 'Vpc'): ec2.IVpc {
  return ec2.Vpc.fromVpcAttributes(stack, id, {
    vpcId: 'vpc-12345678',
    availabilityZones: ['eu-west-1a', 'eu-west-1b'],
    privateSubnetIds: ['subnet-11111111', 'subnet-22222222'],
    privateSubnetRouteTableIds: ['rtb-11111111', 'rtb-22222222'],
  });
}

/** The types of the resources that the tests define. */
const TYPES = [
  ...['ACL', 'Cluster', 'MultiRegionCluster', 'ParameterGroup', 'Snapshot', 'SubnetGroup', 'User'].map((name) => `MemoryDB::${name}`),
  'CloudWatch::Alarm', 'CloudWatch::Dashboard', 'EC2::SecurityGroup', 'EC2::SecurityGroupIngress', 'EC2::Subnet', 'EC2::VPC', 'IAM::Policy',
  'IAM::Role', 'KMS::Key', 'Lambda::Function', 'SecretsManager::Secret', 'SSM::Parameter',
].map((name) => `AWS::${name}`);

let isPrimed = false;

/** The validator is made anew for every template with a type it has not met, which takes longer than all the rest: so it meets them all at once. */
function primeValidator(): void {
  const stack = new Stack(newApp(), 'Types');
  TYPES.forEach((type, index) => new CfnResource(stack, `Resource${index}`, { type }));
  (stack.node.root as App).synth();
  isPrimed = true;
}

/**
 * Synthesizes the app of a construct.
 *
 * @throws when a construct reports an error, or a validator anything at all
 */
export function synth(scope: IConstruct): Synthesis {
  if (!isPrimed) {
    primeValidator();
  }
  const { directory, stacksRecursively } = (scope.node.root as App).synth({ force: true });
  const messages = stacksRecursively.flatMap((stack) => stack.messages);
  const shown = (level: SynthesisMessageLevel) =>
    messages.filter((message) => message.level === level).map(({ id, entry }) => `${id.slice(1)}: ${String(entry.data)}`);
  const problems = [...shown(SynthesisMessageLevel.ERROR), ...findings(directory)];
  if (problems.length > 0) {
    throw new Error(problems.join('\n'));
  }
  return {
    warnings: shown(SynthesisMessageLevel.WARNING),
    get text() {
      return readdirSync(directory, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8'))
        .join('\n');
    },
    template: (stack) => Template.fromJSON(JSON.parse(readFileSync(join(Stage.of(stack)!.outdir, stack.templateFile), 'utf8'))),
  };
}

/** The template of a stack, whose app is synthesized for it. */
export function templateOf(stack: Stack): Template {
  return synth(stack).template(stack);
}

/** The properties of the only resource of a type. */
export function propertiesOf(template: Template, type: string): Record<string, any> {
  const resources = Object.values(template.findResources(type));
  if (resources.length !== 1) {
    throw new Error(`expected one ${type}, found ${resources.length}`);
  }
  return resources[0].Properties;
}

interface Report {
  readonly pluginReports: { readonly pluginName: string; readonly violations: { readonly ruleName: string; readonly description: string }[] }[];
}

function findings(directory: string): string[] {
  const report: Report = JSON.parse(readFileSync(join(directory, 'validation-report.json'), 'utf8'));
  return report.pluginReports.flatMap(({ pluginName, violations }) =>
    violations.map(({ ruleName, description }) => `${pluginName} ${ruleName}: ${description}`));
}
