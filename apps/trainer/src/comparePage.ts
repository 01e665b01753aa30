import { duration, significant } from './formatRun.ts';
import { escapeHtml, figure, htmlPage, htmlTable } from './htmlPage.ts';
import { transformText } from './runSummary.ts';
import type { Point, RunSummary } from './runSummary.ts';
import { smooth } from './smooth.ts';
import { colourOf, svgPlot } from './svgPlot.ts';
import type { Series } from './svgPlot.ts';

/** The runs' curves of loss, gradient norm, clip factor and cosine, above a table of what they are. */
export function comparePage(runs: readonly RunSummary[]): string {
  const names = distinctNames(runs);
  const longest = Math.max(...runs.map(({ steps }) => steps));
  const width = Math.max(1, Math.round(longest / 50));
  const lines = (of: (run: RunSummary) => readonly Point[], faint: boolean): readonly Series[] =>
    runs.flatMap((run, index) => {
      const name = names[index] ?? run.name;
      const smoothed: Series = { name, points: smooth(of(run), width) };
      return faint && width > 1 ? [{ name, points: smooth(of(run), 1, 1000), faint }, smoothed] : [smoothed];
    });
  const isPositive = runs.every(({ loss }) => loss.every(({ value }) => value > 0 || Number.isNaN(value)));
  const table = htmlTable(
    [
      'run',
      'task',
      'transform',
      'seed',
      'backend',
      'steps',
      'first loss',
      'final loss',
      'held out',
      'time',
      'outcome',
    ],
    runs.map((run, index) => [
      `<span class="swatch" style="background:${colourOf(index)}"></span>${escapeHtml(names[index] ?? run.name)}`,
      escapeHtml(run.config.task),
      escapeHtml(transformText(run.config)),
      String(run.config.seed),
      run.config.backend,
      String(run.steps),
      significant(run.firstLoss),
      significant(run.finalLoss),
      significant(run.heldOut),
      duration(run.seconds),
      escapeHtml(run.outcome),
    ]),
    5,
  );
  const x = 'step';
  const plots = [
    figure(
      'Loss',
      svgPlot(
        lines((run) => run.loss, true),
        { title: 'Loss', x, y: 'loss', logY: isPositive },
      ),
    ),
    figure(
      'Gradient norm before the clip',
      svgPlot(
        lines((run) => run.norm, true),
        { title: 'Gradient norm', x, y: 'norm', logY: true },
      ),
    ),
    figure(
      'Clip factor: norm after over norm before',
      svgPlot(
        lines((run) => run.factor, false),
        { title: 'Clip factor', x, y: 'factor', domainY: [0, 1] },
      ),
    ),
    figure(
      'Cosine of the angle that the clip turned the gradient by',
      svgPlot(
        lines((run) => run.cosine, false),
        { title: 'Cosine', x, y: 'cosine', domainY: [0, 1] },
      ),
    ),
  ];
  const lineNote = width > 1 ? `Heavy lines are means over ${width} steps, faint ones single steps. ` : '';
  const note = `<p class="note">${lineNote}The final loss is the mean of the last twentieth of the steps.</p>`;
  return htmlPage('Runs compared', `${table}\n${note}\n<div class="plots">\n${plots.join('\n')}\n</div>`);
}

/** Folder names, or whole paths where two are alike. */
function distinctNames(runs: readonly RunSummary[]): readonly string[] {
  const names = runs.map(({ name }) => name);
  return new Set(names).size === names.length ? names : runs.map(({ path }) => path);
}
