import {
  alias,
  callWith,
  chain,
  checkOptions,
  identity,
  InvalidOptionError,
  masked,
  optionToJSON,
  toLeafFunction,
  type AnyTransform,
  type GradientTransform,
  type JsonValue,
  type LeafPredicate,
  type OptionSchema,
  type Schedule,
  type StateTree,
} from '@gradkit/core';
import { addDecayedWeights, addDecayedWeightsSchema } from './addDecayedWeights.ts';

/** An optimizer: its name, its options and what they must be. */
export interface OptimizerCall {
  readonly name: string;
  readonly options: object;
  readonly schema: OptionSchema;
  /** Which leaves decay, of an optimizer that decays weights. */
  readonly mask?: () => LeafPredicate | undefined;
  /** The optimizer that is the same with decoupled weight decay, if there is one. */
  readonly decoupled?: string;
}

/**
 * An optimizer from pieces: they run in order, go by the optimizer's name, and are given only the options that the user gave, so
 * that each piece keeps its own defaults.
 */
export function optimizerFrom(
  call: OptimizerCall,
  pieces: () => readonly [...AnyTransform[], GradientTransform<StateTree, 'updates'>],
): GradientTransform<StateTree, 'updates'> {
  const { name: owner, options, schema } = call;
  if (call.mask === undefined) requireNoDecay(call);
  const { given } = checkOptions({
    name: owner,
    options,
    schema,
    others: call.mask === undefined ? [] : ['mask'],
  });
  const leaves = maskToJSON(owner, call.mask?.());
  const whole: GradientTransform<StateTree, 'updates'> = chain(...pieces());
  const toJSON = (): Record<string, JsonValue> => {
    const entries = Array.from(given).filter(([, value]) => value !== undefined);
    return Object.fromEntries(
      entries.map(([name, value]) => [
        name,
        name === 'mask' && leaves !== undefined ? leaves() : optionToJSON({ owner, name }, value),
      ]),
    );
  };
  return alias(owner, toJSON, whole);
}

/** The options of an optimizer that decays weights. */
export interface DecayOptions {
  readonly weightDecay?: number | Schedule;
  /** The leaves that decay; without it, all of them: `{ minRank: 2 }` spares biases and scales. */
  readonly mask?: LeafPredicate;
}

/**
 * Weight decay as the piece of an optimizer: none, if it is the number 0.
 *
 * @throws {InvalidOptionError} if there is a mask and nothing that it could be for.
 */
export function decayFrom(
  { name, options, schema }: OptimizerCall,
  { weightDecay = 0, mask }: DecayOptions,
): readonly AnyTransform[] {
  if (weightDecay !== 0) {
    const decay = addDecayedWeights({ weightDecay });
    return [mask === undefined ? decay : masked(decay, mask)];
  }
  if (mask === undefined) return [];
  const remedy = callWith({
    name,
    options: { ...options, weightDecay: undefined },
    schema: required(schema),
    others: ['mask'],
  });
  throw new InvalidOptionError(
    `${name}: mask says which leaves decay, but weightDecay is 0, so that none does. Leave mask out, or write ${remedy}.`,
    { remedy },
  );
}

/** The named options of an object that are there. */
export function pick<T extends object, K extends keyof T>(options: T, names: readonly K[]): Pick<T, K>;
export function pick(options: object, names: readonly PropertyKey[]): object {
  return Object.fromEntries(
    Object.entries(options).filter(([name, value]) => names.includes(name) && value !== undefined),
  );
}

/** Says where weight decay is, to those who look for it where it is not. */
function requireNoDecay({ name, options, schema, decoupled }: OptimizerCall): void {
  if (typeof options !== 'object' || options === null) return;
  const found = Object.entries(options).find(
    ([key]) => key.replaceAll('_', '').toLowerCase() === 'weightdecay',
  );
  if (found === undefined) return;
  const [key, weightDecay] = found;
  const known = pick<Record<string, unknown>, string>({ ...options }, Object.keys(schema));
  const coupled = `chain(${callWith({ name: 'addDecayedWeights', options: { weightDecay }, schema: addDecayedWeightsSchema })}, ${callWith({ name, options: known, schema })})`;
  const remedy =
    decoupled === undefined
      ? coupled
      : callWith({
          name: decoupled,
          options: { ...known, weightDecay },
          schema: { ...schema, ...addDecayedWeightsSchema },
        });
  const also =
    decoupled === undefined
      ? ''
      : `; to add the decay to the gradient, as PyTorch's ${name} does, ${coupled}`;
  throw new InvalidOptionError(`${name} has no option "${key}". Write ${remedy}${also}.`, { remedy });
}

/** With a default for nothing, so that what is missing is written out. */
function required(schema: OptionSchema): OptionSchema {
  return { ...schema, ...addDecayedWeightsSchema };
}

/** Judges a mask, and says what it is in JSON, as it is now. */
function maskToJSON(owner: string, mask: LeafPredicate | undefined): (() => JsonValue) | undefined {
  if (mask === undefined) return undefined;
  toLeafFunction(`${owner}'s mask`, mask);
  const holder = masked(identity(), mask);
  return () => holder.toJSON().options['leaves'] ?? null;
}
