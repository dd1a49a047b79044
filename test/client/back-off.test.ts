import { afterEach, expect, test, vi } from 'vitest';
import { backOff } from '../../src/client/back-off';

afterEach(() => {
  vi.restoreAllMocks();
});

/** The bounds of a wait. */
function bounds(client: object, times: number): [number, number] {
  return [0, 1].map((random) => {
    vi.spyOn(Math, 'random').mockReturnValue(random);
    return backOff.call({ ...client }, times);
  }) as [number, number];
}

test('the first attempt is soon, later ones wait longer, and after some seconds much longer', () => {
  expect([1, 2, 3, 4, 6, 40, 41, 1_000].map((times) => bounds({}, times))).toEqual([
    [0, 25], [50, 100], [50, 150], [50, 250], [50, 550], [50, 550], [50, 2_050], [50, 2_050],
  ]);
});

test('a client that is ready and loses its connections again and again waits longer, others do not', () => {
  vi.spyOn(Math, 'random').mockReturnValue(1);
  const clock = vi.spyOn(performance, 'now');
  const [client, other] = [{}, {}];
  const wait = (now: number, who: object = client) => {
    clock.mockReturnValue(now);
    return backOff.call(who, 1);
  };
  expect([wait(0), wait(150), wait(500)]).toEqual([25, 100, 150]);
  expect(wait(500, other)).toBe(25);
  expect(wait(500 + 150 + 1_001)).toBe(25);
});
