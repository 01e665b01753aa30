/** What the reports of all steps add up to. */
export interface GradientSummary {
  readonly steps: number;
  /** The largest norm before clipping; NaN if one was NaN. */
  readonly largestNorm: number;
  /** The share of steps in which the clip changed a gradient. */
  readonly clippedShare: number;
}

export interface GradientLog {
  /** Takes the reports of one step, by path. */
  record(values: Readonly<Record<string, unknown>>): void;
  summary(): GradientSummary;
}

/** Gathers what the transforms of `clippedSgd` report. */
export function createGradientLog(): GradientLog {
  const log = { steps: 0, clipped: 0, largestNorm: 0 };
  return {
    record: (values) => {
      log.steps += 1;
      const norm = values['clipByGlobalNorm.norm'] ?? values['globalNorm.norm'];
      if (typeof norm === 'number') log.largestNorm = Math.max(log.largestNorm, norm);
      const scale = values['clipByGlobalNorm.scale'];
      const fraction = values['clipByValue.clippedFraction'];
      if (typeof scale === 'number' && scale !== 1) log.clipped += 1;
      if (typeof fraction === 'number' && fraction > 0) log.clipped += 1;
    },
    summary: () => ({
      steps: log.steps,
      largestNorm: log.largestNorm,
      clippedShare: log.steps === 0 ? 0 : log.clipped / log.steps,
    }),
  };
}
