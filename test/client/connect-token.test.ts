import { Sha256 } from '@aws-crypto/sha256-js';
import { formatUrl } from '@aws-sdk/util-format-url';
import { SignatureV4 } from '@smithy/signature-v4';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { TOKEN_LIFETIME_S, connectToken } from '../../src/client/connect-token';
import type { ConnectTokenInput } from '../../src/client/connect-token';

async function signedByTheSdk({ clusterName, username, region, credentials, at }: ConnectTokenInput): Promise<string> {
  const signer = new SignatureV4({ service: 'memorydb', region, credentials, sha256: Sha256 });
  const request = {
    method: 'GET',
    protocol: 'https:',
    hostname: clusterName,
    path: '/',
    headers: { host: clusterName },
    query: { Action: 'connect', User: username },
  };
  const signed = await signer.presign(request, { expiresIn: TOKEN_LIFETIME_S, signingDate: at });
  return formatUrl(signed).replace(/^https:\/\//, '');
}

const name = fc.stringMatching(/^[a-z](-?[a-z0-9]){0,19}$/);
const input: fc.Arbitrary<ConnectTokenInput> = fc.record({
  clusterName: name,
  username: name,
  region: fc.constantFrom('us-east-1', 'eu-central-1', 'cn-north-1', 'us-gov-west-1'),
  credentials: fc.record(
    {
      accessKeyId: fc.stringMatching(/^[A-Z0-9]{16,20}$/),
      secretAccessKey: fc.string({ minLength: 1, maxLength: 60 }),
      sessionToken: fc.string({ minLength: 1, maxLength: 400 }),
    },
    { requiredKeys: ['accessKeyId', 'secretAccessKey'] },
  ),
  at: fc.date({ min: new Date('2020-01-01'), max: new Date('2100-01-01'), noInvalidDate: true }),
});

describe('a token', () => {
  test('is the one the SDK signs, byte for byte', async () => {
    await fc.assert(
      fc.asyncProperty(input, async (given) => {
        expect(connectToken(given)).toBe(await signedByTheSdk(given));
      }),
      { numRuns: 300 },
    );
  });

  test('has the form that the service reads', () => {
    const token = connectToken({
      clusterName: 'orders',
      username: 'app',
      region: 'eu-west-1',
      credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret', sessionToken: 'a+b/c=' },
      at: new Date('2026-01-02T03:04:05.678Z'),
    });
    expect(token.slice(0, token.indexOf('&X-Amz-Signature='))).toBe(
      'orders/?Action=connect&User=app&X-Amz-Algorithm=AWS4-HMAC-SHA256' +
        '&X-Amz-Credential=AKIDEXAMPLE%2F20260102%2Feu-west-1%2Fmemorydb%2Faws4_request&X-Amz-Date=20260102T030405Z&X-Amz-Expires=900' +
        '&X-Amz-Security-Token=a%2Bb%2Fc%3D',
    );
  });
});
