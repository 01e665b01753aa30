import Table from 'cli-table3';
import { formatNumber } from './formatNumber.ts';
import type { TrainingRun } from './train.ts';

/**
 * The runs side by side, one column each; below each other where the terminal has fewer `columns` than that takes. Ends with a
 * line on each run that diverged or was clipped in every step.
 */
export function comparisonTable(runs: readonly TrainingRun[], columns: number): string {
  const head = runs.map((run) => run.clipping);
  const body: readonly (readonly [string, readonly string[]])[] = [
    ['final training loss', runs.map((run) => formatNumber(run.trainingLoss))],
    ['final validation loss', runs.map((run) => formatNumber(run.validationLoss))],
    ['largest gradient norm', runs.map((run) => formatNumber(run.gradients.largestNorm))],
    ['steps clipped', runs.map((run) => `${(100 * run.gradients.clippedShare).toFixed(1)} %`)],
  ];
  const table = new Table({
    head: ['clipping', ...head],
    colAligns: ['left', ...runs.map(() => 'right' as const)],
    style: { head: [], border: [], compact: true },
  });
  table.push(...body.map(([label, cells]) => [label, ...cells]));
  const sideBySide = table.toString();
  const width = Math.max(...sideBySide.split('\n').map((line) => line.length));
  const drawn =
    width <= columns
      ? sideBySide
      : head
          .map((clipping, run) =>
            [
              `clipping: ${clipping}`,
              ...body.map(([label, cells]) => `  ${label}: ${cells[run] ?? ''}`),
            ].join('\n'),
          )
          .join('\n');
  const notes = runs.flatMap(notesOn);
  return [drawn, ...notes].join('\n');
}

function notesOn({ clipping, divergedInEpoch, gradients }: TrainingRun): readonly string[] {
  if (divergedInEpoch !== undefined) {
    return [
      `Training with clipping ${clipping} diverged: the loss of epoch ${divergedInEpoch} is not finite.`,
    ];
  }
  if (clipping === 'norm' && gradients.clippedShare === 1) {
    return [
      'Clipping norm changed every step: no gradient was as small as the threshold, which alone set the pace.',
    ];
  }
  return [];
}
