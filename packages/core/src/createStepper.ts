import { requireTransform } from './chain.ts';
import { checkOptionNames, describeValue } from './checkOptionNames.ts';
import { endWithOptimizer } from './endWithOptimizer.ts';
import type { Engine } from './engine.ts';
import { InvalidOptionError, NonFiniteGradientError } from './errors.ts';
import type { AnyTransform, LeafSpec } from './gradientTransform.ts';
import { assignedHyperparameters, type Hyperparameters } from './hyperparameters.ts';
import { initializeState } from './initializeState.ts';
import { loopEngine } from './loopEngine.ts';
import type { Memory } from './memory.ts';
import { readReport, type Report } from './report.ts';
import { readState, writeState, type NamedState } from './namedState.ts';
import { requireLeaves } from './requireLeaves.ts';
import { readGradients, readLeaves, readParameters, type LeafValues } from './stepperArguments.ts';
import { innerCode } from './toCode.ts';
import { createTransformRun, type StepRequest } from './transformRun.ts';

/** Gradients by leaf name; a null one leaves its leaf and that leaf's state alone. */
export type NamedGradients = Readonly<Record<string, Float32Array | null>>;

/** How a stepper runs. */
export interface StepperOptions {
  /** What executes the steps. Default: `loopEngine()`, loops of plain JavaScript. */
  readonly engine?: Engine;
  /** `throw` refuses a step whose gradients hold NaN or an infinity, before anything changes. Default: `propagate`. */
  readonly onNonFinite?: 'propagate' | 'throw';
}

/** Parameters and the state of a transform, stepped by hand, without a framework. */
export interface Stepper {
  /** Takes one step: transforms the gradients and adds the updates to the parameters. Without an argument it takes what lies in `gradients()`. */
  step(gradients?: NamedGradients): void;
  /** Advances the state like `step` and returns the transformed updates instead of applying them. A leaf without a step gets -0, which changes nothing when it is added. */
  update(gradients?: NamedGradients): Record<string, Float32Array>;
  /**
   * Uses up what `accumulate` has gathered: takes its inner step with the mean of the micro-steps in the window, and begins a new window
   * with the next step. A leaf that holds nothing takes no step. Gives false, and does nothing, where no window is begun.
   */
  flush(): boolean;
  /** The current values of the parameters, by leaf name. Do not write to them. */
  params(): Record<string, Float32Array>;
  /**
   * Copies new values over parameters, those that are named; the state keeps its bits.
   * @throws {TreeMismatchError} if a name is unknown or an array does not fit, before anything changes.
   */
  setParams(params: Readonly<Record<string, LeafValues>>): void;
  /** Where the engine reads gradients, to be written to, by leaf name. */
  gradients(): Record<string, Float32Array>;
  /** The reports of the last step; undefined before the first. */
  report(): Report | undefined;
  readonly hyperparameters: Hyperparameters;
  /** A copy of the state by name: `path/slot/leaf`, `step`, and what was assigned to `hyperparameters`. */
  getState(): NamedState;
  /**
   * Puts a state back that `getState` gave, and assigned hyperparameters with it; those to which nothing was assigned are what the
   * transform was made with.
   * @throws {TreeMismatchError} naming the first entry that does not fit, before anything changes.
   */
  setState(state: NamedState): void;
  /** Frees the engine's memory; the stepper cannot be used afterwards. */
  dispose(): void;
}

/**
 * Sets up a transform over parameters that are plain arrays.
 *
 * Shapes: a Float32Array is one axis; `{ values, shape }` gives the shape that unit-wise transforms and predicates see. The
 * parameters are copied. Names may be any strings.
 * @throws {TreeMismatchError} if an array is not a Float32Array or does not fit its shape, naming the leaf.
 * @throws {InvalidOptionError} if `engine` is none, such as one that was not waited for; from `step` if the transform yields gradients, which would climb the loss: end it with `sgd`.
 * @example
 * const stepper = createStepper(chain(clipByGlobalNorm({ maxNorm: 1 }), sgd({ learningRate: 0.1 })), { w: Float32Array.of(1, 2) });
 * stepper.step({ w: Float32Array.of(3, 4) });
 * stepper.params().w; // Float32Array [0.94, 1.92]
 */
