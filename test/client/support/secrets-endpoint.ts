import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';

/** A Secrets Manager endpoint with one secret, for the real SDK client. */
export interface SecretsEndpoint {
  readonly url: string;
  /** A client that talks to it. */
  readonly client: SecretsManagerClient;
  /** How often the secret was read. */
  readonly reads: number;
  /** What the secret contains from now on. */
  put(text: string): void;
  /** Refuses every request from now on. */
  fail(type: string, message: string): void;
  stop(): Promise<void>;
}

export async function startSecretsEndpoint(text?: string): Promise<SecretsEndpoint> {
  let secret = text;
  let failure: { __type: string; message: string } | undefined;
  let reads = 0;
  const server = createServer((request, response) => {
    request.resume().on('end', () => {
      reads += 1;
      const found = request.headers['x-amz-target'] === 'secretsmanager.GetSecretValue' ? failure : { __type: 'InvalidAction', message: 'unknown' };
      response.writeHead(found ? 400 : 200, { 'content-type': 'application/x-amz-json-1.1' });
      response.end(JSON.stringify(found ?? { SecretString: secret, VersionStages: ['AWSCURRENT'] }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const client = new SecretsManagerClient({
    endpoint: url,
    region: 'eu-west-1',
    credentials: { accessKeyId: 'AKIAEXAMPLE', secretAccessKey: 'example' },
    maxAttempts: 1,
  });
  return {
    url,
    client,
    get reads() {
      return reads;
    },
    put(value: string) {
      secret = value;
      failure = undefined;
    },
    fail(type: string, message: string) {
      failure = { __type: type, message };
    },
    async stop() {
      client.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
