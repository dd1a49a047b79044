import { spreadOf } from './stats';
import type { Spread } from './stats';

/** One of the things that are compared. */
export interface Side {
  /** What is measured, for the table. */
  readonly name: string;
  /** Takes one measurement, in milliseconds. */
  readonly measure: () => number;
}

/** A benchmark before it is run. */
export interface Contest {
  /** The benchmark's name. */
  readonly benchmark: string;
  /** What the measurements hold and what they leave out. */
  readonly note: string;
  /** This library. */
  readonly own: Side;
  /** What it is compared with. */
  readonly peers: readonly Side[];
}

/** The times of one side, in milliseconds. */
export interface Times extends Spread {
  /** What was measured. */
  readonly name: string;
}

/** The times of a peer, and how this library's compare. */
export interface PeerTimes extends Times {
  /** This library's time divided by the peer's of the same round. */
  readonly ratio: Spread;
}

/** What a benchmark found. */
export interface Comparison {
  readonly benchmark: string;
  readonly note: string;
  /** How many measurements of each side there are. */
  readonly rounds: number;
  readonly own: Times;
  readonly peers: readonly PeerTimes[];
}

/**
 * Measures all sides in turn, once per round, in opposite order every other round, so that whatever else the machine does meets all
 * of them alike. A first round is not counted: it fills the file system's cache.
 */
export function compare({ benchmark, note, own, peers }: Contest, rounds: number): Comparison {
  const times = new Map<Side, number[]>([own, ...peers].map((side) => [side, []]));
  for (let round = 0; round <= rounds; round++) {
    const order = round % 2 === 0 ? [...times.keys()] : [...times.keys()].reverse();
    for (const side of order) {
      const time = side.measure();
      if (round > 0) {
        times.get(side)!.push(time);
      }
    }
  }
  const ownTimes = times.get(own)!;
  return {
    benchmark,
    note,
    rounds,
    own: { name: own.name, ...spreadOf(ownTimes) },
    peers: peers.map((peer) => {
      const peerTimes = times.get(peer)!;
      return { name: peer.name, ...spreadOf(peerTimes), ratio: spreadOf(ownTimes.map((time, round) => time / peerTimes[round])) };
    }),
  };
}
