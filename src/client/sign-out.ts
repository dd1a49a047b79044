import type { Command } from 'ioredis';

/** The error for commands of which one is RESET, which leaves the connection signed out: everybody's commands for that node would fail from then on. */
export function signingOut(commands: readonly Command[]): TypeError | undefined {
  return commands.some(({ name }) => /^reset$/i.test(name))
    ? new TypeError('RESET would sign out the connection that all callers share')
    : undefined;
}
