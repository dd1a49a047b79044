import { ACCESS_STRING_RULES, KNOWN_CATEGORY, VALID_NAMES, VALID_PATTERNS } from './access';
import { ACCESS_RULES, CLUSTER_USER_RULES } from './cluster-access';
import { ENGINE_VERSION_RULES, NODE_PARAMETER_RULES } from './cluster-engine';
import { NETWORK_RULES, PLACEMENT_RULES } from './cluster-network';
import { SIZE_RULES } from './cluster-size';
import { SNAPSHOT_RULES } from './cluster-snapshots';
import { CONNECTION_RULES, CONNECTION_USER_RULES } from './connections';
import { ENGINE_RULES } from './engines';
import { ENVIRONMENT_RULES } from './environments';
import { GRANTED_RULES, IAM_GRANT_RULES, SECRET_USE_RULES } from './grants';
import { KEY_RULES } from './keys';
import { LISTED_USER_RULES } from './listed-users';
import { MEMBER_REGIONS_RULES, MEMBER_RULES, MULTI_REGION_CLUSTER_RULES, MULTI_REGION_REGION_RULES, NEIGHBOUR_RULES, SHARED_RULES } from './multi-region';
import { NOT_DEFAULT_USER, NOT_OPEN_ACCESS, VALID_NAME } from './names';
import { NODE_TYPE_RULES } from './node-types';
import { NOTIFICATION_RULES } from './notifications';
import { PARAMETER_RULES } from './parameters';
import { PASSWORD_RULES } from './passwords';
import { REGION_RULES } from './regions';
import { DELETION_POLICY_RULES, REMOVAL_RULES } from './removal';
import { REQUIRED_RULES } from './required';
import { BUCKET_RULES, FINAL_SNAPSHOT_RULES, RESTORE_RULES, SNAPSHOT_KEY_RULES } from './restore';
import { RETENTION_RULES } from './retention';
import type { Rule } from './rule';
import { SUBNET_RULES } from './subnets';
import { MADE } from './value-classes';
import { VECTOR_SEARCH_RULES } from './vector-search';
import { DAILY_FORM, KNOWN_DURATION, KNOWN_TIME, VALID_HOUR, VALID_LENGTH, VALID_MINUTE, WEEKLY_FORM } from './windows';

/** Rules for the properties of a cluster. */
export const CLUSTER_RULES = [
  ...REQUIRED_RULES,
  ...[...SIZE_RULES, ...NETWORK_RULES, ...SNAPSHOT_RULES, ...ACCESS_RULES],
  ...[...ENGINE_VERSION_RULES, ...VECTOR_SEARCH_RULES, ...KEY_RULES, ...NOTIFICATION_RULES],
];

/** Every rule that constructs and value classes hold their input against. */
export const RULES: readonly Rule<never>[] = [
  ...[VALID_NAME, NOT_DEFAULT_USER, NOT_OPEN_ACCESS, MADE],
  ...[...ENGINE_RULES, ...NODE_TYPE_RULES, ...PARAMETER_RULES],
  ...[VALID_PATTERNS, VALID_NAMES, ...ACCESS_STRING_RULES, KNOWN_CATEGORY, ...PASSWORD_RULES, ...LISTED_USER_RULES],
  ...[KNOWN_TIME, VALID_HOUR, VALID_MINUTE, KNOWN_DURATION, VALID_LENGTH, DAILY_FORM, WEEKLY_FORM],
  ...SUBNET_RULES,
  ...[...CLUSTER_RULES, ...CLUSTER_USER_RULES, ...NODE_PARAMETER_RULES, ...PLACEMENT_RULES],
  ...[...ENVIRONMENT_RULES, ...REGION_RULES],
  ...[...SNAPSHOT_KEY_RULES, ...BUCKET_RULES, ...RESTORE_RULES, ...FINAL_SNAPSHOT_RULES],
  ...[...REMOVAL_RULES, ...DELETION_POLICY_RULES, ...RETENTION_RULES],
  ...[...MULTI_REGION_CLUSTER_RULES, ...MEMBER_RULES, ...SHARED_RULES, ...NEIGHBOUR_RULES, ...MEMBER_REGIONS_RULES, ...MULTI_REGION_REGION_RULES],
  ...[...CONNECTION_RULES, ...CONNECTION_USER_RULES, ...IAM_GRANT_RULES, ...GRANTED_RULES, ...SECRET_USE_RULES],
];
