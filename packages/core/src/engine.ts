import type { LeafSpec } from './gradientTransform.ts';
import type { Memory } from './memory.ts';
import type { Plan } from './plan.ts';
import type { SlotSpec } from './program.ts';
import type { ReadReports } from './report.ts';

/** What an engine has to make room for. */
export interface Layout {
  readonly leaves: readonly LeafSpec[];
  readonly slots: readonly SlotSpec[];
}

/**
 * What executes plans on real memory. An engine knows nothing of transforms; it is held to the reference interpreter by the
 * conformance suite.
 */
export interface Engine {
  readonly name: string;
  /** Makes room for parameters, gradients and state, all zero. */
  open(layout: Layout): EngineSession;
}

/** One step as an engine sees it. */
export interface EngineStep {
  readonly plan: Plan;
  /** The program's scalar inputs at this step. */
  readonly scalars: ReadonlyMap<string, number>;
  /**
   * Where each leaf's gradient lies, by number: in `memory.gradients` or anywhere else but in the rest of `memory`. They are read where
   * they lie and never written to.
   */
  readonly gradients: readonly (Float32Array | undefined)[];
}

/** An engine's memory for one set of leaves. Its arrays stay valid until it is disposed. */
export interface EngineSession {
  readonly memory: Memory;
  /** Takes one step. Its reports are read when they are asked for. */
  execute(step: EngineStep): ReadReports;
  dispose(): void;
}
