/**
 * A command that was not answered: its deadline passed, or it is certain that no answer will come.
 *
 * `cause` is what really went wrong (a DNS, socket, certificate or sign-in error) when something did.
 */
export class DeadlineError extends Error {
  /** Always `EDEADLINE`. */
  readonly code = 'EDEADLINE';

  /** The cluster that was asked, as `host:port`. */
  readonly endpoint: string;

  /** The name of the command, or `pipeline` or `multi`. */
  readonly command: string;

  /** How long it was waited for, in milliseconds. */
  readonly duration: number;

  constructor(message: string, details: { endpoint: string; command: string; duration: number; cause?: unknown }) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'DeadlineError';
    this.endpoint = details.endpoint;
    this.command = details.command;
    this.duration = details.duration;
  }
}

/**
 * A command that was sent, whose reply was lost with its connection, and whose repetition could change the result, or was refused by the server: it
 * was executed once or not at all.
 *
 * When the client was closed before the reply came, the message is `Connection is closed.`, by which libraries know that they have closed it
 * themselves, and `cause` says more.
 */
export class InDoubtError extends Error {
  /** Always `EINDOUBT`. */
  readonly code = 'EINDOUBT';

  /** The node that the command was sent to, as `host:port`. */
  readonly endpoint: string;

  /** The name of the command, or `multi` for a transaction. */
  readonly command: string;

  constructor(message: string, details: { endpoint: string; command: string; cause: unknown }) {
    super(message, { cause: details.cause });
    this.name = 'InDoubtError';
    this.endpoint = details.endpoint;
    this.command = details.command;
  }
}

/** A connection that cannot be described: a value is missing, malformed or contradicts another one. */
export class ConfigurationError extends Error {
  /** Always `ECONFIG`. */
  readonly code = 'ECONFIG';

  constructor(message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'ConfigurationError';
  }
}

/** A password that could not be obtained. Never contains any part of the secret. */
export class CredentialsError extends Error {
  /** Always `ECREDENTIALS`. */
  readonly code = 'ECREDENTIALS';

  /** Whether asking again is pointless until somebody changes the secret or a permission. */
  readonly permanent: boolean;

  constructor(message: string, details: { permanent: boolean; cause?: unknown }) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'CredentialsError';
    this.permanent = details.permanent;
  }
}

/** A sign-in that the server refused; `code` is the first word of its reply, such as `WRONGPASS`. */
export class SignInError extends Error {
  readonly code: string;

  /** @param hint - what to look at */
  constructor(message: string, hint?: string) {
    super(hint ? `${message.replace(/\.$/, '')}; ${hint}` : message);
    this.name = 'SignInError';
    this.code = message.split(' ', 1)[0];
  }
}
