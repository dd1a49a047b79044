import { createInterface } from 'node:readline';
import { connect } from '../../../src/client';

/*
 * The program of a child process: connects at the top of its module, and handles an invocation for each line of input. Its output is a
 * line for each of them.
 */
const db = connect({ natMap: JSON.parse(process.env.NAT_MAP ?? '{}'), deadline: Number(process.env.DEADLINE ?? 5_000) });

async function handle(key: string): Promise<void> {
  const start = performance.now();
  const result = await db.incr(key).catch((error: Error) => String(error));
  process.stdout.write(`${JSON.stringify({ result, ms: performance.now() - start })}\n`);
}

createInterface({ input: process.stdin }).on('line', (key) => void handle(key));
