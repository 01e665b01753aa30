import { describeValue, isPlainObject, unknownNameMessage } from './checkOptionNames.ts';
import { InvalidOptionError, TreeMismatchError } from './errors.ts';
import type { LeafSpec } from './gradientTransform.ts';
import { sizeOfShape } from './program.ts';

/** The starting values of one leaf: a Float32Array (one axis), or values with their shape. */
export type LeafValues = Float32Array | { readonly values: Float32Array; readonly shape: readonly number[] };

/** A leaf with its starting values. */
interface StartingLeaf extends LeafSpec {
  readonly values: Float32Array;
}

/** The values and the shapes of all leaves. */
export function readLeaves(params: Readonly<Record<string, LeafValues>>): StartingLeaf[] {
  requireNamed('A stepper takes parameters', params);
  return Object.entries(params).map(([name, value]) => readLeaf(name, value));
}

/** Judges that something is arrays by name. */
export function requireNamed(what: string, arrays: unknown): void {
  if (isPlainObject(arrays)) return;
  throw new InvalidOptionError(
    `${what} by name, { name: Float32Array }, but was given ${describeValue(arrays)}.`,
  );
}

function readLeaf(name: string, value: LeafValues): StartingLeaf {
  const values: unknown = isWithShape(value) ? value.values : value;
  if (!(values instanceof Float32Array)) {
    throw new TreeMismatchError(
      `The parameter ${JSON.stringify(name)} ${describeArray(values)}, but everything is float32. ` +
        `Give a Float32Array, or { values: Float32Array, shape }.`,
      { leaf: name },
    );
  }
  const shape = value instanceof Float32Array ? [values.length] : value.shape;
  const isShape = Array.isArray(shape) && shape.every((length) => Number.isInteger(length) && length >= 0);
  if (!isShape || sizeOfShape(shape) !== values.length) {
    throw new TreeMismatchError(
      `The parameter ${JSON.stringify(name)} has ${values.length} values, which do not fit its shape [${String(shape)}]. ` +
        `Give a shape of whole numbers whose product is ${values.length}.`,
      { leaf: name },
    );
  }
  return { name, shape: [...shape], values };
}

function isWithShape(value: unknown): value is { readonly values: unknown; readonly shape: unknown } {
  return isPlainObject(value) && 'values' in value && 'shape' in value;
}

/** New values of parameters by the leaves' numbers; those of leaves that are not named are undefined. */
export function readParameters(
  leaves: readonly LeafSpec[],
  params: Readonly<Record<string, LeafValues>>,
): (Float32Array | undefined)[] {
  requireNamed('setParams takes arrays', params);
  const names = leaves.map(({ name }) => name);
  for (const name of Object.keys(params)) {
    if (!names.includes(name))
      throw new TreeMismatchError(unknownNameMessage('There is no parameter', name, names), { leaf: name });
  }
  return leaves.map(({ name, shape }) => {
    const given = Object.hasOwn(params, name) ? params[name] : undefined;
    if (given === undefined && !Object.hasOwn(params, name)) return undefined;
    const values: unknown = isWithShape(given) ? given.values : given;
    const size = sizeOfShape(shape);
    const isOfShape = !isWithShape(given) || String(given.shape) === shape.join();
    if (values instanceof Float32Array && values.length === size && isOfShape) return values;
    const found = isOfShape ? describeArray(values) : `has the shape [${String(given.shape)}]`;
    throw new TreeMismatchError(
      `The parameter ${JSON.stringify(name)} ${found}; it must be a Float32Array of ${size} values` +
        `${isOfShape ? '' : ` of shape [${shape.join()}]`}. A stepper of other shapes is a new one.`,
      { leaf: name },
    );
  });
}

/**
 * Gradients by the leaves' numbers. What `accepts` takes beside Float32Arrays of the right size goes through as it is.
 */
export function readGradients<Other = never>(
  leaves: readonly LeafSpec[],
  names: ReadonlySet<string>,
  gradients: Readonly<Record<string, Float32Array | Other | null>>,
  accepts?: (value: unknown) => value is Other,
): (Float32Array | Other | null)[] {
  requireNamed('A step takes gradients', gradients);
  for (const name of Object.keys(gradients)) {
    if (names.has(name)) continue;
    throw new TreeMismatchError(
      unknownNameMessage('There is no parameter for the gradient', name, [...names]),
      {
        leaf: name,
      },
    );
  }
  return leaves.map(({ name, shape }) => {
    const gradient: unknown = Object.hasOwn(gradients, name) ? gradients[name] : undefined;
    if (gradient === null) return null;
    if (accepts !== undefined && accepts(gradient)) return gradient;
    const size = sizeOfShape(shape);
    if (gradient instanceof Float32Array && gradient.length === size) return gradient;
    throw new TreeMismatchError(
      `The gradient of ${JSON.stringify(name)} ${describeArray(gradient)}; it must be a Float32Array of ${size} values, ` +
        `or null to leave that parameter alone.`,
      { leaf: name },
    );
  });
}

/** Says what was found where a Float32Array of another length is wanted. */
export function describeArray(value: unknown): string {
  if (value instanceof Float32Array) return `has ${value.length} values`;
  if (ArrayBuffer.isView(value)) return `is of type ${value.constructor.name}`;
  return `is ${value === undefined ? 'missing' : describeValue(value)}`;
}
