import type { Type, TypeChecker } from 'typescript';

/** What a type may hold. */
export interface SymbolicContent {
  /** A symbolic tensor. */
  readonly symbolic: boolean;
  /** Null, undefined or void. */
  readonly nullish: boolean;
  /** Anything else, such as a number. */
  readonly other: boolean;
}

const brand = '__symbolic';

// ts.TypeFlags by value, so that the plugin does not load TypeScript itself.
const undefinedFlag = 4;
const nullFlag = 8;
const voidFlag = 16;

/** Looks for the brand of `@gradkit/core`'s SymbolicTensor in a type, in each part of a union, and in a type parameter's constraint. */
export function symbolicContent(type: Type, checker: TypeChecker): SymbolicContent {
  const whole = checker.getBaseConstraintOfType(type) ?? type;
  const parts = whole.isUnion() ? whole.types : [whole];
  const isSymbolic = (part: Type) => part.getProperty(brand) !== undefined;
  const isNullish = (part: Type) => (part.flags & (undefinedFlag | nullFlag | voidFlag)) !== 0;
  return {
    symbolic: parts.some(isSymbolic),
    nullish: parts.some(isNullish),
    other: parts.some((part) => !isSymbolic(part) && !isNullish(part)),
  };
}
