import type { ClusterOptions } from 'ioredis';

/**
 * What kind of program a client is for; every option of a profile can be replaced.
 *
 * - `service`: runs for a long time
 * - `lambda`: is frozen between invocations, and comes up often
 * - `blocking`: waits for commands like BLPOP or XREAD with BLOCK, as queue libraries do
 *
 * | Option | `service` | `lambda` | `blocking` |
 * | --- | --- | --- | --- |
 * | `deadline` | 20 s, enough for a failover | 5 s | 20 s |
 * | `enableReadyCheck` | yes | no: one round trip less to the first command | yes |
 * | `slotsRefreshInterval` | 30 s: finds new replicas | none: a frozen client would begin with it | 30 s |
 * | `slotsRefreshTimeout` | 2.5 s | 3 s | 2.5 s |
 * | `redisOptions.socketTimeout` | 5 s | 2 s | 5 s |
 * | `redisOptions.maxRetriesPerRequest` | 20 | 20 | none, which BullMQ insists on |
 */
export type Profile = 'service' | 'lambda' | 'blocking';

interface ProfileOptions {
  /** In milliseconds. */
  readonly deadline: number;
  readonly cluster: ClusterOptions;
}

const SERVICE: ProfileOptions = {
  deadline: 20_000,
  cluster: { slotsRefreshInterval: 30_000, slotsRefreshTimeout: 2_500, redisOptions: { socketTimeout: 5_000 } },
};

const PROFILES: Readonly<Record<Profile, ProfileOptions>> = {
  service: SERVICE,
  lambda: {
    deadline: 5_000,
    cluster: { enableReadyCheck: false, slotsRefreshTimeout: 3_000, redisOptions: { socketTimeout: 2_000 } },
  },
  blocking: {
    ...SERVICE,
    cluster: { ...SERVICE.cluster, redisOptions: { ...SERVICE.cluster.redisOptions, maxRetriesPerRequest: null } },
  },
};

/** The name of every profile. */
export const PROFILE_NAMES = Object.keys(PROFILES) as Profile[];

/** The profile for where this runs: AWS Lambda sets AWS_LAMBDA_FUNCTION_NAME. */
export function defaultProfile(): Profile {
  return process.env.AWS_LAMBDA_FUNCTION_NAME ? 'lambda' : 'service';
}

export function profileOptions(profile: Profile): ProfileOptions {
  return PROFILES[profile];
}
