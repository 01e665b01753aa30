import gradkit from '@gradkit/eslint-plugin';
import { clipByGlobalNorm } from '@gradkit/clip-norm';
import { createStepper } from '@gradkit/core';
import { createRequire } from 'node:module';

const plugin = createRequire(import.meta.url)('@gradkit/eslint-plugin');
const stepper = createStepper(clipByGlobalNorm({ maxNorm: 1 }), { w: new Float32Array(2) });
const { w } = stepper.update({ w: Float32Array.of(3, 4) });
console.log(Array.from(w, (value) => value.toFixed(3)).join());
console.log(Object.keys(gradkit.rules).join(), Object.keys(plugin.rules).join(), plugin.meta.name);
