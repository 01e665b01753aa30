import { sides, type PairStep, type Side } from './trainingPair.ts';

/** A number that can be drawn; null leaves a gap. */
export type Drawable = number | null;

/** Where a run is. */
export interface RunPoint {
  readonly step: number;
  readonly loss: number;
  readonly norm: number;
}

/** The curves of both runs. */
export interface History {
  readonly steps: readonly number[];
  readonly loss: Readonly<Record<Side, readonly Drawable[]>>;
  readonly norm: Readonly<Record<Side, readonly Drawable[]>>;
  /** The last steps, each of them. */
  readonly recent: readonly PairStep[];
  /** The last step of each run whose numbers were finite. */
  readonly last: Readonly<Record<Side, RunPoint | undefined>>;
  /** How many steps were taken in all. */
  readonly stepsTaken: number;
  push(step: PairStep): void;
}

/**
 * Starts empty curves. Their length is bounded, however long the run: when they hold `capacity` points every second one goes, and from
 * then on every second step is kept.
 */
export function createHistory({
  capacity = 400,
  recentCapacity = 300,
}: { capacity?: number; recentCapacity?: number } = {}): History {
  const steps: number[] = [];
  const loss: Record<Side, Drawable[]> = { raw: [], chain: [] };
  const norm: Record<Side, Drawable[]> = { raw: [], chain: [] };
  const recent: PairStep[] = [];
  const last: Record<Side, RunPoint | undefined> = { raw: undefined, chain: undefined };
  let stride = 1;
  let stepsTaken = 0;

  const thin = (): void => {
    stride *= 2;
    for (const curve of [steps, loss.raw, loss.chain, norm.raw, norm.chain]) keepEverySecond(curve);
  };

  return {
    get stepsTaken() {
      return stepsTaken;
    },
    steps,
    loss,
    norm,
    recent,
    last,
    push: (taken) => {
      stepsTaken = taken.step + 1;
      recent.push(taken);
      if (recent.length > recentCapacity) recent.shift();
      for (const side of sides) {
        const result = taken[side];
        if (result !== undefined && Number.isFinite(result.loss) && Number.isFinite(result.norm))
          last[side] = { step: taken.step, ...result };
      }
      if (taken.step % stride !== 0) return;
      steps.push(taken.step);
      for (const side of sides) {
        loss[side].push(drawable(taken[side]?.loss));
        norm[side].push(drawable(taken[side]?.norm));
      }
      if (steps.length > capacity) thin();
    },
  };
}

function keepEverySecond(curve: unknown[]): void {
  let kept = 0;
  for (let index = 0; index < curve.length; index += 2) curve[kept++] = curve[index];
  curve.length = kept;
}

// The curves are drawn on a logarithmic axis, which has no place for 0 either.
function drawable(value: number | undefined): Drawable {
  return value !== undefined && Number.isFinite(value) && value > 0 ? value : null;
}
