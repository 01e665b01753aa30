import type { TransformJSON } from '@gradkit/core';
import { readAddress, writeAddress } from './addressState.ts';
import { chainFromJSON, clips, membersOf, withoutClips } from './chainDescription.ts';
import { transformOf, type DemoState } from './demoState.ts';
import { createHistory, type History } from './history.ts';
import { requireOptimizer } from './requireOptimizer.ts';
import type { Metrics } from './runFile.ts';
import type { BackendVerdict, TrainingAnswer, TrainingRequest } from './trainingMessages.ts';
import type { NamedArrays, Side } from './trainingPair.ts';

/** All that the page shows at one moment. */
export interface Demo {
  readonly state: DemoState;
  readonly history: History;
  readonly gradient: NamedArrays | undefined;
  readonly diverged: Readonly<Record<Side, boolean>>;
  readonly isPlaying: boolean;
  /** What the worker is busy with before it trains. */
  readonly loading: string | undefined;
  readonly failure: string | undefined;
  readonly verdicts: readonly BackendVerdict[];
  /** What runs the transforms; undefined where they run operation by operation. */
  readonly binding: string | undefined;
  /** Something to tell the person once: a bad address, a file that was read. */
  readonly notice: string | undefined;
  readonly tensors: number;
  /** The metrics of a run of the trainer that was opened. */
  readonly metrics: Metrics | undefined;
}

/** What the page can do to it. */
export interface DemoActions {
  /** Changes what does not concern the runs. */
  set(change: Partial<DemoState>): void;
  /** Changes what the runs start from, and starts them anew. */
  restartWith(change: Partial<DemoState>): void;
  restart(): void;
  /** Moves a clip's threshold; the next step has it. */
  setThreshold(index: number, threshold: number): void;
  /** Moves the learning rate of both runs; the next step has it. */
  setLearningRate(learningRate: number): void;
  togglePlaying(): void;
  /** Pauses; the result goes on, if it was playing. */
  pause(): () => void;
  step(): void;
  /** Takes a transform that was read from a file into the chain. @throws if it is none. */
  importTransform(json: TransformJSON, source: string): void;
  showMetrics(metrics: Metrics): void;
  notify(text: string | undefined): void;
}

