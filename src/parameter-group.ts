import { AspectPriority, Aspects, Lazy, Resource } from 'aws-cdk-lib';
import type { IResource, RemovalPolicy, ResourceProps } from 'aws-cdk-lib';
import { CfnParameterGroup } from 'aws-cdk-lib/aws-memorydb';
import type { aws_memorydb as memorydb } from 'aws-cdk-lib/interfaces';
import type { Construct } from 'constructs';
import type { EngineVersion } from './engine-version';
import { arnOf, nameOf } from './private/arns';
import { physicalName, validateName } from './private/names';
import { applyRemoval } from './private/removal';
import { PARAMETER_RULES } from './private/rules/parameters';
import { demand, errorsOf, warn } from './private/rules/rule';
import { demandMade } from './private/rules/value-classes';
import { PARAMETER_GROUP_SYMBOL, isMarked, mark } from './private/symbols';

/**
 * Engine parameters that clusters share.
 */
export interface IParameterGroup extends IResource, memorydb.IParameterGroupRef {
  /**
   * Name of the parameter group.
   *
   * @attribute
   */
  readonly parameterGroupName: string;

  /**
   * ARN of the parameter group.
   *
   * @attribute
   */
  readonly parameterGroupArn: string;
}

/**
 * Properties of a `ParameterGroup`.
 */
export interface ParameterGroupProps {
  /** Engine version of the clusters that are to use the group. */
  readonly engineVersion: EngineVersion;

  /**
   * Values by name, for example `{ 'notify-keyspace-events': 'Ex' }`; all values are text.
   *
   * @default - `maxmemory-policy` is `noeviction`, all others are as the family has them
   */
  readonly parameters?: { [name: string]: string };

  /**
   * Name of the parameter group: 1 to 40 lower-case letters, digits and hyphens. Changing it replaces the group.
   *
   * A given name has to change with the family of `engineVersion`, since that replaces the group, too; a generated one does.
   *
   * @default - generated from the stack's name, the construct's path and the family
   */
  readonly parameterGroupName?: string;

  /**
   * A description. Changing it replaces the group, which fails while its name stays: choose a new name with it.
   *
   * @default - none
   */
  readonly description?: string;

  /**
   * What happens to the parameter group when it leaves the stack.
   *
   * A group that a cluster still uses cannot be deleted, so retain it with a retained cluster.
   *
   * @default - the group is deleted
   */
  readonly removalPolicy?: RemovalPolicy;
}

abstract class ParameterGroupBase extends Resource implements IParameterGroup {
  public abstract readonly parameterGroupName: string;
  public abstract readonly parameterGroupArn: string;

  public get parameterGroupRef(): memorydb.ParameterGroupReference {
    return { parameterGroupName: this.parameterGroupName, parameterGroupArn: this.parameterGroupArn };
  }
}

class ImportedParameterGroup extends ParameterGroupBase {
  public readonly parameterGroupName: string;
  public readonly parameterGroupArn: string;

  constructor(scope: Construct, id: string, known: { parameterGroupName?: string; parameterGroupArn?: string }, props?: ResourceProps) {
    super(scope, id, props);
    this.parameterGroupName = known.parameterGroupName ?? nameOf(known.parameterGroupArn!);
    this.parameterGroupArn = known.parameterGroupArn ?? arnOf(this, 'parametergroup', this.parameterGroupName);
  }
}

/**
 * Defines a group of engine parameters.
 *
 * Nothing is evicted unless asked for: a primary database must not drop data when memory is full.
 *
 * CloudFormation does not pass parameters on when it creates a group, only when it updates one. A group that sets a value other than its
 * family's default therefore carries the warning `cdk-memorydb:parametersApplyOnUpdate`.
 *
 * @see https://github.com/aws-cloudformation/cloudformation-coverage-roadmap/issues/2558
 * @resource AWS::MemoryDB::ParameterGroup
 * @stateless
 */
export class ParameterGroup extends ParameterGroupBase {
  /**
   * Whether a value is a `ParameterGroup` of this library that parameters can be added to.
   */
  public static isParameterGroup(x: any): x is ParameterGroup {
    return isMarked(x, PARAMETER_GROUP_SYMBOL);
  }

  /**
   * An existing parameter group, by its name; the built-in ones are named `default.memorydb-<engine><major version>`.
   */
  public static fromParameterGroupName(scope: Construct, id: string, parameterGroupName: string): IParameterGroup {
    return new ImportedParameterGroup(scope, id, { parameterGroupName });
  }

  /**
   * An existing parameter group, by its ARN.
   */
  public static fromParameterGroupArn(scope: Construct, id: string, parameterGroupArn: string): IParameterGroup {
    return new ImportedParameterGroup(scope, id, { parameterGroupArn }, { environmentFromArn: parameterGroupArn });
  }

  public readonly parameterGroupName: string;
  public readonly parameterGroupArn: string;

  /** Family of the engine versions that the group works with, for example `memorydb_valkey7`. */
  public readonly family: string;

  private readonly values: Record<string, string> = { 'maxmemory-policy': 'noeviction' };

  /**
   * @throws when the name is not allowed, a parameter or its value is not one of the family's, or the removal policy is `SNAPSHOT`
   */
  constructor(scope: Construct, id: string, props: ParameterGroupProps) {
    super(scope, id, { physicalName: physicalName(scope, id, props.parameterGroupName, props.engineVersion?.parameterGroupFamily) });
    demandMade({ engineVersion: props.engineVersion }, this);
    mark(this, PARAMETER_GROUP_SYMBOL);
    validateName(this, 'parameterGroupName', props.parameterGroupName);
    this.family = props.engineVersion.parameterGroupFamily;
    Object.entries(props.parameters ?? {}).forEach(([name, value]) => this.addParameter(name, value));

    const resource = new CfnParameterGroup(this, 'Resource', {
      parameterGroupName: this.physicalName,
      family: this.family,
      description: props.description,
      parameters: Lazy.uncachedAny({ produce: () => this.values }),
    });
    applyRemoval(this, resource, 'a parameter group', props.removalPolicy);
    // A parameter can be set back later, which a warning would outlive.
    Aspects.of(this).add({ visit: (node) => node === this && this.warnOfParameters() }, { priority: AspectPriority.READONLY });
    this.parameterGroupName = this.getResourceNameAttribute(resource.ref);
    this.parameterGroupArn = this.getResourceArnAttribute(resource.attrArn, {
      service: 'memorydb',
      resource: 'parametergroup',
      resourceName: this.physicalName,
    });
  }

  /**
   * The parameters that the group sets, by name.
   */
  public get parameters(): { [name: string]: string } {
    return { ...this.values };
  }

  /**
   * Sets a parameter, whether or not it was set before.
   *
   * @param name name of the parameter, for example `notify-keyspace-events`
   * @param value its value, always text
   * @throws when the family does not have the parameter or does not take the value
   */
  public addParameter(name: string, value: string): void {
    const count = new Set([...Object.keys(this.values), name]).size;
    demand(errorsOf(PARAMETER_RULES), { family: this.family, name, value, count }, this);
    this.values[name] = value;
  }

  private warnOfParameters(): void {
    const { family } = this;
    const values = Object.entries(this.values);
    values.forEach(([name, value]) => warn(PARAMETER_RULES, { family, name, value, count: values.length }, this));
  }
}
