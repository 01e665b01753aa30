import { InvalidOptionError } from './errors.ts';
import type { AnyTransform, LiveOption } from './gradientTransform.ts';
import type { Schedule } from './schedule.ts';

/**
 * A transform at its place in a whole: the path that its hyperparameters, reports and state go by. The same transform used
 * twice has two places.
 */
export interface Place {
  readonly transform: AnyTransform;
  readonly path: string;
  readonly inner: readonly Place[];
}

/**
 * Gives every part of a transform its path. A path is the transform's name, or its key in `namedChain`; the pieces of an alias
 * share the alias's path; wrappers add no segment; a path that is taken gets `#2`, `#3` ...
 */
export function placesOf(transform: AnyTransform): Place {
  const taken = new Set<string>();
  return placeAt(transform, { prefix: '', taken });
}

/** Every hyperparameter of a transform by its path. */
export function liveOptionsOf(root: Place): ReadonlyMap<string, LiveOption> {
  const found = new Map<string, LiveOption>();
  visit(root, (place) => {
    for (const [name, live] of Object.entries(place.transform.structure.live)) {
      const path = `${place.path}.${name}`;
      if (found.has(path)) {
        throw new InvalidOptionError(
          `Two parts of ${place.path} both have a hyperparameter named "${name}". Give the parts keys of their own with namedChain.`,
        );
      }
      found.set(path, live);
    }
  });
  return found;
}

/** The options that are built into the program, by their paths, for the error when one is assigned. */
export function structuralOptionsOf(root: Place): ReadonlySet<string> {
  const found = new Set<string>();
  visit(root, (place) => {
    for (const name of Object.keys(place.transform.structure.settings)) found.add(`${place.path}.${name}`);
  });
  return found;
}

/** The hyperparameters that a transform was made with: by name, or by path where it has parts. */
export function placeHyperparameters(transform: AnyTransform): Readonly<Record<string, number | Schedule>> {
  const { inner, live } = transform.structure;
  const all = inner.length === 0 ? Object.entries(live) : liveOptionsOf(placesOf(transform));
  return Object.fromEntries(Array.from(all, ([path, option]) => [path, option.value]));
}

/**
 * The step at which each hyperparameter is asked for its value, by its path: the step itself, and inside a transform with windows, such as
 * `accumulate`, the number of the window.
 */
export function hyperparameterClocks(transform: AnyTransform): ReadonlyMap<string, (step: number) => number> {
  const found = new Map<string, (step: number) => number>();
  const visitAt = (
    { transform: { structure }, path, inner }: Place,
    clock: (step: number) => number,
  ): void => {
    for (const name of Object.keys(structure.live)) found.set(`${path}.${name}`, clock);
    const { windows } = structure;
    const within = windows === undefined ? clock : (step: number): number => windows.indexAt(clock(step));
    for (const part of inner) visitAt(part, within);
  };
  visitAt(placesOf(transform), (step) => step);
  return found;
}

/** Whether a transform, or one inside it, has windows. */
export function gathers({ structure }: AnyTransform): boolean {
  return structure.windows !== undefined || structure.inner.some(gathers);
}

/**
 * The last step of the windows that are begun at a step; undefined where none is. What lies in one that is begun is begun too, since it
 * gets what that one holds.
 */
export function endOfWindows(root: Place, step: number): number | undefined {
  let end: number | undefined;
  const visitAt = (
    { transform, inner }: Place,
    clock: { step: number; isBegun: boolean; startOf(index: number): number },
  ): void => {
    const { windows } = transform.structure;
    if (windows === undefined) {
      for (const part of inner) visitAt(part, clock);
      return;
    }
    const index = windows.indexAt(clock.step);
    const isBegun = clock.isBegun || windows.startOf(index) < clock.step;
    if (isBegun) end = Math.max(end ?? 0, clock.startOf(windows.startOf(index + 1)) - 1);
    const startOf = (inside: number): number => clock.startOf(windows.startOf(inside));
    for (const part of inner) visitAt(part, { step: index, isBegun, startOf });
  };
  visitAt(root, { step, isBegun: false, startOf: (index) => index });
  return end;
}

function visit(place: Place, call: (place: Place) => void): void {
  call(place);
  for (const inner of place.inner) visit(inner, call);
}

function placeAt(
  transform: AnyTransform,
  { prefix, taken, key }: { prefix: string; taken: Set<string>; key?: string | undefined },
): Place {
  const { naming, inner, keys } = transform.structure;
  if (naming === 'alias') {
    const path = uniquePath(prefix + (key ?? transform.name), taken);
    return { transform, path, inner: inner.map((part) => shareOf(part, path)) };
  }
  if (inner.length === 0)
    return { transform, path: uniquePath(prefix + (key ?? transform.name), taken), inner: [] };
  // A key is the name of what is behind it: of one transform, whatever wraps it, or of a group of them.
  const isWrapper = inner.length === 1 && naming !== 'keys';
  const within = key === undefined || isWrapper ? prefix : `${prefix}${key}.`;
  const ownPath = key === undefined ? prefix + transform.name : `${prefix}${key}.${transform.name}`;
  const path = naming === 'name' ? uniquePath(ownPath, taken) : ownPath;
  const places = inner.map((part, index) => {
    const partKey = naming === 'keys' ? keys[index] : isWrapper ? key : undefined;
    return placeAt(part, { prefix: within, taken, key: partKey });
  });
  return { transform, path, inner: places };
}

function shareOf(transform: AnyTransform, path: string): Place {
  return { transform, path, inner: transform.structure.inner.map((part) => shareOf(part, path)) };
}

function uniquePath(path: string, taken: Set<string>): string {
  let candidate = path;
  for (let count = 2; taken.has(candidate); count++) candidate = `${path}#${count}`;
  taken.add(candidate);
  return candidate;
}
