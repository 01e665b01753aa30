import {
  createTransformRun,
  describeValue,
  InvalidOptionError,
  noGroup,
  stateEntries,
  TreeMismatchError,
  type AnyTransform,
  type Hyperparameters,
} from '@gradkit/core';
import * as tf from '@tensorflow/tfjs-core';
import { settingsOf } from './optimizerConfig.ts';
import { takeIterations } from './takeIterations.ts';
import type { AdoptedState, NamedWeight } from './transformSession.ts';

/** A number or a choice that the two optimizers must share. */
interface SharedOption {
  readonly name: string;
  readonly value: number | boolean;
  /** The slot whose path it is under; without one it is built into the program, wherever. */
  readonly beside?: string;
}

/** Where one array of each leaf comes from. */
interface SlotSource {
  readonly slot: string;
  /** Another slot of the same path, where the name alone could be somebody else's too. */
  readonly beside?: string;
  readonly isOptional?: boolean;
  readonly valueOf: (saved: (ending: string) => tf.Tensor, step: number) => tf.Tensor;
}

/** How an optimizer of TensorFlow.js is written here. */
interface Counterpart {
  readonly code: string;
  /** The endings of its slots' names, in the order in which `getWeights` gives them. */
  readonly endings: readonly string[];
  readonly slots: readonly SlotSource[];
  readonly options: readonly SharedOption[];
}

/**
 * Reads the state of an optimizer of TensorFlow.js as that of a transform: the moments of Adam with a bias correction made from the
 * steps taken, RMSProp's momentum over the learning rate that it has in it, the rest as it is.
 *
 * @throws {InvalidOptionError} if the optimizer has no counterpart here (Adamax, Adadelta), if the transform is not that counterpart, or
 *   if an option of it, other than the learning rate, is another one.
 */
export async function stateOfTfjs(
  optimizer: tf.Optimizer,
  { transform, hyperparameters }: { transform: AnyTransform; hyperparameters: Hyperparameters },
): Promise<AdoptedState> {
  const className = requireTfjsOptimizer(optimizer);
  const counterpart = counterpartOf(className, optimizer.getConfig());
  const weights = await optimizer.getWeights();
  const { step, rest } = await takeIterations(weights);
  // The built-in optimizers make it at every call.
  weights[0]?.tensor.dispose();
  const saved = readLists(rest, counterpart.endings, className);
  const leaves = Array.from(saved, ([name, tensors]) => ({
    name,
    shape: [...(tensors.values().next().value?.shape ?? [])],
  }));
  // What is kept of each variable is known of one that is not there yet, too.
  const run = createTransformRun(transform, leaves.length === 0 ? [{ name: '', shape: [] }] : leaves);
  if (run.initial.nodes.some(({ operation }) => operation.op === 'parameter')) {
    throw new InvalidOptionError(
      `${transform.name} begins with the variables as they are at its first step (lookahead does), so it cannot go on from ${className}. ` +
        `Leave that part out.`,
    );
  }
  const slotNames = run.slots.map(({ name }) => name);
  requireCounterpart({ transform, hyperparameters, className, counterpart, slotNames });
  const values = new Map<string, tf.Tensor>();
  tf.tidy(() => {
    for (const { name, slot, leaf } of stateEntries(run.slots, leaves)) {
      const source =
        leaf === noGroup ? undefined : counterpart.slots.find((each) => isOf(each, slot.name, slotNames));
      const tensors = saved.get(leaves[leaf]?.name ?? '');
      if (source === undefined || tensors === undefined) continue;
      const savedOf = (ending: string): tf.Tensor => tensors.get(ending) ?? tf.scalar(NaN);
      values.set(name, tf.keep(tf.clone(source.valueOf(savedOf, step))));
    }
  });
  return { step, leaves, values };
}

function requireTfjsOptimizer(optimizer: unknown): string {
  if (optimizer === null || optimizer === undefined || !(optimizer instanceof tf.Optimizer)) {
    throw new InvalidOptionError(
      `continueFrom takes an optimizer of TensorFlow.js, but was given ${describeValue(optimizer)}. ` +
        `Write await optimizer.continueFrom(model.optimizer) after tf.loadLayersModel.`,
    );
  }
  if (!('hyperparameters' in optimizer)) return optimizer.getClassName();
  throw new InvalidOptionError(
    'continueFrom takes an optimizer of TensorFlow.js, but was given one of Gradkit. ' +
      'Write await optimizer.setWeights(await other.getWeights()), or give it the one that was wrapped: wrapped.optimizer.',
  );
}

