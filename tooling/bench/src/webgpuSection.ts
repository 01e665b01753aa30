import { markdownTable } from 'markdown-table';
import { duration } from './formatNumbers.ts';
import type { GpuReport } from './gpuReport.ts';
import type { Point } from './results.ts';

const begin = '<!-- webgpu: begin -->';
const end = '<!-- webgpu: end -->';

/** What steps on WebGPU ask of a device, from the benchmark, and their times on cards, from the reports of the GPU check. */
export function webgpuSection(points: readonly Point[], cards: readonly GpuReport[]): string {
  const counts = countTable(points);
  const where = cards.length === 0 ? ', counts only: no card has been measured yet' : '';
  return [
    begin,
    ...(counts.length < 2 ? [] : [`On WebGPU: what a step asks of the device${where}.`, table(counts)]),
    ...cards.flatMap((card) => [sentenceOf(card), table(timeTable(card))]),
    end,
  ].join('\n\n');
}

/**
 * A README with its WebGPU rows written anew: everything between two comments.
 *
 * @throws if the README lacks the comments.
 */
export function withWebgpuSection(readme: string, section: string): string {
  const [from, to] = [readme.indexOf(begin), readme.indexOf(end)];
  if (from < 0 || to < from)
    throw new Error(`The README has no WebGPU rows. Put ${begin} and ${end} where they belong.`);
  return `${readme.slice(0, from)}${section}${readme.slice(to + end.length)}`;
}

function sentenceOf({ adapter, started, torch, clock }: GpuReport): string {
  const times = clock?.hasTimestamps === true ? "the card's clock" : "the processor's clock";
  return `Clip by global norm and Adam, one step by ${times}, on ${adapter?.name ?? 'an unnamed card'}, ${started.slice(0, 10)}. ${torch}`;
}

/** A row for each contestant, a column for each tree. */
function timeTable({ contests }: GpuReport): string[][] {
  const labels = new Map(contests.flatMap(({ rows }) => rows.map((row) => [row.contestant, row.label])));
  return [
    ['', ...contests.map(({ name }) => name)],
    ...Array.from(labels, ([contestant, label]) => [
      label,
      ...contests.map(({ rows }) => {
        const row = rows.find((one) => one.contestant === contestant);
        if (row === undefined) return '–';
        const time = duration((row.gpu ?? row.wall).median);
        return row.result.isRight ? time : `${time}, not right`;
      }),
    ]),
  ];
}

/** A row for each contestant on each device; the times of a device that is a program say nothing about a card. */
function countTable(points: readonly Point[]): string[][] {
  return [
    ['', 'device', '', 'dispatches', 'submits', 'buffers made'],
    ...points.flatMap((point) =>
      point.rows.map(({ label, counts }) => [
        point.name,
        point.device ?? '–',
        label,
        String(counts?.dispatches ?? '–'),
        String(counts?.submits ?? '–'),
        String(counts?.buffers ?? '–'),
      ]),
    ),
  ];
}

function table(cells: readonly (readonly string[])[]): string {
  return markdownTable(
    cells.map((row) => [...row]),
    {
      align: (cells[0] ?? []).map((_, column) => (column === 0 ? 'l' : 'r')),
      stringLength: (cell) => Array.from(cell).length,
    },
  );
}
