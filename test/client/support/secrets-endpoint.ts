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
  /** What a rotation has made and not put into place. */
  putPending(text: string | undefined): void;
  /** Refuses every request from now on. */
  fail(type: string, message: string): void;
  stop(): Promise<void>;
}

export async function startSecretsEndpoint(text?: string): Promise<SecretsEndpoint> {
  let secret = text;
  let pending: string | undefined;
  let failure: { __type: string; message: string } | undefined;
  let reads = 0;
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => (body += chunk)).on('end', () => {
      reads += 1;
      const isPending = JSON.parse(body).VersionStage === 'AWSPENDING';
      const noVersion = isPending && pending === undefined ? { __type: 'ResourceNotFoundException', message: 'no such version' } : undefined;
      const found = request.headers['x-amz-target'] === 'secretsmanager.GetSecretValue' ? failure ?? noVersion : { __type: 'InvalidAction', message: 'unknown' };
      response.writeHead(found ? 400 : 200, { 'content-type': 'application/x-amz-json-1.1' });
      response.end(JSON.stringify(found ?? { SecretString: isPending ? pending : secret }));
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
    putPending(value: string | undefined) {
      pending = value;
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
