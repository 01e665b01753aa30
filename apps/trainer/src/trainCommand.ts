import { Command, Option } from '@commander-js/extra-typings';
import { backendNames } from './backend.ts';
import type { BackendName } from './backend.ts';
import {
  batchesPerStep,
  chainFromFlags,
  clipNames,
  endingSchedule,
  withScheduleSteps,
  optimizerNames,
  scheduleNames,
} from './gradientChain.ts';
import { InputError } from './inputError.ts';
import { parseJsonObject } from './jsonFields.ts';
import type { JsonObject } from './jsonFields.ts';
import { parseCount, parseInterval, parseNonNegative, parsePositive, parseSeed } from './numberOption.ts';
import { readFileText } from './readFileText.ts';
import { readRunConfig, readTransformJSON } from './runConfig.ts';
import type { RunConfig } from './runConfig.ts';
import { readConfigOf } from './runFolder.ts';
import { flagOf, readSettings } from './setting.ts';
import type { Task } from './task.ts';

/** What `trainer train` is asked to do. */
export interface TrainRequest {
  readonly task: Task;
  readonly config: RunConfig;
  /** A new folder, or none said. */
  readonly run: string | undefined;
  /** The folder of a run to go on with. */
  readonly resume: string | undefined;
  readonly maxSeconds: number | undefined;
  readonly printProgram: boolean;
  readonly tensorboard: boolean;
}

const usual = {
  seed: 0,
  backend: 'auto',
  logEvery: 10,
  checkpointEvery: 100,
  evaluateEvery: 100,
  sampleEvery: 200,
} as const;

/** The subcommand that trains a task; `act` is called with what the flags say. */
export function trainCommand(task: Task, act: (request: TrainRequest) => Promise<void>): Command {
  const { learningRate, optimizer, steps } = task.defaults;
  const base = new Command(task.name)
    .description(task.summary)
    .addOption(new Option('--steps <number>', `steps to train (usually ${steps})`).argParser(parseCount))
    .addOption(
      new Option('--seconds <number>', 'stop after so long; --resume goes on').argParser(parsePositive),
    )
    .addOption(
      new Option('--seed <number>', 'weights and order of the data (usually 0)').argParser(parseSeed),
    )
    .addOption(
      new Option('--backend <name>', 'what computes (usually auto, the best there is)').choices(backendNames),
    )
    .addOption(
      new Option(
        '--clip <kind:threshold>',
        `${clipNames.join(', ')} or none; may be given several times`,
      ).argParser((text: string, before: string[] | undefined) => [...(before ?? []), text]),
    )
    .addOption(new Option('--optimizer <name>', `usually ${optimizer}`).choices(optimizerNames))
    .addOption(
      new Option('--lr, --learning-rate <number>', `usually ${learningRate}`).argParser(parsePositive),
    )
    .addOption(new Option('--momentum <number>', 'of sgd').argParser(parseNonNegative))
    .addOption(new Option('--weight-decay <number>', 'of adamw, lion and sgd').argParser(parseNonNegative))
    .addOption(
      new Option('--schedule <name>', 'the learning rate over the run (usually constant)').choices(
        scheduleNames,
      ),
    )
    .addOption(
      new Option('--warmup <steps>', 'of warmup-cosine (usually a tenth of the steps)').argParser(
        parseInterval,
      ),
    )
    .addOption(
      new Option(
        '--schedule-steps <steps>',
        'how many steps the schedule is over (usually all of them)',
      ).argParser(parseCount),
    )
    .addOption(
      new Option('--accumulate <batches>', 'mean of so many batches in a step').argParser(parseCount),
    )
    .option('--skip-non-finite', 'leave out batches whose gradients hold NaN or an infinity')
    .option('--config <file>', "a run's config.json, or a transform as toJSON writes it")
    .option('--print-program', 'print the traced program and its passes, and do not train')
    .option(
      '--run <folder>',
      `where the run is kept (usually runs/${task.name}-1, or the next number that is free)`,
    )
    .option('--resume <folder>', 'go on with a run')
    .option('--tensorboard', 'write TensorBoard files beside the metrics')
    .addOption(new Option('--log-every <steps>', 'a line when piped (usually 10)').argParser(parseCount))
    .addOption(
      new Option('--checkpoint-every <steps>', 'usually 100; 0 is at the end only').argParser(parseInterval),
    )
    .addOption(
      new Option('--evaluate-every <steps>', 'loss on held-out data (usually 100)').argParser(parseInterval),
    )
    .addOption(
      new Option('--sample-every <steps>', 'text of language models (usually 200)').argParser(parseInterval),
    );
  if (task.takesTexts) {
    base.addOption(new Option('--data <file...>', 'text files in UTF-8, instead of Moby Dick'));
  }
  for (const [name, setting] of Object.entries(task.settings)) {
    const option = new Option(`${flagOf(name)} <value>`, `${setting.meaning} (usually ${setting.fallback})`);
    base.addOption('choices' in setting ? option.choices(setting.choices) : option.argParser(parseInterval));
  }
  return base.helpOption('-h, --help', 'print this text').action(async (options, command) => {
    const given: Readonly<Record<string, unknown>> = command.opts();
    const { run, resume, seconds, printProgram = false, tensorboard = false } = options;
    if (run !== undefined && resume !== undefined) {
      throw new InputError('--run names a new folder and --resume one that is there: give one of them.');
    }
    const config =
      resume === undefined ? newConfig(task, options, given) : resumedConfig(task, resume, options, given);
    await act({ task, config, run, resume, maxSeconds: seconds, printProgram, tensorboard });
  });
}

