import { join } from 'node:path';
import { AdminAccount, adminRules, defaultUserRules, serviceOnly, userRules, without } from './access-control';
import { AdminConnection } from './admin';
import { makeTemporaryDirectory } from './data-directory';
import { toSettings } from './parameters';
import { ClusterPlan, UserPlan } from './plan';
import { quote } from './server-config';
import { ServerProcess } from './server-process';
import { describe } from './template';
import { Watchdog } from './watchdog';

/** What the servers of a cluster are given, once a server of this kind has accepted it. */
export interface Rehearsed {
  /** The lines of the file with the users. */
  readonly aclFile: string;
  /** The lines of the configuration for the parameters. */
  readonly configLines: readonly string[];
  readonly notices: readonly string[];
}

const OLDEST_VERSION = 7;
const START_TIMEOUT = 10_000;

/**
 * Try users and parameters on a server that nobody else can reach.
 *
 * Servers differ in the commands and settings they know (search, active defragmentation), and a server that meets an
 * unknown one in its files does not start. Asking one first tells what to leave out, and gives the server's own words
 * for what is wrong.
 */
export class Rehearsal {
  /**
   * Start the server for trying.
   *
   * @param admin the account that the nodes will have too
   * @throws when it does not start or is too old
   */
  static async open(binary: string, admin: AdminAccount, watchdog: Watchdog): Promise<Rehearsal> {
    // Not in the data directory: the path of a socket is limited to about a hundred bytes.
    const directory = makeTemporaryDirectory('memorydb-try-', watchdog);
    const socket = join(directory, 'socket');
    const server = new ServerProcess(binary, directory, watchdog);
    const account = `user ${admin.username} ${adminRules(admin).join(' ')}`;
    server.start(['port 0', `unixsocket ${quote(socket)}`, 'unixsocketperm 700', 'save ""', account].join('\n'));
    const rehearsal = new Rehearsal(server, socket, admin);
    try {
      await rehearsal.waitUntilReady();
      await rehearsal.checkServer(binary);
      return rehearsal;
    } catch (error) {
      await rehearsal.close();
      throw error;
    }
  }

  private readonly connection: AdminConnection;

  private constructor(private readonly server: ServerProcess, socket: string, admin: AdminAccount) {
    this.connection = new AdminConnection({ path: socket, username: admin.username, password: admin.password });
  }

  /**
   * Try what one cluster needs.
   *
   * @throws when the server refuses a rule or a value that it knows
   */
  async rehearse(plan: ClusterPlan): Promise<Rehearsed> {
    const notices: string[] = [];
    await this.connection.call('ACL', 'SETUSER', 'default', ...defaultUserRules(plan.openAccess));
    for (const user of plan.users) {
      notices.push(...await this.tryUser(user));
    }
    const configLines: string[] = [];
    for (const setting of toSettings(plan.parameters)) {
      const refusal = await this.tryCall('CONFIG', 'SET', setting.name, setting.value);
      if (refusal === undefined) {
        // A limit consists of several words, every other value is one.
        const words = setting.name === 'client-output-buffer-limit' ? setting.value.split(' ') : [setting.value];
        configLines.push([setting.name, ...words.map(quote)].join(' '));
      } else if (/unknown option|cannot be enabled/i.test(refusal)) {
        notices.push(...setting.parameters.map((name) => `parameter "${name}" of cluster "${plan.name}" is left out, this server cannot do it`));
      } else {
        throw new Error(`parameter "${setting.parameters.join('", "')}" of cluster "${plan.name}" (${describe(plan.located)}) ` +
          `does not accept ${JSON.stringify(setting.value)}: ${refusal}`);
      }
    }
    const lines = await this.connection.call('ACL', 'LIST') as string[];
    for (const user of plan.users) {
      await this.connection.call('ACL', 'DELUSER', user.name);
    }
    return { aclFile: `${lines.join('\n')}\n`, configLines, notices };
  }

  /** End the server. */
  async close(): Promise<void> {
    this.connection.close();
    await this.server.kill('SIGKILL');
  }

  private async tryUser(user: UserPlan): Promise<string[]> {
    const notices: string[] = [];
    for (const rule of userRules(user)) {
      let refusal = await this.tryRule(user, rule);
      const missing = refusal !== undefined && /unknown command or category/i.test(refusal) ? serviceOnly(rule) : [];
      if (missing.length > 0) {
        notices.push(...missing.map((word) => `"${word}" in the access string of user "${user.name}" is left out, this server does not know it`));
        refusal = missing.includes(rule) ? undefined : await this.tryRule(user, without(rule, missing));
      }
      if (refusal !== undefined) {
        throw new Error(`the access string of user "${user.name}" (${user.origin}) is refused by the server: ${refusal}`);
      }
    }
    return notices;
  }

  private async tryRule(user: UserPlan, rule: string): Promise<string | undefined> {
    return this.tryCall('ACL', 'SETUSER', user.name, rule);
  }

  private async tryCall(...args: readonly string[]): Promise<string | undefined> {
    try {
      await this.connection.call(...args);
      return undefined;
    } catch (error) {
      return (error as Error).message.replace(/^ERR /, '');
    }
  }

  private async waitUntilReady(): Promise<void> {
    const deadline = Date.now() + START_TIMEOUT;
    for (;;) {
      const refusal = await this.tryCall('PING');
      if (refusal === undefined) {
        return;
      }
      if (!this.server.running || Date.now() > deadline) {
        throw new Error(`the server did not start (${refusal}), the end of its log:\n${this.server.logTail()}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  private async checkServer(binary: string): Promise<void> {
    const info = String(await this.connection.call('INFO', 'server'));
    const version = /^redis_version:(\d+)\.(\S+)/m.exec(info);
    if (version === null || Number(version[1]) < OLDEST_VERSION) {
      throw new Error(`server ${binary} has version ${version?.[0].slice('redis_version:'.length) ?? 'unknown'}, version ${OLDEST_VERSION}.0 or later is needed`);
    }
    const tls = await this.connection.call('CONFIG', 'GET', 'tls-port') as unknown[];
    if (tls.length === 0) {
      throw new Error(`server ${binary} was built without TLS, install one with TLS: \`apt-get install redis-server\` or \`brew install valkey\``);
    }
  }
}
