import { Reference, Token, Tokenization } from 'aws-cdk-lib';
import { CfnSecurityGroup, CfnVPC } from 'aws-cdk-lib/aws-ec2';
import type { IConstruct } from 'constructs';

/** A VPC that is still to be looked up has an id that no VPC can have. */
const REAL_ID = /^vpc-[0-9a-f]{8,}$/;

/** What to call a VPC: its id, or the path of the construct that makes it; undefined when neither is known. */
export function vpcName(vpcId: string): string | undefined {
  if (!Token.isUnresolved(vpcId)) {
    return REAL_ID.test(vpcId) ? vpcId : undefined;
  }
  const reference = Tokenization.reverseString(vpcId).firstToken;
  // A reference to anything else, such as a parameter, may stand for any VPC.
  return Reference.isReference(reference) && CfnVPC.isCfnVPC(reference.target) ? reference.target.node.path : undefined;
}

/** Whether two VPCs are certainly not the same: an id says nothing about a VPC that is still to be made. */
export function areDifferentVpcs(one: string, other: string): boolean {
  const names = [one, other].map(vpcName);
  return Token.isUnresolved(one) === Token.isUnresolved(other) && !names.includes(undefined) && names[0] !== names[1];
}

/** Id of the VPC of a security group; undefined for an imported one. */
export function vpcIdOf(securityGroup: IConstruct): string | undefined {
  const resource = securityGroup.node.defaultChild;
  return CfnSecurityGroup.isCfnSecurityGroup(resource) ? resource.vpcId : undefined;
}
