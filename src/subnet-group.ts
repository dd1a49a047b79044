import { Resource } from 'aws-cdk-lib';
import type { IResource, RemovalPolicy } from 'aws-cdk-lib';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import { CfnSubnetGroup } from 'aws-cdk-lib/aws-memorydb';
import type { aws_memorydb as memorydb } from 'aws-cdk-lib/interfaces';
import type { Construct } from 'constructs';
import { arnOf, nameOf } from './private/arns';
import { locate, zonesOf } from './private/locations';
import { physicalName, validateName } from './private/names';
import { applyRemoval } from './private/removal';
import { check } from './private/rules/rule';
import { SUBNET_RULES } from './private/rules/subnets';

const NO_SUBNETS = { subnets: [] as ec2.ISubnet[], subnetIds: [] as string[], isPendingLookup: false };

/**
 * The subnets in which the nodes of clusters are placed.
 */
export interface ISubnetGroup extends IResource, memorydb.ISubnetGroupRef {
  /**
   * Name of the subnet group.
   *
   * @attribute
   */
  readonly subnetGroupName: string;

  /**
   * ARN of the subnet group.
   *
   * @attribute
   */
  readonly subnetGroupArn: string;
}

/**
 * Properties of a `SubnetGroup`.
 */
export interface SubnetGroupProps {
  /**
   * The VPC in which the subnets are.
   *
   * [disable-awslint:prefer-ref-interface] subnets can only be selected on an `IVpc`
   */
  readonly vpc: ec2.IVpc;

  /**
   * Which of its subnets to use: 1 to 20, in at least two Availability Zones if a shard is to have replicas.
   *
   * @default - private subnets with egress, else isolated, else public ones
   */
  readonly vpcSubnets?: ec2.SubnetSelection;

  /**
   * Name of the subnet group: 1 to 40 lower-case letters, digits and hyphens. Changing it replaces the subnet group.
   *
   * @default - generated from the stack's name and the construct's path
   */
  readonly subnetGroupName?: string;

  /**
   * A description.
   *
   * @default - none
   */
  readonly description?: string;

  /**
   * What happens to the subnet group when it leaves the stack.
   *
   * A group that a cluster still uses cannot be deleted, so retain it with a retained cluster.
   *
   * @default - the subnet group is deleted
   */
  readonly removalPolicy?: RemovalPolicy;
}

abstract class SubnetGroupBase extends Resource implements ISubnetGroup {
  public abstract readonly subnetGroupName: string;
  public abstract readonly subnetGroupArn: string;

  public get subnetGroupRef(): memorydb.SubnetGroupReference {
    return { subnetGroupName: this.subnetGroupName, subnetGroupArn: this.subnetGroupArn };
  }
}

/**
 * Defines a MemoryDB subnet group.
 *
 * @resource AWS::MemoryDB::SubnetGroup
 * @stateless
 */
export class SubnetGroup extends SubnetGroupBase {
  /**
   * An existing subnet group, by its name.
   */
  public static fromSubnetGroupName(scope: Construct, id: string, subnetGroupName: string): ISubnetGroup {
    class Import extends SubnetGroupBase {
      public readonly subnetGroupName = subnetGroupName;
      public readonly subnetGroupArn = arnOf(this, 'subnetgroup', subnetGroupName);
    }
    return new Import(scope, id);
  }

  /**
   * An existing subnet group, by its ARN.
   */
  public static fromSubnetGroupArn(scope: Construct, id: string, subnetGroupArn: string): ISubnetGroup {
    class Import extends SubnetGroupBase {
      public readonly subnetGroupName = nameOf(subnetGroupArn);
      public readonly subnetGroupArn = subnetGroupArn;
    }
    return new Import(scope, id, { environmentFromArn: subnetGroupArn });
  }

  public readonly subnetGroupName: string;
  public readonly subnetGroupArn: string;

  /**
   * @throws when the name is not allowed, the selection has no subnet or more than 20, or the removal policy is `SNAPSHOT`
   */
  constructor(scope: Construct, id: string, props: SubnetGroupProps) {
    super(scope, id, { physicalName: physicalName(scope, id, props.subnetGroupName) });
    validateName(this, 'subnetGroupName', props.subnetGroupName);

    const resource = new CfnSubnetGroup(this, 'Resource', {
      subnetGroupName: this.physicalName,
      subnetIds: this.selectSubnetIds(props),
      description: props.description,
    });
    applyRemoval(this, resource, 'a subnet group', props.removalPolicy);
    this.subnetGroupName = this.getResourceNameAttribute(resource.ref);
    this.subnetGroupArn = this.getResourceArnAttribute(resource.attrArn, {
      service: 'memorydb',
      resource: 'subnetgroup',
      resourceName: this.physicalName,
    });
  }

  private selectSubnetIds({ vpc, vpcSubnets }: SubnetGroupProps): string[] {
    // CDK would complain about the public subnets that are missing, which are the last ones to look for.
    const { subnets, subnetIds, isPendingLookup } = vpcSubnets === undefined && !hasSubnets(vpc) ? NO_SUBNETS : vpc.selectSubnets(vpcSubnets);
    if (!isPendingLookup) {
      const zones = zonesOf(subnets);
      check(SUBNET_RULES, { vpcPath: vpc.node.path, isSelected: vpcSubnets !== undefined, subnetIds, zones }, this);
      locate(this, { vpcId: vpc.vpcId, zones });
    }
    return subnetIds;
  }
}

function hasSubnets(vpc: ec2.IVpc): boolean {
  return [vpc.privateSubnets, vpc.isolatedSubnets, vpc.publicSubnets].some((subnets) => subnets.length > 0);
}
