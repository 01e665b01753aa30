import {
  createTransformRun,
  describeValue,
  heldReport,
  hyperparameterClocks,
  hyperparametersOf,
  InvalidOptionError,
  NonFiniteGradientError,
  noGroup,
  readReport,
  requireLeaves,
  sizeInLeaf,
  stateEntries,
  TreeMismatchError,
  unknownNameMessage,
  type AnyTransform,
  type Hyperparameters,
  type LeafSpec,
  type Program,
  type Report,
  type ReportedNumbers,
  type TransformRun,
} from '@gradkit/core';
import * as tf from '@tensorflow/tfjs-core';
import type { Binding, BindingSession } from './binding.ts';
import type { RememberedValues } from './innerSlots.ts';
import { isSynchronous, opByOp } from './opByOp.ts';
import { matchLeaves, readLeaves, writeLeaves } from './savedLeaves.ts';
import { isFinite } from './specialNumbers.ts';

/** A gradient by its variable's name; null and undefined leave the variable alone. */
export interface NamedGradient {
  readonly name: string;
  readonly tensor: tf.Tensor | null | undefined;
}

/** A variable by name and shape: a `tf.Variable`, or a weight of a layer. */
export interface NamedVariable {
  readonly name: string;
  readonly shape: readonly (number | null)[];
}

/** One named array of a state as TensorFlow.js saves it. */
export interface NamedWeight {
  readonly name: string;
  readonly tensor: tf.Tensor;
}

/** The state of an optimizer that came from elsewhere, as that of a transform. */
export interface AdoptedState {
  readonly step: number;
  readonly leaves: readonly LeafSpec[];
  /** By the names of `stateEntries`; what is left out is as at the first step. The receiver disposes them. */
  readonly values: ReadonlyMap<string, tf.Tensor>;
}

/** Sees the gradients of a step, by the variables' names, before they are transformed; they are gone after the call. */
export type GradientListener = (step: number, gradients: ReadonlyMap<string, tf.Tensor>) => void;

/** How a transform runs on TensorFlow.js. */
export interface SessionOptions {
  readonly onNonFinite?: 'propagate' | 'throw';
  readonly binding?: Binding;
}

/** How a step's updates are used: added to the variables, or handed over. */
interface StepUse {
  readonly output: 'parameters' | 'updates';
  /** Leaves that come up first, with or without a gradient; asked for with the number of those that are known. */
  first?(known: number): readonly LeafSpec[];
  /** Judges the program before it runs. */
  check?(program: Program, leavesOfGradients: readonly string[]): void;
  /** Called before `use` takes updates; what it gives puts back what that has written, where it throws, and else forgets it. */
  remember?(leaves: readonly LeafSpec[]): RememberedValues;
  /** Takes the updates that were handed over, with every leaf known so far, inside the step's `tf.tidy`. */
  use?(updates: ReadonlyMap<number, tf.Tensor>, leaves: readonly LeafSpec[]): void;
}

/** A transform on TensorFlow.js's variables, whose state goes by the variables' names. */
export interface TransformSession {
  readonly hyperparameters: Hyperparameters;
  readonly step: number;
  /** A hyperparameter's value in the step to come. */
  valueOf(path: string): number;
  /** Compiles the next step of some variables without holding up the host. Neither state nor variables are touched. */
  prepare(variables: Iterable<NamedVariable>, output: StepUse['output']): Promise<void>;
  advance(gradients: readonly NamedGradient[], use: StepUse): void;
  /**
   * Uses up what windows (`accumulate`) hold. Gives false where none is begun. With `use`, updates are handed over, those of leaves that
   * hold something; where it throws, the window is as it was, and so is what `remember` gives.
   */
  flush(use?: Pick<StepUse, 'remember' | 'use'>): Promise<boolean>;
  onReport(listener: (report: Report) => void): () => void;
  onGradients(listener: GradientListener): () => void;
  /** The steps taken, the leaves and the state; the tensors are good until the next step. */
  weights(): NamedWeight[];
  restore(weights: readonly NamedWeight[], step: number): Promise<void>;
  /** Begins with a state that somebody else has made, over the variables of these names; what it lacks is as at the first step. */
  adopt(state: AdoptedState): void;
  dispose(): void;
}

