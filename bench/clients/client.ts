/** Where the clients connect, and as whom. */
export interface Target {
  readonly host: string;
  readonly port: number;
  readonly username: string;
  /** The password of this moment. */
  readonly password: string;
  /** The certificate authority in PEM, for clients that do not trust what the process trusts (`NODE_EXTRA_CA_CERTS`). */
  readonly ca?: string;
  /** Whether reads go to replicas. */
  readonly replicas: boolean;
}

/** The part of a client that is measured. */
export interface BenchClient {
  get(key: string): Promise<unknown>;
  set(key: string, value: string): Promise<unknown>;
  /** Reads keys of any slots at once. */
  mget(keys: string[]): Promise<unknown>;
  /** For clients that cannot be given a function for their password: what their application does when it has changed. */
  passwordChanged?(password: string): Promise<unknown>;
  close(): Promise<unknown>;
}

/** @param target - may change while the client lives; those who ask for the password get the new one */
export type ClientFactory = (target: Target) => Promise<BenchClient>;
