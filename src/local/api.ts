/** Whose environment is wanted. */
export interface EnvironmentOptions {
  /**
   * A Lambda function: its logical id or the beginning of it, its construct path or its function name.
   *
   * @default - the only function or container that connects to a cluster
   */
  readonly function?: string;

  /**
   * A container of an ECS task: its name, or `<logical id of the task definition>/<name>`.
   *
   * @default - the only function or container that connects to a cluster
   */
  readonly container?: string;
}

/** What `startLocal` takes. */
export interface LocalOptions {
  /**
   * The cloud assembly whose clusters to start: the directory that `cdk synth` wrote.
   *
   * @default 'cdk.out'
   */
  readonly app?: string;

  /**
   * The stack whose clusters to start, by its name, its artifact id or its construct path.
   *
   * The other stacks of the assembly are still read, since values are imported from them.
   *
   * @default - all stacks
   */
  readonly stack?: string;

  /**
   * A CloudFormation template to use instead of a cloud assembly, as an object.
   *
   * @default - the assembly in `app`
   */
  readonly template?: object;

  /**
   * Where the servers keep their files and logs: a directory that is empty or does not exist yet, or one of a MemoryDB Local
   * before. It stays when the servers stop.
   *
   * @default - a temporary directory, removed at stop
   */
  readonly dataDir?: string;

  /**
   * The server program, `valkey-server` or `redis-server` of version 7.0 or later.
   *
   * @default - the first of `valkey-server` and `redis-server` on PATH
   */
  readonly server?: string;

  /**
   * The host name that the nodes announce and their certificate carries. It has to lead to 127.0.0.1 or ::1 and nowhere else;
   * the address 127.0.0.1 itself may be given too.
   *
   * @default 'localhost'
   */
  readonly host?: string;

  /**
   * Whose environment will be asked for: a choice that does not fit fails before any server starts.
   *
   * @default - checked when it is asked for
   */
  readonly consumer?: EnvironmentOptions;

  /**
   * How long a node may be silent until the others take it for failed, in milliseconds, at least 100.
   * A failover takes about twice as long. A cluster of one or two shards has none here: a majority of the primaries has to elect the replica.
   *
   * @default 1000
   */
  readonly nodeTimeout?: number;

  /**
   * How long the clusters may take to be ready, in milliseconds. Two seconds are usual, a large or busy one takes longer.
   *
   * @default 30000
   */
  readonly startTimeout?: number;
}

/** A user who may sign in to a cluster. */
export interface LocalUser {
  readonly name: string;
  /** From the template; made up here where the template refers to a secret, and for IAM users. */
  readonly password: string;
  /** The access string of the template. */
  readonly accessString: string;
}

/** One server of a cluster. */
export interface LocalNode {
  /** The name it would have at the service, such as `orders-0001-001`. */
  readonly name: string;
  /** The cluster's name. */
  readonly clusterName: string;
  /** The shard's name at the service, such as `0001`. */
  readonly shard: string;
  /** What it was at the start; a failover does not change this. */
  readonly role: 'primary' | 'replica';
  /** The host name it announces. */
  readonly host: string;
  /** The port for clients. */
  readonly port: number;
  /** The id of its process; of the last one when it has ended. */
  readonly pid: number;
  /** Whether its process is there, frozen or not. */
  readonly running: boolean;

  /**
   * Send a command as an internal administrator, who may do everything, also what the service refuses to all users.
   *
   * The command goes to this very node: a key of another shard is answered with MOVED. It is given up after 5 seconds.
   *
   * @throws the server's refusal, or why the node cannot be reached
   */
  call(...args: readonly (string | number | Buffer)[]): Promise<unknown>;

  /**
   * Send a signal to its process, and wait for the end of it if the signal ends processes.
   *
   * `SIGSTOP` freezes the node with its connections open, `SIGCONT` lets it go on.
   *
   * @param signal what to send, by default `SIGKILL`
   */
  kill(signal?: NodeJS.Signals): Promise<void>;

  /**
   * Start it again after it ended, on the same port and without its data. It answers a moment later, and is back in its cluster
   * after about two seconds.
   *
   * @throws when it is still running
   */
  restart(): void;
}

/** A cluster that is up. */
export interface LocalCluster {
  /** The stack it stands in; `Template` when a template was given. */
  readonly stackName: string;
  /** Its name in the template's `Resources`. */
  readonly logicalId: string;
  /** The cluster's name. */
  readonly name: string;
  /** The Region of its stack, `us-east-1` when the stack is bound to none. */
  readonly region: string;
  /** Where to connect; the first primary answers here. */
  readonly host: string;
  /** The port of that node. */
  readonly port: number;
  readonly tls: boolean;
  /** The certificate authority to trust, in PEM; absent without TLS. */
  readonly caFile?: string;
  /** Whether nobody has to sign in, because its ACL is `open-access`. */
  readonly openAccess: boolean;
  /** Who may sign in. */
  readonly users: readonly LocalUser[];
  /** Shard by shard, each primary before its replicas. */
  readonly nodes: readonly LocalNode[];

  /**
   * The environment variables with which a program connects as one of the users.
   *
   * @param userName whom to sign in; may be left out when there is one user only, or none
   * @param prefix the variables' prefix, by default `MEMORYDB`
   * @throws when there is no such user, nobody can sign in, or there are several and none is chosen
   */
  environment(userName?: string, prefix?: string): Record<string, string>;
}

/** The clusters of an app on this machine. */
export interface Local {
  readonly clusters: readonly LocalCluster[];
  /** The nodes of all clusters. */
  readonly nodes: readonly LocalNode[];
  /** The certificate authority of all clusters, in PEM. */
  readonly caFile: string;
  /** What could not be done as the templates say, one sentence each. */
  readonly notices: readonly string[];

  /**
   * The whole environment of a function or container of the app, with the connection values of the local clusters.
   *
   * Values that only AWS knows are texts that name their origin. An app without any function or container that connects
   * gets the environment of the only user of its only cluster.
   *
   * @throws when there are several to choose from, or none that fits
   */
  environment(options?: EnvironmentOptions): Record<string, string>;

  /** End all servers and remove the temporary directory; calling it again does nothing. */
  stop(): Promise<void>;

  [Symbol.asyncDispose](): Promise<void>;
}
