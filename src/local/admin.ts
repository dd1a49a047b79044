import { Redis, RedisOptions } from 'ioredis';

/**
 * A connection to one server that opens when it is needed and is opened anew after it broke.
 *
 * Every command is bounded, so that asking a dead or frozen server fails instead of waiting.
 */
export class AdminConnection {
  private redis?: Promise<Redis>;
  private pending = 0;

  constructor(private readonly options: RedisOptions) {}

  /**
   * Send one command.
   *
   * @throws the server's refusal, or the reason why it cannot be reached
   */
  async call(...args: readonly (string | number | Buffer)[]): Promise<unknown> {
    const [command, ...rest] = args;
    this.redis ??= this.open();
    const redis = await this.redis;
    this.pending++;
    redis.stream.ref();
    try {
      return await redis.call(String(command), ...rest);
    } finally {
      this.pending--;
      if (this.pending === 0) {
        // An idle connection does not keep this process alive.
        redis.stream.unref();
      }
    }
  }

  /** Close the connection; a later command opens another one. */
  close(): void {
    const redis = this.redis;
    this.redis = undefined;
    redis?.then((open) => open.disconnect(), () => undefined);
  }

  private async open(): Promise<Redis> {
    const redis = new Redis({
      lazyConnect: true,
      protocol: 2,
      connectTimeout: 2000,
      commandTimeout: 5000,
      retryStrategy: () => null,
      enableReadyCheck: false,
      disableClientInfo: true,
      ...this.options,
    });
    let cause: Error | undefined;
    redis.on('error', (error: Error) => {
      cause = error;
    });
    redis.on('end', () => {
      this.redis = undefined;
    });
    try {
      await redis.connect();
      return redis;
    } catch (error) {
      this.redis = undefined;
      redis.disconnect();
      // The client itself says only that the connection is closed.
      throw cause ?? error;
    }
  }
}
