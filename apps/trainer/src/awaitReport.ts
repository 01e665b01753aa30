import { setImmediate } from 'node:timers/promises';

/** What a transform reported of a step, by path. */
export type ReportedValues = Readonly<Record<string, number>>;

/** How long a report is waited for, in seconds. */
export interface ReportPatience {
  /** A GPU may have to compile before it reports its first step. */
  readonly usual: number;
  /** Once the run is to stop. */
  readonly interrupted: number;
}

const patience: ReportPatience = { usual: 600, interrupted: 10 };

/**
 * The report of a step, which a device hands over later; the map is then empty.
 *
 * @throws if none comes.
 */
export async function awaitReport(
  reports: Map<number, ReportedValues>,
  step: number,
  { signal, patient = patience }: { readonly signal: AbortSignal; readonly patient?: ReportPatience },
): Promise<ReportedValues> {
  const begun = performance.now();
  let abortedAt: number | undefined;
  for (;;) {
    const report = reports.get(step);
    if (report !== undefined) {
      reports.clear();
      return report;
    }
    const now = performance.now();
    if (signal.aborted) abortedAt ??= now;
    const isOver =
      now - begun > 1000 * patient.usual ||
      (abortedAt !== undefined && now - abortedAt > 1000 * patient.interrupted);
    if (isOver) throw new Error(`The backend gave no report of step ${step + 1}, so the run cannot go on.`);
    await setImmediate();
  }
}
