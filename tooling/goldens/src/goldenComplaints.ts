import type { GoldenCase, GoldenThrow, GoldenValues } from './goldenCase.ts';
import { goldenError } from './goldenError.ts';

/** What is wrong with a run, one line for each leaf and step. */
export function goldenComplaints(
  { ours, limits, steps }: Pick<GoldenCase, 'ours' | 'limits' | 'steps'>,
  actual: GoldenValues | GoldenThrow,
): string[] {
  if ('throws' in actual) {
    const isMeant = 'throws' in ours && ours.throws === actual.throws;
    return isMeant ? [] : [`threw ${actual.throws}: ${actual.message ?? ''}`];
  }
  if ('throws' in ours) return [`did not throw ${ours.throws}`];
  const wrong = ours.perStep.flatMap(({ step, leaves }) =>
    Array.from(actual.perStep[step - 1]?.leaves ?? [], ([leaf, values]) => {
      const wanted = leaves.get(leaf);
      const hasGradient = steps[step - 1]?.gradients.get(leaf) instanceof Float32Array;
      if (wanted !== undefined) {
        const error = goldenError(limits.measure, values, wanted);
        return error <= limits.tolerance
          ? ''
          : `step ${step}, ${leaf}: error ${error} above ${limits.tolerance}; ours ${shown(values)}, wanted ${shown(wanted)}`;
      }
      if (ours.what === 'updates' && values.every((value) => Object.is(value, -0))) return '';
      return `step ${step}, ${leaf} (${hasGradient ? 'with' : 'without'} a gradient): the case has no value, ours is ${shown(values)}`;
    }).filter((line) => line !== ''),
  );
  const missing = ours.perStep.flatMap(({ step, leaves }) =>
    Array.from(leaves.keys())
      .filter((leaf) => actual.perStep[step - 1]?.leaves.has(leaf) !== true)
      .map((leaf) => `step ${step}, ${leaf}: missing`),
  );
  if (ours.norm === undefined) return [...wrong, ...missing];
  const normError = goldenError('entry', [actual.norm ?? -1], [ours.norm]);
  const isNormRight = normError <= (limits.normTolerance ?? limits.tolerance);
  return [...wrong, ...missing, ...(isNormRight ? [] : [`norm ${actual.norm}, wanted ${ours.norm}`])];
}

function shown(values: Float32Array): string {
  return `[${Array.from(values.slice(0, 6), (value) => (Object.is(value, -0) ? '-0' : String(value))).join(', ')}]`;
}