function counterpartOf(className: string, config: tf.serialization.ConfigDict): Counterpart {
  const number = (name: string): number => {
    const value = config[name];
    if (typeof value === 'number' && Number.isFinite(value)) return value;
    throw new InvalidOptionError(
      `The optimizer ${className} was made with ${name} = ${describeValue(value)}, so there is nothing to go on with.`,
    );
  };
  const known = new Map(Object.entries(counterparts)).get(className);
  if (known !== undefined) return known(number, config);
  throw new InvalidOptionError(
    `The optimizer ${className} of TensorFlow.js has no counterpart that could go on with its state, as those of ` +
      `${Object.keys(counterparts).join(', ')} have. Keep it, and wrap it: wrapOptimizer(model.optimizer, clipByGlobalNorm({ maxNorm })).`,
  );
}

type ReadCounterpart = (number: (name: string) => number, config: tf.serialization.ConfigDict) => Counterpart;

const velocityOf = (valueOf: SlotSource['valueOf'], isOptional = false): readonly SlotSource[] => [
  { slot: 'velocity', beside: 'started', isOptional, valueOf },
  { slot: 'started', beside: 'velocity', isOptional, valueOf: () => tf.scalar(1) },
];

/** What 1 - beta^t is after t steps. */
const debias = (beta: number, step: number): tf.Tensor => tf.scalar(1 - Math.fround(beta) ** step);

const counterparts: Readonly<Record<string, ReadCounterpart>> = {
  Adam: (number) => {
    const [beta1, beta2, epsilon] = [number('beta1'), number('beta2'), number('epsilon')];
    const beside = 'firstMoment';
    return {
      code: `adam({ learningRate: ${number('learningRate')}, beta1: ${beta1}, beta2: ${beta2}, epsilon: ${epsilon} })`,
      endings: ['m', 'v'],
      slots: [
        { slot: 'firstMoment', beside: 'firstDebias', valueOf: (saved) => saved('m') },
        { slot: 'secondMoment', beside: 'secondDebias', valueOf: (saved) => saved('v') },
        { slot: 'firstDebias', beside: 'firstMoment', valueOf: (_, step) => debias(beta1, step) },
        { slot: 'secondDebias', beside: 'secondMoment', valueOf: (_, step) => debias(beta2, step) },
      ],
      options: [
        { name: 'beta1', value: beta1, beside },
        { name: 'beta2', value: beta2, beside },
        { name: 'epsilon', value: epsilon, beside },
      ],
    };
  },
  RMSProp: (number, { centered }) => {
    const [learningRate, decay] = [number('learningRate'), number('decay')];
    const [momentum, epsilon] = [number('momentum'), number('epsilon')];
    const isCentered = centered === true;
    const beside = 'meanSquare';
    if (learningRate === 0 && momentum !== 0) {
      throw new InvalidOptionError(
        'The learning rate of the optimizer RMSProp is 0, and its momentum has the learning rate in it, which cannot be taken out again. ' +
          'Assign the one that it trained with: model.optimizer.learningRate = 0.001.',
      );
    }
    return {
      code:
        `rmsprop({ learningRate: ${learningRate}, decay: ${decay}, momentum: ${momentum}, epsilon: ${epsilon}, ` +
        `epsilonInRoot: true, centered: ${isCentered} })`,
      endings: ['rms', 'momentum', ...(isCentered ? ['mg'] : [])],
      slots: [
        { slot: 'meanSquare', valueOf: (saved) => saved('rms') },
        ...(isCentered
          ? [{ slot: 'mean', beside, valueOf: (saved: (ending: string) => tf.Tensor) => saved('mg') }]
          : []),
        ...velocityOf((saved) => tf.div(saved('momentum'), learningRate), momentum === 0),
      ],
      options: [
        { name: 'decay', value: decay, beside },
        { name: 'epsilon', value: epsilon, beside },
        { name: 'momentum', value: momentum, beside: 'velocity' },
        { name: 'epsilonInRoot', value: true },
        { name: 'centered', value: isCentered },
      ],
    };
  },
  Momentum: (number, { useNesterov }) => {
    const [learningRate, momentum] = [number('learningRate'), number('momentum')];
    const nesterov = useNesterov === true;
    const beside = 'velocity';
    return {
      code: `sgd({ learningRate: ${learningRate}, momentum: ${momentum}, nesterov: ${nesterov} })`,
      endings: ['momentum'],
      slots: velocityOf((saved) => saved('momentum')),
      options: [
        { name: 'momentum', value: momentum, beside },
        { name: 'dampening', value: 0, beside },
        { name: 'nesterov', value: nesterov },
      ],
    };
  },
  Adagrad: (number) => {
    // TensorFlow.js has it from the backend, and says nothing of it in the config.
    const epsilon = tf.backend().epsilon();
    const initialAccumulatorValue = number('initialAccumulatorValue');
    return {
      code:
        `adagrad({ learningRate: ${number('learningRate')}, initialAccumulatorValue: ${initialAccumulatorValue}, ` +
        `epsilon: ${epsilon}, epsilonInRoot: true })`,
      endings: ['accumulator'],
      slots: [{ slot: 'sumOfSquares', valueOf: (saved) => saved('accumulator') }],
      options: [
        { name: 'epsilon', value: epsilon, beside: 'sumOfSquares' },
        { name: 'initialAccumulatorValue', value: initialAccumulatorValue },
        { name: 'epsilonInRoot', value: true },
      ],
    };
  },
  SGD: (number) => ({
    code: `sgd({ learningRate: ${number('learningRate')} })`,
    endings: [],
    slots: [],
    options: [],
  }),
};

