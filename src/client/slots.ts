/** How many slots every cluster has. */
export const SLOTS = 16_384;
