import type { aws_memorydb as memorydb } from 'aws-cdk-lib/interfaces';

/** The list that exists in every account: its user `default` may do everything, without a password. */
export const OPEN_ACCESS = 'open-access';

/** Whether a list is the one that lets everybody in. */
export function isOpenAccess(acl: memorydb.IACLRef): boolean {
  return acl.aclRef.aclName === OPEN_ACCESS;
}
