// Requires and imports every package in one process, and uses what one of the two gives with what the other gives.
const { readFileSync } = require('node:fs');
const { join } = require('node:path');
const tf = require('@tensorflow/tfjs-core');
require('@tensorflow/tfjs-backend-cpu');

const { dependencies } = JSON.parse(readFileSync(join(__dirname, 'package.json'), 'utf8'));
const packages = Object.keys(dependencies).filter((name) => name.startsWith('@gradkit/'));
const namesOf = (all) =>
  Object.keys(all)
    .filter((name) => name !== '__esModule' && name !== 'module.exports')
    .sort()
    .join();

(async () => {
  const entries = [...packages, '@gradkit/wasm/binding'];
  const same = [];
  const different = [];
  for (const name of entries) {
    const [required, imported] = [require(name), await import(name)];
    if (Object.keys(imported).every((key) => key === 'module.exports' || required[key] === imported[key]))
      same.push(name);
    if (namesOf(required) !== namesOf(imported) || namesOf(required) === '') different.push(name);
  }
  console.log(JSON.stringify({ entries: entries.length, same: same.length, different }));

  for (const [one, other] of [
    [(name) => require(name), (name) => import(name)],
    [(name) => import(name), (name) => require(name)],
  ]) {
    const { clipByGlobalNorm } = await one('@gradkit/clip-norm');
    const { InvalidOptionError } = await one('@gradkit/core');
    const { chain, createStepper } = await other('@gradkit/core');
    const { sgd } = await one('@gradkit/optimizers');
    const { constant } = await other('@gradkit/schedules');
    const { wasmEngine } = await one('@gradkit/wasm');
    const { toOptimizer } = await other('@gradkit/tfjs');
    const { cpu } = await one('@gradkit/tfjs-cpu');

    const transform = () =>
      chain(clipByGlobalNorm({ maxNorm: 1 }), sgd({ learningRate: constant({ value: 1 }) }));
    const stepper = createStepper(transform(), { w: new Float32Array(2) }, { engine: await wasmEngine() });
    stepper.step({ w: Float32Array.of(3, 4) });
    const inSteps = Array.from(stepper.params().w, (value) => value.toFixed(3)).join();

    const variable = tf.variable(tf.tensor1d([0, 0]), true, 'w');
    const optimizer = toOptimizer(transform(), { binding: cpu() });
    optimizer.applyGradients({ w: tf.tensor1d([3, 4]) });
    const inTensorFlow = Array.from(variable.dataSync(), (value) => value.toFixed(3)).join();
    optimizer.dispose();
    variable.dispose();

    let isInstance = false;
    try {
      createStepper({}, { w: new Float32Array(2) });
    } catch (error) {
      isInstance = error instanceof InvalidOptionError;
    }
    console.log([inSteps, inTensorFlow, isInstance].join(' '));
  }
})();
