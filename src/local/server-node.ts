import { RedisOptions } from 'ioredis';
import { AdminConnection } from './admin';
import { LocalNode } from './api';
import { ServerProcess } from './server-process';

/** Where a node stands in its cluster. */
export type NodePlace = Pick<LocalNode, 'name' | 'clusterName' | 'shard' | 'role' | 'host' | 'port'>;

/** A node of a cluster and its process. */
export class ServerNode implements LocalNode {
  readonly name: string;
  readonly clusterName: string;
  readonly shard: string;
  readonly role: 'primary' | 'replica';
  readonly host: string;
  readonly port: number;
  private readonly connection: AdminConnection;

  constructor(place: NodePlace, private readonly server: ServerProcess, connection: RedisOptions) {
    this.name = place.name;
    this.clusterName = place.clusterName;
    this.shard = place.shard;
    this.role = place.role;
    this.host = place.host;
    this.port = place.port;
    this.connection = new AdminConnection(connection);
  }

  get pid(): number {
    return this.server.pid;
  }

  get running(): boolean {
    return this.server.running;
  }

  async call(...args: readonly (string | number | Buffer)[]): Promise<unknown> {
    return this.connection.call(...args);
  }

  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    await this.server.kill(signal);
    if (!this.server.running) {
      // The connection notices only later that it is dead.
      this.connection.close();
    }
  }

  restart(): void {
    if (this.server.running) {
      throw new Error(`node ${this.name} is still running, kill it before it can be restarted`);
    }
    this.server.start();
  }

  /** The last lines of its log. */
  logTail(): string {
    return this.server.logTail();
  }

  /** End it for good. */
  async stop(): Promise<void> {
    this.connection.close();
    await this.server.kill('SIGKILL');
  }
}
