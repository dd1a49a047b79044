// As it is now: tools for tests replace it for a time, and a tick that they lose would be waited for ever after.
const { nextTick } = process;

let callbacks: (() => void)[] = [];

function endTurn(): void {
  const ended = callbacks;
  callbacks = [];
  for (const callback of ended) {
    try {
      callback();
    } catch (error) {
      nextTick(() => {
        throw error;
      });
    }
  }
}

/**
 * Calls back when what the event loop is at has run with all of its promises, and before it goes on.
 *
 * One tick for all who wait for it, instead of one for each connection and list with every turn.
 */
export function atEndOfTurn(callback: () => void): void {
  if (callbacks.push(callback) === 1) {
    nextTick(endTurn);
  }
}
