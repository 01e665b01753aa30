import { significant } from './formatRun.ts';
import { escapeHtml, figure, htmlPage, htmlTable } from './htmlPage.ts';
import { transformText } from './runSummary.ts';
import type { RunSummary } from './runSummary.ts';
import { svgPlot } from './svgPlot.ts';
import type { Series } from './svgPlot.ts';

/** A run of a sweep. */
export interface SweptRun {
  readonly clip: string;
  readonly threshold: number;
  readonly seed: number;
  readonly run: RunSummary;
}

/** The threshold against the final loss, as a plot and as a table. */
export function sweepPage(task: string, runs: readonly SweptRun[]): string {
  const table = htmlTable(
    ['clip', 'transform', 'seed', 'final loss', 'held out', 'outcome'],
    runs.map(({ clip, seed, run }) => [
      escapeHtml(clip),
      escapeHtml(transformText(run.config)),
      String(seed),
      significant(run.finalLoss),
      significant(run.heldOut),
      escapeHtml(run.outcome),
    ]),
    2,
  );
  return htmlPage(
    `Threshold against loss: ${task}`,
    `${figure('Final loss against the threshold', thresholdPlot(runs))}\n${table}`,
  );
}

/** A dot for each run, and a line through the means of the seeds. */
export function thresholdPlot(runs: readonly SweptRun[]): string {
  const thresholds = [...new Set(runs.map(({ threshold }) => threshold))].toSorted((a, b) => a - b);
  const means = (of: (run: RunSummary) => number): Series['points'] =>
    thresholds.map((x) => {
      const values = runs.filter(({ threshold }) => threshold === x).map(({ run }) => of(run));
      return { x, y: values.reduce((sum, value) => sum + value / values.length, 0) };
    });
  const series: readonly Series[] = [
    { name: 'training', points: means((run) => run.finalLoss) },
    {
      name: 'training',
      shape: 'dots',
      points: runs.map(({ threshold, run }) => ({ x: threshold, y: run.finalLoss })),
    },
  ];
  return svgPlot(series, {
    title: 'Final loss against the threshold',
    x: 'threshold',
    y: 'final training loss',
    logX: true,
  });
}
