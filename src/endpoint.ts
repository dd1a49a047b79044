import { Tokenization } from 'aws-cdk-lib';

/**
 * Where a cluster listens.
 */
export class Endpoint {
  /** Host name. */
  public readonly hostname: string;

  /** TCP port; may be a token. */
  public readonly port: number;

  /**
   * @param hostname host name
   * @param port TCP port
   */
  constructor(hostname: string, port: number) {
    this.hostname = hostname;
    this.port = port;
  }

  /** Host name and port, joined by a colon. */
  public get socketAddress(): string {
    return `${this.hostname}:${this.portAsString()}`;
  }

  /**
   * The port as text, which is what environment variables and outputs take.
   */
  public portAsString(): string {
    return Tokenization.stringifyNumber(this.port);
  }
}
