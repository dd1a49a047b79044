import type { Start } from '../cold-start';

/** Loads a client, gets one reply and prints how long both took. */
export async function start(load: () => Promise<() => Promise<unknown>>): Promise<void> {
  const before = process.cpuUsage();
  const reply = await load();
  const { user, system } = process.cpuUsage(before);
  await reply();
  // The time origin is the start of the process.
  const result: Start = { loading: (user + system) / 1_000, replied: performance.now() };
  process.stdout.write(JSON.stringify(result), () => process.exit());
}
