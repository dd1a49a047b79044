import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createConnection, createServer, Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { Redis } from 'ioredis';
import type { Cluster } from 'ioredis';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { keepSignedIn } from '../../src/client/reauthentication';
import { livePassword } from '../../src/client/redacted';
import { authenticate } from '../../src/client/sign-in';
import { findServer } from '../../src/local/server-binary';

const PASSWORD = 'Pr1vate-'.repeat(16);
const IAM_TOKEN = `orders/?Action=connect&User=app&X-Amz-Security-Token=${'Pr1vate%2F'.repeat(100)}`;

async function refusalOf(socket: Socket, password: string): Promise<string> {
  try {
    await authenticate(socket, { username: 'app', password, timeout: 5_000, signal: new AbortController().signal });
    return 'signed in';
  } catch (error) {
    return (error as Error).message;
  } finally {
    socket.destroy();
  }
}

describe('a server that does not know AUTH', () => {
  let folder: string;
  let server: ChildProcess;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'memorydb-test-'));
    writeFileSync(join(folder, 'server.conf'), 'port 0\nunixsocket socket\nsave ""\nrename-command AUTH ""\n');
    server = spawn(findServer(), ['server.conf'], { cwd: folder, stdio: 'ignore' });
    await vi.waitUntil(() => existsSync(join(folder, 'socket')), { timeout: 10_000 });
  });

  afterAll(async () => {
    server.kill('SIGKILL');
    await once(server, 'exit');
    rmSync(folder, { recursive: true });
  });

  test.each([16, 100, 120, 128])('does not bring a password of %i characters into the error', async (length) => {
    expect(await refusalOf(createConnection(join(folder, 'socket')), PASSWORD.slice(0, length))).toBe("ERR unknown command 'AUTH'");
  });

  test('does not bring the password into the error when a connection signs in again', async () => {
    const connection = new Redis({ path: join(folder, 'socket') });
    await connection.ping();
    const cluster = { nodes: () => [connection], subscriber: { getInstance: () => null } } as unknown as Cluster;
    const credentials = { username: 'app', sessionLifetime: 100, getPassword: async () => PASSWORD };
    const error = await new Promise<Error>((resolve) => {
      const stop = keepSignedIn(cluster, credentials, livePassword(), () => undefined, (reason) => {
        stop();
        resolve(reason);
      });
    });
    expect(error.message).toBe("ERR unknown command 'auth'");
    expect(inspect(error, { depth: Infinity, showHidden: true })).not.toContain('Pr1vate');
    connection.disconnect();
  });

  test('does not bring an IAM token into the error', async () => {
    expect(await refusalOf(createConnection(join(folder, 'socket')), IAM_TOKEN)).toBe("ERR unknown command 'AUTH'");
  });
});

test('what cannot be sent leaves no reply to wait for', async () => {
  const socket = new Socket();
  const wrong = { username: 1234 as unknown as string, password: PASSWORD, timeout: 10, signal: new AbortController().signal };
  await expect(authenticate(socket, wrong)).rejects.toThrow(TypeError);
  expect(socket.listenerCount('close')).toBe(new Socket().listenerCount('close'));
});

test.each([
  ['-ERR unknown command `AUTH`, with args beginning with: `app`, `Pr1vate-Pr1va', 'ERR unknown command `AUTH`'],
  [`-ERR refused ${PASSWORD} here`, 'ERR refused [redacted] here'],
])('the reply %j is shown as %j', async (reply, shown) => {
  const server = createServer((socket) => socket.once('data', () => socket.end(`${reply}\r\n`))).listen(0, '127.0.0.1');
  await once(server, 'listening');
  expect(await refusalOf(createConnection((server.address() as AddressInfo).port, '127.0.0.1'), PASSWORD)).toBe(shown);
  server.close();
});
