import { GradkitError } from './gradkitError.ts';

/**
 * An option has a value that cannot be meant: NaN, a negative threshold, an unknown name, a transform of the wrong kind.
 * Thrown where the option is given, never inside a step, except for a schedule, which can only be judged when it is asked.
 * `remedy`, where the message says what to write, is that code and nothing else.
 */
export class InvalidOptionError extends GradkitError {
  static override readonly kind: string = 'Gradkit InvalidOptionError';
  override readonly name: string = 'InvalidOptionError';
  declare readonly remedy?: string;

  constructor(message?: string, options: ErrorOptions & { remedy?: string } = {}) {
    super(message, options);
    if (options.remedy !== undefined) this.remedy = options.remedy;
  }
}

/**
 * Two trees that must have the same leaves do not: a leaf is missing, unknown, of another size or of another dtype.
 * `leaf` is its name.
 */
export class TreeMismatchError extends GradkitError {
  static override readonly kind: string = 'Gradkit TreeMismatchError';
  override readonly name: string = 'TreeMismatchError';
  readonly leaf: string;

  constructor(message: string, details: { leaf: string }) {
    super(message);
    this.leaf = details.leaf;
  }
}

/** A transform that reads the parameters (weight decay, adaptive clipping) ran where there are none. */
export class MissingParamsError extends GradkitError {
  static override readonly kind: string = 'Gradkit MissingParamsError';
  override readonly name: string = 'MissingParamsError';
}

/**
 * A gradient holds NaN or an infinity and `onNonFinite: 'throw'` was asked for. `leaves` names the leaves, `step` is the
 * step (0 at the first one). Parameters and state are as they were before that step; on a device, which says so late, they have taken it.
 */
export class NonFiniteGradientError extends GradkitError {
  static override readonly kind: string = 'Gradkit NonFiniteGradientError';
  override readonly name: string = 'NonFiniteGradientError';
  readonly leaves: readonly string[];
  readonly step: number;

  constructor(details: { leaves: readonly string[]; step: number; isLate?: boolean }) {
    const named = details.leaves.map((leaf) => JSON.stringify(leaf)).join(', ');
    super(
      `The gradient of ${named} is not finite at step ${details.step}; parameters and state ${details.isLate === true ? 'have taken it' : 'are as they were'}. ` +
        `Look at the loss of this batch, lower the learning rate, or wrap the transform in skipNonFinite(...) to step over it.`,
    );
    this.leaves = details.leaves;
    this.step = details.step;
  }
}

/** A symbolic tensor was used where JavaScript wants a plain value: an operator, a condition, a template string. */
export class SymbolicValueError extends GradkitError {
  static override readonly kind: string = 'Gradkit SymbolicValueError';
  override readonly name: string = 'SymbolicValueError';
}
