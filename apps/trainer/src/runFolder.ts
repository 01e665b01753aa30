import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import type { JsonValue } from '@gradkit/core';
import { DamagedCheckpointError, readCheckpoint, writeCheckpoint } from './checkpoint.ts';
import type { Checkpoint } from './checkpoint.ts';
import { InputError } from './inputError.ts';
import { parseJsonObject } from './jsonFields.ts';
import type { JsonObject } from './jsonFields.ts';
import { reasonOf } from './readFileText.ts';
import { readRunConfig } from './runConfig.ts';
import type { RunConfig } from './runConfig.ts';
import { writeAtomic } from './writeAtomic.ts';

/** A run's folder, held by this process alone until `close`. */
export interface RunFolder {
  readonly path: string;
  writeConfig(config: RunConfig): void;
  /** Adds a line to `metrics.jsonl`. */
  addMetrics(line: JsonObject): void;
  /** Cuts the metrics back to those of steps up to `step`, and drops a line that was never finished. */
  cutMetrics(step: number): void;
  saveCheckpoint(step: number, checkpoint: Checkpoint): void;
  /**
   * The newest checkpoint that is whole, if there are any; one that is not is named to `warn`.
   *
   * @throws {InputError} if there are checkpoints, but none is whole.
   */
  loadCheckpoint(
    warn: (line: string) => void,
  ): { readonly path: string; readonly checkpoint: Checkpoint } | undefined;
  writeResult(result: JsonObject): void;
  close(): void;
}

const configName = 'config.json';
const metricsName = 'metrics.jsonl';
const resultName = 'result.json';
const checkpointPattern = /^step-(\d+)\.safetensors$/;
/** The newest and one before it, in case a disk damages the newest. */
const checkpointsKept = 2;

/**
 * Makes a new run's folder.
 *
 * @throws {InputError} if there is something in it already, or it cannot be made.
 */
export function createRunFolder(path: string): RunFolder {
  if (existsSync(join(path, configName))) {
    throw new InputError(
      `${path} holds a run already. Go on with it: --resume ${path}; or name another folder: --run FOLDER.`,
    );
  }
  const content = existsSync(path) ? listFolder(path) : [];
  if (content.length > 0) {
    throw new InputError(`${path} is not empty and holds no run. Name another folder: --run FOLDER.`);
  }
  return holdFolder(path);
}

/**
 * Takes up the folder of a run.
 *
 * @throws {InputError} if there is no run in it, or another process is at it.
 */
export function openRunFolder(path: string): RunFolder {
  readConfigOf(path);
  return holdFolder(path);
}

/** The config of a run. @throws {InputError} if there is none. */
export function readConfigOf(path: string): RunConfig {
  const file = join(path, configName);
  if (!existsSync(file)) throw new InputError(`${path} holds no run: there is no ${configName} in it.`);
  return readRunConfig(parseJsonObject(readFileSync(file, 'utf8'), file), file);
}

/** How a run ended, if it did. */
export function readResultOf(path: string): JsonObject | undefined {
  const file = join(path, resultName);
  return existsSync(file) ? parseJsonObject(readFileSync(file, 'utf8'), file) : undefined;
}

/** The lines of a run's metrics, without one that was never finished. */
export function readMetricsOf(path: string): readonly JsonObject[] {
  const file = join(path, metricsName);
  if (!existsSync(file)) return [];
  return wholeLines(readFileSync(file, 'utf8')).map((line, index) =>
    parseJsonObject(line, `Line ${index + 1} of ${file}`),
  );
}

/** `runs/char-lstm-1`, or the first of that kind that is free. */
export function freeRunPath(task: string): string {
  for (let number = 1; ; number++) {
    const path = join('runs', `${task}-${number}`);
    if (!existsSync(path)) return path;
  }
}