interface ConfigFlags {
  readonly steps?: number | undefined;
  readonly seed?: number | undefined;
  readonly backend?: BackendName | undefined;
  readonly clip?: readonly string[] | undefined;
  readonly optimizer?: string | undefined;
  readonly learningRate?: number | undefined;
  readonly momentum?: number | undefined;
  readonly weightDecay?: number | undefined;
  readonly schedule?: string | undefined;
  readonly warmup?: number | undefined;
  readonly scheduleSteps?: number | undefined;
  readonly accumulate?: number | undefined;
  readonly skipNonFinite?: true | undefined;
  readonly config?: string | undefined;
  readonly logEvery?: number | undefined;
  readonly checkpointEvery?: number | undefined;
  readonly evaluateEvery?: number | undefined;
  readonly sampleEvery?: number | undefined;
}

const chainFlags = [
  'clip',
  'optimizer',
  'learningRate',
  'momentum',
  'weightDecay',
  'schedule',
  'warmup',
  'accumulate',
  'skipNonFinite',
] as const;

/** What may change between the sessions of one run: nothing else changes a bit of what it computes than `scheduleSteps`. */
const freeOnResume: ReadonlySet<string> = new Set([
  'steps',
  'scheduleSteps',
  'backend',
  'logEvery',
  'checkpointEvery',
  'evaluateEvery',
  'sampleEvery',
  'seconds',
  'resume',
  'tensorboard',
  'printProgram',
]);

function newConfig(task: Task, flags: ConfigFlags, given: Readonly<Record<string, unknown>>): RunConfig {
  const file = flags.config === undefined ? undefined : readConfigFile(flags.config, task);
  const chosen = chainFlags.filter((name) => flags[name] !== undefined);
  if (file !== undefined && chosen.length > 0) {
    throw new InputError(
      `${flags.config ?? ''} holds the whole transform; ${chosen.map(flagOf).join(', ')} would change it. Give one or the other.`,
    );
  }
  if (flags.accumulate !== undefined && (flags.steps ?? task.defaults.steps) < flags.accumulate) {
    throw new InputError(
      `--accumulate ${flags.accumulate} needs as many batches for one step of the optimizer, but --steps ` +
        `${flags.steps ?? task.defaults.steps} gives fewer: none would be taken.`,
    );
  }
  if (
    flags.scheduleSteps !== undefined &&
    file === undefined &&
    (flags.schedule ?? 'constant') === 'constant'
  ) {
    throw new InputError('--schedule-steps means nothing without a --schedule.');
  }
  const kept = file?.config;
  const steps = flags.steps ?? kept?.steps ?? task.defaults.steps;
  const chosenSettings = Object.fromEntries(
    Object.keys(task.settings).flatMap((name) => {
      const value = given[name];
      return typeof value === 'number' || typeof value === 'string' ? [[name, value]] : [];
    }),
  );
  const settings = readSettings(task.settings, { ...kept?.settings, ...chosenSettings }, task.name);
  const data: readonly unknown[] = Array.isArray(given['data']) ? given['data'] : (kept?.texts ?? []);
  return {
    task: task.name,
    settings,
    texts: data.filter((path): path is string => typeof path === 'string'),
    seed: flags.seed ?? kept?.seed ?? usual.seed,
    backend: flags.backend ?? kept?.backend ?? usual.backend,
    transform: scheduled(
      file?.transform ??
        chainFromFlags({
          clip: flags.clip ?? [],
          optimizer: flags.optimizer ?? task.defaults.optimizer,
          learningRate: flags.learningRate ?? task.defaults.learningRate,
          momentum: flags.momentum,
          weightDecay: flags.weightDecay,
          schedule: flags.schedule ?? 'constant',
          steps: flags.scheduleSteps ?? steps,
          warmupSteps: flags.warmup,
          accumulate: flags.accumulate ?? 1,
          skipNonFinite: flags.skipNonFinite ?? false,
        }).toJSON(),
      { steps, scheduleSteps: file === undefined ? undefined : flags.scheduleSteps, mayRest: true },
    ),
    steps,
    logEvery: flags.logEvery ?? kept?.logEvery ?? usual.logEvery,
    checkpointEvery: flags.checkpointEvery ?? kept?.checkpointEvery ?? usual.checkpointEvery,
    evaluateEvery: flags.evaluateEvery ?? kept?.evaluateEvery ?? usual.evaluateEvery,
    sampleEvery: flags.sampleEvery ?? kept?.sampleEvery ?? usual.sampleEvery,
  };
}

