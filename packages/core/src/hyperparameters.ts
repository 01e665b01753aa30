import { describeValue, unknownNameMessage } from './checkOptionNames.ts';
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
  return new Proxy(values, {
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
