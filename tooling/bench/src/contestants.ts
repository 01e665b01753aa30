import { cpu } from '@gradkit/tfjs-cpu';
import { wasm } from '@gradkit/tfjs-wasm';
import { wasmEngine } from '@gradkit/wasm';
import type { Contestant } from './contestant.ts';
import { copyByTypedArray, copyByWasm } from './copyBandwidth.ts';
import { engines } from './engines.ts';
import { gradkitStepper } from './gradkitStepper.ts';
import { gradkitTfjs } from './gradkitTfjs.ts';
import { jaxJs } from './jaxJs.ts';
import { plainLoops } from './plainLoops.ts';
import { pytorch } from './pytorch.ts';
import { tfjsAsWritten } from './tfjsAsWritten.ts';
import { trainingAsWritten, trainingWithGradkit } from './trainingOnTfjs.ts';
import type { TrainingTask } from './trainingTask.ts';
import type { UpdateTask } from './updateTask.ts';

const pytorchOneThread = pytorch(1);
const pytorchAllThreads = pytorch(0);

/** Gradkit's own rows: any transform. A new engine or binding is a line here. */
export const gradkitUpdates: readonly Contestant<UpdateTask>[] = [
  gradkitStepper({
    name: 'gradkit-wasm',
    label: 'Gradkit wasm engine',
    engine: engines.wasm.open,
    gradients: 'inPlace',
  }),
  gradkitStepper({
    name: 'gradkit-wasm-handed-in',
    label: 'Gradkit wasm engine, gradients handed in',
    engine: engines.wasm.open,
    gradients: 'handedIn',
  }),
  gradkitStepper({
    name: 'gradkit-wasm-2',
    label: 'Gradkit wasm engine, two threads',
    engine: () => wasmEngine({ threads: 2 }),
    gradients: 'inPlace',
    threads: 2,
  }),
  gradkitTfjs({ name: 'gradkit-tfjs-cpu', label: 'Gradkit on tfjs cpu', backend: 'cpu', binding: cpu }),
  gradkitTfjs({ name: 'gradkit-tfjs-wasm', label: 'Gradkit on tfjs wasm', backend: 'wasm', binding: wasm }),
  gradkitTfjs({ name: 'gradkit-op-by-op-cpu', label: 'Gradkit op by op on tfjs cpu', backend: 'cpu' }),
  gradkitTfjs({ name: 'gradkit-op-by-op-wasm', label: 'Gradkit op by op on tfjs wasm', backend: 'wasm' }),
];

/** The rows of others: clip + Adam only. */
export const peerUpdates: readonly Contestant<UpdateTask>[] = [
  pytorchOneThread,
  pytorchAllThreads,
  plainLoops,
  tfjsAsWritten('wasm'),
  jaxJs,
  tfjsAsWritten('cpu'),
];

/** The memory's own limit: any transform. */
export const memoryLimits: readonly Contestant<UpdateTask>[] = [copyByTypedArray, copyByWasm];

/** Everybody who takes whole training steps. */
export const trainingContestants: readonly Contestant<TrainingTask>[] = [
  pytorchOneThread,
  pytorchAllThreads,
  trainingWithGradkit({
    name: 'gradkit-tfjs-cpu',
    label: 'Gradkit on tfjs cpu',
    backend: 'cpu',
    binding: cpu,
  }),
  trainingWithGradkit({
    name: 'gradkit-tfjs-wasm',
    label: 'Gradkit on tfjs wasm',
    backend: 'wasm',
    binding: wasm,
  }),
  trainingWithGradkit({
    name: 'gradkit-op-by-op-cpu',
    label: 'Gradkit op by op on tfjs cpu',
    backend: 'cpu',
  }),
  trainingWithGradkit({
    name: 'gradkit-op-by-op-wasm',
    label: 'Gradkit op by op on tfjs wasm',
    backend: 'wasm',
  }),
  trainingAsWritten('wasm'),
  trainingAsWritten('cpu'),
];
