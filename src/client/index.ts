export { batch } from './batch';
export { BatchError } from './batch-error';
export { close } from './close';
export type { CloseOptions } from './close';
export { connect } from './connect';
export type { ConnectOptions } from './connect';
export type { AwsCredentials } from './connect-token';
export { connectionFromEnv, connectionFromOutputs } from './connection';
export type { ConnectionDescriptor, OutputsDocument } from './connection';
export { staticCredentials } from './credentials';
export type { CredentialsProvider, StaticCredentials } from './credentials';
export { ConfigurationError, CredentialsError, DeadlineError, InDoubtError, SignInError } from './errors';
export { observe } from './events';
export type {
  ClientEvent,
  ClientEvents,
  ConnectEvent,
  DeadlineEvent,
  ErrorEvent,
  FailoverEvent,
  ReauthEvent,
  SlotRange,
  SlotsRefreshEvent,
  TokenRefreshEvent,
} from './events';
export { healthCheck } from './health-check';
export type { Health, HealthCheckOptions } from './health-check';
export { iamCredentials } from './iam-credentials';
export type { IamCredentialsOptions } from './iam-credentials';
export { hashTag, sameSlot, slotOf } from './keys';
export type { RetryWrites } from './lost-replies';
export { del, mget, mgetBuffer, mset } from './multi-key';
export type { Entries } from './multi-key';
export { asNodeRedisClient } from './node-redis';
export type { NodeRedisClient, NodeRedisExpiration, NodeRedisScanOptions, NodeRedisSetOptions } from './node-redis';
export type { Profile } from './profiles';
export type { ReadFrom } from './read-from';
export { Password } from './redacted';
export { dbSize, scanAll } from './scan';
export type { ScanOptions } from './scan';
export { secretCredentials } from './secret-credentials';
export type { SecretCredentialsOptions, SecretsManagerLike } from './secret-credentials';
export { transaction } from './transaction';
export type { TransactionBody, WatchingBody } from './transaction';
export { TransactionError } from './transaction-error';
export type { TransactionErrorCode } from './transaction-error';
export type { WatchOptions } from './watching';
export type { AuthMode } from '../contract';
