import { createTransformRun, printPlan, printProgram } from '@gradkit/core';
import type { LeafSpec } from '@gradkit/core';
import { activateBackend } from './backend.ts';
import type { ActiveBackend } from './backend.ts';
import { outcomeLines } from './formatRun.ts';
import { chainFromJSON } from './gradientChain.ts';
import type { Optimizer } from './gradientChain.ts';
import { refuseChangedTexts } from './refuseChangedTexts.ts';
import { fileDigest } from './readFileText.ts';
import { createRunFolder, freeRunPath, openRunFolder } from './runFolder.ts';
import { showRun } from './showRun.ts';
import type { TaskSession } from './task.ts';
import type { TrainRequest } from './trainCommand.ts';
import { resultOf, trainRun } from './trainRun.ts';
import type { RunObserver } from './trainRun.ts';

/** Trains as asked and shows it. @returns the exit code. */
export async function runTraining(request: TrainRequest, signal: AbortSignal): Promise<number> {
  const { task, config } = request;
  const optimizer = chainFromJSON({ ...config.transform });
  const backend = await activateBackend(config.backend);
  process.stderr.write(`${backend.note}\n`);
  if (request.printProgram) {
    const session = await task.open({ settings: config.settings, texts: config.texts, seed: config.seed });
    const leaves = session.variables.map(({ name, shape }) => ({ name, shape }));
    session.dispose();
    process.stdout.write(programText(optimizer, leaves));
    return 0;
  }
  if (request.resume !== undefined) refuseChangedTexts(request.resume, config);
  // Opened before there is a folder, so that settings that cannot be meant leave none behind.
  const session = await task.open({ settings: config.settings, texts: config.texts, seed: config.seed });
  try {
    return await trainInFolder(request, session, backend, signal);
  } finally {
    session.dispose();
  }
}

async function trainInFolder(
  request: TrainRequest,
  session: TaskSession,
  backend: ActiveBackend,
  signal: AbortSignal,
): Promise<number> {
  const { task, config, maxSeconds } = request;
  const path = request.resume ?? request.run ?? freeRunPath(task.name);
  const texts = config.texts.length === 0 ? {} : { textDigests: config.texts.map(fileDigest) };
  const kept = { ...config, ...texts, backend: backend.name };
  const folder = request.resume === undefined ? createRunFolder(path) : openRunFolder(path);
  try {
    process.stderr.write(`Run: ${path}\n`);
    const isTerminal = process.stderr.isTTY && process.stdout.isTTY;
    const display = showRun(
      { steps: config.steps, logEvery: config.logEvery, unit: task.unit, maxSeconds: maxSeconds ?? Infinity },
      { out: process.stdout, err: isTerminal ? process.stderr : undefined },
    );
    const board = request.tensorboard ? await openBoard(path) : undefined;
    const outcome = await trainRun({
      config: kept,
      session,
      folder,
      binding: backend.binding,
      observer: board === undefined ? display : joined([display, board]),
      signal,
      ...(maxSeconds === undefined ? {} : { maxSeconds }),
    }).finally(() => {
      display.stop();
      board?.close();
    });
    folder.writeResult(resultOf(outcome, backend.name));
    for (const line of outcomeLines(outcome, { path, transform: config.transform })) {
      process.stdout.write(`${line}\n`);
    }
    if (outcome.outcome === 'interrupted') return signal.reason === 'SIGTERM' ? 143 : 130;
    return outcome.outcome === 'diverged' ? 1 : 0;
  } catch (error) {
    if (request.resume === undefined) folder.removeIfUntrained();
    throw error;
  } finally {
    folder.close();
  }
}

async function openBoard(path: string): Promise<RunObserver & { close(): void }> {
  const { tensorBoard } = await import('./tensorBoard.ts');
  return tensorBoard(path);
}

function joined(observers: readonly RunObserver[]): RunObserver {
  return {
    stepped: (metrics, context) => observers.forEach((observer) => observer.stepped(metrics, context)),
    evaluated: (step, evaluation) => observers.forEach((observer) => observer.evaluated(step, evaluation)),
    sampled: (step, text) => observers.forEach((observer) => observer.sampled(step, text)),
    noted: (line) => observers.forEach((observer) => observer.noted(line)),
  };
}

/** How many steps are looked through for programs that differ: a micro-step of `accumulate` has one of its own. */
const stepsLookedAt = 64;

/** The programs of the first steps and their passes, each told once, with the steps that it is of. */
function programText(optimizer: Optimizer, leaves: readonly LeafSpec[]): string {
  const run = createTransformRun(optimizer, leaves);
  const active = leaves.map(() => true);
  const steps = new Map<string, number[]>();
  for (let step = 0; step < stepsLookedAt; step++) {
    const { program, plan } = run.prepare({ step, active, output: 'parameters' });
    const text = `${printProgram(program)}\n\n${printPlan(plan)}\n`;
    steps.set(text, [...(steps.get(text) ?? []), step + 1]);
  }
  if (steps.size === 1) return [...steps.keys()].join('');
  return Array.from(steps, ([text, at]) => `Steps ${at.slice(0, 4).join(', ')}, ...\n\n${text}`).join('\n');
}
