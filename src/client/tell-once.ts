/** Tells errors of which many come for the same reason, such as one from each node, no more than once by their message. */
export function tellOnce(tell: (error: Error) => void): (error: Error) => void {
  const told = new Set<string>();
  return (error) => {
    if (!told.has(error.message)) {
      told.add(error.message);
      tell(error);
    }
  };
}
