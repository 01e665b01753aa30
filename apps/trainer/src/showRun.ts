import type { WriteStream } from 'node:tty';
import { MultiBar } from 'cli-progress';
import { evaluationText, stepParts } from './formatRun.ts';
import type { RunObserver, StepContext, StepMetrics } from './trainRun.ts';

interface ShownRun {
  readonly steps: number;
  readonly logEvery: number;
  readonly unit: string;
  readonly maxSeconds: number;
}

/** An observer that shows the run, until it is stopped. */
export interface RunDisplay extends RunObserver {
  stop(): void;
}

/** A bar on a terminal, with what happens besides above it; elsewhere a line every `logEvery` steps. */
export function showRun(
  run: ShownRun,
  streams: { out: NodeJS.WritableStream; err: WriteStream | undefined },
): RunDisplay {
  return streams.err === undefined ? runLines(run, streams.out) : runBar(run, streams.err);
}

/** How fast it goes over the last hundred steps, and how long that leaves. */
function createPace({ steps, maxSeconds, unit }: ShownRun): (
  metrics: StepMetrics,
  context: StepContext,
) => {
  unitsPerSecond: number;
  secondsLeft: number;
  unit: string;
} {
  const recent: StepMetrics[] = [];
  return (metrics, { sessionSeconds }) => {
    recent.push(metrics);
    if (recent.length > 100) recent.shift();
    const first = recent[0] ?? metrics;
    // The first step of a session compiles and warms up, so a single one says little.
    const isAlone = recent.length < 2;
    const taken = isAlone
      ? metrics.seconds / metrics.step
      : (metrics.seconds - first.seconds) / (recent.length - 1);
    const perStep = metrics.units / metrics.step;
    return {
      unit,
      unitsPerSecond: perStep / taken,
      secondsLeft: Math.min((steps - metrics.step) * taken, maxSeconds - sessionSeconds),
    };
  };
}

/** The metrics with the last norm and factor that were reported: the micro-steps of `accumulate` have none. */
function createHold(): (metrics: StepMetrics, context: StepContext) => StepMetrics {
  let last: Pick<StepMetrics, 'norm' | 'factor'> | undefined;
  return (metrics, { isReported }) => {
    if (isReported) last = { norm: metrics.norm, factor: metrics.factor };
    return { ...metrics, ...last };
  };
}

function runLines(run: ShownRun, out: NodeJS.WritableStream): RunDisplay {
  const paceOf = createPace(run);
  const held = createHold();
  return {
    stepped: (metrics, context) => {
      const shown = stepParts(held(metrics, context), paceOf(metrics, context));
      if (metrics.step % run.logEvery !== 0 && metrics.step !== 1 && Number.isFinite(metrics.loss)) return;
      out.write(
        `step ${metrics.step}/${run.steps}  loss ${shown.loss}  norm ${shown.norm}  clip factor ${shown.factor}  ` +
          `${shown.pace}  ${shown.left} left\n`,
      );
    },
    evaluated: (step, evaluation) =>
      void out.write(`step ${step}  held out: ${evaluationText(evaluation)}\n`),
    sampled: (step, text) => void out.write(`step ${step}  sample: ${JSON.stringify(text)}\n`),
    noted: (line) => void process.stderr.write(`${line}\n`),
    stop: () => undefined,
  };
}

function runBar(run: ShownRun, stream: WriteStream): RunDisplay {
  const paceOf = createPace(run);
  const held = createHold();
  const width = stream.columns || 80;
  const empty = { loss: '-', norm: '-', factor: '-', pace: '-', left: '-' };
  const bars = new MultiBar({
    stream,
    format: '{bar} {value}/{total}  loss {loss}  norm {norm}  clip {factor}  {pace}  {left} left',
    barCompleteChar: '\u2588',
    barIncompleteChar: '\u2591',
    barsize: Math.min(Math.max(width - 92, 6), 40),
    hideCursor: true,
    linewrap: false,
    gracefulExit: false,
    noTTYOutput: false,
    emptyOnZero: true,
  });
  const bar = bars.create(run.steps, 0, empty);
  const print = (line: string): void => {
    bars.log(`${line}\n`);
    bars.update();
  };
  return {
    stepped: (metrics, context) =>
      bar.update(metrics.step, stepParts(held(metrics, context), paceOf(metrics, context))),
    evaluated: (step, evaluation) => print(`step ${step}  held out: ${evaluationText(evaluation)}`),
    sampled: (step, text) =>
      print(`step ${step}  "${text.replaceAll(/\s+/g, ' ').slice(0, Math.max(width - 20, 40))}"`),
    noted: print,
    stop: () => {
      bars.update();
      bars.stop();
    },
  };
}
