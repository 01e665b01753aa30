import { simpleNetTree, transformerTree, type ParameterTree } from './parameterTree.ts';
import type { Point } from './results.ts';
import { hold, type Bench } from './scenario.ts';
import { updateContest } from './updateContest.ts';
import { clipAdamTask } from './updateTask.ts';
import { adapterName, webgpuContestants } from './webgpuContestants.ts';

/** The trees that steps on WebGPU are taken on. */
export type WebgpuTree = 'simplenet' | 'layers' | 'transformer';

/** An MLP of twelve layers: 24 variables. */
const layersTree: ParameterTree = {
  name: '12 layers of 32x32',
  leaves: Array.from({ length: 12 }, (_, layer) => [
    { name: `layer${layer}.kernel`, shape: [32, 32] },
    { name: `layer${layer}.bias`, shape: [32] },
  ]).flat(),
};

/** By their names. */
export const webgpuTrees: Readonly<Record<WebgpuTree, ParameterTree>> = {
  simplenet: simpleNetTree,
  layers: layersTree,
  transformer: transformerTree,
};

/** Clip and Adam over a tree, by all who do it on WebGPU, here. */
export async function webgpuPoint(bench: Bench, name: WebgpuTree, where: string): Promise<Point> {
  const device = `${await adapterName()}, ${where}`;
  const tree = webgpuTrees[name];
  const point = await hold(bench, {
    ...updateContest(tree.name, clipAdamTask(tree), webgpuContestants),
    isPoint: true,
  });
  return { ...point, device };
}
