import { Token } from 'aws-cdk-lib';
import { CfnUser } from 'aws-cdk-lib/aws-memorydb';
import type { aws_memorydb as memorydb } from 'aws-cdk-lib/interfaces';

/** What a user may do, as the template says it; undefined for an imported user and for a token. */
export function accessStringOf(user: memorydb.IUserRef): string | undefined {
  const resource = CfnUser.isCfnUser(user) ? user : user.node.defaultChild;
  const text = CfnUser.isCfnUser(resource) ? resource.accessString : undefined;
  return Token.isUnresolved(text) ? undefined : text;
}
