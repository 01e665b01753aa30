import Table from 'cli-table3';
import { byteCount, duration, significant } from './formatNumbers.ts';
import { describeMachine } from './machine.ts';
import type { Point, Results, Row } from './results.ts';
import { ratioOf } from './statistics.ts';
import { judge } from './targets.ts';

/** Everything that was measured, as text for a terminal. */
export function report(results: Results): string {
  return [
    `${describeMachine(results.machine)}. ${results.quick ? 'Quick run' : 'Run'} of ${significant(results.seconds)} s.`,
    ...Object.entries(results.versions).map(([name, version]) => `${name}: ${version}`),
    ...results.missing,
    ...results.scenarios.flatMap(({ title, points }) => [
      `\n${title}`,
      ...points.flatMap((point) => [pointTable(point), ...notesOn(point)]),
    ]),
    ...targetTable(results),
  ].join('\n');
}

function table(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  leftColumns: readonly number[] = [0],
): string {
  const drawn = new Table({
    head: [...head],
    colAligns: head.map((_, column) => (leftColumns.includes(column) ? 'left' : 'right')),
    style: { head: [], border: [], compact: true },
  });
  drawn.push(...rows.map((row) => [...row]));
  return drawn.toString();
}

/** The row that others are compared with: PyTorch on one thread, or the plain loops, or the first. */
function referenceRow({ rows }: Point): Row | undefined {
  const named = (name: string): Row | undefined => rows.find(({ contestant }) => contestant === name);
  return named('torch-1') ?? named('loops') ?? rows[0];
}

/** The fastest copy of as many bytes as a step moves. */
export function fastestCopy({ rows }: Point): Row | undefined {
  return rows
    .filter(({ contestant }) => contestant.startsWith('copy'))
    .toSorted((left, right) => left.milliseconds.median - right.milliseconds.median)[0];
}

function pointTable(point: Point): string {
  const { name, rows, bytes, passes, device } = point;
  if (rows.length === 0) return `${name}: nobody took part.`;
  const reference = referenceRow(point);
  const copy = fastestCopy(point);
  const hasCopy = bytes !== undefined && copy !== undefined;
  const moves =
    bytes === undefined || passes === undefined
      ? ''
      : ` (${passes} ${passes === 1 ? 'pass' : 'passes'}, ${byteCount(bytes)})`;
  const hasCounts = rows.some(({ counts }) => counts !== undefined);
  const head = [
    `${name}${moves}${device === undefined ? '' : `, ${device}`}`,
    ...(hasCounts ? ['dispatches', 'submits', 'buffers made'] : []),
    'a step',
    'quartiles',
    `x ${reference?.label ?? ''}`,
    'quartiles',
    ...(hasCopy ? ['GB/s', 'of the copy'] : []),
  ];
  return table(
    head,
    rows.map((row) => {
      const { label, milliseconds, rounds, counts } = row;
      const ratio = ratioOf(rounds, reference?.rounds ?? []);
      return [
        label,
        ...(hasCounts
          ? [counts?.dispatches, counts?.submits, counts?.buffers].map((count) => String(count ?? '–'))
          : []),
        duration(milliseconds.median),
        `${duration(milliseconds.low)} – ${duration(milliseconds.high)}`,
        significant(ratio.median),
        `${significant(ratio.low)} – ${significant(ratio.high)}`,
        ...(hasCopy ? [bandwidth(bytes, row), share(copy, row)] : []),
      ];
    }),
  );
}

function bandwidth(bytes: number, { milliseconds }: Row): string {
  return significant(bytes / milliseconds.median / 1e6);
}

/** The share of the copy bandwidth that a row reaches. */
export function share(copy: Row | undefined, { rounds }: Row): string {
  if (copy === undefined) return '–';
  return `${significant(100 * ratioOf(copy.rounds, rounds).median)} %`;
}

function notesOn({ leftOut }: Point): string[] {
  return leftOut.map(({ label, reason }) => `Left out: ${label}; ${reason}.`);
}

function targetTable(results: Results): string[] {
  const verdicts = judge(results);
  if (verdicts.length === 0) return [];
  return [
    '\nTargets',
    table(
      ['what', 'target', 'measured', ''],
      verdicts.map(({ what, demanded, measured, isMet }) => [
        what,
        demanded,
        measured,
        isMet ? 'met' : 'NOT MET',
      ]),
      [0, 3],
    ),
  ];
}