/** The variables that have come up, and the transform over them. */
interface Roster {
  readonly run: TransformRun;
  /** Leaves of a loaded state whose variables have not come up since. */
  readonly waiting: readonly LeafSpec[];
  /** The numbers of the others, by name. */
  readonly bound: ReadonlyMap<string, number>;
}

/** A roster, and where its state lives. */
interface Opened {
  readonly roster: Roster;
  readonly session: BindingSession;
  readonly backend: string;
}

const weightPrefix = 'gradkit/';
const leavesName = 'gradkit/leaves';
const statePrefix = 'gradkit/state/';
const isSlotOfTfjs = /\/(m|v|rms|mg|momentum|accumulator)$/;

/** Sets up a transform over variables that come up step by step. */
export function createTransformSession(
  transform: AnyTransform,
  { onNonFinite = 'propagate', binding = opByOp() }: SessionOptions = {},
): TransformSession {
  const hyperparameters = hyperparametersOf(transform);
  const listeners = new Set<(report: Report) => void>();
  const gradientListeners = new Set<GradientListener>();
  let opened: Opened | undefined;
  let isJustRestored = false;
  let leavesWeight: tf.Tensor | undefined;
  let stepWeight: { readonly step: number; readonly tensor: tf.Tensor } | undefined;
  let clocks: ReturnType<typeof hyperparameterClocks> | undefined;
  let step = 0;
  let delivery: Promise<void> = Promise.resolve();
  let lateError: NonFiniteGradientError | undefined;
  let flushedTo: number | undefined;
  let isFlushing = false;
  let isJudged = false;

  const runOver = (leaves: readonly LeafSpec[]): TransformRun =>
    createTransformRun(transform, leaves, { hyperparameters });

  /** Puts a run with a state in the place of the present one, or leaves that as it is where this fails. */
  const open = (roster: Roster, fill: (session: BindingSession) => void): BindingSession => {
    const { leaves, slots, initial } = roster.run;
    const session = binding.open({ leaves, slots });
    try {
      tf.tidy(() => {
        session.initialize(initial, variablesOf(leaves));
        fill(session);
      });
    } catch (error) {
      session.dispose();
      throw error;
    }
    close();
    opened = { roster, session, backend: tf.getBackend() };
    return session;
  };

  const load = ({ leaves, values, step: at }: AdoptedState): void => {
    open({ run: runOver(leaves), waiting: leaves, bound: new Map() }, (session) => session.setState(values));
    isJustRestored = true;
    step = at;
    flushedTo = undefined;
    lateError = undefined;
  };

  const close = (): void => {
    opened?.session.dispose();
    leavesWeight?.dispose();
    opened = undefined;
    leavesWeight = undefined;
  };

  /** The session of a roster: the present one, or one over more leaves that begins with its state. */
  const sessionOf = (roster: Roster): BindingSession => {
    const before = opened;
    isJustRestored = false;
    if (before !== undefined && before.roster.run === roster.run) {
      opened = { ...before, roster };
      return before.session;
    }
    return open(roster, (session) => {
      if (before !== undefined) session.setState(renamed(before, roster.run));
    });
  };

  const renamed = ({ roster, session }: Opened, run: TransformRun): Map<string, tf.Tensor> => {
    const state = session.state();
    const oldNames = new Map(
      stateEntries(roster.run.slots, roster.run.leaves).map(({ slot, leaf, name }) => [
        `${leaf} ${slot.name}`,
        name,
      ]),
    );
    return new Map(
      stateEntries(run.slots, run.leaves).flatMap(({ slot, leaf, name }) => {
        const tensor = state.get(oldNames.get(`${leaf} ${slot.name}`) ?? '');
        return tensor === undefined ? [] : [[name, tensor]];
      }),
    );
  };

  /** The roster that has all variables seen so far and those that were added; by number, leaves are those of before, with new ones at the end. */
  const rosterWith = (added: readonly LeafSpec[]): Roster => {
    if (opened !== undefined && added.length === 0) return opened.roster;
    const leaves = opened?.roster.run.leaves ?? [];
    const waiting = opened?.roster.waiting ?? [];
    const matches = matchLeaves(added, waiting);
    if (isJustRestored && matches.size === 0 && waiting.length > 0 && added.length > 0) {
      throw nothingMatchesError(added, waiting);
    }
    const newNames = new Map(Array.from(matches, ([name, saved]) => [saved, name]));
    const kept = leaves.map((leaf) => ({ ...leaf, name: newNames.get(leaf) ?? leaf.name }));
    const isSame = kept.every(({ name }, index) => leaves[index]?.name === name);
    const fresh = added.filter(({ name }) => !matches.has(name));
    const isWaiting = leaves.map((leaf) => waiting.includes(leaf) && !newNames.has(leaf));
    const run =
      opened !== undefined && isSame && fresh.length === 0 ? opened.roster.run : runOver([...kept, ...fresh]);
    return {
      run,
      waiting: run.leaves.filter((_, index) => isWaiting[index] === true),
      bound: new Map(
        run.leaves.flatMap(({ name }, index) => (isWaiting[index] === true ? [] : [[name, index]])),
      ),
    };
  };

  const afterwards = (task: () => Promise<void>): void => {
    delivery = delivery.then(task).catch((error: unknown) => {
      // Not a rejected promise, which would keep later reports from being handed over.
      queueMicrotask(() => {
        throw error;
      });
    });
  };

  const deliver = (
    at: { step: number; leaves: readonly LeafSpec[] },
    reports: ReportedNumbers | Promise<ReportedNumbers>,
  ): void => {
    const hand = (numbers: ReportedNumbers): void => {
      const report = readReport({ ...at, reports: numbers });
      for (const listener of listeners) listener(report);
    };
    if (reports instanceof Promise) afterwards(async () => hand(await reports));
    else hand(reports);
  };

  const requireFinite = (
    gradients: readonly (tf.Tensor | undefined)[],
    leaves: readonly LeafSpec[],
  ): void => {
    // Of no entries TensorFlow.js says on some backends that not all are finite.
    const given = gradients.flatMap((tensor, leaf) =>
      tensor === undefined || tensor.size === 0 ? [] : [{ tensor, leaf }],
    );
    if (given.length === 0) return;
    const verdicts = tf.tidy(() => tf.stack(given.map(({ tensor }) => tf.all(isFinite(tensor)))));
    const isNow = isSynchronous();
    const judge = (finite: ArrayLike<number>): NonFiniteGradientError | undefined => {
      const names = given
        .filter((_, index) => finite[index] === 0)
        .map(({ leaf }) => leaves[leaf]?.name ?? '');
      return names.length === 0
        ? undefined
        : new NonFiniteGradientError({ leaves: names, step: at, isLate: !isNow });
    };
    const at = step;
    if (isNow) {
      const error = judge(verdicts.dataSync());
      verdicts.dispose();
      if (error !== undefined) throw error;
      return;
    }
    const kept = tf.keep(verdicts);
    afterwards(async () => {
      lateError ??= judge(await kept.data());
      kept.dispose();
    });
  };

  /** Judges gradients, and gives the leaves of those whose variables have not come up. */
  const newLeaves = (gradients: readonly NamedGradient[]): readonly LeafSpec[] => {
    const added: LeafSpec[] = [];
    const isGiven: true[] = [];
    for (const { name, tensor } of gradients) {
      if (tensor === null || tensor === undefined) continue;
      judgeGradient(name, tensor);
      const leaf = opened?.roster.bound.get(name);
      if (leaf === undefined) {
        added.push({ name, shape: tensor.shape });
        continue;
      }
      if (isGiven[leaf] === true) throw twoGradientsError(name);
      requireShape(name, tensor.shape, opened?.roster.run.leaves[leaf]?.shape ?? []);
      isGiven[leaf] = true;
    }
    if (added.length === 0) return added;
    const names = new Set(added.map(({ name }) => name));
    if (names.size === added.length) return added;
    throw twoGradientsError(added.find(({ name }) => !names.delete(name))?.name ?? '');
  };

  /** Those that come first, and then those that were added; a shape is that of the gradient, where there is one. */
  const inOrder = (first: readonly LeafSpec[], added: readonly LeafSpec[]): readonly LeafSpec[] => {
    if (first.length === 0) return added;
    const unknown = first.filter(({ name }) => opened?.roster.bound.has(name) !== true);
    return Array.from(new Map([...unknown, ...added].map((leaf) => [leaf.name, leaf])).values());
  };

  const requireBackend = (): void => {
    const active = tf.getBackend();
    const backend = opened?.backend;
    if (backend !== undefined && backend !== active) {
      throw new InvalidOptionError(
        `The state of this optimizer lives on the backend "${backend}", but "${active}" is active now. ` +
          `Go back with tf.setBackend('${backend}'), or save the model with its optimizer and load it on "${active}".`,
      );
    }
  };

  const requireReady = (): void => {
    if (lateError !== undefined) throw lateError;
    if (!isFlushing) return;
    throw new InvalidOptionError(
      'A flush of this optimizer is not finished. Wait for it before the next step: await optimizer.flush().',
    );
  };

  /** Every leaf that was loaded must be that of a variable, or what the window holds of it would be lost. */
  const requireVariables = ({ waiting }: Roster): void => {
    const lost = waiting.find((leaf) => variablesOf([leaf])[0] === undefined);
    if (lost === undefined) return;
    throw new TreeMismatchError(
      `The loaded window may hold gradients of ${JSON.stringify(lost.name)}, whose variable has not come up since. ` +
        `Take a step first, or flush before you save.`,
      { leaf: lost.name },
    );
  };

  const forget = (): void => {
    close();
    stepWeight?.tensor.dispose();
    stepWeight = undefined;
  };

  return {
    hyperparameters,
    get step() {
      return step;
    },
    valueOf: (path) => {
      const value = hyperparameters[path] ?? NaN;
      if (typeof value === 'number') return value;
      clocks ??= hyperparameterClocks(transform);
      return value(clocks.get(path)?.(step) ?? step);
    },
    prepare: async (variables, output) => {
      requireBackend();
      const given = readVariables(variables);
      const isNamed = new Set(given.map(({ name }) => name));
      const rest = Array.from(opened?.roster.bound ?? [], ([, leaf]) => opened?.roster.run.leaves[leaf]);
      const next = [...given, ...rest.flatMap((leaf) => leaf ?? []).filter(({ name }) => !isNamed.has(name))];
      const run = runOver(next);
      // A session that is opened for the sake of what it compiles, which is kept for those after it.
      const ahead = binding.open({ leaves: next, slots: run.slots });
      try {
        const active = next.map(({ name }) => isNamed.has(name));
        for (const program of [run.initial, run.prepare({ step, active, output }).program])
          await ahead.prepare?.(program);
      } finally {
        ahead.dispose();
      }
    },
    advance: (gradients, { output, first, check, remember, use }) => {
      requireReady();
      const known = opened?.roster.run.leaves.length ?? 0;
      const added = inOrder(first?.(known) ?? [], newLeaves(gradients));
      requireBackend();
      if (added.length > 0 && !isJudged) {
        requireLeaves(transform, leavesToJudge(gradients, opened?.roster.run.leaves ?? []));
        isJudged = true;
      }
      const roster = rosterWith(added);
      const { leaves } = roster.run;
      const given = byLeaf(gradients, roster);
      const active = given.map((tensor) => tensor !== undefined);
      const { program, plan, scalars, leavesOfGradients } = roster.run.prepare({ step, active, output });
      check?.(program, leavesOfGradients);
      if (onNonFinite === 'throw') requireFinite(given, leaves);
      // Nothing has changed so far.
      const session = sessionOf(roster);
      const variables = variablesOf(leaves);
      const at = step;
      if (gradientListeners.size > 0) {
        const named = new Map(
          given.flatMap((tensor, leaf) => (tensor === undefined ? [] : [[leaves[leaf]?.name ?? '', tensor]])),
        );
        for (const listener of gradientListeners) listener(at, named);
        if (opened?.session !== session || step !== at) throw listenerError();
        for (const [name, tensor] of named) requireTensor(name, tensor);
      }
      let reports: ReportedNumbers | Promise<ReportedNumbers> | undefined;
      tf.tidy(() => {
        const wantsReports = listeners.size > 0;
        const isHandedOver = program.updates.length > 0;
        const before = use !== undefined && isHandedOver ? copyState(roster.run, session) : undefined;
        const results = session.execute({ plan, scalars, variables, gradients: given, wantsReports });
        // Before anybody else uses the backend, whose memory may move.
        if (wantsReports) reports = results.reports();
        try {
          handOver({ remember, use }, { updates: results.updates, leaves });
        } catch (error) {
          if (before !== undefined) session.setState(before);
          // They will be handed to nobody.
          if (reports instanceof Promise) reports.catch(() => {});
          throw error;
        }
        step += 1;
      });
      if (reports !== undefined) deliver({ step: at, leaves }, reports);
    },
    flush: async ({ remember, use } = {}) => {
      requireReady();
      requireBackend();
      const before = opened;
      // Where windows differ, those of one part are begun by the clock after the flush of another.
      const request = step === flushedTo ? undefined : before?.roster.run.flushRequest(step);
      if (before === undefined || request === undefined) return false;
      const { roster, session } = before;
      requireVariables(roster);
      const { leaves } = roster.run;
      const variables = variablesOf(leaves);
      const { plan, scalars } = roster.run.prepare({
        ...request,
        active: variables.map((variable) => variable !== undefined),
        output: use === undefined ? 'parameters' : 'updates',
      });
      const wantsReports = listeners.size > 0 || use !== undefined;
      const kept: [number, tf.Tensor][] = [];
      const at = { step, flushedTo };
      const unflushed = use === undefined ? undefined : keepState(roster.run, session);
      const handed: { reports: ReportedNumbers | Promise<ReportedNumbers> } = { reports: new Map() };
      let isHandedOver = false;
      isFlushing = true;
      try {
        tf.tidy(() => {
          const gradients = leaves.map(() => undefined);
          const results = session.execute({ plan, scalars, variables, gradients, wantsReports });
          step = request.step + 1;
          flushedTo = step;
          if (wantsReports) handed.reports = results.reports();
          for (const [leaf, update] of results.updates) kept.push([leaf, tf.keep(tf.clone(update))]);
        });
        const numbers = new Map(await handed.reports);
        const held = numbers.get(heldReport);
        numbers.delete(heldReport);
        const taken = kept.filter(([leaf]) => held?.get(leaf) !== 1);
        tf.tidy(() => handOver({ remember, use }, { updates: new Map(taken), leaves }));
        isHandedOver = true;
        if (listeners.size > 0) deliver({ step: request.step, leaves }, numbers);
      } catch (error) {
        // What was loaded or disposed meanwhile is not of this window.
        if (use !== undefined && !isHandedOver && opened?.session === session) {
          if (unflushed !== undefined) tf.tidy(() => session.setState(unflushed));
          ({ step, flushedTo } = at);
        }
        throw error;
      } finally {
        isFlushing = false;
        for (const [, update] of kept) update.dispose();
        unflushed?.forEach((tensor) => tensor.dispose());
      }
      return true;
    },
    onReport: (listener) => listen('onReport', listeners, listener),
    onGradients: (listener) => listen('onGradients', gradientListeners, listener),
    weights: () => {
      leavesWeight ??= tf.keep(writeLeaves(opened?.roster.run.leaves ?? []));
      // Replaced once the step is another, where the built-in optimizers leave a scalar behind at every save.
      if (stepWeight?.step !== step) {
        stepWeight?.tensor.dispose();
        stepWeight = { step, tensor: tf.keep(tf.scalar(step, 'int32')) };
      }
      const state = opened?.session.state() ?? new Map<string, tf.Tensor>();
      return [
        { name: 'iter', tensor: stepWeight.tensor },
        { name: leavesName, tensor: leavesWeight },
        ...Array.from(state, ([name, tensor]) => ({ name: statePrefix + name, tensor })),
      ];
    },
    restore: async (weights, at) => {
      const [first, ...rest] = weights;
      const stranger = weights.find(({ name }) => !name.startsWith(weightPrefix));
      if (first === undefined || stranger !== undefined || first.name !== leavesName) {
        const found = stranger?.name ?? first?.name ?? 'nothing';
        throw new TreeMismatchError(
          `The saved optimizer has ${JSON.stringify(found)} where the state of a Gradkit optimizer begins with ${leavesName}. ` +
            (isSlotOfTfjs.test(found)
              ? `It is that of an optimizer of TensorFlow.js: write await optimizer.continueFrom(model.optimizer).`
              : `Load it with the optimizer it was saved with.`),
          { leaf: found },
        );
      }
      // Copies, because the loader disposes what it hands over.
      const values = new Map(
        rest.map(({ name, tensor }) => [name.slice(statePrefix.length), tf.keep(tf.clone(tensor))]),
      );
      try {
        const saved = await readLeaves(first.tensor);
        requireFit(transform, saved, values);
        load({ leaves: saved, values, step: at });
      } finally {
        tf.dispose(Array.from(values.values()));
      }
    },
    adopt: load,
    dispose: forget,
  };
}

