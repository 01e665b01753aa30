/** Someone whose steps are measured. One file each; `contestants.ts` lists them. */
export interface Contestant<Task> {
  /** Short and unique: for the command line, the targets and the JSON. */
  readonly name: string;
  /** As the tables show it. */
  readonly label: string;
  /** Why it cannot take part on this machine, in one sentence with the remedy; undefined if it can. */
  readonly missing?: () => Promise<string | undefined>;
  /** Why it does not take part in a task that is too large for it; undefined if it does. */
  readonly tooLarge?: (task: Task) => string | undefined;
  /** The version of what is measured, for the JSON. */
  readonly version?: () => Promise<string>;
  /** Sets the task up. */
  open(task: Task): Promise<Session>;
  /** Ends what it keeps beside its sessions, such as a process. */
  readonly close?: () => Promise<void>;
}

/** What one step asks of a device. */
export interface StepCounts {
  readonly dispatches: number;
  readonly submits: number;
  /** Buffers that it makes. */
  readonly buffers: number;
}

/** A contestant with a task set up. */
export interface Session {
  /** Makes ready for a round, outside of the measured time. */
  readonly activate?: () => Promise<void>;
  /** Takes some steps and gives the milliseconds that they took, by the clock of the process that takes them. */
  run(steps: number): Promise<number>;
  /** Takes a step and counts what it asks of its device; absent where there is none. */
  readonly count?: () => Promise<StepCounts>;
  /** The parameters, leaf by leaf, for the check that all contestants do the same work. */
  parameters(): Promise<readonly Float32Array[]>;
  dispose(): Promise<void>;
}

/** What a contestant in this process has to say. */
export interface LocalSession {
  readonly activate?: () => Promise<void>;
  /** One step. A promise is waited for before the next step. */
  step(): unknown;
  parameters(): readonly Float32Array[] | Promise<readonly Float32Array[]>;
  dispose(): void;
}

/** A session whose steps are taken, and timed, in this process. */
export function localSession({ activate, step, parameters, dispose }: LocalSession): Session {
  return {
    ...(activate && { activate }),
    run: async (steps) => {
      const start = performance.now();
      for (let count = 0; count < steps; count++) {
        const pending = step();
        if (pending instanceof Promise) await pending;
      }
      return performance.now() - start;
    },
    parameters: async () => parameters(),
    dispose: async () => dispose(),
  };
}