export function createStepper(
  transform: AnyTransform,
  params: Readonly<Record<string, LeafValues>>,
  options: StepperOptions = {},
): Stepper {
  requireTransform("createStepper's transform", transform);
  checkOptionNames('createStepper', options, ['engine', 'onNonFinite']);
  const { engine = loopEngine() } = options;
  requireEngine(engine);
  const onNonFinite = requireOnNonFinite('createStepper', options.onNonFinite);
  const starts = readLeaves(params);
  const leaves: LeafSpec[] = starts.map(({ name, shape }) => ({ name, shape }));
  requireLeaves(transform, leaves);
  const run = createTransformRun(transform, leaves);
  const session = engine.open({ leaves, slots: run.slots });
  starts.forEach(({ values }, index) => session.memory.parameters[index]?.set(values));
  initializeState(run.initial, session.memory);

  const written = new Set(session.memory.parameters.map(({ buffer }) => buffer));
  const names = new Set(leaves.map(({ name }) => name));
  const kept = { leaves, slots: run.slots, memory: session.memory.slots };
  let step = 0;
  let latest: (() => Report) | undefined;
  let flushedTo: number | undefined;
  let isDisposed = false;

  const named = (arrays: readonly (Float32Array | undefined)[]): Record<string, Float32Array> => {
    requireOpen();
    // No prototype, so that a leaf may be called __proto__.
    const result: Record<string, Float32Array> = Object.create(null);
    leaves.forEach(({ name }, index) => (result[name] = arrays[index] ?? new Float32Array(0)));
    return result;
  };

  const requireOpen = (): void => {
    if (isDisposed)
      throw new InvalidOptionError('This stepper was disposed. Make a new one with createStepper.');
  };

  const take = (namedGradients: NamedGradients | undefined, output: 'parameters' | 'updates'): void => {
    requireOpen();
    const given = namedGradients === undefined ? undefined : readGradients(leaves, names, namedGradients);
    const active = leaves.map((_, index) => given === undefined || given[index] !== null);
    if (onNonFinite === 'throw') requireFinite(given ?? session.memory.gradients);
    execute({ step, active, output }, given);
  };

  const execute = (request: StepRequest, given: readonly (Float32Array | null)[] | undefined): void => {
    const { plan, scalars, leavesOfGradients } = run.prepare(request);
    const [climbing] = leavesOfGradients;
    if (request.output === 'parameters' && climbing !== undefined) throw gradientsError(transform, climbing);
    const gradients =
      given?.map((gradient, index) => apart(session.memory, { gradient, index, written })) ??
      session.memory.gradients;
    if (request.output === 'updates') for (const update of session.memory.updates) update.fill(-0);
    const read = session.execute({ plan, scalars, gradients });
    step = request.step + 1;
    let report: Report | undefined;
    latest = () => (report ??= readReport({ step: request.step, leaves, reports: read() }));
  };

  const requireFinite = (gradients: readonly (Float32Array | null | undefined)[]): void => {
    const notFinite = leaves.filter(
      (_, index) => gradients[index]?.some((value) => !Number.isFinite(value)) === true,
    );
    if (notFinite.length > 0)
      throw new NonFiniteGradientError({ leaves: notFinite.map(({ name }) => name), step });
  };

  return {
    step: (gradients) => take(gradients, 'parameters'),
    update: (gradients) => {
      take(gradients, 'updates');
      return named(session.memory.updates.map((update) => update.slice()));
    },
    flush: () => {
      requireOpen();
      // Where windows differ, those of one part are begun by the clock after the flush of another.
      const request = step === flushedTo ? undefined : run.flushRequest(step);
      if (request === undefined) return false;
      execute(
        { ...request, output: 'parameters' },
        leaves.map(() => null),
      );
      flushedTo = step;
      return true;
    },
    params: () => named(session.memory.parameters),
    setParams: (values) => {
      requireOpen();
      readParameters(leaves, values).forEach((array, index) => {
        if (array !== undefined) session.memory.parameters[index]?.set(array);
      });
    },
    gradients: () => named(session.memory.gradients),
    report: () => latest?.(),
    hyperparameters: run.hyperparameters,
    getState: () => {
      requireOpen();
      return readState(kept, { step, assigned: assignedHyperparameters(run.hyperparameters) });
    },
    setState: (state) => {
      requireOpen();
      step = writeState(kept, run.hyperparameters, state);
      flushedTo = undefined;
    },
    dispose: () => {
      isDisposed = true;
      session.dispose();
    },
  };
}

/** A gradient where a step may read it: a copy, if it lies where the step writes. */
function apart(
  { gradients }: Memory,
  {
    gradient,
    index,
    written,
  }: { gradient: Float32Array | null; index: number; written: ReadonlySet<ArrayBufferLike> },
): Float32Array | undefined {
  if (gradient === null) return undefined;
  return written.has(gradient.buffer) && gradient !== gradients[index] ? gradient.slice() : gradient;
}

function requireEngine(engine: unknown): void {
  if (typeof engine === 'object' && engine !== null && 'open' in engine && !('createBuffer' in engine))
    return;
  throw new InvalidOptionError(
    `createStepper: engine is ${describeValue(engine)}. Give one such as await wasmEngine(), or use createDeviceStepper.`,
  );
}

/** Judges what is to be done about gradients that are not finite. */
export function requireOnNonFinite(owner: string, value: unknown = 'propagate'): 'propagate' | 'throw' {
  if (value === 'propagate' || value === 'throw') return value;
  throw new InvalidOptionError(
    `${owner}: onNonFinite must be 'propagate' or 'throw', but is ${describeValue(value)}.`,
  );
}

/** The error of a transform that ends in gradients where updates are applied. */
export function gradientsError(transform: AnyTransform, leaf: string): InvalidOptionError {
  const what = `${transform.name} yields gradients for ${JSON.stringify(leaf)}, and adding those to the parameters would climb the loss. `;
  if (transform.yields === 'updates') {
    const remedy = `chain(freeze({ name: ${JSON.stringify(leaf)} }), ${innerCode(transform)})`;
    return new InvalidOptionError(
      `${what}Its optimizers are for other leaves. Give this one an optimizer too (partition), or none: ${remedy}.`,
      { remedy },
    );
  }
  const { advice, remedy } = endWithOptimizer(transform);
  return new InvalidOptionError(`${what}${advice}.`, { remedy });
}
