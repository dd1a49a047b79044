import { format } from 'node:util';

/** Everything that was printed meanwhile, process warnings and unhandled rejections included. */
export async function outputOf(work: () => Promise<unknown>): Promise<string> {
  const printed: string[] = [];
  const onWarning = (warning: Error) => printed.push(`warning: ${warning.message}`);
  const onRejection = (reason: unknown) => printed.push(`unhandled: ${format(reason)}`);
  const write = (chunk: unknown) => printed.push(String(chunk)) > 0;
  const streams = [process.stdout, process.stderr];
  const writes = streams.map((stream) => stream.write);
  const names = ['log', 'info', 'warn', 'error', 'debug'] as const;
  const consoles = names.map((name) => console[name]);
  streams.forEach((stream) => (stream.write = write));
  names.forEach((name) => (console[name] = (...args: unknown[]) => void printed.push(format(...args))));
  process.on('warning', onWarning).on('unhandledRejection', onRejection);
  try {
    await work();
    await new Promise((resolve) => setTimeout(resolve, 50));
  } finally {
    process.off('warning', onWarning).off('unhandledRejection', onRejection);
    streams.forEach((stream, i) => (stream.write = writes[i]));
    names.forEach((name, i) => (console[name] = consoles[i]));
  }
  return printed.join('\n');
}
