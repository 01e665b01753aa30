import type { TransformJSON } from '@gradkit/core';
import { isTransformJSON } from './chainDescription.ts';

/** The metrics of a run: a column of numbers for each name, NaN where a line lacks it. */
export interface Metrics {
  readonly source: string;
  readonly steps: readonly number[];
  readonly columns: Readonly<Record<string, readonly number[]>>;
}

/** What a file of the trainer holds. */
export type RunFile =
  | { readonly kind: 'transform'; readonly transform: TransformJSON }
  | { readonly kind: 'metrics'; readonly metrics: Metrics };

/**
 * Reads a transform as `toJSON` writes it, a run's `config.json`, which holds one under `transform`, what the main job prints with
 * `--json`, or a run's `metrics.jsonl`, an object a line.
 *
 * @throws {Error} that names the file and what is wrong with it.
 */
export function readRunFile(name: string, text: string): RunFile {
  const whole = parse(text);
  const transform = transformIn(whole);
  if (transform !== undefined) return { kind: 'transform', transform };
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const rows = lines.map((line, index) => {
    const row = parse(line);
    if (isRecord(row)) return row;
    // A run that was interrupted may have left its last line unfinished.
    if (index === lines.length - 1 && index > 0) return {};
    throw new Error(
      whole === undefined
        ? `${name}: line ${index + 1} is no JSON object. Give a run's config.json, or metrics with an object a line.`
        : `${name} holds no transform. Give one as toJSON writes it, or an object that has it under "transform".`,
    );
  });
  const columns = columnsOf(rows);
  const names = Object.keys(columns);
  // A run that has only begun has one line, which is JSON as a whole too.
  if (names.length === 0 || (whole !== undefined && columns['step'] === undefined)) {
    throw new Error(
      `${name} holds no transform and no metrics. Give a run's config.json, which has a "transform", or metrics such as {"step": 1, "loss": 0.5} a line.`,
    );
  }
  const { step, ...rest } = columns;
  return {
    kind: 'metrics',
    metrics: { source: name, steps: step ?? rows.map((_, index) => index), columns: rest },
  };
}

function columnsOf(rows: readonly Readonly<Record<string, unknown>>[]): Record<string, number[]> {
  const names = new Set(rows.flatMap((row) => Object.keys(row).filter((name) => Number.isFinite(row[name]))));
  return Object.fromEntries(Array.from(names, (name) => [name, rows.map((row) => toNumber(row[name]))]));
}

/** A number, or the word that stands for one which JSON has no literal for. */
function toNumber(value: unknown): number {
  return typeof value === 'number' || typeof value === 'string' ? Number(value) : NaN;
}

function transformIn(json: unknown): TransformJSON | undefined {
  if (isTransformJSON(json)) return json;
  if (!isRecord(json)) return undefined;
  const { transform, runs } = json;
  if (isTransformJSON(transform)) return transform;
  if (!Array.isArray(runs)) return undefined;
  const found = runs.map((run: unknown) => transformIn(run)).filter((each) => each !== undefined);
  return found.find((each) => JSON.stringify(each).includes('clip')) ?? found[0];
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
