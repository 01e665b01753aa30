import {
  createTransformRun,
  hyperparametersOf,
  InvalidOptionError,
  NonFiniteGradientError,
  noGroup,
  readReport,
  stateEntries,
  TreeMismatchError,
  type AnyTransform,
  type Hyperparameters,
  type LeafSpec,
  type Program,
  type Report,
  type TransformRun,
} from '@gradkit/core';
import * as tf from '@tensorflow/tfjs-core';
import { runProgram, type ProgramInputs, type ProgramResults } from './runProgram.ts';

/** A gradient by its variable's name; null and undefined leave the variable alone. */
export interface NamedGradient {
  readonly name: string;
  readonly tensor: tf.Tensor | null | undefined;
}

/** One named array of a state as TensorFlow.js saves it. */
export interface NamedWeight {
  readonly name: string;
  readonly tensor: tf.Tensor;
}

/** How a step's updates are used: added to the variables, or handed over. */
export interface StepUse {
  readonly output: 'parameters' | 'updates';
  /** Called inside the step's `tf.tidy`, before anything of it is committed. */
  use(results: ProgramResults, leaves: readonly LeafSpec[]): void;
  /** Judges the program before it runs. */
  check?(program: Program, leavesOfGradients: readonly string[]): void;
}

/** A transform on TensorFlow.js's variables: its state as tensors, by the variables' names. */
export interface TransformSession {
  readonly hyperparameters: Hyperparameters;
  readonly step: number;
  advance(gradients: readonly NamedGradient[], use: StepUse): void;
  onReport(listener: (report: Report) => void): () => void;
  weights(): NamedWeight[];
  restore(weights: readonly NamedWeight[], step: number): Promise<void>;
  dispose(): void;
}

interface SavedArray {
  readonly values: Float32Array;
  readonly shape: readonly number[];
}

type State = Map<string, Map<number, tf.Tensor>>;

const weightPrefix = 'gradkit/';

/** Backends whose `dataSync` reads memory at hand; on the others reports arrive later. */
const synchronousBackends: ReadonlySet<string> = new Set(['cpu', 'wasm', 'tensorflow']);

