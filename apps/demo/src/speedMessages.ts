import type { BackendName } from './backendNames.ts';

/** One measurement: a clipped step of Adam on so many parameters. */
export interface SpeedResult {
  readonly backend: BackendName;
  /** What runs the transform there; undefined where it runs operation by operation. */
  readonly binding: string | undefined;
  /** Whether a GPU's work is done by a program on the CPU, so that the times tell nothing of a GPU. */
  readonly isSoftware: boolean;
  readonly parameters: number;
  readonly leaves: number;
  /** Milliseconds a step, the least of several rounds. */
  readonly tfjs: number;
  readonly gradkit: number;
  /** What a step asks of the backend: dispatches on WebGPU, kernels elsewhere. */
  readonly tfjsCalls: number;
  readonly gradkitCalls: number;
}

export type SpeedAnswer =
  | { readonly type: 'progress'; readonly text: string }
  | { readonly type: 'result'; readonly result: SpeedResult }
  | { readonly type: 'missing'; readonly backend: BackendName; readonly reason: string }
  | { readonly type: 'done' };
