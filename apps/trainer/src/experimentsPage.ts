import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { experimentFolder, experimentsRoot } from './experimentFolder.ts';
import {
  experimentRuns,
  languageArgs,
  learningRates,
  minuteArgs,
  minuteFolder,
  minuteTasks,
  orderCommand,
  orderFolder,
  orderLengths,
  orderModels,
  rateSuffix,
  sweptSeeds,
  thresholds,
} from './experimentPlan.ts';
import type { ExperimentRun, OrderModel } from './experimentPlan.ts';
import { significant } from './formatRun.ts';
import { isJsonObject } from './jsonFields.ts';
import { readResultOf } from './runFolder.ts';
import { readRunSummary } from './runSummary.ts';
import type { Point, RunSummary } from './runSummary.ts';
import { smooth } from './smooth.ts';
import { svgPlot } from './svgPlot.ts';
import type { Series } from './svgPlot.ts';
import { thresholdPlot } from './sweepPage.ts';

const onWasm: readonly string[] = ['--backend', 'wasm'];

const docs = fileURLToPath(new URL('../../../docs', import.meta.url));

interface EndedRun {
  readonly plan: ExperimentRun;
  readonly run: RunSummary;
}

/** Writes docs/experiments.md and its plots from the runs that have ended. */
export function writeExperimentsPage(): void {
  mkdirSync(join(docs, 'experiments'), { recursive: true });
  const ended = experimentRuns
    .filter(
      (plan) => existsSync(experimentFolder(plan)) && readResultOf(experimentFolder(plan)) !== undefined,
    )
    .map((plan): EndedRun => ({ plan, run: readRunSummary(experimentFolder(plan)) }));
  const parts = [
    introduction(),
    normPart(ended),
    valuePart(ended),
    orderPart(ended),
    thresholdPart(ended),
    speedPart(),
    minutesPart(ended),
  ];
  writeFileSync(join(docs, 'experiments.md'), `${parts.filter((part) => part !== '').join('\n\n')}\n`);
}

function introduction(): string {
  const machine = `${availableParallelism()} cores of ${cpus()[0]?.model.trim() ?? 'an unknown processor'}, Node ${process.versions.node}`;
  return `# Experiments

What clipping does, on models that train in minutes. This page is written by

\`\`\`sh
pnpm --filter @gradkit/trainer experiments && pnpm format
\`\`\`

from runs on ${machine}, TensorFlow.js 4.22 on its WebAssembly backend where nothing else is said. A run depends on its seed and backend
alone, so the same commands give the same losses; times depend on the machine and on what else it does. A final loss is the mean of the
last twentieth of the steps.`;
}

function normPart(ended: readonly EndedRun[]): string {
  const rows = learningRates.flatMap((rate) =>
    ['no-clip', 'global-norm-0.5'].map((name) => ({ rate, name, runs: of(ended, name + rateSuffix(rate)) })),
  );
  const shown = rows.filter(({ runs }) => runs.length > 0);
  const rate = shown.at(-1)?.rate;
  if (rate === undefined) return '';
  const drawn = shown.filter((row) => row.rate === rate).flatMap(({ runs }) => runs);
  savePlot(
    'norm-loss',
    svgPlot(
      curves(drawn, (run) => run.loss),
      { title: 'Loss', x: 'step', y: 'loss', logY: true },
    ),
  );
  savePlot(
    'norm-gradient',
    svgPlot(
      curves(drawn, (run) => run.norm),
      { title: 'Norm', x: 'step', y: 'gradient norm', logY: true },
    ),
  );
  const counts = shown.map(({ rate: at, name, runs }) => [
    String(at),
    name === 'no-clip' ? 'none' : 'global norm 0.5',
    `${count(runs, isWorse)} of ${runs.length}`,
    range(runs.map(({ run }) => run.finalLoss)),
    range(runs.map(({ run }) => Math.max(...run.norm.map(({ value }) => value)))),
  ]);
  return `## (a) Learning rates that diverge without a clip

A char-LSTM of 64 units on Moby Dick with plain SGD at high learning rates, from five seeds each, without a clip and with the global norm
clipped to 0.5:

\`\`\`sh
trainer train ${commandText([...languageArgs, ...onWasm, '--lr', String(rate), '--seed', '0'])}
trainer train ${commandText([...languageArgs, ...onWasm, '--lr', String(rate), '--clip', 'global-norm:0.5', '--seed', '0'])}
\`\`\`

A run has diverged if it ends above the loss that it began with, which is that of guessing all 89 characters alike, 4.49. (The trainer
itself says so from 1.2 times the first loss on.)

${markdownTable(['learning rate', 'clip', 'diverged', 'final losses', 'largest norms'], counts)}

${lossTable(drawn)}

The second table and the plots are those of learning rate ${rate}, a line for each seed: blue without a clip, orange with it.

![The loss over the steps](experiments/norm-loss.svg)

![The norm of the gradient before the clip](experiments/norm-gradient.svg)`;
}

