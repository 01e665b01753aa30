import type { JsonValue } from './jsonValue.ts';
import type { Option } from './option.ts';
import type { Schedule } from './schedule.ts';
import type { Kind, Leaf, LeafScalar, Mask, Scalar, SymbolicTensor } from './symbolicTensor.ts';
import type { Windows } from './windows.ts';

/** The state of a transform: any nesting of plain objects and arrays of float32 symbolic tensors. */
export type StateTree =
  | SymbolicTensor<Kind, 'float32'>
  | readonly StateTree[]
  | { readonly [slot: string]: StateTree };

/** The state of a transform that remembers nothing. */
export type EmptyState = { readonly [slot: string]: never };

/**
 * What comes out of a transform: `gradients` still point uphill (a clip), `updates` are ready to be added to the parameters (an
 * optimizer, which ends with a scale by -learningRate).
 */
export type Yields = 'gradients' | 'updates';

/** A leaf as a predicate sees it. */
export interface LeafSpec {
  readonly name: string;
  readonly shape: readonly number[];
}

/** A transform as data. */
export interface TransformJSON {
  readonly transform: string;
  readonly options: { readonly [name: string]: JsonValue };
}

/** A transform that another one wraps, at its place in the whole. */
export interface InnerTransform {
  init(params: Leaf): StateTree;
  /**
   * Runs the inner transform. Leaves that `updates` lacks keep their state; a state tree wider than `updates` is narrowed and put
   * together again. In a flush, an inner transform that has windows gives updates for leaves that `updates` lacks.
   */
  update(updates: Leaf, state: StateTree, options?: InnerUpdateOptions): InnerUpdate;
}

/** How an inner transform is run. */
export interface InnerUpdateOptions {
  /** Where the step will be held: updates are 0 there for everything inside, so that no norm is over them. */
  readonly held?: Mask<'leafScalar'>;
}

/** When a step is, beside its number. */
export interface StepMoment {
  /** In a flush, the step at which it was asked for; the step itself is then the last one of the window. */
  readonly flushedAt: number | undefined;
}

/** What an inner transform returned. */
export interface InnerUpdate {
  readonly updates: Leaf;
  readonly state: StateTree;
  /** For each leaf of the updates, whether the step must not happen; absent where that is known to be false. */
  readonly hold?: Mask<'leafScalar'>;
}

/** What a transform can ask for while its state is set up. */
export interface InitContext {
  /** The transform's own options that are built into the program. */
  readonly settings: Settings;
  readonly inner: readonly InnerTransform[];
  /**
   * Splits a tree by a label that the host knows of each leaf (its name and shape). Every part is a tree of its own.
   */
  readonly split: (tree: Leaf, labelOf: (leaf: LeafSpec) => string) => ReadonlyMap<string, Leaf>;
}

/** What a transform can ask for while its update is traced. */
export interface UpdateContext extends InitContext {
  /** The parameters before this step. @throws {MissingParamsError} where there are none. */
  readonly params: Leaf;
  /** The transform's own numbers, as they are at this step. */
  readonly hyperparameters: Readonly<Record<string, Scalar>>;
  /** The step, 0 at the first one. Inside a transform with windows, such as `accumulate`, it counts inner steps. */
  readonly step: Scalar;
  /**
   * Asks the host before each step. The answer is a plain boolean, so `if` may be used on it: each sequence of answers is a
   * program of its own, traced when it first comes up. The question must be a pure function of the step and of whether it is a flush,
   * in which what windows hold is used up without another gradient.
   */
  readonly decide: (question: (step: number, moment: StepMoment) => boolean) => boolean;
}

/** What a transform's update returns. */
export interface TransformUpdate<State extends StateTree = StateTree> {
  /**
   * The new updates. A leaf that is left out of them takes no step: neither its parameter nor the state of later transforms
   * changes.
   */
  readonly updates: Leaf;
  readonly state: State;
  /**
   * Decided on data, for all leaves or for each: where it is true, the step does not happen. Parameters and the state of the
   * transforms beside this one keep their bits; this transform's own state is its own business.
   */
  readonly hold?: Mask<'scalar' | 'leafScalar'>;
  /** Numbers to show: one, or one for each leaf. */
  readonly report?: { readonly [name: string]: Scalar | LeafScalar };
}

/**
 * A gradient transform: a pair of pure functions over symbolic tensors, written once as maths. Nothing is computed while they
 * run; they are traced into a program, which an engine executes.
 *
 * Make one with `defineTransform`, put several together with `chain`.
 */
export interface GradientTransform<State extends StateTree = StateTree, Y extends Yields = Yields> {
  readonly name: string;
  readonly yields: Y;
  /** The numbers that can be changed between steps, by name; of a chain by path, such as `clipByGlobalNorm.maxNorm`. */
  readonly hyperparameters: Readonly<Record<string, number | Schedule>>;
  /** What it is made of, for those who walk over transforms. */
  readonly structure: TransformStructure;
  init(params: Leaf, context: InitContext): State;
  update(updates: Leaf, state: State, context: UpdateContext): TransformUpdate<State>;
  /** The transform as data, for `transformFromJSON`. @throws {InvalidOptionError} if it was made with a bare function. */
  toJSON(): TransformJSON;
}

/** Any transform, whatever its state. */
export type AnyTransform = GradientTransform;

/** Options that are built into the program, by name. */
type Settings = Readonly<Record<string, number | boolean | Schedule>>;

/** How a transform is put together and how its parts are named. */
export interface TransformStructure {
  /**
   * - `name`: its own path is its name; inner transforms are beside it.
   * - `alias`: the inner transforms' numbers and state are under its own path.
   * - `keys`: it has no path; each inner transform is under its key.
   * - `none`: it has no path and adds nothing to the inner transforms' paths.
   */
  readonly naming: 'name' | 'alias' | 'keys' | 'none';
  readonly inner: readonly AnyTransform[];
  /** How many transforms lie in each other, itself included. */
  readonly depth: number;
  readonly keys: readonly string[];
  /** Its options that are numbers a program reads at each step. */
  readonly live: Readonly<Record<string, LiveOption>>;
  /** Its options that are built into the program, with their values. */
  readonly settings: Settings;
  /** The steps that it takes together, if it does; what is inside counts windows. */
  readonly windows?: Windows;
  /**
   * The leaves that come to each inner transform, of those that come to it; absent where all come to all. It throws where it means
   * leaves and there is none of them.
   */
  readonly narrow?: (leaves: readonly LeafSpec[]) => readonly (readonly LeafSpec[])[];
}

/** A number that can be changed between steps. */
export interface LiveOption {
  readonly value: number | Schedule;
  readonly option: Option<number>;
}
