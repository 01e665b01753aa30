/** A run that `docs/experiments.md` reports. */
export interface ExperimentRun {
  /** The part of the page that it belongs to. */
  readonly part: 'norm' | 'value' | 'order' | 'threshold' | 'minutes';
  /** Its folder's name; with `seed` it is unique. */
  readonly name: string;
  readonly seed: number;
  readonly backend: 'wasm' | 'node';
  /** What goes to `trainer train`, without the seed, the backend and the folder. */
  readonly args: readonly string[];
}

const five = [0, 1, 2, 3, 4];

/** The language model of the parts on clipping: small enough for minutes, at a learning rate that is too high without a clip. */
export const languageArgs: readonly string[] = [
  'char-lstm --hidden 64 --sequence-length 50 --batch-size 16 --steps 200 --optimizer sgd',
  '--evaluate-every 0 --sample-every 0 --checkpoint-every 0',
].flatMap(words);

/** The learning rates of the part on divergence; the other parts have the first. */
export const learningRates = [10, 16] as const;

/** The lengths of the temporal order problem. */
export const orderLengths: readonly number[] = [20, 50, 100, 150, 200];

/** How temporal order is trained: as Pascanu, Mikolov & Bengio do but for the time, and as a model that remembers is today. */
export const orderModels = {
  tanh: { title: 'tanh, SGD at 0.2', options: '--lr 0.2', steps: 1000 },
  lstm: { title: 'LSTM, Adam at 0.01', options: '--cell lstm --optimizer adam --lr 0.01', steps: 1500 },
} as const;

export type OrderModel = keyof typeof orderModels;

/** The thresholds of the global norm. */
export const thresholds: readonly number[] = [0.1, 0.2, 0.5, 1, 2, 5];

/** The seeds that every threshold is trained from. */
export const sweptSeeds: readonly number[] = [0, 1, 2];

/** Each task with its usual settings, for two minutes. */
export const minuteTasks: readonly Pick<ExperimentRun, 'name' | 'backend'>[] = [
  { name: 'simplenet', backend: 'wasm' },
  { name: 'char-lstm', backend: 'node' },
  { name: 'char-gru', backend: 'node' },
  { name: 'char-transformer', backend: 'node' },
  { name: 'char-transformer --size large', backend: 'node' },
  { name: 'mnist', backend: 'wasm' },
  { name: 'temporal-order', backend: 'wasm' },
  { name: 'adding', backend: 'wasm' },
];

/** The runs, in the order in which they are trained. */
export const experimentRuns: readonly ExperimentRun[] = [
  ...orderRuns('lstm', { lengths: [100], seeds: [0] }),
  ...minuteTasks.map(({ name, backend }): ExperimentRun => ({
    part: 'minutes',
    name: minuteFolder(name),
    seed: 0,
    backend,
    args: minuteArgs(name),
  })),
  ...normRuns(learningRates[1]),
  ...orderRuns('tanh', { lengths: orderLengths, seeds: [0] }),
  ...five.map((seed): ExperimentRun => ({
    part: 'value',
    name: 'value-0.01',
    seed,
    backend: 'wasm',
    args: [...languageArgs, '--lr', '10', '--clip', 'value:0.01'],
  })),
  ...normRuns(learningRates[0]),
  ...orderRuns('lstm', { lengths: [20, 50, 150, 200], seeds: [0] }),
  ...orderRuns('tanh', { lengths: orderLengths, seeds: [1, 2] }),
  ...orderRuns('lstm', { lengths: orderLengths, seeds: [1, 2] }),
  ...sweptSeeds.flatMap(thresholdRuns),
];

/** What a task is trained with for two minutes. */
export function minuteArgs(name: string): readonly string[] {
  return words(
    `${name} --clip global-norm:1 --steps 1000000 --seconds 120 --evaluate-every 0 --sample-every 0`,
  );
}

/** Where a task's two minutes are kept. */
export function minuteFolder(name: string): string {
  return `minutes-${name.replace(' --size ', '-')}`;
}

/** Where the runs of a learning rate are kept, after the name of their clip. */
export function rateSuffix(learningRate: number): string {
  return learningRate === learningRates[0] ? '' : `-lr${learningRate}`;
}

/** Where the runs of a length of temporal order are kept. */
export function orderFolder(model: OrderModel, length: number, clip: OrderClip): string {
  return `temporal-order-${model}-${length}-${clip === 'none' ? 'no-clip' : 'clip'}`;
}

type OrderClip = 'none' | 'global-norm:1';

/** The command of a run of temporal order. */
export function orderCommand(model: OrderModel, length: number, clip: OrderClip): string {
  const { options, steps } = orderModels[model];
  return `temporal-order --length ${length} ${options} --clip ${clip} --steps ${steps} --evaluate-every 100 --checkpoint-every 200`;
}

function normRuns(learningRate: number): readonly ExperimentRun[] {
  const suffix = rateSuffix(learningRate);
  const common = { part: 'norm', backend: 'wasm' } as const;
  const args = [...languageArgs, '--lr', String(learningRate)];
  return five.flatMap((seed): ExperimentRun[] => [
    { ...common, name: `no-clip${suffix}`, seed, args },
    { ...common, name: `global-norm-0.5${suffix}`, seed, args: [...args, '--clip', 'global-norm:0.5'] },
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
      backend: 'wasm',
      args: [...languageArgs, '--lr', '10', '--clip', `global-norm:${threshold}`],
    }));
}

function orderRuns(
  model: OrderModel,
  { lengths, seeds }: { readonly lengths: readonly number[]; readonly seeds: readonly number[] },
): readonly ExperimentRun[] {
  return lengths.flatMap((length) =>
    seeds.flatMap((seed) =>
      (['none', 'global-norm:1'] as const).map((clip): ExperimentRun => ({
        part: 'order',
        name: orderFolder(model, length, clip),
        seed,
        backend: 'wasm',
        args: words(orderCommand(model, length, clip)),
      })),
    ),
  );
}

function words(text: string): readonly string[] {
  return text.split(' ');
}