function valuePart(ended: readonly EndedRun[]): string {
  const runs = of(ended, 'value-0.01');
  const norm = of(ended, 'global-norm-0.5');
  if (runs.length === 0) return '';
  savePlot(
    'value-cosine',
    svgPlot(
      curves([...norm, ...runs], (run) => run.cosine),
      {
        title: 'Cosine',
        x: 'step',
        y: 'cosine',
        domainY: [0, 1],
      },
    ),
  );
  savePlot(
    'value-loss',
    svgPlot(
      curves([...norm, ...runs], (run) => run.loss),
      { title: 'Loss', x: 'step', y: 'loss', logY: true },
    ),
  );
  const cosines = (of_: readonly EndedRun[]): readonly number[] => of_.map(({ run }) => mean(run.cosine));
  return `## (b) Clipping values, and what it does to the direction

The same runs with every entry of the gradient cut off at 0.01:

\`\`\`sh
trainer train ${commandText([...languageArgs, ...onWasm, '--lr', '10', '--clip', 'value:0.01', '--seed', '0'])}
\`\`\`

${lossTable(runs)}

A clip by value turns the gradient: the cosine of the angle between the gradient before and after is ${range(cosines(runs))} on average
over a run, and ${range(runs.map(({ run }) => least(run.cosine)))} at its smallest. A clip by global norm changes the length only: its cosine is
${range(cosines(norm))}. ${count(runs, isWorse)} of ${runs.length} runs with the clip by value diverge. Blue is the clip by global norm, orange the one by value.

![The cosine of the angle that the clip turned the gradient by](experiments/value-cosine.svg)

![The loss over the steps](experiments/value-loss.svg)`;
}

function orderPart(ended: readonly EndedRun[]): string {
  const runs = ended.filter(({ plan }) => plan.part === 'order');
  if (runs.length === 0) return '';
  const models: readonly OrderModel[] = ['tanh', 'lstm'];
  const clips = ['none', 'global-norm:1'] as const;
  const total = (model: OrderModel, clip: (typeof clips)[number]): string =>
    solvedShare(orderLengths.flatMap((length) => of(runs, orderFolder(model, length, clip))));
  const cells = orderLengths.flatMap((length) =>
    models.flatMap((model) => clips.map((clip) => of(runs, orderFolder(model, length, clip)).length)),
  );
  const rows = orderLengths.map((length) => [
    String(length),
    ...models.flatMap((model) => clips.map((clip) => solvedText(of(runs, orderFolder(model, length, clip))))),
  ]);
  return `## (c) Temporal order over the length of the sequences

Which of two symbols came first, told at the end of a sequence: from a plain recurrent net of 50 units with SGD at 0.2, up to ${orderModels.tanh.steps} steps,
and from an LSTM of 50 units with Adam at 0.01, up to ${orderModels.lstm.steps} steps, in batches of 20 new sequences. A run has succeeded when 99 of
100 of 1,000 fresh sequences are right:

\`\`\`sh
trainer train ${orderCommand('tanh', 50, 'global-norm:1')} --backend wasm --seed 0
trainer train ${orderCommand('lstm', 50, 'global-norm:1')} --backend wasm --seed 0
\`\`\`

${markdownTable(
  [
    'length',
    ...models.flatMap((model) =>
      ['no clip', 'norm clipped to 1'].map((clip) => `${orderModels[model].title}, ${clip}`),
    ),
  ],
  rows,
)}

${seedsSentence(cells)}

Published results, of nets that were trained for longer:

${markdownTable(
  ['source', 'net', 'trained by', 'lengths', 'success'],
  [
    [pascanu, 'tanh, 50 units', 'SGD, or SGD with the norm clipped', 'above 20', 'none: gradients vanish'],
    [
      pascanu,
      'tanh, 50 units',
      'SGD with the norm clipped and a term against vanishing gradients, which is not used here',
      '50 to 200',
      'every run',
    ],
    [
      'Hochreiter & Schmidhuber (1997), experiment 6a, table 9',
      'LSTM, 156 weights',
      'SGD at 0.5, without a clip',
      '100 to 110',
      '20 of 20, after 31,390 sequences on average',
    ],
  ],
)}

A step here is 20 sequences, so that 1,500 steps are 30,000. Here the plain net succeeds in ${total('tanh', 'none')} runs without a clip and in
${total('tanh', 'global-norm:1')} with it, all of them at 20 steps. The LSTM succeeds in ${total('lstm', 'none')} without and in ${total('lstm', 'global-norm:1')} with it, which so few
seeds cannot tell apart. Rounding is enough to change a run: with another order of Adam's multiplications, seed 0 with the clip
succeeded at length 100 after 600 steps.`;
}

