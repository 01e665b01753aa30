import { InvalidOptionError } from './errors.ts';

const kerasNames: Readonly<Record<string, string>> = {
  clipnorm: 'clipByNorm({ maxNorm })',
  clipvalue: 'clipByValue({ limit })',
  globalclipnorm: 'clipByGlobalNorm({ maxNorm })',
  gradientaccumulationsteps: 'accumulate(inner, { every })',
};

/**
 * Refuses an option that `owner` does not know, naming the nearest one it does, so that nothing a user passes is ignored.
 *
 * @throws {InvalidOptionError} if `options` is not an object or has a name that is not in `known`. Keras's clipping
 *   names are recognised and answered with the transform that does the same.
 * @example checkOptionNames('sgd', { learningrate: 1 }, ['learningRate']) // throws: did you mean "learningRate"?
 */
export function checkOptionNames(
  owner: string,
  options: object,
  known: readonly string[],
  remedy?: () => string,
): void {
  if (!isPlainObject(options)) {
    const message = `${owner} takes one object of options (${known.join(', ')}), but was given ${describeValue(options)}.`;
    if (remedy === undefined) throw new InvalidOptionError(message);
    throw new InvalidOptionError(`${message} Write ${remedy()}.`, { remedy: remedy() });
  }
  for (const name of Object.keys(options)) {
    if (known.includes(name)) continue;
    const plain = name.replaceAll('_', '').toLowerCase();
    const keras = Object.hasOwn(kerasNames, plain) ? kerasNames[plain] : undefined;
    if (keras !== undefined) {
      throw new InvalidOptionError(
        `${owner} has no option "${name}" (a Keras name). Put ${keras} before it in a chain: chain(${keras}, ${owner}(...)).`,
      );
    }
    throw new InvalidOptionError(unknownNameMessage(`${owner} has no option`, name, known));
  }
}

/** Whether a value is an object of named members, as opposed to null, a list, a Map, a regular expression, a promise ... */
export function isPlainObject(value: unknown): value is object {
  return typeTag(value) === 'Object';
}

/** Says that `name` is unknown, what the nearest known name is and which names there are. */
export function unknownNameMessage(what: string, name: string, known: readonly string[]): string {
  const nearest = nearestName(name, known);
  const hint = nearest === undefined ? '' : ` Did you mean "${nearest}"?`;
  const more = known.length > mostNames ? ', ...' : '.';
  const list =
    known.length === 0 ? 'There is none.' : `Known: ${known.slice(0, mostNames).join(', ')}${more}`;
  return `${what} "${name}".${hint} ${list}`;
}

/** Shows a value in a message the way a user would recognise it. */
export function describeValue(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'function') return `the function ${value.name === '' ? '(anonymous)' : value.name}`;
  if (Object.is(value, -0)) return '-0';
  if (typeof value !== 'object' || value === null) return String(value);
  const type = typeTag(value).toLowerCase();
  return `${/^[ao]/.test(type) ? 'an' : 'a'} ${type}`;
}

/** How many known names a message lists: a model may have thousands. */
const mostNames = 30;

/** The built-in type of a value, whatever realm it is from. */
function typeTag(value: unknown): string {
  return Object.prototype.toString.call(value).slice(8, -1);
}

/**
 * The known name that `name` was most likely meant to be, whatever its case or by its words' first letters; none, where all are too far from it.
 *
 * @example nearestName('learningrate', ['momentum', 'learningRate']) // 'learningRate'
 */
export function nearestName(name: string, known: readonly string[]): string | undefined {
  const typed = name.toLowerCase();
  const distances = known.map((candidate) => {
    const wanted = candidate.toLowerCase();
    const isStart = typed.length > 2 && wanted.startsWith(typed);
    return isStart || (typed.length > 1 && typed === initialsOf(candidate)) ? 0 : editDistance(typed, wanted);
  });
  const least = Math.min(...distances);
  return least <= Math.max(2, name.length / 2) ? known[distances.indexOf(least)] : undefined;
}

/** The first letters of the words of a name: `lr` of `learningRate`. */
function initialsOf(name: string): string {
  return (name.charAt(0) + name.slice(1).replaceAll(/[^A-Z]/g, '')).toLowerCase();
}

/** How many letters lie between two names, whatever their case. */
export function nameDistance(a: string, b: string): number {
  return editDistance(a.toLowerCase(), b.toLowerCase());
}

function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const substitution = (previous[column - 1] ?? 0) + (a[row - 1] === b[column - 1] ? 0 : 1);
      current.push(Math.min(substitution, (previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1));
    }
    previous = current;
  }
  return previous[b.length] ?? 0;
}