/** The state as it is before a step. */
function copyState(
  { slots }: TransformRun,
  session: BindingSession,
): ReadonlyMap<string, tf.Tensor> | undefined {
  if (slots.length === 0) return undefined;
  return new Map(Array.from(session.state(), ([name, tensor]) => [name, tf.clone(tensor)]));
}

/** The state as it is before a flush, to be disposed after it. */
function keepState(run: TransformRun, session: BindingSession): ReadonlyMap<string, tf.Tensor> | undefined {
  const state = copyState(run, session);
  state?.forEach((tensor) => tf.keep(tensor));
  return state;
}

/** Hands updates over; where that throws, what it has written is put back. */
function handOver(
  { remember, use }: { readonly remember: StepUse['remember']; readonly use: StepUse['use'] },
  { updates, leaves }: { updates: ReadonlyMap<number, tf.Tensor>; leaves: readonly LeafSpec[] },
): void {
  const remembered = updates.size > 0 ? remember?.(leaves) : undefined;
  try {
    use?.(updates, leaves);
    remembered?.forget();
  } catch (error) {
    remembered?.putBack();
    throw error;
  }
}

/** The gradients that are there, by leaf. */
function byLeaf(
  gradients: readonly NamedGradient[],
  { run, bound }: Roster,
): readonly (tf.Tensor | undefined)[] {
  const given: (tf.Tensor | undefined)[] = run.leaves.map(() => undefined);
  for (const { name, tensor } of gradients) {
    const leaf = bound.get(name);
    if (leaf !== undefined && tensor !== null && tensor !== undefined) given[leaf] = tensor;
  }
  return given;
}

