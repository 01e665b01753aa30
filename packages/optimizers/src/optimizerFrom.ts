import {
  alias,
  callAround,
  callWith,
  chain,
  checkOptionNames,
  checkOptions,
  InvalidOptionError,
  optionToJSON,
  type AnyTransform,
  type GradientTransform,
  type JsonValue,
  type OptionSchema,
  type StateTree,
} from '@gradkit/core';
import { addDecayedWeightsSchema } from './addDecayedWeights.ts';

/** An optimizer: its name, its options and what they must be. */
export interface OptimizerCall {
  readonly name: string;
  readonly options: object;
  readonly schema: OptionSchema;
  /** Judges the option `mask` of an optimizer that decays weights, and gives a function that writes it as JSON. */
  readonly mask?: () => (() => JsonValue) | undefined;
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
  const others = call.mask === undefined ? [] : ['mask'];
  if (call.mask === undefined) requireNoDecay(call);
  checkOptionNames(owner, options, [...Object.keys(schema), ...others], () => callAround(call));
  // Before the numbers: an error about one of them says to write the mask too.
  const leaves = call.mask?.();
  const { given } = checkOptions({ name: owner, options, schema, others });
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
