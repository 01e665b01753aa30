import type { Layout } from './engine.ts';
import type { Plan } from './plan.ts';
import type { Program, SlotSpec } from './program.ts';
import type { ReportedNumbers } from './report.ts';

/** One step on a device, per leaf by number. */
export interface DeviceStep<Buffer> {
  readonly plan: Plan;
  readonly scalars: ReadonlyMap<string, number>;
  /** Written in place. A leaf that the plan does not touch may be missing. */
  readonly parameters: ReadonlyMap<number, Buffer>;
  /** Read where they lie; they may share memory with each other and with parameters. */
  readonly gradients: ReadonlyMap<number, Buffer>;
  /** Where updates go when the plan hands them over. */
  readonly updates: ReadonlyMap<number, Buffer>;
  readonly wantsReports: boolean;
}

/** An array of the state beside a buffer that it is copied to or from. */
export interface StateCopy<Buffer> {
  readonly slot: SlotSpec;
  /** The leaf's number, or `noGroup`. */
  readonly leaf: number;
  readonly buffer: Buffer;
}

/**
 * What executes plans on a device whose memory the host cannot see: parameters, gradients and updates are buffers of somebody's, the
 * state is the engine's. Nothing waits for the device but what says so with a promise.
 */
export interface DeviceEngine<Buffer> {
  readonly name: string;
  /** Makes room for the state, all zero. */
  open(layout: Layout): DeviceSession<Buffer>;
  /** Makes a buffer of float32 numbers, all zero, that a session can bind. */
  createBuffer(request: { readonly name: string; readonly length: number }): Buffer;
  /** Writes to a buffer, after all steps that were taken before. */
  write(buffer: Buffer, values: Float32Array): void;
  /** Reads a buffer, after all steps that were taken before. */
  read(buffer: Buffer, length: number): Promise<Float32Array>;
  destroyBuffer(buffer: Buffer): void;
}

/** The state of one transform on a device. */
export interface DeviceSession<Buffer> {
  /** Compiles a plan without holding up the host. A plan that was not prepared is compiled when it is first executed. */
  prepare(plan: Plan): Promise<void>;
  /** Computes the first state; a leaf without a parameter counts as zeros. */
  initialize(program: Program, parameters: ReadonlyMap<number, Buffer>): void;
  /** Takes one step and does not wait for it. The promise is of its reports, where they are wanted. */
  execute(step: DeviceStep<Buffer>): Promise<ReportedNumbers> | undefined;
  /** Resolves when it is known that the device has refused none of the steps so far. @throws what it refused. */
  settle(): Promise<void>;
  /** Copies state to buffers. */
  readState(copies: readonly StateCopy<Buffer>[]): void;
  /** Copies buffers over the state. */
  writeState(copies: readonly StateCopy<Buffer>[]): void;
  dispose(): void;
}
