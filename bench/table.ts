import type { Comparison } from './compare';
import type { Spread } from './stats';

/** Writes comparisons as a table for people. */
export function table(comparisons: readonly Comparison[]): string {
  return comparisons.map(section).join('\n\n');
}

function section({ benchmark, unit, note, rounds, own, peers }: Comparison): string {
  const digits = unit === 'Operations per second' ? 0 : 1;
  const rows = [
    [benchmark, 'median', 'min to max', 'ratio', 'min to max'],
    [own.name, ...cells(own, digits), '', ''],
    ...peers.map((peer) => [peer.name, ...cells(peer, digits), ...cells(peer.ratio, 2)]),
  ];
  return [...align(rows), `${unit} of ${rounds} rounds. ${note}`].join('\n');
}

/** Puts cells under each other: the first column to the left, the others to the right. */
export function align(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  return rows.map((row) => row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column]))).join('  ').trimEnd());
}

function cells({ median, min, max }: Spread, digits: number): string[] {
  return [median.toFixed(digits), `${min.toFixed(digits)} to ${max.toFixed(digits)}`];
}