const pascanu = 'Pascanu, Mikolov & Bengio ([2013](https://arxiv.org/abs/1211.5063)), section 4.1.1';

function seedsSentence(cells: readonly number[]): string {
  const [fewest, most] = [Math.min(...cells), Math.max(...cells)];
  return fewest === most
    ? `Each cell is of ${most} seeds.`
    : `A cell is of ${fewest} to ${most} seeds, because long sequences take long: \`3 of 3\` is three, \`1 of 1\` one.`;
}

function solvedText(runs: readonly EndedRun[]): string {
  if (runs.length === 0) return 'not run';
  const steps = runs.filter(isSolved).map(({ run }) => run.steps);
  return `${solvedShare(runs)}${steps.length === 0 ? '' : ` (after ${range(steps, 0)} steps)`}`;
}

function solvedShare(runs: readonly EndedRun[]): string {
  return `${count(runs, isSolved)} of ${runs.length}`;
}

function isSolved({ run }: EndedRun): boolean {
  return run.outcome === 'solved';
}

function thresholdPart(ended: readonly EndedRun[]): string {
  const swept = thresholds.flatMap((threshold) =>
    // The same seeds for each threshold; some have more for the parts above.
    of(ended, `global-norm-${threshold}`)
      .filter(({ plan }) => sweptSeeds.includes(plan.seed))
      .map(({ plan, run }) => ({
        clip: `global-norm:${threshold}`,
        threshold,
        seed: plan.seed,
        run,
      })),
  );
  if (swept.length < 2) return '';
  savePlot('thresholds', thresholdPlot(swept));
  const rows = thresholds.map((threshold) => {
    const runs = swept.filter((one) => one.threshold === threshold);
    const losses = runs.map(({ run }) => run.finalLoss);
    const clippedShare = runs.map(
      ({ run }) => run.factor.filter(({ value }) => value < 1).length / run.factor.length,
    );
    return [
      String(threshold),
      losses.map((loss) => significant(loss)).join(', '),
      significant(losses.reduce((sum, loss) => sum + loss / losses.length, 0)),
      `${Math.round(100 * clippedShare.reduce((sum, share) => sum + share / clippedShare.length, 0))} %`,
    ];
  });
  return `## (d) Loss against threshold

The model of (a) with thresholds from 0.1 to 5. The command

\`\`\`sh
trainer sweep --clip global-norm:${thresholds.join(',')} --seeds 0,1,2 ${commandText([...languageArgs, ...onWasm, '--lr', '10'])}
\`\`\`

trains the same runs in worker processes.

${markdownTable(['threshold', 'final losses', 'mean', 'steps clipped'], rows)}

![The final loss against the threshold](experiments/thresholds.svg)`;
}

function speedPart(): string {
  const rows = ['cpu', 'wasm', 'node', 'webgpu']
    .map(speedOf)
    .flatMap((file): readonly unknown[] => (Array.isArray(file) ? file : []));
  const known = rows.filter(isJsonObject);
  if (known.length === 0) return '';
  return `## (e) Steps a second

Clip by global norm and Adam, measured by \`pnpm --filter @gradkit/trainer speed\`: the two variants take turns step by step, and medians
are given. "Update" is the part of a step after the gradients. SwiftShader is a program that does a GPU's work on the CPU: its rows show
that it works there, not how fast a GPU is.

${markdownTable(
  [
    'model',
    'backend',
    'steps/s with tf clip + tf.train.adam',
    'steps/s with Gradkit',
    'binding',
    'update, tf',
    'update, Gradkit',
  ],
  known.map((row) => [
    word(row['model']),
    word(row['backend']),
    number(row['tfSteps']),
    number(row['ourSteps']),
    word(row['how']),
    `${number(row['tfUpdate'])} ms`,
    `${number(row['ourUpdate'])} ms`,
  ]),
)}${pytorchPart(new Map(known.map((row) => [word(row['task']), word(row['model'])])))}`;
}

