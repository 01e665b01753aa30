import { basename } from 'node:path';
import type { JsonObject } from './jsonFields.ts';
import { isJsonObject } from './jsonFields.ts';
import type { RunConfig } from './runConfig.ts';
import { fromMetric, readConfigOf, readMetricsOf, readResultOf } from './runFolder.ts';

/** A number at a step. */
export interface Point {
  readonly step: number;
  readonly value: number;
}

/** A run's folder, read for comparing it with others. */
export interface RunSummary {
  readonly path: string;
  readonly name: string;
  readonly config: RunConfig;
  /** The result, if the run has ended. */
  readonly outcome: string;
  readonly steps: number;
  readonly firstLoss: number;
  /** The mean of the last twentieth of the losses; NaN if one of them is no number. */
  readonly finalLoss: number;
  readonly heldOut: number;
  readonly seconds: number;
  readonly loss: readonly Point[];
  readonly norm: readonly Point[];
  readonly factor: readonly Point[];
  readonly cosine: readonly Point[];
}

/** Reads a run. @throws {InputError} if there is none. */
export function readRunSummary(path: string): RunSummary {
  const config = readConfigOf(path);
  const result = readResultOf(path);
  const lines = readMetricsOf(path);
  const steps = lines.filter((line) => 'loss' in line);
  const evaluations = lines.map((line) => line['evaluation']).filter(isJsonObject);
  const series = (name: string): readonly Point[] =>
    steps.map((line) => ({ step: fromMetric(line['step']), value: fromMetric(line[name]) }));
  const loss = series('loss');
  const last = loss.slice(-Math.max(1, Math.ceil(loss.length / 20)));
  return {
    path,
    name: basename(path),
    config,
    outcome: outcomeOf(result),
    steps: loss.length,
    firstLoss: loss[0]?.value ?? NaN,
    finalLoss: last.reduce((sum, { value }) => sum + value / last.length, 0),
    heldOut: fromMetric(evaluations.at(-1)?.['loss']),
    seconds: fromMetric(steps.at(-1)?.['seconds']),
    loss,
    norm: series('norm'),
    factor: series('factor'),
    cosine: series('cosine'),
  };
}

function outcomeOf(result: JsonObject | undefined): string {
  const outcome = result?.['outcome'];
  return typeof outcome === 'string' ? outcome : 'not ended';
}

/** The transform of a run, short: `clipByGlobalNorm 1, adam 0.003`. */
export function transformText(config: RunConfig): string {
  return partsOf({ ...config.transform }).join(', ');
}

function partsOf(json: JsonObject): readonly string[] {
  const { transform, options } = json;
  const { inner, transforms, ...rest } = isJsonObject(options) ? options : {};
  const list: readonly unknown[] = Array.isArray(transforms) ? transforms : [];
  const own =
    transform === 'chain'
      ? []
      : [
          [typeof transform === 'string' ? transform : '', ...Object.values(rest).map(valueText)]
            .join(' ')
            .trim(),
        ];
  return [
    ...own,
    ...list.filter(isJsonObject).flatMap(partsOf),
    ...(isJsonObject(inner) ? partsOf(inner) : []),
  ];
}

function valueText(value: unknown): string {
  if (!isJsonObject(value)) return String(value);
  const word = value['schedule'] ?? value['number'];
  return typeof word === 'string' ? word : '...';
}
