// Measures steps a second with TensorFlow.js's own clip and Adam and with Gradkit's, on the backends that are there or those that are
// named, and with PyTorch, and keeps them where `experiments` finds them. The first two take turns, so that what else the machine does
// hits both.
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { clipByGlobalNorm } from '@gradkit/clip-norm';
import { chain } from '@gradkit/core';
import { adam } from '@gradkit/optimizers';
import { toOptimizer } from '@gradkit/tfjs';
import * as tf from '@tensorflow/tfjs';
import { activateBackend } from './backend.ts';
import type { BackendName } from './backend.ts';
import { experimentsRoot } from './experimentFolder.ts';
import { InputError } from './inputError.ts';
import { tasks } from './tasks.ts';

const maxNorm = 1;
const learningRate = 1e-3;
const rounds = 12;

interface Model {
  readonly task: string;
  readonly settings: Readonly<Record<string, number | string>>;
  readonly name: string;
}

const models: readonly Model[] = [
  { task: 'mnist', settings: {}, name: 'mnist, dense' },
  {
    task: 'char-lstm',
    settings: { hidden: 64, sequenceLength: 20, batchSize: 8 },
    name: 'char-lstm, 64 units, 8 windows of 20',
  },
  {
    task: 'char-transformer',
    settings: { size: 'tiny', sequenceLength: 32, batchSize: 4 },
    name: 'char-transformer, tiny, 4 windows of 32',
  },
];

/** What users write today: all gradients scaled by the clip factor, then Adam. */
function clipWithTf(gradients: tf.NamedTensorMap): tf.NamedTensorMap {
  return tf.tidy(() => {
    const squares = Object.values(gradients).map((gradient) => tf.sum(tf.square(gradient)));
    const norm = tf.sqrt(squares.reduce((sum, square) => tf.add(sum, square)));
    const factor = tf.div(maxNorm, tf.maximum(norm, maxNorm));
    return Object.fromEntries(
      Object.entries(gradients).map(([name, gradient]) => [name, tf.mul(gradient, factor)]),
    );
  });
}

async function measure(
  model: Model,
  backend: BackendName,
): Promise<Readonly<Record<string, number | string>>> {
  const active = await activateBackend(backend);
  const task = tasks.find(({ name }) => name === model.task);
  if (task === undefined) throw new InputError(`There is no task ${model.task}.`);
  const session = await task.open({ settings: model.settings, texts: [], seed: 0 });
  const theirs = tf.train.adam(learningRate);
  const ours = toOptimizer(chain(clipByGlobalNorm({ maxNorm }), adam({ learningRate })), {
    binding: active.binding,
  });
  const updates = {
    theirs: (gradients: tf.NamedTensorMap): void => {
      const clipped = clipWithTf(gradients);
      theirs.applyGradients(Object.entries(clipped).map(([name, tensor]) => ({ name, tensor })));
      tf.dispose(clipped);
    },
    ours: (gradients: tf.NamedTensorMap): void => ours.applyGradients(gradients),
  };
  const times = { theirs: { step: [0], update: [0] }, ours: { step: [0], update: [0] } };
  for (let round = 0; round < rounds; round++) {
    for (const who of ['theirs', 'ours'] as const) {
      const batch = session.nextBatch();
      const start = performance.now();
      const { value, grads } = tf.variableGrads(() => batch.loss(), [...session.variables]);
      await value.data();
      const between = performance.now();
      updates[who](grads);
      // On a device the update is over when its result can be read.
      await session.variables[0]?.data();
      const end = performance.now();
      times[who].step.push(end - start);
      times[who].update.push(end - between);
      tf.dispose([value, grads]);
      batch.dispose();
    }
  }
  ours.dispose();
  theirs.dispose();
  session.dispose();
  return {
    task: model.task,
    model: model.name,
    backend: active.name === 'webgpu' ? `webgpu, ${active.what.replace('WebGPU on ', '')}` : active.name,
    how: active.binding.name,
    tfSteps: 1000 / median(times.theirs.step),
    ourSteps: 1000 / median(times.ours.step),
    tfUpdate: median(times.theirs.update),
    ourUpdate: median(times.ours.update),
  };
}

function median(values: readonly number[]): number {
  // Without the entry that the list begins with, and without the first rounds, which compile.
  const sorted = values.slice(3).toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? NaN;
}

/** The backends to measure, and `pytorch`; each has a file of its own, so that one can be measured anew. */
const measured = ['cpu', 'wasm', 'node', 'webgpu', 'pytorch'] as const;

function save(name: string, rows: unknown): void {
  mkdirSync(experimentsRoot, { recursive: true });
  writeFileSync(join(experimentsRoot, `speed-${name}.json`), `${JSON.stringify(rows, undefined, 2)}\n`);
}

function measurePytorch(): void {
  const python = process.env['GRADKIT_BENCH_PYTHON'] ?? 'python3';
  const script = fileURLToPath(new URL('../torchSpeed.py', import.meta.url));
  const { status, stdout, stderr } = spawnSync(python, [script], { encoding: 'utf8' });
  if (status === 0) save('pytorch', JSON.parse(stdout));
  else
    process.stderr.write(
      `No PyTorch in ${python} (GRADKIT_BENCH_PYTHON): ${(stderr ?? '').trim().split('\n').at(-1) ?? ''}\n`,
    );
}

const asked = process.argv.slice(2);
for (const name of measured) {
  if (asked.length > 0 && !asked.includes(name)) continue;
  if (name === 'pytorch') {
    measurePytorch();
    continue;
  }
  try {
    const rows: object[] = [];
    for (const model of models) rows.push(await measure(model, name));
    save(name, rows);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    process.stderr.write(`${error.message}\n`);
  }
}
