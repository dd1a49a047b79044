import { inspect } from 'node:util';

/** Everything that can be seen of a value. */
export function dump(value: unknown): string {
  return inspect(value, { depth: Infinity, showHidden: true, maxStringLength: Infinity, maxArrayLength: Infinity });
}

/** A value as JSON, each object in it once. */
export function jsonOf(value: unknown): string {
  const seen = new WeakSet();
  return JSON.stringify(value, (_, item: unknown) => {
    if (typeof item !== 'object' || item === null) {
      return typeof item === 'bigint' ? String(item) : item;
    }
    if (seen.has(item)) {
      return undefined;
    }
    seen.add(item);
    return item;
  });
}
