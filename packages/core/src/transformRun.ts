import { createHyperparameters, hyperparameterAt, type Hyperparameters } from './hyperparameters.ts';
import type { AnyTransform, LeafSpec } from './gradientTransform.ts';
import { endOfWindows, liveOptionsOf, placesOf } from './place.ts';
import { planProgram, type Plan } from './plan.ts';
import type { Program, SlotSpec } from './program.ts';
import { requireLeaves } from './requireLeaves.ts';
import { trace, type Moment, type Trace } from './trace.ts';

/** What the host knows of a step before it is taken. */
export interface StepRequest {
  /** 0 at the first step; in a flush the last one of the window. */
  readonly step: number;
  /** In a flush, the step at which it was asked for. */
  readonly flushedAt?: number | undefined;
  /** For each leaf, by number: whether it has a gradient; in a flush, in which none has, whether it may take a step. */
  readonly active: readonly boolean[];
  /** Whether the updates are applied to the parameters or handed over. */
  readonly output: 'parameters' | 'updates';
}

/** One step, ready for an engine. */
export interface PreparedStep {
  readonly program: Program;
  readonly plan: Plan;
  /** The program's scalar inputs at this step, by name. */
  readonly scalars: ReadonlyMap<string, number>;
  /** The leaves whose updates are gradients, which no optimizer has had. */
  readonly leavesOfGradients: readonly string[];
}

/**
 * A transform over known leaves: the programs of its variants, traced when they first come up, and its hyperparameters. It holds
 * no numbers of parameters or state; those belong to the engine or the binding.
 */
export interface TransformRun {
  readonly transform: AnyTransform;
  readonly leaves: readonly LeafSpec[];
  readonly slots: readonly SlotSpec[];
  /** Computes the first state from the parameters. */
  readonly initial: Program;
  readonly hyperparameters: Hyperparameters;
  /** The program of a step and its numbers. Each variant is traced and planned once. */
  prepare(request: StepRequest): PreparedStep;
  /** Whether another step would do something else: its program reads the step or a schedule, or was chosen by it. */
  dependsOnStep(request: StepRequest): boolean;
  /**
   * The step that uses up what windows (`accumulate`) hold of every leaf before a step; undefined where none is begun. The step after
   * it is the first of the next window.
   */
  flushRequest(step: number): Required<Omit<StepRequest, 'output'>> | undefined;
}

interface Variant extends Trace {
  readonly plan: Plan;
  /** The numbers that the host gives to the program, as functions of the step. */
  readonly inputs: readonly { readonly name: string; at(moment: Moment): number }[];
}

/** The variants for the same leaves with gradients and the same output. */
interface Variants extends Pick<StepRequest, 'active' | 'output'> {
  readonly isFlush: boolean;
  readonly all: Variant[];
}

/** The hyperparameters of a transform as they were given, to be changed while it runs. */
export function hyperparametersOf(transform: AnyTransform): Hyperparameters {
  return createHyperparameters(placesOf(transform));
}

/** Sets up a transform over leaves. `hasParams: false` is for a place that knows gradients only. */
export function createTransformRun(
  transform: AnyTransform,
  leaves: readonly LeafSpec[],
  {
    hasParams = true,
    hyperparameters = hyperparametersOf(transform),
  }: { hasParams?: boolean; hyperparameters?: Hyperparameters } = {},
): TransformRun {
  const root = placesOf(transform);
  const live = liveOptionsOf(root);
  const variants = new Map<string, Variants>();
  let latest: Variants | undefined;

  const variantsFor = ({ active, output, flushedAt }: StepRequest): Variants => {
    const isFlush = flushedAt !== undefined;
    // Most steps are like the one before.
    if (
      latest?.output === output &&
      latest.isFlush === isFlush &&
      latest.active.every((is, leaf) => is === active[leaf])
    )
      return latest;
    const key = `${output} ${isFlush ? 'flush' : ''} ${active.map(Number).join('')}`;
    if (variants.size === mostVariants && !variants.has(key)) variants.clear();
    latest = variants.get(key) ?? { active: [...active], output, isFlush, all: [] };
    variants.set(key, latest);
    return latest;
  };

  const variantFor = (request: StepRequest): Variant => {
    const { all } = variantsFor(request);
    // A program is the one for this step if the host still gives every answer that it was traced with.
    const match = all.find(({ decisions }) =>
      decisions.every(({ question, answer }) => question(request) === answer),
    );
    if (match !== undefined) return match;
    const traced = trace({ root, leaves, hasParams, ...request });
    const variant = { ...traced, plan: planProgram(traced.program), inputs: inputsOf(traced) };
    all.push(variant);
    return variant;
  };

  const inputsOf = ({ scalars }: Trace): Variant['inputs'] =>
    Array.from(scalars, ([name, { clock, hyperparameter: path }]) => {
      const option = path === undefined ? undefined : live.get(path);
      return {
        name,
        at: (moment) =>
          path === undefined || option === undefined
            ? clock.at(moment)
            : hyperparameterAt(hyperparameters, { path, step: clock.at(moment), option }),
      };
    });

  const everyLeaf = leaves.map(() => true);
  const first = variantFor({ step: 0, active: everyLeaf, output: hasParams ? 'parameters' : 'updates' });
  return {
    transform,
    leaves,
    slots: first.program.slotSpecs,
    initial: first.initial,
    hyperparameters,
    prepare: (request) => {
      const { program, plan, inputs, leavesOfGradients } = variantFor(request);
      const scalars = new Map<string, number>();
      for (const { name, at } of inputs) scalars.set(name, at(request));
      return { program, plan, scalars, leavesOfGradients };
    },
    dependsOnStep: (request) => {
      const { program, decisions, scalars } = variantFor(request);
      return (
        decisions.length > 0 ||
        program.nodes.some(({ operation }) => {
          if (operation.op !== 'scalarInput') return false;
          const path = scalars.get(operation.name)?.hyperparameter;
          return path === undefined || typeof hyperparameters[path] === 'function';
        })
      );
    },
    flushRequest: (step) => {
      const end = leaves.length === 0 ? undefined : endOfWindows(root, step);
      return end === undefined ? undefined : { step: end, flushedAt: step, active: everyLeaf };
    },
  };
}

/** Where the leaves with a gradient change all the time, programs are traced anew rather than kept. */
const mostVariants = 64;

/**
 * Traces a transform over leaves and gives the program of its first step.
 *
 * @example printProgram(toProgram(clipByGlobalNorm({ maxNorm: 1 }), [{ name: 'w', shape: [10, 5] }]))
 */
export function toProgram(transform: AnyTransform, leaves: readonly LeafSpec[]): Program {
  requireLeaves(transform, leaves);
  const run = createTransformRun(transform, leaves);
  const output = transform.yields === 'updates' ? 'parameters' : 'updates';
  return run.prepare({ step: 0, active: leaves.map(() => true), output }).program;
}
