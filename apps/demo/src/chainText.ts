import {
  planProgram,
  printPlan,
  printProgram,
  toProgram,
  type LeafSpec,
  type TransformJSON,
} from '@gradkit/core';
import type { TextPage } from './demoState.ts';
import { printCode } from './printCode.ts';
import { requireOptimizer } from './requireOptimizer.ts';
import { tasks, type TaskName } from './task.ts';

/** What each page of the text panel is called. */
export const textPageTitles: Readonly<Record<TextPage, string>> = {
  code: 'Code',
  program: 'Program',
  passes: 'Passes',
  json: 'JSON',
};

/** What each page shows. */
export const textPageNotes: Readonly<Record<TextPage, string>> = {
  code: 'What you would write. The optimizer goes into model.compile, minimize or applyGradients of TensorFlow.js.',
  program: 'The maths, traced once: one line for all leaves of the net, whatever their number.',
  passes: 'The sweeps over memory that run. A new one starts only where an entry waits for a reduction.',
  json: 'The same chain as data. The trainer reads it, and this page reads what the trainer wrote.',
};

const printers: Readonly<Record<TextPage, (json: TransformJSON, task: TaskName) => string>> = {
  code: printCode,
  json: (json) => `${JSON.stringify(json, null, 2)}\n`,
  program: (json, task) => printProgram(toProgram(requireOptimizer(json), leavesOf(task))),
  passes: (json, task) => printPlan(planProgram(toProgram(requireOptimizer(json), leavesOf(task)))),
};

/** The chain as text. */
export function chainText(page: TextPage, json: TransformJSON, task: TaskName): string {
  return printers[page](json, task);
}

/** The leaves of a task's net. */
function leavesOf(task: TaskName): readonly LeafSpec[] {
  return Object.entries(tasks[task].parameters(0)).map(([name, { shape }]) => ({ name, shape }));
}
