import { formatNumber } from './formatNumber.ts';
import type { RunPoint } from './history.ts';
import type { Side } from './trainingPair.ts';

/** Where a run is, for a sentence. */
export interface RunStanding {
  readonly side: Side;
  readonly last: RunPoint | undefined;
  readonly diverged: boolean;
  /** Whether the chain of the run on the right has a clip. */
  readonly isClipped: boolean;
}

/** What a run does, in words. Steps are counted from 1. */
export function runWords({ side, last, diverged, isClipped }: RunStanding): string {
  if (last === undefined)
    return diverged ? `Diverged at its first step. ${remedy(side, isClipped)}` : 'Ready.';
  const { step, loss, norm } = last;
  if (diverged)
    return `Diverged at step ${step + 1}, |g| = ${formatNumber(norm)}. ${remedy(side, isClipped)}`;
  return `Step ${step + 1}: loss ${formatNumber(loss)}, |g| = ${formatNumber(norm)}.`;
}

function remedy(side: Side, isClipped: boolean): string {
  if (!isClipped) return 'Turn clipping on.';
  return side === 'raw'
    ? 'Turn clipping on, as in the run beside.'
    : 'Lower the threshold or the learning rate.';
}
