/** What is attached to an object under a symbol, made when it is not there. */
export function attached<T>(object: object, symbol: symbol, make: () => T): T {
  const holder = object as Record<symbol, T | undefined>;
  if (holder[symbol] === undefined) {
    Object.defineProperty(object, symbol, { value: make() });
  }
  return holder[symbol]!;
}
