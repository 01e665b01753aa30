import type { LeafSpec } from '@gradkit/core';
import type * as tf from '@tensorflow/tfjs-core';

/** A slot of an optimizer of TensorFlow.js, which keeps them by position and names each after its variable: `kernel/m`. */
interface Slot {
  readonly originalName: string;
  readonly variable: { readonly shape: readonly number[] };
}

/**
 * The variables, in the order of their slots, for which an optimizer keeps more slots than so many: those that it stepped before it was
 * wrapped, or by way of somebody else. None where it keeps no slots, or keeps them in another way than the built-in ones.
 */
export function slotsBeyond(optimizer: tf.Optimizer, count: number): readonly LeafSpec[] {
  // The length first: in most steps it is what was counted, and nothing has to be looked at.
  const slots = Object.values(optimizer).find(
    (value): value is readonly Slot[] => Array.isArray(value) && value.length > count && value.every(isSlot),
  );
  return (slots ?? []).slice(count).map(({ originalName, variable }) => ({
    name: originalName.slice(0, originalName.lastIndexOf('/')),
    shape: variable.shape,
  }));
}

function isSlot(value: unknown): value is Slot {
  if (typeof value !== 'object' || value === null || !('originalName' in value && 'variable' in value))
    return false;
  const { originalName, variable } = value;
  return (
    typeof originalName === 'string' &&
    typeof variable === 'object' &&
    variable !== null &&
    'shape' in variable
  );
}
