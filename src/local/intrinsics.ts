import { crossRegionExport, nestedOutput, nestedParameter, stackOutput, StackValue } from './cross-stack';
import { LocatedResource, nearest, Stack } from './template';

/** Where a cluster can be reached. */
export interface ClusterAddress {
  readonly host: string;
  readonly port: number;
}

/** The property that `Ref` and the ARN give back, and the ARN's resource type. */
const NAMED_TYPES: Readonly<Record<string, { readonly property: string; readonly arn: string }>> = {
  'AWS::MemoryDB::Cluster': { property: 'ClusterName', arn: 'memorydb:{}:cluster/' },
  'AWS::MemoryDB::User': { property: 'UserName', arn: 'memorydb:{}:user/' },
  'AWS::MemoryDB::ACL': { property: 'ACLName', arn: 'memorydb:{}:acl/' },
  'AWS::MemoryDB::ParameterGroup': { property: 'ParameterGroupName', arn: 'memorydb:{}:parametergroup/' },
  'AWS::MemoryDB::SubnetGroup': { property: 'SubnetGroupName', arn: 'memorydb:{}:subnetgroup/' },
};

type Resolver = (argument: unknown, stack: Stack) => unknown;

/**
 * Computes values of CloudFormation templates as far as a machine without AWS can.
 *
 * What only AWS knows becomes a stable text that names its origin, such as `Orders.Table` or `Orders.Table.Arn`;
 * `isPlaceholder` tells such a text from a real value.
 */
export class Evaluator {
  private readonly placeholders = new Set<string>();

  private readonly functions: Readonly<Record<string, Resolver>> = {
    'Ref': (argument, stack) => this.ref(String(argument), stack),
    'Condition': (argument, stack) => this.condition(String(argument), stack),
    'Fn::GetAtt': (argument, stack) => this.getAtt(argument, stack),
    'Fn::Join': (argument, stack) => this.join(argument, stack),
    'Fn::Sub': (argument, stack) => this.sub(argument, stack),
    'Fn::Select': (argument, stack) => this.select(argument, stack),
    'Fn::Split': (argument, stack) => this.split(argument, stack),
    'Fn::ImportValue': (argument, stack) => this.importValue(this.text(argument, stack), stack),
    'Fn::GetStackOutput': (argument, stack) => this.getStackOutput(argument, stack),
    'Fn::FindInMap': (argument, stack) => this.findInMap(argument, stack),
    'Fn::If': (argument, stack) => this.choose(argument, stack),
    'Fn::Equals': (argument, stack) => {
      const [left, right] = this.list(argument, stack);
      return JSON.stringify(left) === JSON.stringify(right);
    },
    'Fn::Not': (argument, stack) => !this.truth(this.list(argument, stack)[0]),
    'Fn::And': (argument, stack) => this.list(argument, stack).every((item) => this.truth(item)),
    'Fn::Or': (argument, stack) => this.list(argument, stack).some((item) => this.truth(item)),
    'Fn::Base64': (argument, stack) => Buffer.from(this.text(argument, stack)).toString('base64'),
  };

  /**
   * @param stacks every stack whose values may be imported by another one
   * @param addressOf where a cluster can be reached, if it can be
   */
  constructor(
    private readonly stacks: readonly Stack[],
    private readonly addressOf: (cluster: LocatedResource) => ClusterAddress | undefined = () => undefined,
  ) {}

  /** Compute a value; `undefined` stands for `AWS::NoValue`. */
  evaluate(value: unknown, stack: Stack): unknown {
    if (Array.isArray(value)) {
      return value.map((item) => this.evaluate(item, stack)).filter((item) => item !== undefined);
    }
    if (typeof value !== 'object' || value === null) {
      return value;
    }
    const entries = Object.entries(value);
    if (entries.length === 1) {
      const [[name, argument]] = entries;
      if (Object.hasOwn(this.functions, name)) {
        return this.functions[name](argument, stack);
      }
      if (name.startsWith('Fn::')) {
        return this.placeholder(`${stack.name}.${name}`);
      }
    }
    return Object.fromEntries(entries
      .map(([name, item]) => [name, this.evaluate(item, stack)] as const)
      .filter(([, item]) => item !== undefined));
  }

