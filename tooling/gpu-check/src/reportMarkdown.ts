import { byteCount, duration, significant } from '@gradkit/bench/formatNumbers';
import type { GpuContest, GpuReport, GpuRow, SuiteResult } from '@gradkit/bench/gpuReport';
import { describeMachine } from '@gradkit/bench/machine';
import type { Spread } from '@gradkit/bench/statistics';
import { markdownTable } from 'markdown-table';

/** A report to read. */
export function reportMarkdown(report: GpuReport): string {
  const { adapter, clock, suites, contests, verdicts } = report;
  return `${[
    `# Gradkit on ${adapter?.name ?? 'no device'}`,
    endOf(report),
    ...(adapter?.isSoftware === true
      ? [
          '**This device is a program on the processor, not a card: the times below say nothing about a GPU, and the report is not merged as that of one.**',
        ]
      : []),
    factsOf(report),
    ...section(
      'Are the numbers right',
      suites.length === 0 ? [] : [suiteTable(suites), ...suiteNotes(suites)],
    ),
    ...section(
      'Is the measurement right',
      verdicts.map(
        ({ claim, isHeld, found }) => `- ${isHeld ? 'held' : '**NOT HELD**'}: ${claim}; ${found}.`,
      ),
      '\n',
    ),
    ...section(
      'Clip by global norm and Adam',
      contests.length === 0
        ? []
        : [
            `A time is the median of laps, with the quartiles; a lap is ${contests[0]?.steps ?? 0} steps between one pair of timestamps. "GPU" is the device's clock and includes the time in which the device waits for the processor; "wall" is the processor's, until the device has done all. GB/s count the bytes that a fused step moves. ${clock?.text ?? ''}`,
            ...contests.flatMap(contestPart),
          ],
    ),
  ].join('\n\n')}\n`;
}

function section(title: string, parts: readonly string[], between = '\n\n'): string[] {
  return parts.length === 0 ? [] : [`## ${title}`, parts.join(between)];
}

function endOf({ ended, doing }: GpuReport): string {
  if (ended === undefined) return `**The run did not end. The last that it did: ${doing}.**`;
  return ended.isWhole ? ended.text : `**${ended.text}**`;
}

function factsOf({ started, seconds, commit, machine, adapter, torch, clock }: GpuReport): string {
  return [
    `- Begun ${started}, ${significant(seconds)} s, from commit ${commit}`,
    `- ${describeMachine(machine)}`,
    ...(adapter === undefined
      ? []
      : [
          `- Adapter: ${adapter.name} (vendor ${adapter.vendor || '–'}, architecture ${adapter.architecture || '–'}, device ${adapter.device || '–'}, ${adapter.isSoftware ? 'a program' : 'a card'})`,
          `- Features: ${adapter.features.join(', ')}`,
          `- Limits: ${Object.entries(adapter.limits)
            .map(([name, value]) => `${name} ${value}`)
            .join(', ')}`,
        ]),
    `- ${torch}`,
    ...(clock === undefined ? [] : [`- ${clock.text}`]),
  ].join('\n');
}

function suiteTable(suites: readonly SuiteResult[]): string {
  return table([
    ['', 'right', 'wrong', 'skipped', 'left out', 'seconds'],
    ...suites.map(({ name, passed, wrong, skipped, leftOut, seconds }) => [
      name,
      String(passed),
      String(wrong.length),
      String(skipped.length),
      String(leftOut),
      significant(seconds),
    ]),
  ]);
}

function suiteNotes(suites: readonly SuiteResult[]): string[] {
  return suites.flatMap(({ name, wrong, skipped, leftOut }) => [
    ...(wrong.length === 0 ? [] : [wrong.map((line) => `- wrong, ${name}: ${line}`).join('\n')]),
    ...(leftOut === 0 ? [] : [`- ${name}: the time did not last for ${leftOut} cases`]),
    ...[...new Set(skipped.map(({ reason }) => reason))].map((reason) => `- skipped, ${name}: ${reason}`),
  ]);
}

function contestPart(contest: GpuContest): string[] {
  const { name, parameters, leaves, bytes, passes, isSideBySide, rows, leftOut, start } = contest;
  const numbers = new Intl.NumberFormat('en');
  return [
    `### ${name}`,
    `${numbers.format(parameters)} parameters in ${numbers.format(leaves)} leaves; a fused step moves ${byteCount(bytes)} in ${passes} passes. ${isSideBySide ? 'All took turns, lap by lap.' : 'One after the other, for the sake of memory.'} Random numbers from ${start}.`,
    ...(rows.length === 0
      ? ['Nobody was timed.']
      : [
          table([
            ['', 'GPU a step', 'quartiles', 'wall a step', 'laps', 'GB/s', 'dispatches', 'submits', 'result'],
            ...rows.map((row) => rowCells(row, bytes)),
          ]),
          rows.map(({ label, result }) => `- ${label}: ${result.text}`).join('\n'),
        ]),
    ...(leftOut.length === 0
      ? []
      : [leftOut.map(({ label, reason }) => `- Left out: ${label}; ${reason}.`).join('\n')]),
  ];
}

function rowCells({ contestant, label, gpu, wall, laps, counts, result }: GpuRow, bytes: number): string[] {
  const time = gpu ?? wall;
  return [
    label,
    gpu === undefined ? '–' : duration(gpu.median),
    quartiles(time),
    duration(wall.median),
    String(laps.length),
    contestant === 'nothing' ? '–' : significant(bytes / time.median / 1e6),
    String(counts?.dispatches ?? '–'),
    String(counts?.submits ?? '–'),
    result.isRight ? 'right' : '**NOT RIGHT**',
  ];
}

function quartiles({ low, high }: Spread): string {
  return `${duration(low)} – ${duration(high)}`;
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