function listen<Listener>(name: string, all: Set<Listener>, listener: Listener): () => void {
  if (typeof listener !== 'function') {
    throw new InvalidOptionError(`${name} takes a function, but was given ${describeValue(listener)}.`);
  }
  all.add(listener);
  return () => void all.delete(listener);
}

/** Whether a saved weight is a transform's state, as opposed to the inner optimizer's. */
export function isTransformWeight({ name }: NamedWeight): boolean {
  return name.startsWith(weightPrefix);
}

function listenerError(): InvalidOptionError {
  return new InvalidOptionError(
    'A listener of onGradients took a step of the optimizer that it listens to, or disposed or loaded it, so the step is not taken. ' +
      'Do that after the step.',
  );
}

function readVariables(variables: Iterable<NamedVariable>): LeafSpec[] {
  const given: unknown = variables;
  const isIterable = typeof given === 'object' && given !== null && Symbol.iterator in given;
  const all: readonly unknown[] = isIterable ? Array.from(variables) : [given];
  const stranger = all.find(
    (variable) =>
      !(typeof variable === 'object' && variable !== null && 'name' in variable && 'shape' in variable),
  );
  if (isIterable && stranger === undefined) return Array.from(variables, readVariable);
  throw new InvalidOptionError(
    `prepare takes variables or weights of layers, but was given ${describeValue(isIterable ? stranger : given)}. ` +
      `Write prepare(model.trainableWeights).`,
  );
}

