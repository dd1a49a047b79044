import { inspect } from 'node:util';
import type { ClusterOptions } from 'ioredis';
import { ignoredCommands } from './automatic-pipelines';
import { backOff } from './back-off';
import type { ConnectorContext } from './connector';
import { connectorFor } from './connector';
import { ConfigurationError } from './errors';
import { isRecord } from './options';
import { scaleReads } from './read-from';
import type { ReadFrom } from './read-from';
import { kindOf } from './text-or-bytes';
import { tlsOptions } from './tls';

/** What makes the options of one client besides the caller's overrides. */
export interface ClientOptionsSource {
  /** Whether connections are encrypted. */
  readonly tls: boolean;
  readonly caFile?: string;
  readonly readFrom: ReadFrom;
  /** Options of ioredis for the kind of program. */
  readonly profile: ClusterOptions;
  readonly context: ConnectorContext;
}

/**
 * Reconnects to a node that redirects to its own address: another node has taken over its name, and the connection still leads to the old
 * one. ioredis notices that for single commands, but sends pipelines there again and again.
 */
function isMovedToItself(this: { readonly host: string; readonly port: number }, { message }: Error): boolean {
  return message.startsWith('MOVED ') && message.endsWith(` ${this.host}:${this.port}`);
}

/**
 * Refuses what a caller may not override.
 *
 * @param tls - whether connections are encrypted
 * @param present - of the client that is duplicated, which a caller may repeat
 * @throws ConfigurationError
 */
export function checkOverrides(tls: boolean, { redisOptions = {}, useSRVRecords }: ClusterOptions, present: ClusterOptions['redisOptions'] = {}): void {
  if (!isRecord(redisOptions)) {
    throw new ConfigurationError(`redisOptions is ${kindOf(redisOptions)}: expected an object`);
  }
  const hindrance = useSRVRecords ? 'useSRVRecords' : redisOptions.monitor && 'redisOptions.monitor';
  if (hindrance) {
    throw new ConfigurationError(`${hindrance} is true: no command could be sent with it, leave it out`);
  }
  for (const name of ['username', 'password', 'Connector'] as const) {
    if (redisOptions[name] !== undefined && redisOptions[name] !== present[name]) {
      throw new ConfigurationError(`redisOptions.${name} cannot be overridden: pass who signs in as \`credentials\` to connect()`);
    }
  }
  if (redisOptions.tls && !tls) {
    throw new ConfigurationError('redisOptions.tls is given although connection.tls is false');
  }
  if (redisOptions.db) {
    throw new ConfigurationError(`redisOptions.db is ${inspect(redisOptions.db)}: a cluster has no database but 0, give what has to be apart a \`keyPrefix\` or a cluster of its own`);
  }
}

/**
 * The options that ioredis gets: defaults, then the caller's overrides, then what may not be overridden.
 *
 * The defaults give a command room for the redirections of a long resharding (`maxRedirections`; what waits for a new primary does not
 * spend them), and let a dead address cost 1.5 seconds instead of ten (`connectTimeout`, which has to stay below `slotsRefreshTimeout`).
 */
export function clientOptions({ tls, caFile, readFrom, profile, context }: ClientOptionsSource, overrides: ClusterOptions): ClusterOptions {
  const { credentials } = context;
  // ioredis wants strings. It sends the name as `String(name)`, so that one learned from a secret comes in time.
  const username = credentials && { toString: () => credentials.username ?? 'default' } as unknown as string;
  const password = credentials && context.password.bytes as unknown as string;
  return {
    clusterRetryStrategy: backOff,
    scaleReads: scaleReads(readFrom),
    maxRedirections: 256,
    retryDelayOnMoved: 20,
    ...profile,
    ...given(overrides),
    autoPipeliningIgnoredCommands: ignoredCommands(overrides.autoPipeliningIgnoredCommands),
    // A name has to stay a name until its certificate is checked; the connector resolves it.
    dnsLookup: (host, callback) => callback(null, host),
    redisOptions: {
      connectTimeout: 1_500,
      keepAlive: 5_000,
      disconnectTimeout: 500,
      reconnectOnError: isMovedToItself,
      // Two commands for every connection, which count as refused for a user without the permission.
      disableClientInfo: true,
      ...profile.redisOptions,
      ...given(overrides.redisOptions ?? {}),
      tls: tls ? tlsOptions(caFile, overrides.redisOptions?.tls) : undefined,
      username,
      password,
      Connector: connectorFor(context),
    },
  };
}

/** Without the options that are undefined, which would take the place of defaults. */
function given<Options extends object>(options: Options): Options {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Options;
}
