import { blockUntilReady, defaultDevice, init, jit, numpy as np } from '@jax-js/jax';
import { localSession, type Contestant, type LocalSession } from './contestant.ts';
import { parameterCount } from './parameterTree.ts';
import { startOf, type Settings, type UpdateTask } from './updateTask.ts';

// A jitted function takes its arguments over: `.ref` keeps one for later.
type State = { parameters: np.Array[]; means: np.Array[]; squares: np.Array[]; corrections: np.Array[] };

/** jax-js on its wasm backend: clip by global norm and Adam, jitted as one function. */
export const jaxJs: Contestant<UpdateTask> = {
  name: 'jax-js',
  label: 'jax-js, jitted, wasm',
  tooLarge: ({ tree }) => (parameterCount(tree) > 3e7 ? "more than jax-js's wasm memory holds" : undefined),
  open: async (task) => {
    await init('wasm');
    return localSession(jaxJsSession('wasm', task));
  },
};

/** The steps of jax-js on one of its devices, which has been started. */
export function jaxJsSession(device: 'wasm' | 'webgpu', task: UpdateTask): LocalSession {
  const { tree, settings } = task;
  defaultDevice(device);
  const start = startOf(task);
  const shaped = (values: Float32Array, leaf: number): np.Array =>
    np.array(Float32Array.from(values)).reshape([...(tree.leaves[leaf]?.shape ?? [])]);
  const zeros = (): np.Array[] => tree.leaves.map(({ shape }) => np.zeros([...shape]));
  const gradients = start.gradients.map(shaped);
  let state: State = {
    parameters: start.parameters.map(shaped),
    means: zeros(),
    squares: zeros(),
    corrections: [np.array(0), np.array(0)],
  };
  const step = jit((before: State, given: np.Array[]) => clipAndAdam(before, given, settings));
  return {
    activate: async () => void defaultDevice(device),
    step: async () => {
      state = step(
        state,
        gradients.map((gradient) => gradient.ref),
      );
      await blockUntilReady([...state.parameters, ...state.means, ...state.squares]);
    },
    parameters: async () =>
      Promise.all(state.parameters.map(async (array) => Float32Array.from(await array.ref.data()))),
    dispose: () => {
      for (const array of [...Object.values(state).flat(), ...gradients]) array.dispose();
      step.dispose();
    },
  };
}

function clipAndAdam(
  { parameters, means, squares, corrections }: State,
  gradients: np.Array[],
  { maxNorm, learningRate, beta1, beta2, epsilon }: Settings,
): State {
  const norm = np.sqrt(
    gradients.map((gradient) => np.sum(np.square(gradient.ref))).reduce((sum, next) => sum.add(next)),
  );
  const scale = np.minimum(np.array(maxNorm).div(norm), np.array(1));
  const clipped = gradients.map((gradient) => gradient.mul(scale.ref));
  scale.dispose();
  const average = (mean: np.Array, value: np.Array, beta: number): np.Array =>
    mean.mul(beta).add(value.mul(1 - beta));
  const [first, second] = corrections;
  if (first === undefined || second === undefined) throw new Error('There are two corrections.');
  const newFirst = first.mul(beta1).add(1 - beta1);
  const newSecond = second.mul(beta2).add(1 - beta2);
  const newMeans = means.map((mean, leaf) => average(mean, at(clipped, leaf).ref, beta1));
  const newSquares = squares.map((square, leaf) => average(square, np.square(at(clipped, leaf)), beta2));
  const newParameters = parameters.map((parameter, leaf) => {
    const mean = at(newMeans, leaf).ref.div(newFirst.ref);
    const root = np.sqrt(at(newSquares, leaf).ref.div(newSecond.ref)).add(epsilon);
    return parameter.sub(mean.div(root).mul(learningRate));
  });
  return {
    parameters: newParameters,
    means: newMeans,
    squares: newSquares,
    corrections: [newFirst, newSecond],
  };
}

function at(arrays: readonly np.Array[], leaf: number): np.Array {
  const array = arrays[leaf];
  if (array === undefined) throw new Error(`There is no leaf ${leaf}.`);
  return array;
}
