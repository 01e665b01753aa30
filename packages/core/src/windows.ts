import { describeValue } from './checkOptionNames.ts';
import { InvalidOptionError } from './errors.ts';
import type { Schedule } from './schedule.ts';

/** Steps in windows that follow each other without a gap: what is inside a transform that has them counts windows for steps. */
export interface Windows {
  /** The window that a step is in, 0 the first. */
  indexAt(step: number): number;
  /** The first step of a window. */
  startOf(index: number): number;
}

/** How many windows of one length follow each other. */
interface Run {
  readonly index: number;
  readonly start: number;
  readonly length: number;
}

/**
 * Windows of a fixed length, or of lengths that a schedule gives: it is asked for the number of the window, in which inner steps are
 * counted.
 *
 * @throws {InvalidOptionError} when a schedule gives anything but a whole number above 0, naming the inner step.
 */
export function windowsOf(owner: string, length: number | Schedule): Windows {
  if (typeof length === 'function') return scheduledWindows(owner, length);
  return { indexAt: (step) => Math.floor(step / length), startOf: (index) => index * length };
}

function scheduledWindows(owner: string, schedule: Schedule): Windows {
  // A pure function of the step need not be asked twice; a schedule that seldom changes leaves few runs.
  const runs: Run[] = [];
  let known = { index: 0, start: 0 };

  const extend = (): void => {
    const { index, start } = known;
    const length: unknown = schedule(index);
    if (typeof length !== 'number' || !Number.isSafeInteger(length) || length < 1) {
      throw new InvalidOptionError(
        `${owner}: the schedule of every gave ${describeValue(length)} for the inner step ${index}; it must give a whole number above 0. ` +
          `Round it: (step) => Math.max(1, Math.round(schedule(step))).`,
      );
    }
    if (runs.at(-1)?.length !== length) runs.push({ index, start, length });
    known = { index: index + 1, start: start + length };
  };

  const lastRun = (isReached: (run: Run) => boolean): Run => {
    let [low, high] = [0, runs.length - 1];
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      const run = runs[middle];
      if (run !== undefined && isReached(run)) low = middle;
      else high = middle - 1;
    }
    return runs[low] ?? { index: 0, start: 0, length: 1 };
  };

  return {
    indexAt: (step) => {
      while (known.start <= step) extend();
      const { index, start, length } = lastRun((run) => run.start <= step);
      return index + Math.floor((step - start) / length);
    },
    startOf: (wanted) => {
      while (known.index < wanted) extend();
      const { index, start, length } = lastRun((run) => run.index <= wanted);
      return start + (wanted - index) * length;
    },
  };
}
