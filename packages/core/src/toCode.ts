import type { AnyTransform } from './gradientTransform.ts';

/**
 * Data as the code that makes it: numbers, text, lists, objects, schedules, and what `toJSON` writes of transforms and schedules;
 * undefined for what is no data, such as a bare function or NaN.
 *
 * @example toCode({ learningRate: constant({ value: 0.1 }) }) // '{ learningRate: constant({ value: 0.1 }) }'
 */
export function toCode(value: unknown): string | undefined {
  if (typeof value === 'number')
    return value !== value ? undefined : Object.is(value, -0) ? '-0' : String(value);
  if (typeof value === 'boolean' || typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'function') return 'toJSON' in value ? toCode(jsonOf(value)) : undefined;
  if (typeof value !== 'object' || value === null) return undefined;
  if (Array.isArray(value)) return joined(value, (parts) => `[${parts}]`);
  const { number, schedule, transform, options, ...others } = membersOf(value);
  if (typeof number === 'string') return number;
  if (typeof schedule === 'string') return callCode(schedule, [options]);
  if (typeof transform === 'string') return transformCode(transform, membersOf(options));
  if ('predicate' in others) return undefined;
  const entries = Object.entries(value);
  const names = entries.map(([name]) => (/^[A-Za-z_]\w*$/.test(name) ? name : JSON.stringify(name)));
  return joined(
    entries.map(([, part]) => part),
    (_, parts) =>
      parts.length === 0 ? '{}' : `{ ${parts.map((part, index) => `${names[index]}: ${part}`).join(', ')} }`,
  );
}

/** A transform as code; one that is no data is an example of what it yields. */
export function innerCode(transform: AnyTransform): string {
  return (
    toCode(jsonOf(transform)) ??
    (transform.yields === 'updates' ? 'sgd({ learningRate: 0.01 })' : 'identity()')
  );
}

/** What a transform or a schedule writes of itself; undefined if it is no data. */
export function jsonOf(value: { toJSON?: unknown }): unknown {
  try {
    return typeof value.toJSON === 'function' ? value.toJSON() : undefined;
  } catch {
    // It would say so itself, to whoever asks for JSON.
    return undefined;
  }
}

/** Combinators take what they wrap before their options, and `chain` its parts one by one. */
function transformCode(name: string, options: Record<string, unknown>): string | undefined {
  const { inner, transforms, leaves, labels, when, ...rest } = options;
  const first = [inner, ...(Array.isArray(transforms) ? transforms : [transforms]), leaves, labels, when];
  const own = Object.keys(rest).length === 0 ? [] : [rest];
  return callCode(name, [...first.filter((part) => part !== undefined), ...own]);
}

function callCode(name: string, parts: readonly unknown[]): string | undefined {
  return joined(parts, (code) => `${name}(${code})`);
}

function joined(
  parts: readonly unknown[],
  write: (joinedParts: string, parts: readonly string[]) => string,
): string | undefined {
  const codes = parts.map(toCode);
  const written = codes.filter((code) => code !== undefined);
  return written.length === codes.length ? write(written.join(', '), written) : undefined;
}

function membersOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}
