import {
  callWith,
  InvalidOptionError,
  maskedBy,
  readPredicate,
  type AnyTransform,
  type JsonValue,
  type LeafPredicate,
  type ReadPredicate,
  type Schedule,
} from '@gradkit/core';
import { addDecayedWeights, addDecayedWeightsSchema } from './addDecayedWeights.ts';
import type { OptimizerCall } from './optimizerFrom.ts';

/** The options of an optimizer that decays weights. */
export interface DecayOptions {
  readonly weightDecay?: number | Schedule;
  /** The leaves that decay; without it, all of them: `{ minRank: 2 }` spares biases and scales. */
  readonly mask?: LeafPredicate;
}

/** Weight decay as the piece of an optimizer: none, if it is the number 0. */
export function decayFrom(owner: string, { weightDecay = 0, mask }: DecayOptions): readonly AnyTransform[] {
  return weightDecay === 0 ? [] : [decayOf(owner, { weightDecay, mask })];
}

/** Weight decay of the leaves of a mask, or of all. */
export function decayOf(
  owner: string,
  { weightDecay, mask }: { weightDecay: number | Schedule; mask: LeafPredicate | undefined },
): AnyTransform {
  const decay = addDecayedWeights({ weightDecay });
  return mask === undefined ? decay : maskedBy(decay, readMask(owner, mask));
}

/**
 * Judges the mask of an optimizer that decays nothing unless it is told to, and gives a function that writes it as JSON, as it is now.
 *
 * @throws {InvalidOptionError} if it is neither a pattern nor a function, or if nothing decays.
 */
export function maskFrom(
  { name, options, schema }: OptimizerCall,
  { weightDecay = 0, mask }: DecayOptions,
): (() => JsonValue) | undefined {
  const written = maskOf(name, mask);
  if (mask === undefined || weightDecay !== 0) return written;
  const remedy = callWith({
    name,
    options: { ...options, weightDecay: undefined },
    schema: { ...schema, ...addDecayedWeightsSchema },
    others: ['mask'],
  });
  throw new InvalidOptionError(
    `${name}: mask says which leaves decay, but weightDecay is 0, so that none does. Leave mask out, or write ${remedy}.`,
    { remedy },
  );
}

/**
 * Judges a mask, and gives a function that writes it as JSON, as it is now.
 *
 * @throws {InvalidOptionError} if it is neither a pattern nor a function.
 */
export function maskOf(owner: string, mask: LeafPredicate | undefined): (() => JsonValue) | undefined {
  if (mask === undefined) return undefined;
  const read = readMask(owner, mask);
  return () => read.toJSON();
}

function readMask(owner: string, mask: LeafPredicate): ReadPredicate {
  return readPredicate(
    `${owner}'s mask`,
    mask,
    'If no leaf is to decay, leave mask out and write weightDecay: 0.',
  );
}
