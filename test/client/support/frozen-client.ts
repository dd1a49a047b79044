import { createInterface } from 'node:readline';
import { connect } from '../../../src/client';

/*
 * The program of a child process: connects at the top of its module, and handles an invocation for each line of input. Its output is a
 * line for each of them, and for each message.
 */
const db = connect({
  natMap: JSON.parse(process.env.NAT_MAP ?? '{}'),
  deadline: Number(process.env.DEADLINE ?? 5_000),
  shardedSubscribers: process.env.CHANNEL !== undefined,
});

async function handle(key: string): Promise<void> {
  const start = performance.now();
  const result = await db.incr(key).catch((error: Error) => String(error));
  process.stdout.write(`${JSON.stringify({ result, ms: performance.now() - start })}\n`);
}

const { CHANNEL } = process.env;
if (CHANNEL !== undefined) {
  for (const event of ['message', 'smessage']) {
    db.on(event, (_, text) => process.stdout.write(`${JSON.stringify({ event, text })}\n`));
  }
  Promise.all([db.subscribe(CHANNEL), db.ssubscribe(CHANNEL)]).catch(console.error);
}

createInterface({ input: process.stdin }).on('line', (key) => void handle(key));
