import { Arn, ArnFormat, Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';

/** The part of an ARN that tells the resource type: MemoryDB entries of the Service Authorization Reference. */
export type ArnResource = 'cluster' | 'acl' | 'user' | 'subnetgroup' | 'parametergroup' | 'snapshot';

/** ARN of a resource in the account and Region of a construct. */
export function arnOf(scope: Construct, resource: ArnResource, resourceName: string): string {
  return Stack.of(scope).formatArn({ service: 'memorydb', resource, resourceName });
}

/** ARN of a resource that is of no Region, in the account of a construct. */
export function globalArnOf(scope: Construct, resource: 'multiregioncluster', resourceName: string): string {
  return Stack.of(scope).formatArn({ service: 'memorydb', region: '', resource, resourceName });
}

/** Account in an ARN; a token when the ARN is one. */
export function accountOf(arn: string): string {
  return Arn.split(arn, ArnFormat.SLASH_RESOURCE_NAME).account!;
}

/** Name in an ARN; a token when the ARN is one. */
export function nameOf(arn: string): string {
  return Arn.split(arn, ArnFormat.SLASH_RESOURCE_NAME).resourceName!;
}
