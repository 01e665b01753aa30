import {
  planProgram,
  printPlan,
  printProgram,
  toProgram,
  type LeafSpec,
  type Program,
  type TransformJSON,
} from '@gradkit/core';
import { printShaders } from '@gradkit/webgpu';
import type { TextPage } from './demoState.ts';
import { printCode } from './printCode.ts';
import { requireOptimizer } from './requireOptimizer.ts';
import { tasks, type TaskName } from './task.ts';

/** What each page of the text panel is called. */
export const textPageTitles: Readonly<Record<TextPage, string>> = {
  code: 'Code',
  program: 'Program',
  passes: 'Passes',
  wgsl: 'WGSL',
  json: 'JSON',
};

/** What each page shows. */
export const textPageNotes: Readonly<Record<TextPage, string>> = {
  code: 'What you would write. The optimizer goes into model.compile, minimize or applyGradients of TensorFlow.js.',
  program: 'The maths, traced once: one line for all leaves of the net, whatever their number.',
  passes: 'The sweeps over memory that run. A new one starts only where an entry waits for a reduction.',
  wgsl: 'The shaders of these passes, as a device with the least limits of WebGPU runs them: each binds several leaves at once.',
  json: 'The same chain as data. The trainer reads it, and this page reads what the trainer wrote.',
};

const printers: Readonly<Record<TextPage, (json: TransformJSON, task: TaskName) => string>> = {
  code: printCode,
  json: (json) => `${JSON.stringify(json, null, 2)}\n`,
  program: (json, task) => printProgram(programOf(json, task)),
  passes: (json, task) => printPlan(planProgram(programOf(json, task))),
  wgsl: (json, task) =>
    printShaders(programOf(json, task))
      .map(({ pass, dispatches, wgsl }) => `// ${pass}, dispatches a step: ${dispatches}\n\n${wgsl}`)
      .join('\n\n'),
};

/** The chain as text. */
export function chainText(page: TextPage, json: TransformJSON, task: TaskName): string {
  return printers[page](json, task);
}

function programOf(json: TransformJSON, task: TaskName): Program {
  return toProgram(requireOptimizer(json), leavesOf(task));
}

/** The leaves of a task's net. */
function leavesOf(task: TaskName): readonly LeafSpec[] {
  return Object.entries(tasks[task].parameters(0)).map(([name, { shape }]) => ({ name, shape }));
}
