/**
 * What every error of Gradkit is.
 *
 * `instanceof` goes by `kind`, not by identity alone: where a process holds a package twice (required and imported on an old Node, or in two
 * versions), an error of one copy is an instance of the other copy's class as well.
 * @example
 * try {
 *   clipByGlobalNorm({ maxNorm: -1 });
 * } catch (error) {
 *   if (!(error instanceof GradkitError)) throw error;
 *   console.warn(error.message);
 * }
 */
export class GradkitError extends Error {
  /** The same in every copy of the class; that of a class begins with that of the class which it extends. */
  static readonly kind: string = 'Gradkit';

  static override [Symbol.hasInstance](value: unknown): boolean {
    if (super[Symbol.hasInstance](value)) return true;
    // A subclass that brings no kind of its own must not pass for the class that it extends.
    return Object.hasOwn(this, 'kind') && String(Object(value).constructor?.kind).startsWith(this.kind);
  }
}