/** The same models in PyTorch, where it was there. */
function pytorchPart(models: ReadonlyMap<string, string>): string {
  const file = speedOf('pytorch');
  if (!isJsonObject(file) || !isJsonObject(file['tasks'])) return '';
  const rows = Object.entries(file['tasks']).map(([task, times]) => {
    const { steps, update } = isJsonObject(times) ? times : {};
    return [models.get(task) ?? task, number(steps), `${number(update)} ms`];
  });
  return `

The same models in PyTorch ${word(file['version'])} on ${JSON.stringify(file['threads'])} threads, with \`clip_grad_norm_\` and \`Adam(fused=True)\`:

${markdownTable(['model', 'steps/s', 'update'], rows)}`;
}

function speedOf(name: string): unknown {
  const file = join(experimentsRoot, `speed-${name}.json`);
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined;
}

function minutesPart(ended: readonly EndedRun[]): string {
  const rows = minuteTasks.flatMap(({ name, backend }) =>
    of(ended, minuteFolder(name)).map(({ run }) => [
      name,
      backend,
      String(run.steps),
      significant(run.firstLoss),
      significant(run.finalLoss),
      significant(run.heldOut),
      run.heldOut < run.firstLoss ? 'better' : 'worse',
    ]),
  );
  if (rows.length === 0) return '';
  return `## Two minutes of each task

Each task with its usual settings and the global norm clipped to 1, while the machine did other things too. A task ends better if its loss on
held-out data is below the loss that it began with:

\`\`\`sh
trainer train ${commandText([...minuteArgs('char-lstm'), '--backend', 'node', '--seed', '0'])}
\`\`\`

${markdownTable(['task', 'backend', 'steps', 'first loss', 'final loss', 'held-out loss', 'ends'], rows)}`;
}

function word(value: unknown): string {
  return typeof value === 'string' ? value : '-';
}

function number(value: unknown): string {
  return typeof value === 'number' ? significant(value, 3) : '-';
}

function of(ended: readonly EndedRun[], name: string): readonly EndedRun[] {
  return ended.filter(({ plan }) => plan.name === name);
}

function curves(ended: readonly EndedRun[], pick: (run: RunSummary) => readonly Point[]): readonly Series[] {
  return ended.map(({ plan, run }) => ({ name: plan.name, points: smooth(pick(run), 5) }));
}

function isWorse({ run }: EndedRun): boolean {
  return !isBetter(run);
}

function isBetter({ firstLoss, finalLoss }: RunSummary): boolean {
  return finalLoss < firstLoss;
}

function count(runs: readonly EndedRun[], holds: (run: EndedRun) => boolean): number {
  return runs.filter(holds).length;
}

function lossTable(runs: readonly EndedRun[]): string {
  return markdownTable(
    ['clip', 'seed', 'first loss', 'final loss', 'largest norm', 'mean clip factor', 'outcome'],
    runs.map((one) => [
      one.plan.name
        .replace(/-lr\d+$/, '')
        .replace('-0', ' 0')
        .replace('no-clip', 'none')
        .replace('global-norm', 'global norm'),
      String(one.plan.seed),
      significant(one.run.firstLoss),
      significant(one.run.finalLoss),
      significant(Math.max(...one.run.norm.map(({ value }) => value))),
      significant(mean(one.run.factor), 3),
      isWorse(one) ? 'diverged' : 'trained',
    ]),
  );
}

function mean(points: readonly Point[]): number {
  const finite = points.filter(({ value }) => Number.isFinite(value));
  return finite.reduce((sum, { value }) => sum + value / finite.length, 0);
}

function least(points: readonly Point[]): number {
  return Math.min(...points.map(({ value }) => value).filter(Number.isFinite));
}

/** `0.62 to 0.71`, or one number where the two look alike. */
function range(values: readonly number[], digits = 3): string {
  const text = (value: number): string => (digits === 0 ? String(value) : significant(value, digits));
  const [from, to] = [text(Math.min(...values)), text(Math.max(...values))];
  return from === to ? from : `${from} to ${to}`;
}

function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

function commandText(args: readonly string[]): string {
  return args.join(' ');
}

function savePlot(name: string, svg: string): void {
  writeFileSync(join(docs, 'experiments', `${name}.svg`), `${svg}\n`);
}
