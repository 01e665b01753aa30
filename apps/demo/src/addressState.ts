import { backendNames } from './backendNames.ts';
import {
  isClipName,
  isTransformJSON,
  optimizerNames,
  type ChainDescription,
  type Clip,
} from './chainDescription.ts';
import { cliffWindow } from './cliff.ts';
import {
  defaultState,
  farthestTip,
  paces,
  stateOfTask,
  textPages,
  type DemoState,
  type Point,
} from './demoState.ts';
import { tasks, type TaskName } from './task.ts';
import { requireOptimizer } from './requireOptimizer.ts';

/** The part of the address after `#` that brings back this state; what is as it always is stays out. */
export function writeAddress(state: DemoState): string {
  const usual = stateOfTask(state.task, defaultState);
  const parts: [string, string, string][] = [
    ['task', state.task, defaultState.task],
    ['seed', String(state.seed), String(usual.seed)],
    ['clip', writeClips(state.chain), writeClips(usual.chain)],
    ['optimizer', state.chain.optimizer, usual.chain.optimizer],
    ['rate', String(state.chain.learningRate), String(usual.chain.learningRate)],
    ['json', state.imported === undefined ? '' : JSON.stringify(state.imported), ''],
    ['pace', writePace(state.pace), writePace(usual.pace)],
    ['backend', state.backend, usual.backend],
    ['text', state.text, usual.text],
    ['arrow', state.arrow === 'own' ? writePoint(state.own) : 'live', 'live'],
    ['entries', state.entries?.join(',') ?? '', ''],
    ['cliff', writePoint(state.cliffStart), writePoint(usual.cliffStart)],
  ];
  const shown = parts.filter(([, value, common]) => value !== common);
  return new URLSearchParams(shown.map(([name, value]) => [name, value])).toString();
}

/** What an address says, and what of it could not be understood, in words. */
export interface ReadAddress {
  readonly state: DemoState;
  readonly problems: readonly string[];
}

/** Reads an address; whatever it lacks or gets wrong is as it always is. */
export function readAddress(hash: string): ReadAddress {
  const params = new URLSearchParams(hash.replace(/^#/, ''));
  const problems: string[] = [];
  const read = <T>(name: string, usual: T, parse: (text: string) => T | undefined): T => {
    const text = params.get(name);
    if (text === null) return usual;
    const value = parse(text);
    if (value === undefined) problems.push(`${name}=${text.length > 60 ? `${text.slice(0, 60)}…` : text}`);
    return value ?? usual;
  };
  for (const name of params.keys()) if (!known.has(name)) problems.push(name);

  const task = read('task', defaultState.task, (text) => taskNames.find((name) => name === text));
  const usual = stateOfTask(task, defaultState);
  const arrow = read<Point | null>('arrow', null, (text) =>
    text === 'live'
      ? null
      : readPoint(text, { left: -farthestTip, right: farthestTip, bottom: -farthestTip, top: farthestTip }),
  );
  const state: DemoState = {
    task,
    seed: read('seed', usual.seed, readSeed),
    chain: {
      clips: read('clip', usual.chain.clips, readClips),
      optimizer: read('optimizer', usual.chain.optimizer, (text) =>
        optimizerNames.find((name) => name === text),
      ),
      learningRate: read('rate', usual.chain.learningRate, readPositive),
    },
    imported: read('json', undefined, readTransform),
    pace: read('pace', usual.pace, (text) => paces.find((pace) => writePace(pace) === text)),
    backend: read('backend', usual.backend, (text) =>
      (['auto', ...backendNames] as const).find((name) => name === text),
    ),
    text: read('text', usual.text, (text) => textPages.find((page) => page === text)),
    arrow: arrow === null ? 'live' : 'own',
    own: arrow ?? usual.own,
    entries: read('entries', undefined, (text) => readEntries(text, entryCount(task))),
    cliffStart: read('cliff', usual.cliffStart, (text) => readPoint(text, cliffWindow)),
  };
  return { state, problems };
}

const known = new Set([
  'task',
  'seed',
  'clip',
  'optimizer',
  'rate',
  'json',
  'pace',
  'backend',
  'text',
  'arrow',
  'entries',
  'cliff',
]);

const taskNames: readonly TaskName[] = ['recurrent', 'simple'];

/** A seed in decimal digits. */
export function readSeed(text: string): number | undefined {
  const value = Number(text);
  return /^\d{1,9}$/.test(text) ? value : undefined;
}

/** A number above 0 that float32 holds, as everything that is trained with is float32. */
export function readPositive(text: string): number | undefined {
  const value = Number(text);
  const held = Math.fround(value);
  return text.trim() !== '' && Number.isFinite(held) && held > 0 ? value : undefined;
}

function writePace(pace: number): string {
  return pace === Infinity ? 'max' : String(pace);
}

function writeClips({ clips }: ChainDescription): string {
  return clips.length === 0 ? 'none' : clips.map(({ name, threshold }) => `${name}:${threshold}`).join(',');
}

function readClips(text: string): readonly Clip[] | undefined {
  if (text === 'none') return [];
  const clips = text.split(',').map((part): Clip | undefined => {
    const [name = '', number = ''] = part.split(':');
    const threshold = readPositive(number);
    return isClipName(name) && threshold !== undefined ? { name, threshold } : undefined;
  });
  const good = clips.filter((clip) => clip !== undefined);
  const names = new Set(good.map(({ name }) => name));
  return good.length === clips.length && names.size === good.length ? good : undefined;
}

function writePoint({ x, y }: Point): string {
  return `${Number(x.toPrecision(5))},${Number(y.toPrecision(5))}`;
}

interface Window {
  readonly left: number;
  readonly right: number;
  readonly bottom: number;
  readonly top: number;
}

function readPoint(text: string, { left, right, bottom, top }: Window): Point | undefined {
  const [x, y] = readPair(text);
  return x >= left && x <= right && y >= bottom && y <= top ? { x, y } : undefined;
}

function readEntries(text: string, count: number): readonly [number, number] | undefined {
  const [first, second] = readPair(text);
  const isEntry = (entry: number): boolean => Number.isInteger(entry) && entry >= 0 && entry < count;
  return isEntry(first) && isEntry(second) && first !== second ? [first, second] : undefined;
}

/** Two numbers with a comma between them; NaN for what is none. */
function readPair(text: string): readonly [number, number] {
  const parts = text.split(',').map((part) => (part.trim() === '' ? NaN : Number(part)));
  const [x = NaN, y = NaN] = parts;
  return parts.length === 2 ? [x, y] : [NaN, NaN];
}

/** How many entries the gradient of a task's net has. */
function entryCount(task: TaskName): number {
  return Object.values(tasks[task].parameters(0)).reduce((count, { values }) => count + values.length, 0);
}

function readTransform(text: string): DemoState['imported'] {
  try {
    const json: unknown = JSON.parse(text);
    if (!isTransformJSON(json)) return undefined;
    requireOptimizer(json);
    return json;
  } catch {
    return undefined;
  }
}
