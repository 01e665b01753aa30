import { checkOptionNames } from '@gradkit/core';
import {
  createTrainingLog,
  requireMethods,
  type ReportingOptimizer,
  type TrainingLog,
} from './trainingLog.ts';

/** Where lines go, and how many. */
export interface JsonLinesOptions {
  /** Takes whole lines, each of which ends in a line feed. */
  write(lines: string): void;
  /** Each so many steps one is logged, beginning with the first. Default: 1. */
  readonly every?: number;
}

/** So many characters are handed over at once, so that a step does not wait for a disk. */
const batchLength = 16_384;

/**
 * Writes what an optimizer reports as lines of JSON, one for each logged step: `step`, `loss`, every report by its path
 * (`clipByGlobalNorm.norm`, numbers of leaves under their names), and learning rates (`adam.learningRate`). The result is a callback of
 * `model.fit`.
 *
 * NaN and infinities, which JSON does not have, are the strings `"NaN"`, `"Infinity"` and `"-Infinity"`.
 * @throws {InvalidOptionError} if `write` is no function, `every` is not a whole number of at least 1, the optimizer does not report, or an
 * option is unknown. What `write` throws comes out of the step, which is taken; its lines are handed over again with the next.
 * @example
 * const log = jsonLines(optimizer, { write: (lines) => appendFileSync('run.jsonl', lines) });
 * await model.fit(x, y, { callbacks: log });
 */
export function jsonLines(optimizer: ReportingOptimizer, options: JsonLinesOptions): TrainingLog {
  checkOptionNames('jsonLines', options, ['write', 'every']);
  const { write, every = 1 } = options;
  requireMethods('its options', options, ['write']);
  let gathered = '';
  const flush = (): void => {
    if (gathered !== '') write(gathered);
    gathered = '';
  };
  return createTrainingLog(optimizer, {
    every,
    flush,
    write: ({ step, loss, values, leafValues, learningRates }) => {
      const leaves = Object.entries(leafValues).map(
        ([path, numbers]) => [path, Object.fromEntries(numbers)] as const,
      );
      const line = {
        step,
        ...(loss === undefined ? {} : { loss }),
        ...values,
        ...Object.fromEntries(leaves),
        ...learningRates,
      };
      gathered += `${JSON.stringify(line, (_, value: unknown) => (typeof value === 'number' && !Number.isFinite(value) ? String(value) : value))}\n`;
      if (gathered.length >= batchLength) flush();
    },
  });
}