function readConfigFile(
  path: string,
  task: Task,
): { readonly transform: RunConfig['transform']; readonly config: RunConfig | undefined } {
  const json: JsonObject = parseJsonObject(readFileText(path), path);
  if (typeof json['transform'] === 'string') {
    return { transform: readTransformJSON({ options: {}, ...json }, path), config: undefined };
  }
  const config = readRunConfig(json, path);
  if (config.task === task.name) return { transform: config.transform, config };
  throw new InputError(
    `${path} is of the task ${config.task}, not of ${task.name}: trainer train ${config.task} --config ${path}.`,
  );
}

function resumedConfig(
  task: Task,
  path: string,
  flags: ConfigFlags,
  given: Readonly<Record<string, unknown>>,
): RunConfig {
  const config = readConfigOf(path);
  if (config.task !== task.name) {
    throw new InputError(
      `${path} is a run of ${config.task}, not of ${task.name}: trainer train ${config.task} --resume ${path}.`,
    );
  }
  const refused = Object.keys(given).filter((name) => given[name] !== undefined && !freeOnResume.has(name));
  if (refused.length > 0) {
    throw new InputError(
      `${refused.map(flagOf).join(', ')} cannot change in the middle of a run: its config.json says what it does. ` +
        `Leave it out, or begin a new run with --config ${path}/config.json.`,
    );
  }
  const steps = flags.steps ?? config.steps;
  return {
    ...config,
    transform: scheduled(config.transform, {
      steps,
      scheduleSteps: flags.scheduleSteps,
      mayRest: steps <= config.steps,
    }),
    steps,
    backend: flags.backend ?? config.backend,
    logEvery: flags.logEvery ?? config.logEvery,
    checkpointEvery: flags.checkpointEvery ?? config.checkpointEvery,
    evaluateEvery: flags.evaluateEvery ?? config.evaluateEvery,
    sampleEvery: flags.sampleEvery ?? config.sampleEvery,
  };
}

/**
 * The transform with its schedule over `scheduleSteps` batches, if that is said.
 *
 * @throws {InputError} if the schedule ends before the run does, and the learning rate would stay at 0, or nobody said that it is to
 *   rest at its end.
 */
function scheduled(
  transform: RunConfig['transform'],
  {
    steps,
    scheduleSteps,
    mayRest,
  }: { readonly steps: number; readonly scheduleSteps: number | undefined; readonly mayRest: boolean },
): RunConfig['transform'] {
  const batches = batchesPerStep({ ...transform });
  const before = endingSchedule({ ...transform });
  if (before === undefined) {
    if (scheduleSteps === undefined) return transform;
    throw new InputError('--schedule-steps: the learning rate of this run has no schedule that ends.');
  }
  const made =
    scheduleSteps === undefined
      ? transform
      : readTransformJSON(
          withScheduleSteps({ ...transform }, Math.ceil(scheduleSteps / batches)),
          '--schedule-steps',
        );
  const { name, end } = endingSchedule({ ...made }) ?? before;
  const staysAtZero = name === 'cosineDecay' || name === 'linear';
  if (Math.ceil(steps / batches) <= end || (!staysAtZero && (mayRest || scheduleSteps !== undefined)))
    return made;
  throw new InputError(
    `The schedule of the learning rate ends at step ${end * batches} of ${steps}; after it the rate would ` +
      `${staysAtZero ? 'be 0' : 'rest at its last value'}. Say how many steps it is to be over: --schedule-steps ${steps}.`,
  );
}
