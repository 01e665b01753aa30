import type { StepCounts } from './contestant.ts';
import type { Machine } from './machine.ts';
import type { Round, Spread } from './statistics.ts';

/** One contestant in one table. */
export interface Row {
  readonly contestant: string;
  readonly label: string;
  /** Milliseconds a step. */
  readonly milliseconds: Spread;
  readonly stepsPerRound: number;
  readonly rounds: readonly Round[];
  /** What a step asks of the device; absent where there is none. */
  readonly counts?: StepCounts;
}

/** One table: contestants that took turns at one task. */
export interface Point {
  readonly name: string;
  readonly parameters: number;
  readonly leaves: number;
  /** The bytes that a fused step moves; absent where steps are not measured by bytes. */
  readonly bytes?: number;
  /** The passes of a fused step. */
  readonly passes?: number;
  /** The device that the steps ran on, and where; absent for those of the processor. */
  readonly device?: string;
  readonly rows: readonly Row[];
  readonly leftOut: readonly { readonly label: string; readonly reason: string }[];
}

/** What one scenario measured. */
export interface ScenarioResult {
  readonly name: string;
  readonly title: string;
  readonly points: readonly Point[];
}

/** Everything that a run measured. */
export interface Results {
  readonly machine: Machine;
  readonly quick: boolean;
  readonly seconds: number;
  /** What was measured, by the contestants' names. */
  readonly versions: Readonly<Record<string, string>>;
  /** Who could not take part, and why. */
  readonly missing: readonly string[];
  readonly scenarios: readonly ScenarioResult[];
}