/** Sets up a transform over variables that come up step by step. */
export function createTransformSession(
  transform: AnyTransform,
  { onNonFinite = 'propagate' }: { onNonFinite?: 'propagate' | 'throw' } = {},
): TransformSession {
  const hyperparameters = hyperparametersOf(transform);
  const listeners = new Set<(report: Report) => void>();
  let saved = new Map<string, SavedArray>();
  let leaves: LeafSpec[] = [];
  let run: TransformRun | undefined;
  let state: State = new Map();
  let backend: string | undefined;
  let step = 0;
  let delivery: Promise<void> = Promise.resolve();
  let lateError: NonFiniteGradientError | undefined;

  const parametersOf = (): Map<number, tf.Tensor> =>
    new Map(leaves.map(({ name }, index) => [index, registeredVariable(name)]));

  /** The leaves are all variables seen so far; a new one extends the state and leaves the rest as it is. */
  const extend = (added: readonly LeafSpec[]): TransformRun => {
    if (run !== undefined && added.length === 0) return run;
    leaves = [...leaves, ...added];
    const extended = createTransformRun(transform, leaves, { hyperparameters });
    const claim = claimSaved(saved, leaves);
    const next: State = new Map();
    tf.tidy(() => {
      const empty: ProgramInputs = {
        parameters: parametersOf(),
        gradients: new Map(),
        slots: new Map(),
        scalars: new Map(),
      };
      const first = new Map<string, Map<number, tf.Tensor>>();
      for (const { slot, leaf, value } of runProgram(extended.initial, empty).slots)
        entryOf(first, slot).set(leaf, value);
      for (const { slot, leaf, name } of stateEntries(extended.slots, leaves)) {
        const kept = state.get(slot.name)?.get(leaf);
        const start = first.get(slot.name)?.get(leaf);
        const loaded = claim({ name, slot: slot.name, leaf: leaf === noGroup ? undefined : leaves[leaf] });
        if (kept !== undefined) entryOf(next, slot.name).set(leaf, kept);
        else if (start !== undefined)
          entryOf(next, slot.name).set(
            leaf,
            tf.keep(loaded === undefined ? tf.clone(start) : fromSaved(name, loaded, start)),
          );
      }
    });
    state = next;
    run = extended;
    return extended;
  };

  const deliver = (at: number, reports: ReadonlyMap<string, ReadonlyMap<number, tf.Tensor>>): void => {
    const entries = Array.from(reports, ([name, values]) => ({ name, values: Array.from(values) }));
    const hand = (numbers: ReadonlyMap<string, ReadonlyMap<number, number>>): void => {
      const report = readReport({ step: at, leaves, reports: numbers });
      for (const listener of listeners) listener(report);
    };
    if (synchronousBackends.has(tf.getBackend())) {
      hand(
        new Map(
          entries.map(({ name, values }) => [
            name,
            new Map(values.map(([leaf, tensor]) => [leaf, tensor.dataSync()[0] ?? NaN])),
          ]),
        ),
      );
      return;
    }
    const kept = entries.map(({ name, values }) => ({
      name,
      values: values.map(([leaf, tensor]) => ({ leaf, tensor: tf.keep(tf.clone(tensor)) })),
    }));
    delivery = delivery.then(async () => {
      const numbers = new Map<string, Map<number, number>>();
      for (const { name, values } of kept) {
        for (const { leaf, tensor } of values) {
          const [value] = await tensor.data();
          entryOf(numbers, name).set(leaf, value ?? NaN);
          tensor.dispose();
        }
      }
      hand(numbers);
    });
  };

  const requireFinite = (gradients: ReadonlyMap<number, tf.Tensor>): void => {
    const verdicts = Array.from(gradients, ([leaf, tensor]) => ({
      name: leaves[leaf]?.name ?? '',
      isFinite: tf.tidy(() => tf.all(tf.isFinite(tensor))),
    }));
    if (synchronousBackends.has(tf.getBackend())) {
      const names = verdicts.filter(({ isFinite }) => isFinite.dataSync()[0] === 0).map(({ name }) => name);
      for (const { isFinite } of verdicts) isFinite.dispose();
      if (names.length > 0) throw new NonFiniteGradientError({ leaves: names, step });
      return;
    }
    const at = step;
    for (const { isFinite } of verdicts) tf.keep(isFinite);
    delivery = delivery.then(async () => {
      const names: string[] = [];
      for (const { name, isFinite } of verdicts) {
        if ((await isFinite.data())[0] === 0) names.push(name);
        isFinite.dispose();
      }
      if (names.length > 0) lateError = new NonFiniteGradientError({ leaves: names, step: at });
    });
  };

  return {
    hyperparameters,
    get step() {
      return step;
    },
    advance: (gradients, use) => {
      if (lateError !== undefined) throw lateError;
      const active = tf.getBackend();
      if (backend !== undefined && backend !== active) {
        throw new InvalidOptionError(
          `The state of this optimizer lives on the backend "${backend}", but "${active}" is active now. ` +
            `Go back with tf.setBackend('${backend}'), or save the model with its optimizer and load it on "${active}".`,
        );
      }
      const given = gradients.map((gradient) => checkGradient(gradient));
      const present =
        run !== undefined && given.every(({ name }) => leaves.some((leaf) => leaf.name === name));
      const current = present
        ? extend([])
        : extend(
            given
              .filter(({ name }) => !leaves.some((leaf) => leaf.name === name))
              .map(({ name, shape }) => ({ name, shape })),
          );
      backend = active;
      const byLeaf = new Map<number, tf.Tensor>();
      for (const { name, tensor } of given) {
        if (tensor !== undefined)
          byLeaf.set(
            leaves.findIndex((leaf) => leaf.name === name),
            tensor,
          );
      }
      if (onNonFinite === 'throw') requireFinite(byLeaf);
      const prepared = current.prepare({
        step,
        active: leaves.map((_, index) => byLeaf.has(index)),
        output: use.output,
      });
      use.check?.(prepared.program, prepared.leavesOfGradients);
      tf.tidy(() => {
        const results = runProgram(prepared.program, {
          parameters: parametersOf(),
          gradients: byLeaf,
          slots: state,
          scalars: prepared.scalars,
        });
        use.use(results, leaves);
        for (const { slot, leaf, value } of results.slots) {
          const slots = entryOf(state, slot);
          const before = slots.get(leaf);
          // A clone, because a new state can be the very tensor of a gradient or a variable, which is not ours to keep.
          slots.set(leaf, tf.keep(tf.clone(value)));
          before?.dispose();
        }
        if (listeners.size > 0) deliver(step, results.reports);
      });
      step += 1;
    },
    onReport: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    weights: () => {
      const entries = run === undefined ? [] : stateEntries(run.slots, leaves);
      const live = entries.flatMap(({ name, slot, leaf }) => {
        const tensor = state.get(slot.name)?.get(leaf);
        return tensor === undefined ? [] : [{ name: weightPrefix + name, tensor }];
      });
      const waiting = Array.from(saved, ([name, { values, shape }]) => ({
        name: weightPrefix + name,
        tensor: tf.tensor(values.slice(), [...shape]),
      }));
      return [...live, ...waiting];
    },
    restore: async (weights, at) => {
      const loaded = new Map<string, SavedArray>();
      for (const { name, tensor } of weights) {
        if (!name.startsWith(weightPrefix)) {
          throw new TreeMismatchError(
            `The saved optimizer has a weight ${JSON.stringify(name)} that no Gradkit optimizer wrote. Load it with the optimizer it was saved with.`,
            { leaf: name },
          );
        }
        const values = await tensor.data();
        loaded.set(name.slice(weightPrefix.length), {
          values: Float32Array.from(values),
          shape: tensor.shape,
        });
      }
      disposeState(state);
      state = new Map();
      run = undefined;
      leaves = [];
      saved = loaded;
      step = at;
      backend = undefined;
    },
    dispose: () => {
      disposeState(state);
      state = new Map();
      run = undefined;
      leaves = [];
    },
  };
}

