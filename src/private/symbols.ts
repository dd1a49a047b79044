/** Marks that tell the library's constructs apart, whichever copy of the package made them. */
export const CLUSTER_SYMBOL = Symbol.for('cdk-memorydb.Cluster');
export const USER_SYMBOL = Symbol.for('cdk-memorydb.User');
export const ACL_SYMBOL = Symbol.for('cdk-memorydb.Acl');
export const PARAMETER_GROUP_SYMBOL = Symbol.for('cdk-memorydb.ParameterGroup');
export const MULTI_REGION_CLUSTER_SYMBOL = Symbol.for('cdk-memorydb.MultiRegionCluster');

/** Puts a mark on an object. */
export function mark(object: object, symbol: symbol): void {
  Object.defineProperty(object, symbol, { value: true });
}

/** Whether an object has a mark. */
export function isMarked(object: unknown, symbol: symbol): boolean {
  return typeof object === 'object' && object !== null && symbol in object;
}
