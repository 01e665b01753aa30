import { createStepper } from '@gradkit/core';
import { engines } from './engines.ts';
import { transformerTree } from './parameterTree.ts';
import { transforms } from './transforms.ts';
import { usualSettings } from './updateTask.ts';

// Prints the milliseconds from a transform to the end of its first step, less those of a second step. The leaves are as many as the
// transformer's and of four numbers each, so that hardly any time goes into memory.
const engine = await engines[process.argv[2] ?? '']?.open();
if (engine === undefined) throw new Error('Name one of the engines in engines.ts.');

const params = Object.fromEntries(
  transformerTree.leaves.map(({ name }) => [name, { values: new Float32Array(4), shape: [2, 2] }]),
);

const start = performance.now();
const stepper = createStepper(transforms['clip + Adam'](usualSettings), params, { engine });
stepper.step();
const first = performance.now();
stepper.step();
const second = performance.now();

process.stdout.write(String(first - start - (second - first)));
process.exit(0);
