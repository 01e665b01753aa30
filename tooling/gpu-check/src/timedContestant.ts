import type { StepCounts } from '@gradkit/bench/contestant';
import type { Verification } from '@gradkit/bench/gpuReport';
import type { UpdateTask } from '@gradkit/bench/updateTask';
import type { DeviceContestant, DeviceSession } from '@gradkit/bench/webgpuContestants';
import { untilLost } from './cardLost.ts';
import { verifyAdam } from './float64Adam.ts';
import { createGpuTimer, type Lap } from './gpuTimer.ts';

/** Someone whose steps are timed on the card. */
export interface TimedContestant {
  readonly name: string;
  readonly label: string;
  open(task: UpdateTask): Promise<TimedSession>;
  readonly close?: () => Promise<void>;
}

/** A contestant with a task set up. */
export interface TimedSession {
  /** Takes so many steps between one pair of timestamps. */
  lap(steps: number): Promise<Lap>;
  /** The timestamps so far, of WebGPU's contestants. */
  readonly timestamps: readonly bigint[];
  readonly count?: () => Promise<StepCounts>;
  /** Whether the steps so far were taken, and rightly. */
  verify(steps: number): Promise<Verification>;
  dispose(): Promise<void>;
}

/** A contestant of the benchmark, timed by its device's clock, its parameters compared with float64. */
export function timedContestant(
  { name, label, open }: DeviceContestant,
  onOpen: (device: GPUDevice) => void = () => undefined,
): TimedContestant {
  return {
    name,
    label,
    open: async (task) => {
      const session = await open(task);
      onOpen(session.device);
      return timedSession(session, async (steps) => verifyAdam(task, steps, await session.parameters()));
    },
  };
}

/** Times a session by its device's clock. Errors of the device that nobody waits for are told by the next lap. */
export function timedSession(session: DeviceSession, verify: TimedSession['verify']): TimedSession {
  const { device } = session;
  const timer = createGpuTimer(device);
  let refused: string | undefined;
  const onError = ({ error }: GPUUncapturedErrorEvent): void => void (refused ??= error.message);
  device.addEventListener('uncapturederror', onError);
  const told = async <T>(work: Promise<T>): Promise<T> => {
    const result = await untilLost(device, work);
    if (refused !== undefined) throw new Error(`the device refused: ${firstLine(refused)}`);
    return result;
  };
  return {
    timestamps: timer.timestamps,
    lap: async (steps) => {
      await session.activate?.();
      return told(timer.lap(async () => session.enqueue(steps)));
    },
    count: async () => told((session.count ?? nothingToCount)()),
    verify: async (steps) => told(verify(steps)),
    dispose: async () => {
      device.removeEventListener('uncapturederror', onError);
      timer.dispose();
      await session.dispose();
    },
  };
}

async function nothingToCount(): Promise<StepCounts> {
  return { dispatches: 0, submits: 0, buffers: 0 };
}

/** The first line of a message. */
export function firstLine(text: string): string {
  return text.trim().split('\n')[0] ?? '';
}