/** Runs the demo: the worker that trains, what is known of the runs, and the address that keeps the state. */
export function createDemo(onChange: () => void): {
  readonly current: () => Demo;
  readonly actions: DemoActions;
} {
  const worker = new Worker(new URL('./trainingWorker.ts', import.meta.url), { type: 'module' });
  const { state: first, problems } = readAddress(location.hash);
  let run = 0;
  let triedBackend: DemoState['backend'] | undefined;
  let demo: Demo = {
    state: first,
    history: createHistory(),
    gradient: undefined,
    diverged: { raw: false, chain: false },
    isPlaying: !matchMedia('(prefers-reduced-motion: reduce)').matches,
    loading: 'Loading TensorFlow.js',
    failure: undefined,
    verdicts: [],
    binding: undefined,
    notice: noticeOf(problems),
    tensors: 0,
    metrics: undefined,
  };

  const change = (part: Partial<Demo>): void => {
    demo = { ...demo, ...part };
    onChange();
  };
  const ask = (request: TrainingRequest): void => worker.postMessage(request, []);

  const setPace = (): void =>
    ask({ type: 'pace', stepsPerSecond: demo.isPlaying && !document.hidden ? demo.state.pace : 0 });

  const start = (): void => {
    run++;
    const { task, seed, backend } = demo.state;
    const chain = transformOf(demo.state);
    // What is known of the last backend is not said of the one that is tried now.
    if (backend !== triedBackend)
      change({ verdicts: [], binding: undefined, loading: 'Loading the backend' });
    triedBackend = backend;
    change({
      history: createHistory(),
      gradient: undefined,
      diverged: { raw: false, chain: false },
      failure: undefined,
    });
    ask({ type: 'start', run, backend, task, seed, transforms: { raw: withoutClips(chain), chain } });
    setPace();
  };

  const keepAddress = sparingly(() => {
    const address = writeAddress(demo.state);
    history.replaceState(null, '', address === '' ? location.pathname + location.search : `#${address}`);
  }, millisecondsBetweenAddresses);
  addEventListener('pagehide', keepAddress.now);

  const setState = (part: Partial<DemoState>): void => {
    change({ state: { ...demo.state, ...part } });
    keepAddress.soon();
  };

  worker.addEventListener('message', ({ data }: MessageEvent<TrainingAnswer>) => {
    switch (data.type) {
      case 'loading':
        change({ loading: data.text });
        break;
      case 'backend':
        change({ verdicts: data.verdicts, binding: data.binding });
        break;
      case 'started':
        if (data.run === run) change({ loading: undefined });
        break;
      case 'steps': {
        if (data.run !== run) break;
        for (const taken of data.steps) demo.history.push(taken);
        const { gradient, diverged, tensors } = data;
        const isFinite = Object.values(gradient).every((values) => values.every(Number.isFinite));
        change({ diverged, tensors, ...(isFinite ? { gradient } : {}) });
        break;
      }
      case 'failed':
        change({ failure: data.text, loading: undefined });
        break;
    }
  });
  worker.addEventListener('error', ({ message }) =>
    change({ failure: message || 'the script that trains could not be loaded', loading: undefined }),
  );
  document.addEventListener('visibilitychange', setPace);
  addEventListener('hashchange', () => {
    keepAddress.never();
    const { state, problems: found } = readAddress(location.hash);
    const isSameRun = runOf(state) === runOf(demo.state);
    change({ state, notice: noticeOf(found) });
    if (isSameRun) setPace();
    else start();
  });

  const actions: DemoActions = {
    set: (part) => {
      setState(part);
      setPace();
    },
    restartWith: (part) => {
      setState(part);
      start();
    },
    restart: start,
    setThreshold: (index, threshold) => {
      const { chain } = demo.state;
      const clip = chain.clips[index];
      if (clip === undefined || !(threshold > 0)) return;
      setState({
        chain: {
          ...chain,
          clips: chain.clips.map((each, at) => (at === index ? { ...each, threshold } : each)),
        },
      });
      ask({ type: 'assign', path: `${clip.name}.${clips[clip.name].option}`, value: threshold });
    },
    setLearningRate: (learningRate) => {
      const { chain } = demo.state;
      setState({ chain: { ...chain, learningRate } });
      ask({ type: 'assign', path: `${chain.optimizer}.learningRate`, value: learningRate });
    },
    togglePlaying: () => {
      change({ isPlaying: !demo.isPlaying });
      setPace();
    },
    pause: () => {
      const { isPlaying } = demo;
      const setPlaying = (value: boolean): void => {
        change({ isPlaying: value });
        setPace();
      };
      setPlaying(false);
      return () => setPlaying(isPlaying || demo.isPlaying);
    },
    step: () => {
      actions.pause();
      ask({ type: 'step' });
    },
    importTransform: (json, source) => {
      requireOptimizer(json);
      const chain = chainFromJSON(json);
      const names = membersOf(json).map(({ transform }) => transform);
      change({ notice: `Read ${names.join(', ')} from ${source}.` });
      actions.restartWith(chain === undefined ? { imported: json } : { chain, imported: undefined });
    },
    showMetrics: (metrics) =>
      change({ metrics, notice: `Read ${metrics.steps.length} steps from ${metrics.source}.` }),
    notify: (notice) => change({ notice }),
  };

  queueMicrotask(start);
  return { current: () => demo, actions };
}

/** Browsers refuse to change the address more often than about a hundred times in half a minute. */
const millisecondsBetweenAddresses = 400;

/** Does something at once, or a little later if it has just been done. */
function sparingly(
  task: () => void,
  milliseconds: number,
): { readonly soon: () => void; readonly now: () => void; readonly never: () => void } {
  let done = -Infinity;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const never = (): void => {
    clearTimeout(timer);
    timer = undefined;
  };
  const run = (): void => {
    never();
    done = performance.now();
    task();
  };
  return {
    soon: () => {
      const rest = done + milliseconds - performance.now();
      if (rest <= 0) run();
      else timer ??= setTimeout(run, rest);
    },
    now: () => {
      if (timer !== undefined) run();
    },
    never,
  };
}

/** What of a state the two runs depend on. */
function runOf({ task, seed, backend, chain, imported }: DemoState): string {
  return JSON.stringify([task, seed, backend, chain, imported]);
}

function noticeOf(problems: readonly string[]): string | undefined {
  return problems.length === 0
    ? undefined
    : `The address could not be read in full; these parts are as usual instead: ${problems.join(', ')}.`;
}
