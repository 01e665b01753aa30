import type { StepCounts } from './contestant.ts';
import type { Machine } from './machine.ts';
import type { Spread } from './statistics.ts';

/** Everything that a run of the GPU check found, in the order in which it was found. */
export interface GpuReport {
  readonly format: 1;
  /** When it began, as ISO 8601. */
  readonly started: string;
  readonly seconds: number;
  /** The commit that the folder was packed from. */
  readonly commit: string;
  /** What it was doing last. */
  readonly doing: string;
  /** How it ended; absent as long as it runs, and where its process was ended from outside. */
  readonly ended?: GpuReportEnd;
  readonly machine: Machine;
  readonly adapter?: AdapterFacts;
  /** PyTorch's version and card, or why it is left out. */
  readonly torch: string;
  readonly clock?: ClockFacts;
  readonly suites: readonly SuiteResult[];
  readonly contests: readonly GpuContest[];
  readonly verdicts: readonly GpuVerdict[];
}

/** How a run ended. */
export interface GpuReportEnd {
  readonly isWhole: boolean;
  readonly text: string;
}

/** What an adapter says of itself. */
export interface AdapterFacts {
  readonly name: string;
  readonly vendor: string;
  readonly architecture: string;
  readonly device: string;
  readonly description: string;
  /** Whether it is a program on the processor, such as SwiftShader, and no card. */
  readonly isSoftware: boolean;
  readonly features: readonly string[];
  readonly limits: Readonly<Record<string, number>>;
}

/** How the device's clock was read. */
export interface ClockFacts {
  readonly hasTimestamps: boolean;
  /** Nanoseconds that all timestamps are multiples of, a power of two: 65,536 or more where Dawn rounds them. */
  readonly resolution: number;
  readonly text: string;
}

/** One suite of cases. */
export interface SuiteResult {
  readonly name: string;
  readonly seconds: number;
  readonly passed: number;
  /** One line for each case that is wrong. */
  readonly wrong: readonly string[];
  readonly skipped: readonly { readonly name: string; readonly reason: string }[];
  /** Cases for which the time did not last. */
  readonly leftOut: number;
}

/** Contestants that took steps on one tree in turn. */
export interface GpuContest {
  readonly name: string;
  readonly parameters: number;
  readonly leaves: number;
  /** The bytes that a fused step moves. */
  readonly bytes: number;
  readonly passes: number;
  /** The steps between one pair of timestamps. */
  readonly steps: number;
  /** Where the random numbers of parameters and gradients begin. */
  readonly start: number;
  /** Whether all were set up at once and took turns round by round, or one after the other for the memory's sake. */
  readonly isSideBySide: boolean;
  readonly rows: readonly GpuRow[];
  readonly leftOut: readonly { readonly label: string; readonly reason: string }[];
}

/** One contestant. */
export interface GpuRow {
  readonly contestant: string;
  readonly label: string;
  /** Milliseconds of a step by the device's clock; absent where it has none. */
  readonly gpu?: Spread;
  /** Milliseconds of a step by the processor's clock, from the first call to the end of the device's work. */
  readonly wall: Spread;
  readonly laps: readonly { readonly gpu?: number; readonly wall: number }[];
  readonly counts?: StepCounts;
  readonly result: Verification;
}

/** Whether all the steps that were timed were taken, and rightly. */
export interface Verification {
  readonly isRight: boolean;
  /** What was compared, and what is wrong. */
  readonly text: string;
}

/** A claim about the measurement itself. */
export interface GpuVerdict {
  readonly claim: string;
  /** Whether it is about times, and not about results. */
  readonly isOfTimes: boolean;
  readonly isHeld: boolean;
  readonly found: string;
}
