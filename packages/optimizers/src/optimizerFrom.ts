import {
  alias,
  chain,
  checkOptionNames,
  InvalidOptionError,
  optionToJSON,
  type AnyTransform,
  type GradientTransform,
  type StateTree,
} from '@gradkit/core';

/**
 * An optimizer from pieces: they run in order, go by the optimizer's name, and are given only the options that the user gave, so
 * that each piece keeps its own defaults.
 */
export function optimizerFrom(
  at: { name: string; options: object; known: readonly string[] },
  pieces: () => Pieces,
): GradientTransform<StateTree, 'updates'> {
  checkOptionNames(at.name, at.options, at.known);
  // As they are now, whatever happens to the object later.
  const given: readonly [string, unknown][] = Object.entries(at.options).filter(
    ([, value]) => value !== undefined,
  );
  const toJSON = (): Record<string, ReturnType<typeof optionToJSON>> =>
    Object.fromEntries(given.map(([name, value]) => [name, optionToJSON({ owner: at.name, name }, value)]));
  const whole: GradientTransform<StateTree, 'updates'> = chain(...piecesOf(at.name, pieces));
  return alias(at.name, toJSON, whole);
}

type Pieces = readonly [...AnyTransform[], GradientTransform<StateTree, 'updates'>];

// A piece refuses an option by the piece's name, which is not what the user wrote: the optimizer's name takes its place.
function piecesOf(optimizer: string, make: () => Pieces): Pieces {
  try {
    return make();
  } catch (error) {
    if (!(error instanceof InvalidOptionError)) throw error;
    const [piece = ''] = error.message.split(':');
    throw new InvalidOptionError(error.message.replaceAll(piece, optimizer), { cause: error });
  }
}

/** The named options of an object that are there. */
export function pick<T extends object, K extends keyof T>(options: T, names: readonly K[]): Pick<T, K>;
export function pick(options: object, names: readonly PropertyKey[]): object {
  return Object.fromEntries(
    Object.entries(options).filter(([name, value]) => names.includes(name) && value !== undefined),
  );
}
