import type { AnyTransform } from './gradientTransform.ts';

/**
 * Data as the code that makes it: numbers, text, lists, objects, and schedules and transforms by what they write as JSON; undefined for what is
 * no data, such as a bare function or NaN.
 *
 * @example toCode({ learningRate: constant({ value: 0.1 }) }) // '{ learningRate: constant({ value: 0.1 }) }'
 */
export function toCode(value: unknown): string | undefined {
  if (typeof value === 'number' && value === value) return String(value);
  try {
    const code: unknown = JSON.parse(JSON.stringify(value), codeOf);
    return typeof code === 'string' ? code : undefined;
  } catch {
    // What is no data says so when it is asked for JSON, and there is nothing to show.
    return undefined;
  }
}

/** A transform as code; one that is no data is an example of what it yields. */
export function innerCode(transform: AnyTransform): string {
  return toCode(transform) ?? (transform.yields === 'updates' ? 'sgd({ learningRate: 0.01 })' : 'identity()');
}

/** What stands in JSON as text, and in code as it is. */
const bare: ReadonlySet<string> = new Set(['number', 'transform', 'schedule']);

/** The code of a member of JSON, whose own members are code already. */
function codeOf(key: string, value: unknown): string {
  if (value === null || key === 'predicate') throw new TypeError('This is no data.');
  if (typeof value === 'string' && bare.has(key)) return value;
  if (typeof value !== 'object') return JSON.stringify(value);
  if (Array.isArray(value)) return key === 'transforms' ? value.join(', ') : `[${value.join(', ')}]`;
  const members = new Map<string, string>(Object.entries(value));
  // Combinators take what they wrap before their options.
  if (key === 'options') {
    const first = ['inner', 'transforms', 'leaves', 'labels', 'when'].map((name) => takeFrom(members, name));
    return [...first, objectCode(members)].filter((part) => part !== '').join(', ');
  }
  const options = members.get('options');
  if (options !== undefined) return `${members.get('transform') ?? members.get('schedule')}(${options})`;
  return members.get('number') ?? (objectCode(members) || '{}');
}

function takeFrom(members: Map<string, string>, name: string): string {
  const code = members.get(name) ?? '';
  members.delete(name);
  return code;
}

function objectCode(members: ReadonlyMap<string, string>): string {
  const parts = Array.from(
    members,
    ([key, code]) => `${/^[a-z]\w*$/i.test(key) ? key : JSON.stringify(key)}: ${code}`,
  );
  return parts.length === 0 ? '' : `{ ${parts.join(', ')} }`;
}
