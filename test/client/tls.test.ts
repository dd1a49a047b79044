import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { ConnectionOptions } from 'node:tls';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { passwordOf, startUsers } from './support/users';
import type { Users } from './support/users';
import { close, connect } from '../../src/client';
import { createCertificates } from '../../src/local/certificates';

const CLIENT = JSON.stringify(resolve(__dirname, '..', '..', 'src', 'client'));

let users: Users;
let directory: string;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'client-'));
  users = await startUsers({ app: 'on ~* &* +@all' }, { shards: 1 });
});

afterAll(async () => {
  await users?.local.stop();
  rmSync(directory, { recursive: true, force: true });
});

const with1 = (tls: object) => connect({ connection: users.connection(), deadline: 1_000, redisOptions: { tls: tls as ConnectionOptions } });

/** What a process is answered that trusts the authorities in a file as Node.js does, besides those of the options of the client. */
async function answerWith(extraCaFile: string, options: object): Promise<string> {
  const { caFile: _, ...connection } = { ...users.connection(), password: passwordOf('app') };
  const script = `
    const { connect, close } = require(${CLIENT});
    const { caFile, tls } = ${JSON.stringify(options)};
    const db = connect({ connection: { ...${JSON.stringify(connection)}, caFile }, deadline: 3_000, redisOptions: { tls } });
    db.set('a', 'stored').then(console.log, (error) => console.log(error.message)).then(() => close(db));`;
  const env = { ...process.env, NODE_EXTRA_CA_CERTS: extraCaFile };
  const { stdout } = await promisify(execFile)(process.execPath, ['--require', 'tsx/cjs', '--eval', script], { env });
  return stdout.trim();
}

test('authorities of the options are trusted besides those of NODE_EXTRA_CA_CERTS', async () => {
  const { ca } = await createCertificates('elsewhere');
  const other = join(directory, 'other-ca.pem');
  writeFileSync(other, ca);
  const { caFile } = users.connection();
  expect(await answerWith(caFile!, {})).toBe('OK');
  expect(await answerWith(caFile!, { caFile: other })).toBe('OK');
  expect(await answerWith(caFile!, { tls: { ca } })).toBe('OK');
  // Node.js only warns of one that it cannot read.
  expect(await answerWith(join(directory, 'missing.pem'), { caFile })).toBe('OK');
  expect(await answerWith(other, { caFile: other })).toContain('SELF_SIGNED_CERT_IN_CHAIN');
});

test.each([[null, 'null'], ['no', "'no'"], [{}, '{}']])('a check that is %j is refused', (checkServerIdentity, shown) => {
  expect(() => with1({ checkServerIdentity })).toThrow(`redisOptions.tls.checkServerIdentity is ${shown}: expected a function`);
});

test.each([
  ['an error', new Error('not the one I know'), /: not the one I know$/],
  ['nothing', undefined, /: redisOptions\.tls\.checkServerIdentity threw undefined$/],
])('a check that throws %s refuses the server', async (_, thrown, message) => {
  const db = with1({
    checkServerIdentity() {
      throw thrown;
    },
  });
  await expect(db.get('a')).rejects.toThrow(message);
  await close(db);
});

test('an old version of TLS is refused', async () => {
  for (const minVersion of ['TLSv1', 'TLSv1.1']) {
    expect(() => with1({ minVersion })).toThrow(`redisOptions.tls.minVersion is "${minVersion}": expected TLSv1.2 or TLSv1.3`);
  }
  expect(() => with1({ minVersion: undefined, secureProtocol: 'TLSv1_method' })).toThrow(/^cannot use the certificates of .*secureProtocol/);
  const db = with1({ minVersion: 'TLSv1.3' });
  expect(await db.set('a', '1')).toBe('OK');
  await close(db);
});
