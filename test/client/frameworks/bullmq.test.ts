import { FlowProducer, Queue, QueueEvents, Worker } from 'bullmq';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startLibrary } from '../support/library';
import type { Library } from '../support/library';

const prefix = '{jobs}';

let library: Library;

beforeAll(async () => {
  library = await startLibrary('BullMQ');
});

afterAll(async () => library?.stop());

interface Work {
  readonly n: number;
  readonly failures?: number;
}

test('BullMQ works off jobs, tries failed ones again and tells their results', async () => {
  const connection = library.open();
  const queue = new Queue<Work, number>('squares', { connection, prefix });
  // From the first event on: BullMQ is ready before it listens, and would miss what is done until then.
  const events = new QueueEvents('squares', { connection: library.open(), prefix, lastEventId: '0-0' });
  const worker = new Worker<Work, number>('squares', async ({ data, attemptsMade }) => {
    if (attemptsMade < (data.failures ?? 0)) {
      throw new Error('not yet');
    }
    return data.n ** 2;
  }, { connection, prefix, concurrency: 5 });
  const errors: Error[] = [];
  const onError = (error: Error) => void errors.push(error);
  queue.setMaxListeners(50).on('error', onError);
  events.setMaxListeners(50).on('error', onError);
  worker.on('error', onError);
  await events.waitUntilReady();

  const jobs = await queue.addBulk(Array.from({ length: 40 }, (_, n) => ({ name: 'square', data: { n } })));
  const late = await queue.add('square', { n: 100 }, { delay: 300 });
  const flaky = await queue.add('square', { n: 200, failures: 2 }, { attempts: 3, backoff: { type: 'fixed', delay: 50 } });
  const lost = await queue.add('square', { n: 300, failures: 1 });
  await queue.upsertJobScheduler('often', { every: 200, limit: 3 }, { name: 'square', data: { n: 7 } });

  const results = await Promise.all([...jobs, late, flaky].map((job) => job.waitUntilFinished(events, 20_000)));
  expect(results).toEqual([...jobs.map((_, n) => n ** 2), 100 ** 2, 200 ** 2]);
  await expect(lost.waitUntilFinished(events, 20_000)).rejects.toThrow('not yet');
  await expect.poll(() => queue.getJobCounts('completed', 'failed'), { timeout: 10_000 }).toEqual({ completed: jobs.length + 2 + 3, failed: 1 });

  const flows = new FlowProducer({ connection, prefix });
  const squares = (n: number) => ({ name: 'square', queueName: 'squares', data: { n } });
  const flow = await flows.add({ ...squares(5), children: [squares(6), squares(7)] });
  expect(await flow.job.waitUntilFinished(events, 20_000)).toBe(25);
  expect(await queue.getWorkers()).toHaveLength(1);

  await queue.obliterate({ force: true });
  await flows.close();
  await worker.close();
  await events.close();
  await queue.close();
  expect(errors).toEqual([]);
});

test('it needs no other command', async () => {
  expect(await library.excess()).toEqual({ refused: [], unused: [] });
});
