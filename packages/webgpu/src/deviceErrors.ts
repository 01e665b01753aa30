import { GradkitError } from '@gradkit/core';

/** The device is gone: the driver was reset, the adapter was unplugged, or somebody destroyed it. Nothing can be read back from it. */
export class DeviceLostError extends GradkitError {
  static override readonly kind: string = 'Gradkit DeviceLostError';
  override readonly name: string = 'DeviceLostError';
  /** `destroyed` or `unknown`, as WebGPU says. */
  readonly reason: string;

  constructor(details: { readonly reason: string; readonly message: string }) {
    super(
      `The GPU device was lost (${details.reason}): ${details.message} Parameters and state on it are gone. ` +
        `Make a new device, load the last saved model with its optimizer, and go on from there.`,
    );
    this.reason = details.reason;
  }
}

/**
 * The device refused what was asked of it. `kind` is WebGPU's: `validation`, `out-of-memory` or `internal`; `pass` and `leaves` say where
 * it happened, as far as that is known.
 */
export class DeviceError extends GradkitError {
  static override readonly kind: string = 'Gradkit DeviceError';
  override readonly name: string = 'DeviceError';
  readonly kind: string;
  readonly pass: string;
  readonly leaves: readonly string[];

  constructor(details: {
    readonly kind: string;
    readonly pass: string;
    readonly leaves: readonly string[];
    readonly message: string;
    /** What to do about it; what usually helps if it is left out. */
    readonly remedy?: string;
  }) {
    const named = details.leaves.map((leaf) => JSON.stringify(leaf)).join(', ');
    const remedy =
      details.remedy ??
      (details.kind === 'out-of-memory'
        ? 'Free memory (smaller batches, tf.dispose) or freeze leaves.'
        : 'The step was not taken, and later ones are not either: begin anew from what was saved last. ' +
          'webgpuEngine(device, { development: true }) names the pass and its leaves.');
    super(
      `The GPU refused ${details.pass}${named === '' ? '' : ` of ${named}`} (${details.kind}): ${details.message} ${remedy}`,
    );
    this.kind = details.kind;
    this.pass = details.pass;
    this.leaves = details.leaves;
  }
}
