import { markdownTable } from 'markdown-table';
import { byteCount, duration, significant } from './formatNumbers.ts';
import { describeMachine } from './machine.ts';
import type { GpuReport } from './gpuReport.ts';
import { fastestCopy, share } from './report.ts';
import type { Point, Results, Row } from './results.ts';
import { judge } from './targets.ts';
import { webgpuSection } from './webgpuSection.ts';

const begin = '<!-- performance: begin -->';
const end = '<!-- performance: end -->';

/**
 * A README with its performance section written anew: everything between two comments.
 *
 * @throws if the README lacks the comments.
 */
export function withPerformanceSection(readme: string, text: string): string {
  const [from, to] = [readme.indexOf(begin), readme.indexOf(end)];
  if (from < 0 || to < from) {
    throw new Error(`The README has no performance section. Put ${begin} and ${end} where it belongs.`);
  }
  return `${readme.slice(0, from + begin.length)}\n\n${text.trim()}\n\n${readme.slice(to)}`;
}

/**
 * The performance section, from results and the reports of cards alone. `folder` is where the JSON and the pictures are, as the README
 * names it.
 */
export function performanceSection(
  results: Results,
  folder: string,
  cards: readonly GpuReport[] = [],
): string {
  const { machine, scenarios, versions } = results;
  const pointsOf = (scenario: string): readonly Point[] =>
    scenarios.find(({ name }) => name === scenario)?.points ?? [];
  const updates = ['simplenet', 'transformer', 'ten-squares'].flatMap(pointsOf);
  const pictures = [
    ['sizes', 'Time of a step by the number of parameters'],
    ['leaves', 'Time of a step by the number of leaves'],
  ].filter(([name]) => pointsOf(name ?? '').length > 0);
  const verdicts = judge(results);
  return [
    `Measured on ${describeMachine(machine)}${torchOf(versions)}. Everybody takes turns in one run; a time is the median of the rounds. ` +
      `[The numbers](${folder}/results.json); \`npx -y pnpm@12.21.0 bench\` takes them anew.`,
    ...section('Clip by global norm and Adam, one step:', timeTable(updates)),
    ...section(
      'A whole training step of SimpleNet, batch of 32: forward, backward, clip, Adam:',
      timeTable(pointsOf('training-step')),
    ),
    ...section('Bytes that a step moves, and how near its time comes to a copy of as many:', [
      ...bytesTable(pointsOf('bytes')),
    ]),
    webgpuSection(pointsOf('webgpu'), cards),
    ...pictures.map(([name, alternative]) => `![${alternative}](${folder}/${name}.svg)`),
    ...section(
      'What is promised, and what was measured:',
      verdicts.length === 0
        ? []
        : [
            ['what', 'promised', 'measured', ''],
            ...verdicts.map(({ what, demanded, measured, isMet }) => [
              what,
              demanded,
              measured,
              isMet ? 'met' : 'not met',
            ]),
          ],
      ['l', 'r', 'r', 'l'],
    ),
  ].join('\n\n');
}

function torchOf(versions: Readonly<Record<string, string>>): string {
  const version = versions['torch-1']?.split(',')[0];
  return version === undefined ? '' : `, ${version}`;
}

type Alignment = 'l' | 'r';

function section(
  text: string,
  cells: readonly (readonly string[])[],
  align?: readonly Alignment[],
): string[] {
  if (cells.length < 2) return [];
  const alignments = align ?? (cells[0] ?? []).map((_, column): Alignment => (column === 0 ? 'l' : 'r'));
  return [
    text,
    markdownTable(
      cells.map((row) => [...row]),
      { align: [...alignments], stringLength: (cell) => Array.from(cell).length },
    ),
  ];
}

/** A row for each contestant, a column for each point; the last point also relative to PyTorch and to the copy. */
function timeTable(points: readonly Point[]): string[][] {
  const labels = new Map(points.flatMap(({ rows }) => rows.map((row) => [row.contestant, row.label])));
  const last = points.at(-1);
  const torch = last?.rows.find(({ contestant }) => contestant === 'torch-1');
  const rowOf = (point: Point | undefined, name: string): Row | undefined =>
    point?.rows.find(({ contestant }) => contestant === name);
  if (last === undefined) return [];
  const head = ['', ...points.map(({ name }) => name), ...(torch === undefined ? [] : ['x PyTorch'])];
  return [
    head,
    ...Array.from(labels, ([name, label]) => {
      const times = points.map((point) => {
        const row = rowOf(point, name);
        return row === undefined ? '–' : duration(row.milliseconds.median);
      });
      const row = rowOf(last, name);
      const ratio =
        torch === undefined || row === undefined ? NaN : row.milliseconds.median / torch.milliseconds.median;
      return [label, ...times, ...(torch === undefined ? [] : [significant(ratio)])];
    }),
  ];
}

/** A row for each chain and each engine of Gradkit's. */
function bytesTable(points: readonly Point[]): string[][] {
  const rows = points.flatMap((point) =>
    point.rows
      .filter(({ contestant }) => !contestant.startsWith('copy'))
      .map((row) => [
        point.name,
        String(point.passes ?? '–'),
        byteCount(point.bytes ?? 0),
        row.label,
        duration(row.milliseconds.median),
        share(fastestCopy(point), row),
      ]),
  );
  return [['', 'passes', 'bytes', 'engine', 'time', 'of the copy bandwidth'], ...rows];
}
