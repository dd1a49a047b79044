const callbacks: (() => void)[] = [];

function endTurn(): void {
  for (const callback of callbacks) {
    callback();
  }
  callbacks.length = 0;
}

/**
 * Calls back when what the event loop is at has run with all of its promises, and before it goes on.
 *
 * One tick for all who wait for it, since a tick costs as much as everything else that this client adds to a command.
 */
export function atEndOfTurn(callback: () => void): void {
  if (callbacks.push(callback) === 1) {
    process.nextTick(endTurn);
  }
}
