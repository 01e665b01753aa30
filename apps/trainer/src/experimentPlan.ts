/** A run that `docs/experiments.md` reports. */
export interface ExperimentRun {
  /** The part of the page that it belongs to. */
  readonly part: 'norm' | 'value' | 'order' | 'threshold';
  /** Its folder's name; with `seed` it is unique. */
  readonly name: string;
  readonly seed: number;
  /** What goes to `trainer train`, without the seed and the folder. */
  readonly args: readonly string[];
}

const five = [0, 1, 2, 3, 4];

/** The language model of the parts on clipping: small enough for minutes, at a learning rate that is too high without a clip. */
export const languageArgs: readonly string[] = [
  'char-lstm --hidden 64 --sequence-length 50 --batch-size 16 --steps 200 --optimizer sgd',
  '--evaluate-every 0 --sample-every 0 --checkpoint-every 0',
].flatMap((words) => words.split(' '));

/** The learning rates of the part on divergence; the other parts have the first. */
export const learningRates = [10, 16] as const;

/** The lengths of the temporal order problem. */
export const orderLengths: readonly number[] = [20, 50, 100, 200];

/** The steps that a temporal order run may take. */
export const orderSteps = 1000;

/** The thresholds of the global norm. */
export const thresholds: readonly number[] = [0.1, 0.2, 0.5, 1, 2, 5];

/** The runs, in the order in which they are trained. */
export const experimentRuns: readonly ExperimentRun[] = [
  ...normRuns(learningRates[0]),
  ...five.map((seed): ExperimentRun => ({
    part: 'value',
    name: 'value-0.01',
    seed,
    args: [...languageArgs, '--lr', '10', '--clip', 'value:0.01'],
  })),
  ...thresholdRuns(0),
  ...orderRuns([20, 50]),
  ...thresholdRuns(1),
  ...thresholdRuns(2),
  ...normRuns(learningRates[1]),
  ...orderRuns([100, 200]),
];

/** Where the runs of a learning rate are kept, after the name of their clip. */
export function rateSuffix(learningRate: number): string {
  return learningRate === learningRates[0] ? '' : `-lr${learningRate}`;
}

function normRuns(learningRate: number): readonly ExperimentRun[] {
  const suffix = rateSuffix(learningRate);
  const args = [...languageArgs, '--lr', String(learningRate)];
  return five.flatMap((seed): ExperimentRun[] => [
    { part: 'norm', name: `no-clip${suffix}`, seed, args },
    { part: 'norm', name: `global-norm-0.5${suffix}`, seed, args: [...args, '--clip', 'global-norm:0.5'] },
  ]);
}

function thresholdRuns(seed: number): readonly ExperimentRun[] {
  // A threshold of a half is trained above.
  return thresholds
    .filter((threshold) => threshold !== 0.5)
    .map((threshold) => ({
      part: 'threshold',
      name: `global-norm-${threshold}`,
      seed,
      args: [...languageArgs, '--lr', '10', '--clip', `global-norm:${threshold}`],
    }));
}

function orderRuns(lengths: readonly number[]): readonly ExperimentRun[] {
  return lengths.flatMap((length) =>
    [0, 1, 2].flatMap((seed) =>
      ['none', 'global-norm:1'].map((clip): ExperimentRun => ({
        part: 'order',
        name: `temporal-order-${length}-${clip === 'none' ? 'no-clip' : 'clip'}`,
        seed,
        args: [
          `temporal-order --length ${length} --lr 0.2 --clip ${clip} --steps ${orderSteps}`,
          '--evaluate-every 100 --checkpoint-every 200',
        ].flatMap((words) => words.split(' ')),
      })),
    ),
  );
}