/** Whether a saved weight is a transform's state, as opposed to the inner optimizer's. */
export function isTransformWeight({ name }: NamedWeight): boolean {
  return name.startsWith(weightPrefix);
}

/** The variable of a name. */
export function registeredVariable(name: string): tf.Variable {
  const variable = new Map(Object.entries(tf.engine().registeredVariables)).get(name);
  if (variable !== undefined) return variable;
  throw new TreeMismatchError(
    `There is a gradient for ${JSON.stringify(name)}, but no variable of that name. Make it with tf.variable(values, true, ${JSON.stringify(name)}), ` +
      `or use transformGradients, which needs no variables.`,
    { leaf: name },
  );
}

function checkGradient({ name, tensor }: NamedGradient): {
  name: string;
  shape: readonly number[];
  tensor: tf.Tensor | undefined;
} {
  const variable = registeredVariable(name);
  if (variable.dtype !== 'float32') {
    throw new TreeMismatchError(
      `The variable ${JSON.stringify(name)} is ${variable.dtype}, but everything is float32. Make it not trainable, or cast it.`,
      { leaf: name },
    );
  }
  if (tensor === null || tensor === undefined) return { name, shape: variable.shape, tensor: undefined };
  const isSame = tensor.dtype === 'float32' && tensor.shape.join() === variable.shape.join();
  if (isSame) return { name, shape: variable.shape, tensor };
  throw new TreeMismatchError(
    `The gradient of ${JSON.stringify(name)} is ${tensor.dtype} of shape [${tensor.shape.join()}], but its variable is float32 of shape ` +
      `[${variable.shape.join()}]. Pass a gradient of the variable's shape, or null to leave it alone.`,
    { leaf: name },
  );
}

function entryOf<T>(map: Map<string, Map<number, T>>, key: string): Map<number, T> {
  const known = map.get(key);
  if (known !== undefined) return known;
  const fresh = new Map<number, T>();
  map.set(key, fresh);
  return fresh;
}

function fromSaved(name: string, { values, shape }: SavedArray, like: tf.Tensor): tf.Tensor {
  if (values.length === like.size) return tf.tensor(values, like.shape);
  throw new TreeMismatchError(
    `The saved state ${JSON.stringify(name)} has shape [${shape.join()}], but this model needs [${like.shape.join()}]. ` +
      `Load it with the model that it was saved with.`,
    { leaf: name },
  );
}

/**
 * Finds saved arrays by exact name, or else by the name before TensorFlow.js renamed it (`kernel_1` was `kernel`) and the shape, and
 * takes them out of what is waiting.
 */
function claimSaved(
  saved: Map<string, SavedArray>,
  leaves: readonly LeafSpec[],
): (entry: { name: string; slot: string; leaf: LeafSpec | undefined }) => SavedArray | undefined {
  const names = new Set(leaves.map(({ name }) => name));
  return ({ name, slot, leaf }) => {
    const take = (key: string): SavedArray | undefined => {
      const found = saved.get(key);
      saved.delete(key);
      return found;
    };
    if (saved.has(name) || leaf === undefined) return take(name);
    const prefix = `${slot}/`;
    const candidates = Array.from(saved.keys()).filter((key) => {
      if (!key.startsWith(prefix)) return false;
      const savedLeaf = key.slice(prefix.length);
      const wanted = saved.get(key)?.shape.join();
      const fits =
        wanted === leaf.shape.join() || saved.get(key)?.values.length === 1 || leaf.shape.length === 0;
      return !names.has(savedLeaf) && originalName(savedLeaf) === originalName(leaf.name) && fits;
    });
    if (candidates.length <= 1) return candidates[0] === undefined ? undefined : take(candidates[0]);
    throw new TreeMismatchError(
      `The saved state of ${JSON.stringify(leaf.name)} could be any of ${candidates.map((key) => JSON.stringify(key)).join(', ')}. ` +
        `Give the layers names, so that their variables keep them when the model is loaded.`,
      { leaf: leaf.name },
    );
  };
}

function originalName(name: string): string {
  return name.replace(/_\d+$/, '');
}

function disposeState(state: State): void {
  for (const tensors of state.values()) for (const tensor of tensors.values()) tensor.dispose();
}
