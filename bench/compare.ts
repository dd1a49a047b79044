import { spreadOf } from './stats';
import type { Spread } from './stats';

/** What measurements are in. */
export type Unit = 'Kilobytes' | 'Microseconds' | 'Milliseconds' | 'Operations per second';

/** One of the things that are compared. */
export interface Side {
  /** What is measured, for the table. */
  readonly name: string;
  /** Takes one measurement. */
  readonly measure: () => number | Promise<number>;
}

/** What is compared. */
export interface Subject {
  /** The benchmark's name. */
  readonly benchmark: string;
  /** What is measured: the unit as the first word of a sentence. */
  readonly unit: Unit;
  /** What the measurements hold and what they leave out. */
  readonly note: string;
}

/** A benchmark before it is run. */
export interface Contest extends Subject {
  /** This library. */
  readonly own: Side;
  /** What it is compared with. */
  readonly peers: readonly Side[];
}

/** What one side has done, round by round. */
export interface Measurements {
  /** What was measured. */
  readonly name: string;
  readonly values: readonly number[];
}

/** The measurements of one side. */
export interface Result extends Spread {
  /** What was measured. */
  readonly name: string;
}

/** The measurements of a peer, and how this library's compare. */
export interface PeerResult extends Result {
  /** This library's measurement divided by the peer's of the same round. */
  readonly ratio: Spread;
}

/** What a benchmark found. */
export interface Comparison extends Subject {
  /** How many measurements of each side there are. */
  readonly rounds: number;
  readonly own: Result;
  readonly peers: readonly PeerResult[];
}

/**
 * Measures all sides in turn, once per round, in opposite order every other round, so that whatever else the machine does meets all
 * of them alike. A first round is not counted: it fills the file system's cache.
 */
export async function compare({ own, peers, ...subject }: Contest, rounds: number): Promise<Comparison> {
  const results = new Map<Side, number[]>([own, ...peers].map((side) => [side, []]));
  for (let round = 0; round <= rounds; round++) {
    const order = round % 2 === 0 ? [...results.keys()] : [...results.keys()].reverse();
    for (const side of order) {
      const result = await side.measure();
      if (round > 0) {
        results.get(side)!.push(result);
      }
    }
  }
  const of = (side: Side) => ({ name: side.name, values: results.get(side)! });
  return comparisonOf(subject, of(own), peers.map(of));
}

/** @param own - this library, with the same number of measurements as each of its peers */
export function comparisonOf(subject: Subject, own: Measurements, peers: readonly Measurements[]): Comparison {
  return {
    ...subject,
    rounds: own.values.length,
    own: { name: own.name, ...spreadOf(own.values) },
    peers: peers.map(({ name, values }) => ({ name, ...spreadOf(values), ratio: spreadOf(own.values.map((value, round) => value / values[round])) })),
  };
}
