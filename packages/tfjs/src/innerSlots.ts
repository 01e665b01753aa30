import type { LeafSpec } from '@gradkit/core';
import * as tf from '@tensorflow/tfjs-core';

/**
 * Remembers the values of variables and of all that an optimizer keeps, its slots and its variables; what it gives puts them back and takes
 * slots away that have come since. Call it inside `tf.tidy`, which ends what is remembered.
 */
export function rememberVariables(optimizer: tf.Optimizer, names: readonly string[]): () => void {
  const { registeredVariables } = tf.engine();
  const kept: unknown[] = Object.values(optimizer);
  const lists = kept.filter((value): value is Slot[] => Array.isArray(value) && value.every(isSlot));
  const lengths = lists.map(({ length }) => length);
  const variables = [
    ...names.map((name) => registeredVariables[name]),
    ...kept,
    ...lists.flat().map(({ variable }) => variable),
  ].filter(isVariable);
  const values = variables.map((variable) => tf.clone(variable));
  return () => {
    variables.forEach((variable, index) => {
      const value = values[index];
      if (value !== undefined) variable.assign(value);
    });
    lists.forEach((list, index) => {
      for (const { variable } of list.splice(lengths[index] ?? 0))
        if (isVariable(variable)) variable.dispose();
    });
  };
}

function isVariable(value: unknown): value is tf.Variable {
  return value !== null && value !== undefined && value instanceof tf.Variable;
}

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
