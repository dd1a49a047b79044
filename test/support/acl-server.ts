import { startLocal } from '../../src/local';
import type { LocalNode } from '../../src/local';

/** A command that can be sent as it is: of a command with subcommands only those. */
export interface ServerCommand {
  readonly name: string;
  readonly categories: readonly string[];
  /** The command with as many arguments as it needs. */
  readonly call: readonly string[];
}

const USER = 'probe';

/** A real server that is asked what it makes of an access string. */
export class AclServer {
  static async start(): Promise<AclServer> {
    const local = await startLocal({
      template: {
        Resources: {
          Db: {
            Type: 'AWS::MemoryDB::Cluster',
            Properties: { ClusterName: 'acl-test', NodeType: 'db.t4g.small', ACLName: 'open-access', TLSEnabled: false, NumReplicasPerShard: 0 },
          },
        },
      },
    });
    const [node] = local.nodes;
    return new AclServer(node, () => local.stop(), await commandsOf(node), await versionOf(node));
  }

  private constructor(
    private readonly node: LocalNode,
    readonly stop: () => Promise<void>,
    readonly commands: readonly ServerCommand[],
    readonly version: readonly [major: number, minor: number],
  ) {}

  /** Gives the probed user these rules and no others. */
  async setRules(text: string): Promise<void> {
    await this.node.call('ACL', 'SETUSER', USER, 'reset', ...text.split(' '));
  }

  /** The rules of the probed user as the server lists them, without what an access string does not say. */
  async listedRules(): Promise<string> {
    const lines = (await this.node.call('ACL', 'LIST')) as string[];
    const [, , ...rules] = lines.find((line) => line.startsWith(`user ${USER} `))!.split(' ');
    return rules.filter((rule) => !/^(#.*|nopass|sanitize-payload|resetchannels)$/.test(rule)).join(' ');
  }

  /** What the probed user would be refused: a command, one of its keys, one of its channels, or nothing. */
  async refusal(...call: readonly string[]): Promise<'command' | 'key' | 'channel' | undefined> {
    const answer = String(await this.node.call('ACL', 'DRYRUN', USER, ...call));
    if (answer === 'OK') {
      return undefined;
    }
    const refused = /permissions to (?:run the '[^']*' (command)|access the '[^']*' (key|channel))/.exec(answer);
    if (refused === null) {
      throw new Error(`${call.join(' ')}: ${answer}`);
    }
    return (refused[1] ?? refused[2]) as 'command' | 'key' | 'channel';
  }
}

type CommandInfo = [name: string, arity: number, flags: string[], first: number, last: number, step: number, acl: string[],
  tips: unknown, keySpecs: unknown, subcommands: CommandInfo[]];

async function commandsOf(node: LocalNode): Promise<ServerCommand[]> {
  const categories = new Map<string, string[]>();
  for (const category of (await node.call('ACL', 'CAT')) as string[]) {
    for (const command of (await node.call('ACL', 'CAT', category)) as string[]) {
      categories.set(command, [...(categories.get(command) ?? []), category]);
    }
  }
  const leaves = (infos: CommandInfo[]): CommandInfo[] => infos.flatMap((info) => (info[9].length > 0 ? leaves(info[9]) : [info]));
  return leaves((await node.call('COMMAND')) as CommandInfo[])
    // These are part of signing in, so that no rule forbids them.
    .filter(([, , flags]) => !flags.includes('no_auth'))
    .map(([name, arity]) => {
      const words = name.split('|');
      return { name, categories: categories.get(name) ?? [], call: [...words, ...Array<string>(Math.abs(arity) - words.length).fill('1')] };
    });
}

async function versionOf(node: LocalNode): Promise<[number, number]> {
  const info = String(await node.call('INFO', 'server'));
  const version = /valkey_version:([\d.]+)/.exec(info) ?? /redis_version:([\d.]+)/.exec(info);
  const [major, minor] = version![1].split('.').map(Number);
  return [major, minor];
}
