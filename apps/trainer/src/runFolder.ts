import {
  appendFileSync,
  closeSync,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import type { JsonValue } from '@gradkit/core';
import { DamagedCheckpointError, readCheckpoint, writeCheckpoint } from './checkpoint.ts';
import type { Checkpoint } from './checkpoint.ts';
import { InputError } from './inputError.ts';
import { parseJsonObject, readCount } from './jsonFields.ts';
import type { JsonObject } from './jsonFields.ts';
import { makeFolder, removeEmpty } from './makeFolder.ts';
import { readFileText, reasonOf } from './readFileText.ts';
import { readRunConfig } from './runConfig.ts';
import type { RunConfig } from './runConfig.ts';
import { writeAtomic } from './writeAtomic.ts';

/** A run's folder, held by this process alone until `close`. */
export interface RunFolder {
  readonly path: string;
  writeConfig(config: RunConfig): void;
  /** Adds a line to `metrics.jsonl`. */
  addMetrics(line: JsonObject): void;
  /**
   * Cuts the metrics back to those of steps up to `step`, and drops those after a flush and a line that was never finished. Lines that cannot be read are set
   * aside in a file of their own, and named to `warn`.
   */
  cutMetrics(step: number, warn: (line: string) => void): void;
  saveCheckpoint(step: number, checkpoint: Checkpoint): void;
  /** Keeps the weights at the end of a run after a flush, from which no run goes on. */
  saveFlushed(checkpoint: Checkpoint): void;
  /**
   * The newest checkpoint that is whole, if there are any; one that is not is named to `warn`.
   *
   * @throws {InputError} if there are checkpoints, but none is whole.
   */
  loadCheckpoint(
    warn: (line: string) => void,
  ): { readonly path: string; readonly checkpoint: Checkpoint } | undefined;
  writeResult(result: JsonObject): void;
  /** Takes away how the run ended, because it goes on. */
  removeResult(): void;
  /** Takes away what is in the folder, and the folders that were made for it, if nothing was trained in it. */
  removeIfUntrained(): void;
  close(): void;
}

const configName = 'config.json';
const metricsName = 'metrics.jsonl';
const damagedName = 'metrics.damaged.jsonl';
const resultName = 'result.json';
/** The weights after the flush at the end of a run; its checkpoints are from before. */
export const flushedName = 'flushed.safetensors';
const checkpointPattern = /^step-(\d+)\.safetensors$/;
/** What an atomic write leaves behind when its process is killed. */
const leftoverPattern = /^step-\d+\.safetensors\.\d+$/;
/** The newest and one before it, in case a disk damages the newest. */
const checkpointsKept = 2;

/**
 * Makes a new run's folder.
 *
 * @throws {InputError} if there is something in it already, or it cannot be made.
 */
export function createRunFolder(path: string): RunFolder {
  if (isFile(join(path, configName))) {
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
  for (const name of [metricsName, damagedName, resultName, flushedName]) {
    const file = join(path, name);
    if (!existsSync(file) || isFile(file)) continue;
    throw new InputError(
      `${file} is a folder, where a run keeps a file. Move it away; --resume goes on without it.`,
    );
  }
  return holdFolder(path);
}

/** The config of a run. @throws {InputError} if there is none. */
export function readConfigOf(path: string): RunConfig {
  const file = join(path, configName);
  if (!existsSync(file)) throw new InputError(`${path} holds no run: there is no ${configName} in it.`);
  return readRunConfig(parseJsonObject(readFileText(file), file), file);
}

/** How a run ended, if it did. */
export function readResultOf(path: string): JsonObject | undefined {
  const file = join(path, resultName);
  return existsSync(file) ? parseJsonObject(readFileText(file), file) : undefined;
}

/** The lines of a run's metrics, without one that was never finished. */
export function readMetricsOf(path: string): readonly JsonObject[] {
  const file = join(path, metricsName);
  if (!existsSync(file)) return [];
  return wholeLines(file).map(({ text, place }) => parseMetrics(text, place));
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
  const made = makeFolder(checkpoints);
  let unlock: () => void;
  try {
    unlock = lock(path);
  } catch (error) {
    removeEmpty(made);
    throw error;
  }
  for (const name of listFolder(checkpoints)) {
    if (leftoverPattern.test(name)) rmSync(join(checkpoints, name), { force: true });
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
    cutMetrics: (step, warn) =>
      writing(() => {
        if (!existsSync(metrics)) return;
        const kept: string[] = [];
        const damaged: string[] = [];
        for (const { text, place } of wholeLines(metrics)) {
          try {
            const line = parseMetrics(text, place);
            if (fromMetric(line['step']) <= step && line['flushed'] !== true) kept.push(text);
          } catch (error) {
            if (!(error instanceof InputError)) throw error;
            damaged.push(text);
            warn(`${error.message} It is set aside in ${join(path, damagedName)}.`);
          }
        }
        appendLines(join(path, damagedName), damaged);
        writeAtomic(metrics, joinLines(kept));
      }),
    saveCheckpoint: (step, checkpoint) =>
      writing(() => {
        writeCheckpoint(join(checkpoints, checkpointName(step)), checkpoint);
        if (saved.at(-1) !== step) saved.push(step);
        while (saved.length > checkpointsKept) {
          rmSync(join(checkpoints, checkpointName(saved.shift() ?? 0)), { force: true });
        }
      }),
    saveFlushed: (checkpoint) => writing(() => writeCheckpoint(join(path, flushedName), checkpoint)),
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
    removeIfUntrained: () => {
      if (saved.length > 0 || file !== undefined || existsSync(metrics)) return;
      for (const name of listFolder(path)) rmSync(join(path, name), { recursive: true, force: true });
      removeEmpty(made);
    },
    removeResult: () =>
      writing(() => {
        for (const name of [resultName, flushedName]) rmSync(join(path, name), { force: true });
      }),
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
  const holder = existsSync(file) ? Number(readFileText(file)) : NaN;
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

function isFile(path: string): boolean {
  // Node 20 throws for a path below a file, whatever it is told to do where there is no entry.
  return existsSync(path) && statSync(path).isFile();
}

/** The lines of a file that end, each with its place in words. */
function wholeLines(file: string): readonly { readonly text: string; readonly place: string }[] {
  let content: string;
  try {
    content = readFileSync(file, 'utf8');
  } catch (error) {
    throw new InputError(`${file} cannot be read: ${reasonOf(error)}.`);
  }
  return content
    .slice(0, content.lastIndexOf('\n') + 1)
    .split('\n')
    .map((text, index) => ({ text, place: `Line ${index + 1} of ${file}` }))
    .filter(({ text }) => text !== '');
}

/** A line of the metrics. @throws {InputError} if it is none. */
function parseMetrics(text: string, place: string): JsonObject {
  const line = parseJsonObject(text, place);
  readCount(line['step'], `${place}: "step"`);
  return line;
}

function joinLines(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join('');
}

function appendLines(file: string, lines: readonly string[]): void {
  if (lines.length > 0) appendFileSync(file, joinLines(lines));
}

/** A number for a metrics line: one that JSON has no literal for becomes a word. */
export function toMetric(value: number): JsonValue {
  return Number.isFinite(value) ? value : String(value);
}

/** A number of a metrics line; NaN if there is none. */
export function fromMetric(value: JsonValue | undefined): number {
  return typeof value === 'number' || typeof value === 'string' ? Number(value) : NaN;
}
