import type { Layout, Plan, Program, ReportedNumbers } from '@gradkit/core';
import type * as tf from '@tensorflow/tfjs-core';

/** One step of a transform on TensorFlow.js's tensors, per leaf by number. */
export interface BindingStep {
  readonly plan: Plan;
  /** The program's scalar inputs at this step. */
  readonly scalars: ReadonlyMap<string, number>;
  /** The variables that exist; a leaf without one takes no step. */
  readonly variables: readonly (tf.Variable | undefined)[];
  /** Those of the leaves that have one. They may share memory with each other: never write to them. */
  readonly gradients: readonly (tf.Tensor | undefined)[];
  /** Whether `reports` will be called, for a backend that has to fetch them with the step. */
  readonly wantsReports: boolean;
}

/** What a step gave, beside the variables and the state that it changed. */
export interface BindingResults {
  /** Where the program hands updates over instead of applying them. */
  readonly updates: ReadonlyMap<number, tf.Tensor>;
  /** Reads the reports, at once where the backend's memory is at hand. Called at most once, right after the step. */
  reports(): ReportedNumbers | Promise<ReportedNumbers>;
}

/**
 * How transforms run on one backend of TensorFlow.js: where their state lives and what executes their programs. Without one they run
 * operation by operation on whichever backend is active.
 */
export interface Binding {
  readonly name: string;
  /** Makes room for the state of a transform over some leaves. */
  open(layout: Layout): BindingSession;
}

/** The state of one transform over one set of leaves. All but `state` and `dispose` are called inside `tf.tidy`. */
export interface BindingSession {
  /** Compiles a program ahead of its first run, where that takes a while; nothing else changes. */
  prepare?(program: Program): Promise<void>;
  /** Computes the first state; a leaf without a variable counts as zeros. */
  initialize(program: Program, variables: readonly (tf.Variable | undefined)[]): void;
  /** Takes a step: assigns the program's parameters to the variables and keeps the new state. */
  execute(step: BindingStep): BindingResults;
  /** The state by the names of `stateEntries`. The tensors stay the session's and are good until its next step. */
  state(): ReadonlyMap<string, tf.Tensor>;
  /** Copies values over the state, by the same names; what is not named stays. */
  setState(values: ReadonlyMap<string, tf.Tensor>): void;
  dispose(): void;
}
