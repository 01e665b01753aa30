import { join } from 'node:path';
import { countOf } from './countOf.ts';
import { batchesPerStep } from './gradientChain.ts';
import { flushedName } from './runFolder.ts';
import type { RunOutcome, StepMetrics } from './trainRun.ts';
import type { TransformJSON } from '@gradkit/core';

/** A number with four significant digits, in scientific notation from a million and below a thousandth. */
export function significant(value: number, digits = 4): string {
  if (!Number.isFinite(value) || value === 0) return String(value);
  const size = Math.abs(value);
  if (size >= 1e6 || size < 1e-3) return value.toExponential(digits - 1);
  const text = value.toPrecision(digits);
  // Which is scientific where there are more digits before the point than are asked for.
  return text.includes('e') ? String(Number(text)) : text;
}

/** How long, in the two largest units: 1h 05m, 2m 10s, 8s. */
export function duration(seconds: number): string {
  if (!Number.isFinite(seconds)) return '-';
  const whole = Math.max(0, Math.round(seconds));
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (part: number): string => String(part).padStart(2, '0');
  if (hours > 0) return `${hours}h ${two(minutes)}m`;
  return minutes > 0 ? `${minutes}m ${two(rest)}s` : `${rest}s`;
}

/** What is shown of a step, part by part. */
export function stepParts(
  { loss, norm, factor }: StepMetrics,
  pace: { readonly unitsPerSecond: number; readonly secondsLeft: number; readonly unit: string },
): { loss: string; norm: string; factor: string; pace: string; left: string } {
  return {
    loss: significant(loss),
    norm: Number.isNaN(norm) ? '-' : significant(norm),
    factor: Number.isNaN(factor) ? '-' : significant(factor, 3),
    pace: `${significant(pace.unitsPerSecond, 3)} ${pace.unit}/s`,
    left: duration(pace.secondsLeft),
  };
}

/** The numbers of an evaluation in one line. */
export function evaluationText(evaluation: Readonly<Record<string, number>>): string {
  const names: Readonly<Record<string, string>> = { bitsPerCharacter: 'bits per character' };
  return Object.entries(evaluation)
    .map(([name, value]) => `${names[name] ?? name} ${significant(value)}`)
    .join(', ');
}

/** How a run ended, and what to do about it, as lines. */
export function outcomeLines(
  outcome: RunOutcome,
  run: { readonly path: string; readonly transform: TransformJSON },
): readonly string[] {
  const { step, loss, firstLoss, evaluation, seconds } = outcome;
  const ended = `at step ${step} after ${duration(seconds)}`;
  switch (outcome.outcome) {
    case 'interrupted':
      return [`Interrupted ${ended}. Go on with --resume ${run.path}.`];
    case 'diverged':
      return divergenceLines(outcome, run.transform);
    default: {
      const judged =
        Object.keys(evaluation).length === 0 ? '' : `; on held-out data ${evaluationText(evaluation)}`;
      const first = `${capital(outcome.outcome)} ${ended}: loss ${significant(firstLoss)} -> ${significant(loss)}${judged}.`;
      const told = outcome.flushed ? [first, flushLine(outcome, run)] : [first];
      // A batch's loss varies: only what is far above the first one is no chance.
      if (!(loss > 1.2 * firstLoss)) return told;
      return [
        ...told,
        `The loss is above the ${significant(firstLoss)} it began with, so the run has diverged, if not to NaN: ` +
          advice(outcome, run.transform),
      ];
    }
  }
}

/** What became of the batches that filled no step of `accumulate`. */
function flushLine(
  { step }: RunOutcome,
  { path, transform }: { readonly path: string; readonly transform: TransformJSON },
): string {
  const batches = batchesPerStep({ ...transform });
  const rest = step % batches;
  return (
    `${rest === 0 ? 'The batches at the end' : `The last ${countOf(rest, 'batch', 'batches')} of ${step}`} did not fill a step of ` +
    `--accumulate${rest === 0 ? '' : ` ${batches}`}, so the optimizer took a step with their mean. ` +
    `These weights are in ${join(path, flushedName)}; --resume goes on from before that step.`
  );
}

function divergenceLines(outcome: RunOutcome, transform: TransformJSON): readonly string[] {
  const finite = outcome.lastSteps.filter(({ norm }) => Number.isFinite(norm));
  const last = finite.at(-1);
  // Earlier ones were left out, and the run went on.
  const good = outcome.lastSteps.findLastIndex(({ loss }) => Number.isFinite(loss));
  const broken = outcome.lastSteps[good + 1];
  const seen =
    last === undefined
      ? 'No gradient was finite.'
      : `The last finite gradient norm was ${significant(last.norm)} at step ${last.step}, the usual one ${significant(outcome.usualNorm)}.`;
  const what =
    broken === undefined
      ? `step ${outcome.step}: the loss on held-out data is ${outcome.evaluation['loss'] ?? NaN}`
      : `step ${broken.step}: the loss is ${broken.loss}`;
  return [`Diverged at ${what}. ${seen}`, capital(advice(outcome, transform))];
}

/** Where a number that is worked out from a run is worth trying. */
const sensible = {
  threshold: { least: 1e-3, most: 1e3 },
  learningRate: { least: 1e-6, most: 100 },
} as const;

/** What to try, given what the chain has already. */
function advice({ usualNorm, lastSteps }: RunOutcome, transform: TransformJSON): string {
  const text = JSON.stringify(transform);
  const rate = lastSteps.at(-1)?.learningRate ?? NaN;
  const ideas: string[] = [];
  if (!/"clip|"adaptiveGradientClip|"softClip/.test(text)) {
    const { least, most } = sensible.threshold;
    const threshold = usualNorm >= least && usualNorm <= most ? usualNorm : 1;
    ideas.push(`--clip global-norm:${significant(threshold, 1)}`);
  } else {
    ideas.push('a lower threshold of --clip');
  }
  const lower = rate / 3;
  const isFarTooHigh = lower > sensible.learningRate.most;
  if (isFarTooHigh) ideas.push('a far smaller --lr');
  else if (lower >= sensible.learningRate.least) ideas.push(`--lr ${significant(lower, 1)}`);
  if (!text.includes('warmup')) ideas.push('--schedule warmup-cosine');
  if (!text.includes('skipNonFinite') && !isFarTooHigh)
    ideas.push('--skip-non-finite if single batches are at fault');
  return `try ${ideas.join(', or ')}.`;
}

function capital(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}
