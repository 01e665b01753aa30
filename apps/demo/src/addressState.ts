import { backendNames } from './backendNames.ts';
import {
  isClipName,
  isTransformJSON,
  optimizerNames,
  type ChainDescription,
  type Clip,
} from './chainDescription.ts';
import { defaultState, paces, stateOfTask, textPages, type DemoState, type Point } from './demoState.ts';
import type { TaskName } from './task.ts';
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
  const arrow = read('arrow', undefined, (text) => (text === 'live' ? undefined : readPoint(text)));
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
    arrow: arrow === undefined ? 'live' : 'own',
    own: arrow ?? usual.own,
    entries: read('entries', undefined, readEntries),
    cliffStart: read('cliff', usual.cliffStart, readPoint),
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

/** A finite number above 0. */
export function readPositive(text: string): number | undefined {
  const value = Number(text);
  return text.trim() !== '' && Number.isFinite(value) && value > 0 ? value : undefined;
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

function readPoint(text: string): Point | undefined {
  const [x = NaN, y = NaN, ...rest] = text.split(',').map(Number);
  return rest.length === 0 && Number.isFinite(x) && Number.isFinite(y) ? { x, y } : undefined;
}

function readEntries(text: string): readonly [number, number] | undefined {
  const [first = NaN, second = NaN] = text.split(',').map(Number);
  return Number.isInteger(first) && Number.isInteger(second) && first >= 0 && second >= 0 && first !== second
    ? [first, second]
    : undefined;
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
