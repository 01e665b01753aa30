import type { JsonValue, TransformJSON } from '@gradkit/core';
import { isTransformJSON } from './chainDescription.ts';
import { packages } from './transformRegistry.ts';

/** The code that builds a transform: its imports, and one expression. */
export function printCode(json: TransformJSON): string {
  const imports = new Map<string, Set<string>>();
  const use = (from: string, name: string): string => {
    imports.set(from, (imports.get(from) ?? new Set()).add(name));
    return name;
  };
  const expression = printTransform(json, use, '');
  use('@gradkit/tfjs', 'toOptimizer');
  const lines = [...imports]
    .toSorted(([a], [b]) => a.localeCompare(b))
    .map(([from, names]) => `import { ${[...names].toSorted().join(', ')} } from '${from}';`);
  return [
    ...lines,
    '',
    `const transform = ${expression};`,
    '',
    'const optimizer = toOptimizer(transform);',
    '',
  ].join('\n');
}

type Use = (from: string, name: string) => string;

function printTransform({ transform, options }: TransformJSON, use: Use, indent: string): string {
  const name = use(packageOf(transform), transform);
  const deeper = `${indent}  `;
  const { inner, transforms, ...rest } = options;
  if (Array.isArray(transforms)) {
    const parts = transforms.filter((part: unknown) => isTransformJSON(part));
    if (parts.length === 0) return `${name}()`;
    return `${name}(\n${parts.map((part) => `${deeper}${printTransform(part, use, deeper)},\n`).join('')}${indent})`;
  }
  const positional: string[] = [];
  if (inner !== undefined) positional.push(printValue(inner, use, indent));
  if (transforms !== undefined) positional.push(printValue(transforms, use, indent));
  for (const key of ['leaves', 'labels', 'when']) {
    const value = rest[key];
    if (value !== undefined && isPositional(transform)) positional.push(printValue(value, use, indent));
  }
  const named = Object.fromEntries(
    Object.entries(rest).filter(
      ([key]) => !(isPositional(transform) && ['leaves', 'labels', 'when'].includes(key)),
    ),
  );
  if (Object.keys(named).length > 0) positional.push(printValue(named, use, indent));
  return `${name}(${positional.join(', ')})`;
}

/** These take what stands under a name in JSON by its place. */
function isPositional(transform: string): boolean {
  return ['masked', 'freeze', 'partition', 'conditionally'].includes(transform);
}

function printValue(value: JsonValue, use: Use, indent: string): string {
  if (isTransformJSON(value)) return printTransform(value, use, indent);
  if (Array.isArray(value))
    return `[${value.map((part: JsonValue) => printValue(part, use, indent)).join(', ')}]`;
  if (typeof value === 'string') return `'${value.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
  if (typeof value !== 'object' || value === null) return String(value);
  const entries = Object.entries(value);
  const [[key, first] = ['', null]] = entries;
  if (key === 'number' && typeof first === 'string') return first;
  if (key === 'schedule' && typeof first === 'string') {
    const [, options = {}] = entries.find(([name]) => name === 'options') ?? [];
    return `${use('@gradkit/schedules', first)}(${printValue(options, use, indent)})`;
  }
  if (key === 'predicate' && typeof first === 'string') return first;
  const parts = entries.map(([name, part]) => `${propertyName(name)}: ${printValue(part, use, indent)}`);
  return `{ ${parts.join(', ')} }`;
}

function propertyName(name: string): string {
  return /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(name) ? name : `'${name.replaceAll("'", "\\'")}'`;
}

function packageOf(transform: string): string {
  const [found] = Object.entries(packages).find(([, names]) => Object.hasOwn(names, transform)) ?? [];
  return found ?? '@gradkit/core';
}
