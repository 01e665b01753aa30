import { createStepper } from '@gradkit/core';
import { engines } from './engines.ts';
import { transformerTree } from './parameterTree.ts';
import { transforms } from './transforms.ts';
import { usualSettings } from './updateTask.ts';

// Prints the milliseconds from a transform to the end of its first step, less those of a second step. The leaves are as many as the
// transformer's and of four numbers each, so that hardly any time goes into memory.
const [, chosen] = Object.entries(engines).find(([name]) => name === process.argv[2]) ?? [];
if (chosen === undefined) throw new Error(`Name one of the engines: ${Object.keys(engines).join(', ')}.`);
const engine = await chosen.open();

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
