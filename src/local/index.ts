export type { EnvironmentOptions, Local, LocalCluster, LocalNode, LocalOptions, LocalUser } from './api';
export { startLocal } from './start-local';
