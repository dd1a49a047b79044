/** Longest name the service takes for clusters, users and ACLs (MemoryDB Developer Guide, "Creating a cluster"); safe for the other types. */
export const MAX_NAME_LENGTH = 40;

/** Cuts out the middle: the stack at the start and the construct at the end say most. */
export function shortened(text: string, maxLength: number): string {
  const head = Math.ceil(maxLength / 2) - 1;
  const cut = text.length <= maxLength ? text : `${text.slice(0, head)}-${text.slice(head + 1 - maxLength)}`;
  return cut.replace(/-+/g, '-').replace(/^-|-$/g, '');
}
