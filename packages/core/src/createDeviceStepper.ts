import { isFinite, sum, where } from './algebra.ts';
import { chain, requireTransform } from './chain.ts';
import { checkOptionNames, describeValue } from './checkOptionNames.ts';
import { gradientsError, requireOnNonFinite } from './createStepper.ts';
import { defineTransform } from './defineTransform.ts';
import type { DeviceEngine, StateCopy } from './deviceEngine.ts';
import { InvalidOptionError, NonFiniteGradientError } from './errors.ts';
import type { AnyTransform, EmptyState, LeafSpec } from './gradientTransform.ts';
import { assignedHyperparameters, type Hyperparameters } from './hyperparameters.ts';
import { readState, stateEntries, writeState, type NamedState } from './namedState.ts';
import { planProgram } from './plan.ts';
import { sizeInLeaf, sizeOfShape } from './program.ts';
import { readReport, type Report } from './report.ts';
import { requireLeaves } from './requireLeaves.ts';
import { readGradients, readLeaves, readParameters, type LeafValues } from './stepperArguments.ts';
import { noGroup } from './symbolicTensor.ts';
import { createTransformRun, type PreparedStep, type StepRequest } from './transformRun.ts';

/** Gradients by leaf name, on the host or on the device; a null one leaves its leaf and that leaf's state alone. */
export type DeviceGradients<Buffer> = Readonly<Record<string, Float32Array | Buffer | null>>;

/** How a stepper on a device runs. */
export interface DeviceStepperOptions<Buffer> {
  readonly engine: DeviceEngine<Buffer>;
  /**
   * `throw` makes a step whose gradients hold NaN or an infinity an error of its report, which comes a few steps late, and of every step
   * after that, until `setState` goes back. It costs the device a dispatch of one workgroup. Default: `propagate`.
   */
  readonly onNonFinite?: 'propagate' | 'throw';
}

/** Parameters and the state of a transform on a device, stepped by hand, without a framework. */
export interface DeviceStepper<Buffer> {
  /** Takes one step and does not wait for it: transforms the gradients and adds the updates to the parameters. Without an argument it takes what lies in `gradients()`. */
  step(gradients?: DeviceGradients<Buffer>): void;
  /** Advances the state like `step` and reads the transformed updates back instead of applying them. A leaf without a step gets -0, which changes nothing when it is added. */
  update(gradients?: DeviceGradients<Buffer>): Promise<Record<string, Float32Array>>;
  /**
   * Uses up what `accumulate` has gathered, without waiting for it: takes its inner step with the mean of the micro-steps in the window,
   * and begins a new window with the next step. A leaf that holds nothing takes no step. Gives false, and does nothing, where no window
   * is begun.
   */
  flush(): boolean;
  /** Reads the parameters back, by leaf name, as they are after the steps taken so far. */
  params(): Promise<Record<string, Float32Array>>;
  /**
   * Copies new values over parameters, those that are named; the state keeps its bits.
   * @throws {TreeMismatchError} if a name is unknown or an array does not fit, before anything changes.
   */
  setParams(params: Readonly<Record<string, LeafValues>>): void;
  /** The buffers that hold the parameters, by leaf name. */
  buffers(): Record<string, Buffer>;
  /** The buffers that `step()` without an argument takes gradients from, by leaf name. */
  gradients(): Record<string, Buffer>;
  /** Compiles the step of leaves that all have gradients without holding up the host. `createDeviceStepper` has done so for the first one. */
  prepare(): Promise<void>;
  /** Calls `listener` with the reports of each step from now on, a few steps late; the result takes it off again. A step that the device refused is an error of the next call. */
  onReport(listener: (report: Report) => void): () => void;
  /** The reports of the last step, once the device has taken it; undefined before the first. */
  report(): Promise<Report | undefined>;
  readonly hyperparameters: Hyperparameters;
  /** Reads the state back by name: `path/slot/leaf`, `step`, and what was assigned to `hyperparameters`. */
  getState(): Promise<NamedState>;
  /**
   * Puts a state back that `getState` gave, and assigned hyperparameters with it; those to which nothing was assigned are what the
   * transform was made with.
   * @throws {TreeMismatchError} naming the first entry that does not fit, before anything changes.
   */
  setState(state: NamedState): void;
  /** Frees the device's memory; the stepper cannot be used afterwards. */
  dispose(): void;
}

