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

/** The code of a member of JSON, whose own members are code already. */
function codeOf(key: string, value: unknown): string {
  if (value === null || key === 'predicate') throw new TypeError('no data');
  if (typeof value !== 'object')
    return /^(number|transform|schedule)$/.test(key) ? String(value) : JSON.stringify(value);
  if (Array.isArray(value)) return key === 'transforms' ? value.join(', ') : `[${value.join(', ')}]`;
  const { inner, transforms, leaves, labels, when, ...rest }: Record<string, unknown> = { ...value };
  // Combinators take what they wrap before their options.
  if (key === 'options')
    return [inner, transforms, leaves, labels, when, objectCode(rest)].filter(Boolean).join(', ');
  return rest['options'] === undefined
    ? String(rest['number'] ?? (objectCode(value) || '{}'))
    : `${String(rest['transform'] ?? rest['schedule'])}(${String(rest['options'])})`;
}

function objectCode(members: object): string {
  const parts = Object.entries(members).map(
    ([key, code]) => `${/^[a-z]\w*$/i.test(key) ? key : JSON.stringify(key)}: ${code}`,
  );
  return parts.length === 0 ? '' : `{ ${parts.join(', ')} }`;
}
