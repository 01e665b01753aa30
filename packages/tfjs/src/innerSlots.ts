import type { LeafSpec } from '@gradkit/core';
import * as tf from '@tensorflow/tfjs-core';

/** Values that a step of an optimizer may write over. Exactly one of the two is called. */
export interface RememberedValues {
  putBack(): void;
  forget(): void;
}

/**
 * Remembers the values of variables and of all that an optimizer keeps, its slots and its variables; putting them back takes slots away that
 * have come since. No clones, which would cost half as much again as the step: the data are counted once more, so that they stay.
 */
export function rememberVariables(
  optimizer: tf.Optimizer,
  gradients: readonly { readonly name: string }[],
): RememberedValues {
  const engine = tf.engine();
  const backend = tf.backend();
  const remembered: { readonly variable: tf.Variable; readonly dataId: tf.DataId }[] = [];
  const lists: { readonly list: Slot[]; readonly length: number }[] = [];
  const remember = (value: unknown): void => {
    if (!isVariable(value) || value.isDisposed) return;
    const { dataId } = value;
    backend.incRef(dataId);
    remembered.push({ variable: value, dataId });
  };
  for (const { name } of gradients) remember(engine.registeredVariables[name]);
  for (const value of Object.values(optimizer)) {
    if (isSlots(value)) {
      lists.push({ list: value, length: value.length });
      for (const { variable } of value) remember(variable);
    } else remember(value);
  }
  return {
    putBack: () => {
      for (const { variable, dataId } of remembered) {
        // The name that every version has.
        const value = engine.makeTensorFromDataId(dataId, variable.shape, variable.dtype);
        variable.assign(value);
        value.dispose();
      }
      for (const { list, length } of lists)
        for (const { variable } of list.splice(length)) if (isVariable(variable)) variable.dispose();
    },
    forget: () => {
      for (const { dataId } of remembered)
        if (backend.disposeData(dataId)) engine.removeDataId(dataId, backend);
    },
  };
}

function isSlots(value: unknown): value is Slot[] {
  return Array.isArray(value) && value.every(isSlot);
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