function readVariable({ name, shape }: NamedVariable): LeafSpec {
  const known = shape.filter((length) => length !== null);
  if (known.length === shape.length) return { name, shape: known };
  throw new InvalidOptionError(
    `prepare: the shape of ${JSON.stringify(name)} is not known yet: [${shape.join()}]. Build the layer first.`,
  );
}

function registeredVariable(name: string): tf.Variable | undefined {
  const { registeredVariables } = tf.engine();
  return Object.hasOwn(registeredVariables, name) ? registeredVariables[name] : undefined;
}

function variablesOf(leaves: readonly LeafSpec[]): readonly (tf.Variable | undefined)[] {
  return leaves.map(({ name, shape }) => {
    const variable = registeredVariable(name);
    return variable !== undefined && isSameShape(variable.shape, shape) ? variable : undefined;
  });
}

/** The leaves that a first step knows of: those with a gradient, and the variables that have none. */
function leavesToJudge(gradients: readonly NamedGradient[], known: readonly LeafSpec[]): readonly LeafSpec[] {
  const named = gradients.flatMap(({ name, tensor }) => {
    const shape = tensor?.shape ?? registeredVariable(name)?.shape;
    return shape === undefined ? [] : [{ name, shape }];
  });
  return Array.from(new Map([...known, ...named].map((leaf) => [leaf.name, leaf])).values());
}

