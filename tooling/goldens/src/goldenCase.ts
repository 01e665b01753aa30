import type { JsonObject } from './jsonReader.ts';

/** Which library ran what. */
export interface GoldenSource {
  /** The library and its version, such as `pytorch 2.13.0` or `numpy 2.4.6 in float64`. */
  readonly library: string;
  readonly call: string;
}

/** How an error is measured: see `goldenError`. */
export type GoldenMeasure = 'bits' | 'entry' | 'leaf';

/** What came out of a run. */
export interface GoldenValues {
  /** The transformed updates with the parameters held where they are, or the parameters after each step. */
  readonly what: 'updates' | 'params';
  /** Some of the steps or all of them, `step` counting from 1. A leaf without a gradient is not among the updates. */
  readonly perStep: readonly { readonly step: number; readonly leaves: ReadonlyMap<string, Float32Array> }[];
  /** The norm before clipping, where the case has one. */
  readonly norm?: number;
}

/** The name of the error class that was thrown instead. */
export interface GoldenThrow {
  readonly throws: string;
  /** What the error said, if it was one of ours. */
  readonly message?: string;
}

/** How close ours must come. */
export interface GoldenLimits {
  readonly tolerance: number;
  readonly measure: GoldenMeasure;
  /** For the norm, as a relative error. */
  readonly normTolerance?: number;
}

/** A transform as data. */
export interface GoldenTransform {
  readonly transform: string;
  readonly options: JsonObject;
}

/** One run of a library's transform or optimizer, and what ours must give. */
export interface GoldenCase {
  /** The name of its file under `cases/`, without the ending. */
  readonly file: string;
  /** A sentence that no other case has. */
  readonly name: string;
  readonly source: GoldenSource;
  /** Our transform, for `transformFromJSON`. */
  readonly transform: GoldenTransform;
  /** The option of the stepper that the case needs, if any. */
  readonly onNonFinite?: 'throw';
  readonly leaves: ReadonlyMap<string, { readonly shape: readonly number[]; readonly params: Float32Array }>;
  /** The gradients of each step; null is no gradient. */
  readonly steps: readonly { readonly gradients: ReadonlyMap<string, Float32Array | null> }[];
  /** What the library gave. */
  readonly expected: GoldenValues | GoldenThrow;
  /** What ours must give: the same object as `expected`, unless `differs` says why not. */
  readonly ours: GoldenValues | GoldenThrow;
  readonly limits: GoldenLimits;
  /** Why ours is another on purpose. */
  readonly differs?: string;
}

/** A library's schedule at some steps, and what ours must give there. The error is measured as `leaf` over all values. */
export interface GoldenSchedule {
  readonly name: string;
  readonly source: GoldenSource;
  readonly schedule: { readonly schedule: string; readonly options: JsonObject };
  /** Counted from 0. */
  readonly steps: readonly number[];
  readonly expected: Float32Array;
  readonly ours: Float32Array;
  readonly limits: GoldenLimits;
  readonly differs?: string;
}

/**
 * PyTorch's SimpleNet (Linear 10-5, ReLU, Linear 5-2, MSE, SGD 0.01), five epochs of one batch. Leaves are PyTorch's: `fc1.weight`
 * is [5, 10], outputs first, the transpose of a tfjs kernel.
 */
export interface GoldenSimpleNet {
  readonly batch: number;
  /** Row after row, 10 numbers each. */
  readonly inputs: Float32Array;
  /** Row after row, 2 numbers each. */
  readonly targets: Float32Array;
  readonly runs: readonly GoldenSimpleNetRun[];
}

export interface GoldenSimpleNetRun {
  /** Initial weights, gradients before clipping and weights after each step. */
  readonly goldenCase: GoldenCase;
  /** The loss of each epoch, before its step. */
  readonly losses: Float32Array;
  /** The norm of all gradients of each epoch, before clipping. */
  readonly gradientNorms: Float32Array;
}
