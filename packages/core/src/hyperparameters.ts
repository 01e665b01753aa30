import { describeValue, isPlainObject, unknownNameMessage } from './checkOptionNames.ts';
import { InvalidOptionError } from './errors.ts';
import type { LiveOption } from './gradientTransform.ts';
import { checkOption, exampleOf, isSchedule, roundingNote } from './option.ts';
import { liveOptionsOf, structuralOptionsOf, type Place } from './place.ts';
import type { Schedule } from './schedule.ts';

/**
 * The numbers of a running transform by path, such as `clipByGlobalNorm.maxNorm`. Assigning one takes effect at the next step, and
 * nothing is traced again; a number assigned over a schedule replaces it.
 */
export type Hyperparameters = Record<string, number | Schedule>;

/** What was assigned to hyperparameters, by path. */
export type AssignedHyperparameters = Readonly<Record<string, number | Schedule>>;

/** What each was made with, to tell what was assigned since. */
const made = new WeakMap<Hyperparameters, ReadonlyMap<string, LiveOption>>();

/** The hyperparameters that are not what the transform was made with. */
export function assignedHyperparameters(hyperparameters: Hyperparameters): AssignedHyperparameters {
  const given = made.get(hyperparameters) ?? new Map<string, LiveOption>();
  return Object.fromEntries(
    Object.entries(hyperparameters).filter(([path, value]) => !Object.is(value, given.get(path)?.value)),
  );
}

/**
 * Makes hyperparameters what the transform was made with, but for those that are assigned; all, or nothing if one cannot be meant.
 *
 * @throws {InvalidOptionError} for a value or a path that an assignment refuses.
 */
export function reassignHyperparameters(
  hyperparameters: Hyperparameters,
  assigned: AssignedHyperparameters = {},
): void {
  if (!isPlainObject(assigned)) {
    throw new InvalidOptionError(
      `The state's hyperparameters must be values by path, such as { 'sgd.learningRate': 0.1 }, but are ${describeValue(assigned)}.`,
    );
  }
  const before = Object.entries(hyperparameters);
  try {
    for (const [path, { value }] of made.get(hyperparameters) ?? []) hyperparameters[path] = value;
    for (const [path, value] of Object.entries(assigned)) hyperparameters[path] = value;
  } catch (error) {
    for (const [path, value] of before) hyperparameters[path] = value;
    throw error;
  }
}

/**
 * Hyperparameters that judge what is assigned to them.
 *
 * @throws {InvalidOptionError} on assignment of a value that cannot be meant, to an unknown path (naming the nearest), or to an
 *   option that is built into the program.
 */
export function createHyperparameters(root: Place): Hyperparameters {
  const live = liveOptionsOf(root);
  const structural = structuralOptionsOf(root);
  const values: Hyperparameters = Object.create(null);
  for (const [path, option] of live) values[path] = option.value;
  const hyperparameters = new Proxy(values, {
    // An assignment ends here too.
    defineProperty: (_, path, { value }) => {
      values[String(path)] = checkAssigned({ path: String(path), live, structural }, value);
      return true;
    },
    deleteProperty: (_, path) => {
      throw new InvalidOptionError(
        `The hyperparameter ${String(path)} cannot be deleted. Assign another value to it.`,
      );
    },
  });
  made.set(hyperparameters, live);
  return hyperparameters;
}

/**
 * The value of a hyperparameter at a step.
 *
 * @throws {InvalidOptionError} if a schedule gives a value that cannot be meant, naming the step.
 */
export function hyperparameterAt(
  hyperparameters: Hyperparameters,
  at: { path: string; step: number; option: LiveOption },
): number {
  const value = hyperparameters[at.path];
  if (typeof value === 'number') return value;
  const scheduled: unknown = value?.(at.step);
  const { option } = at.option;
  if (option.accepts(scheduled)) return scheduled;
  // A rate that decays to 0 comes by numbers that are 0 in float32.
  if (typeof scheduled === 'number' && Math.fround(scheduled) === 0 && option.accepts(0)) return 0;
  const remedy = assignment(at.path, exampleOf(option));
  throw new InvalidOptionError(
    `The schedule of ${at.path} gave ${describeValue(scheduled)} at step ${at.step}${roundingNote(option, scheduled)}; ` +
      `it must give ${option.expected}. Correct the schedule, or assign a number: ${remedy}.`,
    { remedy },
  );
}

function assignment(path: string, value: string): string {
  return `hyperparameters['${path}'] = ${value}`;
}

function checkAssigned(
  at: { path: string; live: ReadonlyMap<string, LiveOption>; structural: ReadonlySet<string> },
  value: unknown,
): number | Schedule {
  const option = at.live.get(at.path);
  if (option === undefined && at.structural.has(at.path)) {
    throw new InvalidOptionError(
      `${at.path} is built into the program and cannot be changed between steps. Make a new transform with the other value.`,
    );
  }
  if (option === undefined) {
    throw new InvalidOptionError(
      unknownNameMessage('There is no hyperparameter', at.path, [...at.live.keys()]),
    );
  }
  if (isSchedule(value)) return value;
  const dot = at.path.lastIndexOf('.');
  return checkOption(
    {
      owner: at.path.slice(0, dot),
      name: at.path.slice(dot + 1),
      remedy: (example) => assignment(at.path, example),
    },
    option.option,
    value,
  );
}