/** A gradient must be a tensor that fits a variable of its name. */
function judgeGradient(name: string, tensor: tf.Tensor): void {
  requireTensor(name, tensor);
  const variable = registeredVariable(name);
  if (variable === undefined) {
    throw new TreeMismatchError(
      `There is a gradient for ${JSON.stringify(name)}, but no variable of that name. ` +
        `Make it with tf.variable(values, true, ${JSON.stringify(name)}), or use transformGradients, which needs no variables.`,
      { leaf: name },
    );
  }
  if (variable.dtype !== 'float32') {
    throw new TreeMismatchError(
      `The variable ${JSON.stringify(name)} is ${variable.dtype}, but everything is float32. Make it not trainable, or cast it.`,
      { leaf: name },
    );
  }
  requireShape(name, tensor.shape, variable.shape);
}

/** A gradient must be a tensor of float32 numbers that is alive. */
export function requireTensor(name: string, tensor: tf.Tensor): void {
  const given: unknown = tensor;
  if (!(given instanceof tf.Tensor) || given.isDisposed) {
    throw new TreeMismatchError(
      `The gradient of ${JSON.stringify(name)} is ${given instanceof tf.Tensor ? 'a tensor that was disposed' : describeValue(given)}. ` +
        `Pass a tensor that is alive, or null to leave the variable alone.`,
      { leaf: name },
    );
  }
  if (given.dtype === 'float32') return;
  throw new TreeMismatchError(
    `The gradient of ${JSON.stringify(name)} is ${given.dtype}, but everything is float32. Cast it: tensor.toFloat().`,
    { leaf: name },
  );
}

