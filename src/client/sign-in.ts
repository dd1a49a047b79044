import type { Socket } from 'node:net';
import { after } from './deadline';
import { timedOut, unlessAborted } from './dial';
import { SignInError } from './errors';

/** What refused credentials are answered with; anything else cannot be helped by another password. */
const REFUSED = /^(WRONGPASS|NOAUTH)\b/;

/** Longer than any reply to AUTH. */
const MAX_REPLY = 4_096;

/** Who signs in. */
export interface SignIn {
  readonly username: string;
  readonly password: string;
  /** What to look at when the server refuses it. */
  readonly hint?: string;
  /** How long the server may take, in milliseconds. */
  readonly timeout: number;
  /** Gives up at once when aborted. */
  readonly signal: AbortSignal;
}

/**
 * Sends AUTH on a connection that nobody else uses yet.
 *
 * @returns undefined when the server took the password, its refusal when it did not
 * @throws SignInError for any other answer
 */
export async function authenticate(socket: Socket, { username, password, hint, timeout, signal }: SignIn): Promise<SignInError | undefined> {
  const command = encode(['AUTH', username, password]);
  const reply = readLine(socket, timeout);
  socket.write(command);
  const line = await unlessAborted(reply, signal, 'waiting for the reply to AUTH');
  if (line === '+OK') {
    return undefined;
  }
  if (!line.startsWith('-')) {
    throw new SignInError('unexpected reply to AUTH: the endpoint does not speak the protocol of MemoryDB');
  }
  const text = redacted(line.slice(1), password);
  if (REFUSED.test(text)) {
    return new SignInError(text, hint);
  }
  throw new SignInError(text);
}

/**
 * What a server says of a sign-in, without the password. An unknown command is answered with its arguments, cut after 128 bytes: what is left of a password
 * cannot be told from other words.
 */
export function redacted(reply: string, password: string): string {
  return reply.replace(/,? with args beginning with.*/is, '').replaceAll(password, '[redacted]');
}

function encode(words: string[]): Buffer {
  return Buffer.from(`*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join('')}`);
}

function readLine(socket: Socket, timeout: number): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    const settle = (error: Error | undefined, line = '') => {
      stop();
      socket.off('data', onData).off('error', settle).off('close', onClose);
      // Nothing may be read between the reply and the moment ioredis takes over.
      socket.pause();
      if (error) {
        reject(error);
      } else {
        resolve(line);
      }
    };
    const onClose = () => settle(new Error('the server closed the connection before it answered AUTH'));
    const onData = (chunk: Buffer) => {
      text += chunk.toString();
      const end = text.indexOf('\r\n');
      if (end >= 0) {
        settle(undefined, text.slice(0, end));
      } else if (text.length > MAX_REPLY) {
        settle(undefined, text);
      }
    };
    const stop = after(timeout, () => settle(timedOut(`no reply to AUTH within ${timeout} ms`)));
    socket.on('data', onData).on('error', settle).on('close', onClose).resume();
  });
}