  /** Compute a value and give it as text; a missing one is empty. */
  text(value: unknown, stack: Stack): string {
    const result = this.evaluate(value, stack);
    if (result === undefined || result === null) {
      return '';
    }
    return typeof result === 'object' ? JSON.stringify(result) : String(result);
  }

  /** Whether a resource is created at all, by its `Condition` and that of the nested stack around it. */
  exists({ stack, resource }: LocatedResource): boolean {
    const { parent } = stack;
    const nested = parent?.stack.template.Resources?.[parent.logicalId];
    return (resource.Condition === undefined || this.condition(resource.Condition, stack))
      && (parent === undefined || nested === undefined || this.exists({ ...parent, resource: nested }));
  }

  /** Whether a text contains something that only AWS knows. */
  isPlaceholder(text: string): boolean {
    return [...this.placeholders].some((placeholder) => text.includes(placeholder));
  }

  private placeholder(text: string): string {
    this.placeholders.add(text);
    return text;
  }

  private ref(name: string, stack: Stack): unknown {
    const pseudo: Readonly<Record<string, unknown>> = {
      'AWS::Region': stack.region,
      'AWS::AccountId': stack.account,
      'AWS::Partition': partitionOf(stack.region),
      'AWS::URLSuffix': stack.region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com',
      'AWS::StackName': stack.name,
      'AWS::StackId': this.arn(stack, 'cloudformation:{}:stack/', stack.name),
      'AWS::NotificationARNs': [],
    };
    if (name === 'AWS::NoValue') {
      return undefined;
    }
    if (Object.hasOwn(pseudo, name)) {
      return pseudo[name];
    }
    const parameter = stack.template.Parameters?.[name];
    if (parameter !== undefined) {
      return this.parameter(name, parameter, stack);
    }
    const resource = stack.template.Resources?.[name];
    const named = resource && NAMED_TYPES[resource.Type];
    if (named && resource.Properties?.[named.property] !== undefined) {
      return this.text(resource.Properties[named.property], stack);
    }
    if (resource?.Type === 'AWS::SecretsManager::Secret') {
      return this.arn(stack, 'secretsmanager:{}:secret:', `${stack.id}-${name}`);
    }
    return this.placeholder(`${stack.name}.${name}`);
  }

  private parameter(name: string, parameter: { readonly Type?: string; readonly Default?: unknown }, stack: Stack): unknown {
    const given = nestedParameter(stack, name);
    const value = given === undefined ? parameter.Default : this.evaluate(given.value, given.stack);
    // What stands behind a name in the parameter store, only AWS knows.
    if (value === undefined || parameter.Type?.startsWith('AWS::SSM::Parameter::Value<')) {
      return this.placeholder(`${stack.name}.${name}`);
    }
    const isList = parameter.Type === 'CommaDelimitedList' || parameter.Type?.startsWith('List<');
    return isList ? String(value).split(',').map((item) => item.trim()) : value;
  }

  private getAtt(argument: unknown, stack: Stack): unknown {
    const [logicalId, ...rest] = Array.isArray(argument) ? argument.map((item) => this.text(item, stack)) : String(argument).split('.');
    const attribute = rest.join('.');
    const resource = stack.template.Resources?.[logicalId];
    if (resource?.Type === 'AWS::MemoryDB::Cluster') {
      const address = this.addressOf({ stack, logicalId, resource });
      if (address !== undefined && attribute === 'ClusterEndpoint.Address') {
        return address.host;
      }
      if (address !== undefined && attribute === 'ClusterEndpoint.Port') {
        return address.port;
      }
    }
    if (resource?.Type === 'AWS::CloudFormation::Stack') {
      return this.elsewhere(nestedOutput(this.stacks, stack, logicalId, attribute), `${stack.name}.${logicalId}.${attribute}`);
    }
    if (resource?.Type === 'Custom::CrossRegionExportReader') {
      return this.elsewhere(crossRegionExport(this.stacks, stack, attribute), attribute);
    }
    const named = resource && NAMED_TYPES[resource.Type];
    if (named && attribute.toUpperCase() === 'ARN') {
      return this.arn(stack, named.arn, this.text({ Ref: logicalId }, stack));
    }
    return this.placeholder(`${stack.name}.${logicalId}.${attribute}`);
  }