function twoGradientsError(name: string): TreeMismatchError {
  return new TreeMismatchError(
    `There are two gradients for ${JSON.stringify(name)}. Add them first, or pass one.`,
    { leaf: name },
  );
}

function isSameShape(one: readonly number[], other: readonly number[]): boolean {
  for (let axis = 0; axis < one.length; axis++) if (one[axis] !== other[axis]) return false;
  return one.length === other.length;
}

function requireShape(name: string, given: readonly number[], wanted: readonly number[]): void {
  if (isSameShape(given, wanted)) return;
  throw new TreeMismatchError(
    `The gradient of ${JSON.stringify(name)} has shape [${given.join()}], but its variable has, or had, [${wanted.join()}]. ` +
      `Pass a gradient of the variable's shape, or null to leave it alone; a variable of another shape takes another name.`,
    { leaf: name },
  );
}

/** A saved state must be of this transform, all of it: what is loaded in part trains on in silence with the wrong numbers. */
function requireFit(
  transform: AnyTransform,
  saved: readonly LeafSpec[],
  values: ReadonlyMap<string, tf.Tensor>,
): void {
  const entries = stateEntries(createTransformRun(transform, saved).slots, saved);
  const known = entries.map(({ name }) => name);
  for (const name of values.keys()) {
    if (known.includes(name)) continue;
    throw new TreeMismatchError(unknownNameMessage(`${transform.name} keeps no state`, name, known), {
      leaf: name,
    });
  }
  for (const { name, slot, leaf } of entries) {
    const size = leaf === noGroup ? slot.length : sizeInLeaf(slot.kind, saved[leaf]?.shape ?? []);
    const shape = slot.kind === 'leaf' ? saved[leaf]?.shape : undefined;
    const value = values.get(name);
    if (value === undefined) continue;
    // Bindings give numbers and units a shape each of their own.
    const isOfShape = shape === undefined ? value.size === size : isSameShape(value.shape, shape);
    if (value.dtype === 'float32' && isOfShape) continue;
    const [is, wanted] =
      shape === undefined
        ? [`${value.size} values`, size]
        : [`shape [${value.shape.join()}]`, `[${shape.join()}]`];
    throw new TreeMismatchError(
      `The saved state ${JSON.stringify(name)} is ${value.dtype} of ${is}; it must be float32 of ${wanted}. ` +
        `Load it with the transform that it was saved with.`,
      { leaf: name },
    );
  }
  const missing = known.find((name) => !values.has(name));
  if (missing === undefined) return;
  throw new TreeMismatchError(
    `The saved state has no ${JSON.stringify(missing)}. Load it with the transform that it was saved with.`,
    { leaf: missing },
  );
}

function nothingMatchesError(added: readonly LeafSpec[], saved: readonly LeafSpec[]): TreeMismatchError {
  const list = (leaves: readonly LeafSpec[]): string =>
    leaves.map(({ name }) => JSON.stringify(name)).join(', ');
  return new TreeMismatchError(
    `The loaded state is of ${list(saved)}, and none of the variables ${list(added)} is one of them, by name and shape. ` +
      `Give variables the names that they had when the state was saved.`,
    { leaf: added[0]?.name ?? '' },
  );
}
