import { describe, expect, test } from 'vitest';
import { compare, primariesOf, topologyOf } from '../../src/client/topology';

/** By slot, who serves it: one letter each, a dot where nobody does. */
const slots = (text: string) => [...text].map((node) => (node === '.' ? undefined : [node, 'replica']));
const topology = (text: string) => topologyOf(slots(text));

test('a topology is the ranges of the primaries', () => {
  expect(topology('aab.ba')).toEqual([
    { start: 0, end: 1, primary: 'a' },
    { start: 2, end: 2, primary: 'b' },
    { start: 4, end: 4, primary: 'b' },
    { start: 5, end: 5, primary: 'a' },
  ]);
  expect(primariesOf(topology('aab.ba'))).toEqual(['a', 'b']);
  expect(topology('')).toEqual([]);
});

describe('between two topologies', () => {
  test('the same is no change', () => {
    expect(compare(topology('aabb'), topology('aabb'))).toEqual({ moved: 0, failovers: [] });
  });

  test('the first one that is known is no change', () => {
    expect(compare([], topology('aabb'))).toEqual({ moved: 0, failovers: [] });
  });

  test('a node that takes over all slots of another one is a failover', () => {
    expect(compare(topology('aabbaacc'), topology('xxbbxxcc'))).toEqual({
      moved: 4,
      failovers: [{ from: 'a', to: 'x', slots: [{ start: 0, end: 1 }, { start: 4, end: 5 }] }],
    });
  });

  test('two shards can fail over at once', () => {
    expect(compare(topology('aabb'), topology('xxyy')).failovers.map(({ from, to }) => `${from} ${to}`)).toEqual(['a x', 'b y']);
  });

  test.each([
    ['slots that move to another shard', 'aabb', 'abbb', 1],
    ['a shard that is added', 'aabb', 'acbb', 1],
    ['a shard that is removed', 'aabbcc', 'aaabbb', 3],
    ['slots that nobody serves for a while', 'aabb', 'aa..', 0],
    ['slots that are served for the first time', 'aa..', 'aabb', 0],
  ])('%s are no failover', (_, before, after, moved) => {
    expect(compare(topology(before), topology(after))).toEqual({ moved, failovers: [] });
  });
});