/** The saved slots by variable and then by the ending of their names: one list of all variables after the other. */
function readLists(
  weights: readonly NamedWeight[],
  endings: readonly string[],
  className: string,
): ReadonlyMap<string, ReadonlyMap<string, tf.Tensor>> {
  const count = endings.length === 0 ? 0 : weights.length / endings.length;
  const found = new Map<string, Map<string, tf.Tensor>>();
  endings.forEach((ending, list) => {
    for (const { name, tensor } of weights.slice(list * count, (list + 1) * count)) {
      const end = name.lastIndexOf('/');
      const leaf = name.slice(0, end);
      if (name.slice(end + 1) !== ending) throw unknownWeightError(className, name);
      const tensors = found.get(leaf) ?? new Map<string, tf.Tensor>();
      if (tensors.has(ending)) throw unknownWeightError(className, name);
      found.set(leaf, tensors.set(ending, tensor));
    }
  });
  const [stray] = endings.length === 0 ? weights : [];
  if (stray !== undefined) throw unknownWeightError(className, stray.name);
  for (const [leaf, tensors] of found)
    if (tensors.size !== endings.length) throw unknownWeightError(className, leaf);
  return found;
}

function unknownWeightError(className: string, name: string): TreeMismatchError {
  return new TreeMismatchError(
    `The optimizer ${className} has a weight ${JSON.stringify(name)}, which does not fit the others. ` +
      `Give each variable a name of its own, and let one optimizer be saved and loaded whole.`,
    { leaf: name },
  );
}

function isOf({ slot, beside }: SlotSource, name: string, all: readonly string[]): boolean {
  const path = pathOf(name);
  return name === `${path}/${slot}` && (beside === undefined || all.includes(`${path}/${beside}`));
}

function pathOf(slotName: string): string {
  return slotName.slice(0, slotName.lastIndexOf('/'));
}

function requireCounterpart({
  transform,
  hyperparameters,
  className,
  counterpart: { code, slots, options },
  slotNames,
}: {
  transform: AnyTransform;
  hyperparameters: Hyperparameters;
  className: string;
  counterpart: Counterpart;
  slotNames: readonly string[];
}): void {
  const missing = slots.find(
    (source) => source.isOptional !== true && !slotNames.some((name) => isOf(source, name, slotNames)),
  );
  if (missing !== undefined) {
    throw new InvalidOptionError(
      `${transform.name} keeps no ${missing.slot}, so it cannot go on from the optimizer ${className}. Write ${code}.`,
    );
  }
  const settings = settingsOf(transform);
  for (const { name, value, beside } of options) {
    const paths = slotNames.filter((slot) => beside !== undefined && slot.endsWith(`/${beside}`)).map(pathOf);
    const given = [
      ...(beside === undefined ? settings.filter(([setting]) => setting === name).map(([, is]) => is) : []),
      ...paths.map((path) => hyperparameters[`${path}.${name}`]),
    ];
    const isMissing = beside === undefined && value === true && given.length === 0;
    const other = given.find((is) => isOther(is, value));
    if (other === undefined && !isMissing) continue;
    throw new InvalidOptionError(
      `The optimizer ${className} was made with ${name} = ${value}, but ${transform.name} has ${describeValue(other)}, so it would not go on as that one. ` +
        `Write ${code}, and assign another value once it has gone on.`,
    );
  }
}

/** A schedule is meant to be something else. */
function isOther(given: unknown, wanted: number | boolean): boolean {
  if (typeof given === 'number' && typeof wanted === 'number')
    return Math.fround(given) !== Math.fround(wanted);
  return typeof given === 'boolean' && given !== wanted;
}
