import type { Comparison } from './compare';
import type { Spread } from './stats';

/** Writes comparisons as a table for people. */
export function table(comparisons: readonly Comparison[]): string {
  return comparisons.map(section).join('\n\n');
}

function section({ benchmark, note, rounds, own, peers }: Comparison): string {
  const rows = [
    [benchmark, 'median', 'min to max', 'ratio', 'min to max'],
    [own.name, ...cells(own, 1), '', ''],
    ...peers.map((peer) => [peer.name, ...cells(peer, 1), ...cells(peer.ratio, 2)]),
  ];
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  const lines = rows.map((row) => row.map((cell, column) => column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column])).join('  '));
  return [...lines.map((line) => line.trimEnd()), `Milliseconds of ${rounds} rounds. ${note}`].join('\n');
}

function cells({ median, min, max }: Spread, digits: number): string[] {
  return [median.toFixed(digits), `${min.toFixed(digits)} to ${max.toFixed(digits)}`];
}