/**
 * Sets up a transform over parameters that live on a device, and compiles its first step.
 *
 * Shapes: as for `createStepper`. Steps are handed to the device and not waited for; what reads something back is a promise.
 * @throws {TreeMismatchError} if an array is not a Float32Array or does not fit its shape, naming the leaf.
 * @throws {InvalidOptionError} from `step` if the transform yields gradients, which would climb the loss: end it with `sgd`.
 * @throws {NonFiniteGradientError} from `report`, `update` and later steps, if `onNonFinite: 'throw'` asks for it.
 * @example
 * const stepper = await createDeviceStepper(sgd({ learningRate: 0.1 }), { w: Float32Array.of(1, 2) }, { engine: webgpuEngine(device) });
 * stepper.step({ w: Float32Array.of(3, 4) });
 * (await stepper.params()).w; // Float32Array [0.7, 1.6]
 */
export async function createDeviceStepper<Buffer extends object>(
  transform: AnyTransform,
  params: Readonly<Record<string, LeafValues>>,
  options: DeviceStepperOptions<Buffer>,
): Promise<DeviceStepper<Buffer>> {
  requireTransform("createDeviceStepper's transform", transform);
  checkOptionNames('createDeviceStepper', options, ['engine', 'onNonFinite']);
  const engine = requireEngine(options);
  const throwsLate = requireOnNonFinite('createDeviceStepper', options.onNonFinite) === 'throw';
  const starts = readLeaves(params);
  const leaves: LeafSpec[] = starts.map(({ name, shape }) => ({ name, shape }));
  requireLeaves(transform, leaves);
  const run = createTransformRun(throwsLate ? chain(countNonFinite, transform) : transform, leaves);
  const session = engine.open({ leaves, slots: run.slots });
  const lengths = leaves.map(({ shape }) => sizeOfShape(shape));
  const made: Buffer[] = [];
  const createBuffers = (what: string): readonly Buffer[] =>
    leaves.map(({ name }, leaf) => {
      const buffer = engine.createBuffer({ name: `${what} ${name}`, length: lengths[leaf] ?? 0 });
      made.push(buffer);
      return buffer;
    });
  const close = (): void => {
    session.dispose();
    for (const buffer of made) engine.destroyBuffer(buffer);
  };
  const setUp = async (): Promise<readonly [readonly Buffer[], readonly Buffer[]]> => {
    const [first, second] = [createBuffers('parameter'), createBuffers('gradient')];
    starts.forEach(({ values }, leaf) => writeTo(first[leaf], values));
    await session.prepare(planProgram(run.initial));
    session.initialize(run.initial, byLeaf(first));
    return [first, second];
  };
  const [parameters, gradientBuffers] = await setUp().catch((error: unknown) => {
    close();
    throw error;
  });
  let updateBuffers: readonly Buffer[] | undefined;

  const names = new Set(leaves.map(({ name }) => name));
  const everyLeaf = leaves.map(() => true);
  const listeners = new Set<(report: Report) => void>();
  let step = 0;
  let latest: Promise<Report | undefined> = Promise.resolve(undefined);
  let lateError: NonFiniteGradientError | undefined;
  let flushedTo: number | undefined;
  let isDisposed = false;

  const stepper: DeviceStepper<Buffer> = {
    step: (gradients) => take(gradients, 'parameters'),
    update: async (gradients) => {
      requireOpen();
      const stillness = lengths.map((length) => new Float32Array(length).fill(-0));
      updateBuffers ??= createBuffers('update');
      stillness.forEach((values, leaf) => writeTo(updateBuffers?.[leaf], values));
      take(gradients, 'updates');
      const taken = latest;
      const updates = await readAll(updateBuffers);
      await taken;
      return updates;
    },
    flush: () => {
      requireReady();
      // Where windows differ, those of one part are begun by the clock after the flush of another.
      const request = step === flushedTo ? undefined : run.flushRequest(step);
      if (request === undefined) return false;
      execute(prepare({ ...request, output: 'parameters' }), new Map());
      flushedTo = step;
      return true;
    },
    params: () => readAll(parameters),
    setParams: (values) => {
      requireOpen();
      readParameters(leaves, values).forEach((array, leaf) => {
        if (array !== undefined) writeTo(parameters[leaf], array);
      });
    },
    buffers: () => named(parameters),
    gradients: () => named(gradientBuffers),
    prepare: async () => {
      requireOpen();
      const output = transform.yields === 'updates' ? 'parameters' : 'updates';
      await session.prepare(run.prepare({ step, active: everyLeaf, output }).plan);
    },
    onReport: (listener) => {
      if (typeof listener !== 'function') {
        throw new InvalidOptionError(
          `onReport takes a function of the report, but was given ${describeValue(listener)}.`,
        );
      }
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    report: () => latest,
    hyperparameters: run.hyperparameters,
    getState: async () => {
      requireOpen();
      const taken = { step, assigned: assignedHyperparameters(run.hyperparameters) };
      const copies = stateCopies();
      session.readState(copies);
      const arrays = await settled(
        copies.map(async ({ buffer, length }) => {
          const values = engine.read(buffer, length);
          engine.destroyBuffer(buffer);
          return values;
        }),
      );
      const memory = new Map<string, Map<number, Float32Array>>();
      copies.forEach(({ slot, leaf }, index) => {
        const ofSlot = memory.get(slot.name) ?? new Map<number, Float32Array>();
        memory.set(slot.name, ofSlot.set(leaf, arrays[index] ?? new Float32Array(0)));
      });
      return readState({ leaves, slots: run.slots, memory }, taken);
    },
    setState: (state) => {
      requireOpen();
      const lengthsOf = stateEntries(run.slots, leaves).map((entry) => ({
        ...entry,
        length: stateLength(entry),
      }));
      const memory = new Map<string, Map<number, Float32Array>>();
      for (const { slot, leaf, length } of lengthsOf)
        memory.set(
          slot.name,
          (memory.get(slot.name) ?? new Map<number, Float32Array>()).set(leaf, new Float32Array(length)),
        );
      step = writeState({ leaves, slots: run.slots, memory }, run.hyperparameters, state);
      const copies = stateCopies();
      for (const { slot, leaf, buffer } of copies)
        engine.write(buffer, memory.get(slot.name)?.get(leaf) ?? new Float32Array(0));
      session.writeState(copies);
      for (const { buffer } of copies) engine.destroyBuffer(buffer);
      lateError = undefined;
      flushedTo = undefined;
    },
    dispose: () => {
      if (isDisposed) return;
      isDisposed = true;
      close();
    },
  };
  try {
    await stepper.prepare();
    await session.settle();
  } catch (error) {
    stepper.dispose();
    throw error;
  }
  return stepper;

  function requireReady(): void {
    requireOpen();
    if (lateError !== undefined) throw lateError;
  }

  function take(gradients: DeviceGradients<Buffer> | undefined, output: 'parameters' | 'updates'): void {
    requireReady();
    const given = gradients === undefined ? undefined : readGradients(leaves, names, gradients, isBuffer);
    const active = leaves.map((_, leaf) => given === undefined || given[leaf] !== null);
    const prepared = prepare({ step, active, output });
    const bound = new Map<number, Buffer>();
    leaves.forEach((_, leaf) => {
      const gradient = given?.[leaf];
      const own = gradientBuffers[leaf];
      if (gradient === null || own === undefined) return;
      if (gradient instanceof Float32Array) writeTo(own, gradient);
      bound.set(leaf, gradient === undefined || gradient instanceof Float32Array ? own : gradient);
    });
    execute(prepared, bound);
  }

  function prepare(request: StepRequest): StepRequest & PreparedStep {
    const prepared = run.prepare(request);
    const [climbing] = prepared.leavesOfGradients;
    if (request.output === 'parameters' && climbing !== undefined) throw gradientsError(transform, climbing);
    return { ...request, ...prepared };
  }

  function execute(
    { plan, scalars, output, step: at }: StepRequest & PreparedStep,
    bound: ReadonlyMap<number, Buffer>,
  ): void {
    const reports = session.execute({
      plan,
      scalars,
      parameters: byLeaf(parameters),
      gradients: bound,
      updates: byLeaf(output === 'updates' ? (updateBuffers ?? []) : []),
      wantsReports: true,
    });
    step = at + 1;
    latest = deliver(at, reports);
    // Whoever asks for the report is told; the next step throws it, too.
    latest.catch(() => undefined);
  }

  async function deliver(
    at: number,
    reports: ReturnType<typeof session.execute>,
  ): Promise<Report | undefined> {
    const numbers = new Map(await reports);
    const notFinite = numbers.get(nonFinitePath);
    numbers.delete(nonFinitePath);
    const report = readReport({ step: at, leaves, reports: numbers });
    const thrown: unknown[] = [];
    for (const listener of listeners) {
      try {
        listener(report);
      } catch (error) {
        thrown.push(error);
      }
    }
    const bad = leaves.filter((_, leaf) => (notFinite?.get(leaf) ?? 0) > 0).map(({ name }) => name);
    if (bad.length === 0) {
      if (thrown.length > 0) throw thrown[0];
      return report;
    }
    lateError ??= new NonFiniteGradientError({ leaves: bad, step: at, isLate: true });
    throw lateError;
  }

  function stateLength({ slot, leaf }: Pick<StateCopy<Buffer>, 'slot' | 'leaf'>): number {
    return leaf === noGroup ? slot.length : sizeInLeaf(slot.kind, leaves[leaf]?.shape ?? []);
  }

  function stateCopies(): (StateCopy<Buffer> & { readonly length: number })[] {
    return stateEntries(run.slots, leaves).map(({ slot, leaf, name }) => {
      const length = stateLength({ slot, leaf });
      return { slot, leaf, length, buffer: engine.createBuffer({ name, length }) };
    });
  }

  function isBuffer(value: unknown): value is Buffer {
    return typeof value === 'object' && value !== null && !ArrayBuffer.isView(value);
  }

  function writeTo(buffer: Buffer | undefined, values: Float32Array): void {
    if (buffer !== undefined) engine.write(buffer, values);
  }

  function byLeaf(buffers: readonly Buffer[]): ReadonlyMap<number, Buffer> {
    return new Map(buffers.entries());
  }

  function named(buffers: readonly Buffer[]): Record<string, Buffer> {
    requireOpen();
    // No prototype, so that a leaf may be called __proto__.
    const result: Record<string, Buffer> = Object.create(null);
    leaves.forEach(({ name }, leaf) => {
      const buffer = buffers[leaf];
      if (buffer !== undefined) result[name] = buffer;
    });
    return result;
  }

  async function readAll(buffers: readonly Buffer[]): Promise<Record<string, Float32Array>> {
    requireOpen();
    const arrays = await settled(
      buffers.map(async (buffer, leaf) => engine.read(buffer, lengths[leaf] ?? 0)),
    );
    const result: Record<string, Float32Array> = Object.create(null);
    leaves.forEach(({ name }, leaf) => (result[name] = arrays[leaf] ?? new Float32Array(0)));
    return result;
  }

  /** Reads that were begun at once, so that steps taken meanwhile do not show in them, once it is known that no step was refused. */
  async function settled(reads: readonly Promise<Float32Array>[]): Promise<readonly Float32Array[]> {
    const all = Promise.all(reads);
    // A refused step is the error to tell; it may be known only after a read has failed of it.
    all.catch(() => undefined);
    await session.settle();
    return all;
  }

  function requireOpen(): void {
    if (isDisposed)
      throw new InvalidOptionError('This stepper was disposed. Make a new one with createDeviceStepper.');
  }
}

/** Looks at the gradients before anybody has changed them. */
const countNonFinite = defineTransform({
  name: 'createDeviceStepper',
  options: {},
  schema: {},
  yields: 'gradients',
  init: (): EmptyState => ({}),
  update: (updates, state) => ({
    updates,
    state,
    report: { nonFinite: sum(where(isFinite(updates), 0, 1)) },
  }),
});
const nonFinitePath = 'createDeviceStepper.nonFinite';

function requireEngine<Buffer>(options: DeviceStepperOptions<Buffer>): DeviceEngine<Buffer> {
  const engine: unknown = options.engine;
  if (typeof engine === 'object' && engine !== null && 'createBuffer' in engine) return options.engine;
  throw new InvalidOptionError(
    `createDeviceStepper: engine must be an engine of a device, such as webgpuEngine(device) of @gradkit/webgpu, but is ${describeValue(engine)}. ` +
      `Engines of the host go with createStepper.`,
  );
}
