import type { BenchClient, Target } from './client';

/** The clients that are measured; each is loaded in the process that needs it, without the others. */
export const CLIENTS = {
  'cdk-memorydb': async (target: Target) => (await import('./own.js')).own(target),
  'ioredis': async (target: Target) => (await import('./ioredis.js')).ioredis(target),
  'ioredis, auto-pipelining': async (target: Target) => (await import('./ioredis.js')).autoPipelining(target),
  'ioredis, options of a guide': async (target: Target) => (await import('./ioredis.js')).guide(target),
  'ioredis, guide as published': async (target: Target) => (await import('./ioredis.js')).guideAsPublished(target),
  'node-redis': async (target: Target) => (await import('./node-redis.js')).nodeRedis(target),
  'valkey-glide': async (target: Target) => (await import('./glide.js')).glide(target),
} satisfies Record<string, (target: Target) => Promise<BenchClient>>;

export type ClientName = keyof typeof CLIENTS;
