import '@tensorflow/tfjs-core/dist/register_all_gradients.js';
import * as tf from '@tensorflow/tfjs-core';
import { chooseBackend, type ChosenBackend } from './chooseBackend.ts';
import type { TrainingAnswer, TrainingRequest } from './trainingMessages.ts';
import { createTrainingPair, type PairStep, type TrainingPair } from './trainingPair.ts';

type Start = Extract<TrainingRequest, { type: 'start' }>;

const millisecondsBetweenAnswers = 50;

let chosen: { readonly wish: Start['backend']; readonly backend: ChosenBackend } | undefined;
/** What is to happen, as the page last said. */
const wanted: {
  current: { readonly run: number; readonly pair: TrainingPair } | undefined;
  stepsPerSecond: number;
  /** Steps to take beside the pace. */
  single: number;
} = { current: undefined, stepsPerSecond: 0, single: 0 };
let isLooping = false;
let starting: Promise<void> = Promise.resolve();

function answer(message: TrainingAnswer): void {
  postMessage(message, { transfer: [] });
}

addEventListener('message', ({ data }: MessageEvent<TrainingRequest>) => {
  switch (data.type) {
    case 'start':
      starting = starting.then(async () => start(data)).catch(fail);
      break;
    case 'assign':
      // After a start that came before it, since the new run is to have the value too.
      starting = starting.then(() => wanted.current?.pair.assign(data.path, data.value)).catch(fail);
      break;
    case 'pace':
      wanted.stepsPerSecond = data.stepsPerSecond;
      wake();
      break;
    case 'step':
      wanted.single++;
      wake();
      break;
  }
});

function fail(error: unknown): void {
  answer({ type: 'failed', text: error instanceof Error ? error.message : String(error) });
}

async function start(request: Start): Promise<void> {
  const before = wanted.current;
  wanted.current = undefined;
  wanted.single = 0;
  await looping;
  before?.pair.dispose();
  if (chosen?.wish !== request.backend) {
    tf.enableProdMode();
    const backend = await chooseBackend(request.backend, (text) => answer({ type: 'loading', text }));
    chosen = { wish: request.backend, backend };
    answer({
      type: 'backend',
      verdicts: backend.verdicts,
      binding: backend.binding?.name,
    });
  }
  const { binding } = chosen.backend;
  wanted.current = { run: request.run, pair: createTrainingPair(request, { binding }) };
  answer({ type: 'started', run: request.run });
  wake();
}

let looping: Promise<void> = Promise.resolve();

function wake(): void {
  if (isLooping) return;
  isLooping = true;
  looping = loop()
    .catch(fail)
    .finally(() => (isLooping = false));
}

/** Steps at the pace asked for and tells the page about twenty times a second. */
async function loop(): Promise<void> {
  let due = performance.now();
  let told = -Infinity;
  let untold: PairStep[] = [];
  while (
    wanted.current !== undefined &&
    (wanted.stepsPerSecond > 0 || wanted.single > 0 || untold.length > 0)
  ) {
    const { run, pair } = wanted.current;
    const isOver = pair.diverged('raw') && pair.diverged('chain');
    const isDue = wanted.single > 0 || (wanted.stepsPerSecond > 0 && performance.now() >= due);
    if (isDue && !isOver) {
      untold.push(await pair.step());
      due = Math.max(due + 1000 / Math.max(wanted.stepsPerSecond, 1), performance.now() - 100);
    }
    wanted.single = Math.max(0, wanted.single - 1);
    const now = performance.now();
    const isQuiet = wanted.stepsPerSecond === 0 || isOver;
    if (untold.length > 0 && (isQuiet || now - told >= millisecondsBetweenAnswers)) {
      const gradient = await pair.gradient();
      const diverged = { raw: pair.diverged('raw'), chain: pair.diverged('chain') };
      answer({ type: 'steps', run, steps: untold, gradient, diverged, tensors: tf.memory().numTensors });
      told = now;
      untold = [];
    }
    if (isOver && untold.length === 0) return;
    await pause(wanted.stepsPerSecond === 0 ? 0 : due - performance.now());
  }
}

const channel = new MessageChannel();

/** Lets messages in; waits where there is nothing to do. */
async function pause(milliseconds: number): Promise<void> {
  await new Promise<void>((resolve) => {
    if (milliseconds > 4) {
      setTimeout(resolve, Math.min(milliseconds, millisecondsBetweenAnswers));
      return;
    }
    channel.port1.addEventListener('message', () => resolve(), { once: true });
    channel.port1.start();
    channel.port2.postMessage(undefined);
  });
}
