import { X509Certificate } from 'node:crypto';
import { createServer } from 'node:net';
import { describe, expect, test } from 'vitest';
import { createCertificates } from '../../src/local/certificates';
import { releasePorts, takePorts } from '../../src/local/ports';
import { quote, slotRange } from '../../src/local/server-config';

describe('certificates', () => {
  test('carry the host name alone and are signed by the authority', async () => {
    const { ca, certificate } = await createCertificates('db.example.test');
    const authority = new X509Certificate(ca);
    const server = new X509Certificate(certificate);
    expect(authority.ca).toBe(true);
    expect(authority.verify(authority.publicKey)).toBe(true);
    expect(server.ca).toBe(false);
    expect(server.verify(authority.publicKey)).toBe(true);
    expect(server.checkIssued(authority)).toBe(true);
    expect(server.subjectAltName).toBe('DNS:db.example.test');
    expect(server.publicKey.asymmetricKeyDetails?.namedCurve).toBe('prime256v1');
    expect(new Date(server.validFrom).getTime()).toBeLessThan(Date.now());
    expect(new Date(server.validTo).getTime()).toBeGreaterThan(Date.now());
  });

  test('carry an address when that is the host', async () => {
    const { certificate } = await createCertificates('127.0.0.1');
    expect(new X509Certificate(certificate).subjectAltName).toBe('IP Address:127.0.0.1');
  });
});

describe('slots', () => {
  test.each([
    [1, ['0-16383']],
    [2, ['0-8191', '8192-16383']],
    [3, ['0-5461', '5462-10922', '10923-16383']],
  ])('of %i shards', (shards, ranges) => {
    expect(Array.from({ length: shards }, (_, shard) => slotRange(shard, shards))).toEqual(ranges);
  });

  test.each([1, 7, 90, 500])('cover everything once with %i shards', (shards) => {
    const ranges = Array.from({ length: shards }, (_, shard) => slotRange(shard, shards).split('-').map(Number));
    expect(ranges[0][0]).toBe(0);
    expect(ranges.at(-1)?.at(-1)).toBe(16383);
    ranges.slice(1).forEach(([first], index) => expect(first).toBe(ranges[index].at(-1)! + 1));
  });
});

describe('ports', () => {
  test('are given out once until they are released', async () => {
    const [first, second] = await Promise.all([takePorts(50), takePorts(50)]);
    expect(new Set([...first, ...second]).size).toBe(100);
    releasePorts([...first, ...second]);
  });

  test('can be listened on', async () => {
    const ports = await takePorts(1);
    const server = createServer();
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(ports[0], '127.0.0.1', resolve);
    });
    await new Promise((resolve) => server.close(resolve));
    releasePorts(ports);
  });
});

test('quoting keeps spaces, quotes and backslashes, and stays on one line', () => {
  expect(quote('a "b" \\c')).toBe('"a \\"b\\" \\\\c"');
  expect(quote('é\nbind\r\0')).toBe('"é\\x0abind\\x0d\\x00"');
});
