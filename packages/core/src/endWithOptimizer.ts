import type { AnyTransform } from './gradientTransform.ts';
import { jsonOf, toCode } from './toCode.ts';

/**
 * What to write instead of a transform that yields gradients where updates are wanted: as text, and as code where it is all known. A
 * `scale` by a negative factor is a learning rate that nobody knows of: with an optimizer after it, the step would climb.
 */
export function endWithOptimizer(transform: AnyTransform): {
  readonly advice: string;
  readonly remedy?: string;
} {
  const descent = partsOf(transform).findLast((part) => factorOf(part) < 0);
  if (descent !== undefined) return withLearningRate(transform, descent);
  const isOptimizer = partsOf(transform).some(({ name }) => name.startsWith('scaleBy'));
  const end = isOptimizer ? 'scaleByLearningRate({ learningRate: 0.001 })' : 'sgd({ learningRate: 0.01 })';
  const pieces = transform.name === 'chain' ? transform.structure.inner : [transform];
  const codes = pieces.map((piece) => toCode(jsonOf(piece)));
  const remedy = `chain(${[...codes, end].join(', ')})`;
  const named = pieces.map(({ name }, index) => codes[index] ?? `${name}(...)`);
  const advice = `End it with an optimizer, such as chain(${[...named, end].join(', ')})`;
  return codes.includes(undefined) ? { advice } : { advice, remedy };
}

function withLearningRate(
  transform: AnyTransform,
  descent: AnyTransform,
): ReturnType<typeof endWithOptimizer> {
  const factor = factorOf(descent);
  const rate = { transform: 'scaleByLearningRate', options: { learningRate: -factor } };
  const text = JSON.stringify(jsonOf(transform) ?? null);
  const part = JSON.stringify(descent.toJSON());
  const at = text.lastIndexOf(part);
  const changed: unknown =
    at < 0 ? undefined : JSON.parse(text.slice(0, at) + JSON.stringify(rate) + text.slice(at + part.length));
  const remedy = toCode(changed) ?? toCode(rate);
  return {
    advice:
      `A scale by ${factor} does not say that it steps down, and an optimizer after it would turn it around. ` +
      `Put scaleByLearningRate in its place: ${remedy}`,
    ...(remedy === undefined ? {} : { remedy }),
  };
}

function partsOf(transform: AnyTransform): readonly AnyTransform[] {
  return [transform, ...transform.structure.inner.flatMap(partsOf)];
}

/** The factor of a `scale`, if it is a number; NaN of everything else. */
function factorOf({ name, structure }: AnyTransform): number {
  const factor = structure.live['factor']?.value;
  return name === 'scale' && typeof factor === 'number' ? factor : NaN;
}
