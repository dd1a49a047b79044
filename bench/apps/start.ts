import type { Start } from '../cold-start';

/** Loads a client, gets one reply and prints how long both took. */
export async function start(load: () => Promise<() => Promise<unknown>>): Promise<void> {
  const before = process.cpuUsage();
  const reply = await load();
  const loading = milliseconds(process.cpuUsage(before));
  await reply();
  // The time origin is the start of the process.
  const result: Start = { loading, replied: performance.now(), busy: milliseconds(process.cpuUsage()) };
  process.stdout.write(JSON.stringify(result), () => process.exit());
}

function milliseconds({ user, system }: NodeJS.CpuUsage): number {
  return (user + system) / 1_000;
}
