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

/** A benchmark before it is run. */
export interface Contest {
  /** The benchmark's name. */
  readonly benchmark: string;
  /** What is measured: the unit as the first word of a sentence. */
  readonly unit: Unit;
  /** What the measurements hold and what they leave out. */
  readonly note: string;
  /** This library. */
  readonly own: Side;
  /** What it is compared with. */
  readonly peers: readonly Side[];
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
export interface Comparison {
  readonly benchmark: string;
  readonly unit: Unit;
  readonly note: string;
  /** How many measurements of each side there are. */
  readonly rounds: number;
  readonly own: Result;
  readonly peers: readonly PeerResult[];
}

/**
 * Measures all sides in turn, once per round, in opposite order every other round, so that whatever else the machine does meets all
 * of them alike. A first round is not counted: it fills the file system's cache.
 */
export async function compare({ benchmark, unit, note, own, peers }: Contest, rounds: number): Promise<Comparison> {
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
  const ownResults = results.get(own)!;
  return {
    benchmark,
    unit,
    note,
    rounds,
    own: { name: own.name, ...spreadOf(ownResults) },
    peers: peers.map((peer) => {
      const peerResults = results.get(peer)!;
      return { name: peer.name, ...spreadOf(peerResults), ratio: spreadOf(ownResults.map((result, round) => result / peerResults[round])) };
    }),
  };
}
