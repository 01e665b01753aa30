import type { AnyTransform } from './gradientTransform.ts';
import { innerCode } from './toCode.ts';

/** What to do about a transform that yields gradients where updates are wanted, and the code of it. */
export function endWithOptimizer(transform: AnyTransform): {
  readonly advice: string;
  readonly remedy: string;
} {
  const parts = partsOf(transform);
  const factor = parts.map(factorOf).find((value) => value < 0);
  if (factor !== undefined) {
    const remedy = `scaleByLearningRate({ learningRate: ${-factor} })`;
    return {
      advice: `scale({ factor: ${factor} }) does not say that it steps down. Write ${remedy} in its place`,
      remedy,
    };
  }
  const code = innerCode(transform);
  const start = transform.name === 'chain' ? code.slice(0, -1) : `chain(${code}`;
  const end = parts.some(({ name }) => name.startsWith('scaleBy'))
    ? 'scaleByLearningRate({ learningRate: 0.001 })'
    : 'sgd({ learningRate: 0.01 })';
  const remedy = `${start}${start.endsWith('(') ? '' : ', '}${end})`;
  return { advice: `End it with an optimizer: ${remedy}`, remedy };
}

function partsOf(transform: AnyTransform): readonly AnyTransform[] {
  return [transform, ...transform.structure.inner.flatMap(partsOf)];
}

/** The factor of a `scale`, if it is a number; NaN of everything else. */
function factorOf({ name, structure }: AnyTransform): number {
  return name === 'scale' ? Number(structure.live['factor']?.value) : NaN;
}