  private arn(stack: Stack, kind: string, name: string): string {
    return `arn:${partitionOf(stack.region)}:${kind.replace('{}', `${stack.region}:${stack.account}`)}${name}`;
  }

  private join(argument: unknown, stack: Stack): string {
    const [delimiter, values] = argument as [string, unknown];
    return this.list(values, stack).map((item) => this.text(item, stack)).join(delimiter);
  }

  private sub(argument: unknown, stack: Stack): string {
    const [text, variables] = (Array.isArray(argument) ? argument : [argument, {}]) as [string, Readonly<Record<string, unknown>>];
    return text.replace(/\$\{([^}]+)\}/g, (_, name: string) => {
      if (name.startsWith('!')) {
        return `\${${name.slice(1)}}`;
      }
      if (Object.hasOwn(variables, name)) {
        return this.text(variables[name], stack);
      }
      return name.includes('.') ? this.text({ 'Fn::GetAtt': name }, stack) : this.text({ Ref: name }, stack);
    });
  }

  private select(argument: unknown, stack: Stack): unknown {
    const [index, values] = argument as [unknown, unknown];
    const list = this.list(values, stack);
    const position = Number(this.evaluate(index, stack));
    return position < list.length ? list[position] : this.placeholder(`${list.join(',')}[${position}]`);
  }

  private split(argument: unknown, stack: Stack): string[] {
    const [delimiter, text] = argument as [string, unknown];
    return this.text(text, stack).split(delimiter);
  }

  private importValue(name: string, from: Stack): unknown {
    const exports = this.stacks.flatMap((stack) => Object.values(stack.template.Outputs ?? {})
      .filter((output) => output.Export?.Name !== undefined && this.text(output.Export.Name, stack) === name)
      .map((output) => ({ stack, value: output.Value })));
    return this.elsewhere(nearest(from, exports), name);
  }

  private getStackOutput(argument: unknown, stack: Stack): unknown {
    const { StackName, OutputName, Region } = argument as Readonly<Record<string, unknown>>;
    const [stackName, outputName] = [StackName, OutputName].map((part) => this.text(part, stack));
    const region = Region === undefined ? stack.region : this.text(Region, stack);
    return this.elsewhere(stackOutput(this.stacks, stack, stackName, outputName, region), `${stackName}.${outputName}`);
  }

  /** Compute a value in the terms of its own stack. */
  private elsewhere(found: StackValue | undefined, placeholder: string): unknown {
    return found === undefined ? this.placeholder(placeholder) : this.evaluate(found.value, found.stack);
  }

  private findInMap(argument: unknown, stack: Stack): unknown {
    const [map, first, second] = this.list(argument, stack).map((item) => this.text(item, stack));
    const mappings = stack.template.Mappings as Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, unknown>>>>>> | undefined;
    return mappings?.[map]?.[first]?.[second] ?? this.placeholder(`${stack.name}.${map}.${first}.${second}`);
  }

  private choose(argument: unknown, stack: Stack): unknown {
    const [name, whenTrue, whenFalse] = argument as [string, unknown, unknown];
    return this.evaluate(this.condition(name, stack) ? whenTrue : whenFalse, stack);
  }

  private condition(name: string, stack: Stack): boolean {
    return this.truth(this.evaluate(stack.template.Conditions?.[name], stack));
  }

  private truth(value: unknown): boolean {
    return value === true || value === 'true';
  }

  private list(value: unknown, stack: Stack): unknown[] {
    const result = this.evaluate(value, stack);
    return Array.isArray(result) ? result : [result];
  }
}

function partitionOf(region: string): string {
  const special = ['cn', 'us-gov'].find((prefix) => region.startsWith(`${prefix}-`));
  return special === undefined ? 'aws' : `aws-${special}`;
}