function holdFolder(path: string): RunFolder {
  const checkpoints = join(path, 'checkpoints');
  const metrics = join(path, metricsName);
  const saved: number[] = [];
  const writing = <T>(write: () => T): T => {
    try {
      return write();
    } catch (error) {
      if (!(error instanceof Error) || !('code' in error)) throw error;
      const last = saved.at(-1);
      throw new InputError(
        `${path} cannot be written: ${reasonOf(error)}. ` +
          (last === undefined
            ? 'Nothing was saved yet.'
            : `The checkpoint of step ${last} is whole; go on from it with --resume ${path}.`),
      );
    }
  };
  writing(() => mkdirSync(checkpoints, { recursive: true }));
  const unlock = lock(path);
  // What an atomic write left behind when its process was killed.
  for (const name of listFolder(checkpoints)) {
    if (!checkpointPattern.test(name)) rmSync(join(checkpoints, name), { force: true });
  }
  saved.push(...listSteps(checkpoints));
  let file: number | undefined;
  return {
    path,
    writeConfig: (config) =>
      writing(() => writeAtomic(join(path, configName), `${JSON.stringify(config, undefined, 2)}\n`)),
    addMetrics: (line) =>
      writing(() => {
        file ??= openSync(metrics, 'a');
        const bytes = Buffer.from(`${JSON.stringify(line)}\n`);
        // A disk that is nearly full takes a part of it without an error.
        for (let written = 0; written < bytes.length;) written += writeSync(file, bytes, written);
      }),
    cutMetrics: (step) =>
      writing(() => {
        if (!existsSync(metrics)) return;
        const kept = wholeLines(readFileSync(metrics, 'utf8')).filter((line) => stepOfLine(line) <= step);
        writeAtomic(metrics, kept.map((line) => `${line}\n`).join(''));
      }),
    saveCheckpoint: (step, checkpoint) =>
      writing(() => {
        writeCheckpoint(join(checkpoints, checkpointName(step)), checkpoint);
        if (saved.at(-1) !== step) saved.push(step);
        while (saved.length > checkpointsKept) {
          rmSync(join(checkpoints, checkpointName(saved.shift() ?? 0)), { force: true });
        }
      }),
    loadCheckpoint: (warn) => {
      for (const step of saved.toReversed()) {
        const from = join(checkpoints, checkpointName(step));
        try {
          return { path: from, checkpoint: readCheckpoint(from) };
        } catch (error) {
          if (!(error instanceof DamagedCheckpointError)) throw error;
          const damage = `${from} cannot be used: ${error.message}`;
          if (step === saved[0]) {
            throw new InputError(
              `${damage}, and there is none before it. Begin a new run with --config ${join(path, configName)}.`,
            );
          }
          warn(`${damage}. Taking the one before it.`);
        }
      }
      return undefined;
    },
    writeResult: (result) =>
      writing(() => writeAtomic(join(path, resultName), `${JSON.stringify(result, undefined, 2)}\n`)),
    close: () => {
      if (file !== undefined) closeSync(file);
      file = undefined;
      unlock();
    },
  };
}

/** Keeps a second process out of the folder; a lock whose process is gone counts for nothing. */
function lock(path: string): () => void {
  const file = join(path, 'lock');
  const holder = existsSync(file) ? Number(readFileSync(file, 'utf8')) : NaN;
  if (holder !== process.pid && isAlive(holder)) {
    throw new InputError(
      `${path} is being trained by another process, number ${holder}. If that is another program, delete ${file}.`,
    );
  }
  try {
    writeAtomic(file, String(process.pid));
  } catch (error) {
    throw new InputError(`${path} cannot be written: ${reasonOf(error)}.`);
  }
  return () => rmSync(file, { force: true });
}

function isAlive(process_: number): boolean {
  if (!Number.isSafeInteger(process_) || process_ < 1) return false;
  try {
    process.kill(process_, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

function checkpointName(step: number): string {
  return `step-${String(step).padStart(8, '0')}.safetensors`;
}

function listSteps(checkpoints: string): number[] {
  return listFolder(checkpoints)
    .map((name) => Number(checkpointPattern.exec(name)?.[1] ?? NaN))
    .filter((step) => !Number.isNaN(step))
    .toSorted((a, b) => a - b);
}

function listFolder(path: string): string[] {
  try {
    return readdirSync(path);
  } catch (error) {
    throw new InputError(`${path} cannot be read: ${reasonOf(error)}.`);
  }
}

function wholeLines(text: string): string[] {
  return text
    .slice(0, text.lastIndexOf('\n') + 1)
    .split('\n')
    .filter((line) => line !== '');
}

function stepOfLine(line: string): number {
  const { step } = parseJsonObject(line, 'A line of the metrics');
  return typeof step === 'number' ? step : Infinity;
}

/** A number for a metrics line: one that JSON has no literal for becomes a word. */
export function toMetric(value: number): JsonValue {
  return Number.isFinite(value) ? value : String(value);
}

/** A number of a metrics line; NaN if there is none. */
export function fromMetric(value: JsonValue | undefined): number {
  return typeof value === 'number' || typeof value === 'string' ? Number(value) : NaN;
}
