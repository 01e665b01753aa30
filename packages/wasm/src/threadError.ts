import { GradkitError } from '@gradkit/core';

/**
 * A thread of the wasm engine failed or ended in the midst of a step: some entries of the parameters and of the state have taken the step, and
 * some have not. The stepper takes no more steps.
 */
export class ThreadError extends GradkitError {
  static override readonly kind: string = 'Gradkit ThreadError';
  override readonly name: string = 'ThreadError';

  constructor(details: { readonly thread: number; readonly threads: number; readonly fault: string }) {
    super(
      `Thread ${details.thread} of ${details.threads} of the wasm engine ${details.fault} in the midst of a step, which only a part of the parameters ` +
        `and of the state has taken. Begin anew from what was saved last, with fewer threads if it happens again.`,
    );
  }
}
