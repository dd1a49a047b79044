import type { Start } from '../cold-start';

/** What the process had used of the processor when it began with the bundle, whose first line this is. */
declare const before: NodeJS.CpuUsage;

/** Gets one reply and prints how long that and the loading of the client took. */
export async function start(reply: () => Promise<unknown>): Promise<void> {
  const loading = milliseconds(process.cpuUsage(before));
  await reply();
  // The time origin is the start of the process.
  const result: Start = { loading, replied: performance.now(), busy: milliseconds(process.cpuUsage()) };
  process.stdout.write(JSON.stringify(result), () => process.exit());
}

function milliseconds({ user, system }: NodeJS.CpuUsage): number {
  return (user + system) / 1_000;
}
