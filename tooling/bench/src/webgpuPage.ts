import type { Bench } from './scenario.ts';
import { webgpuPoint, type WebgpuTree } from './webgpuPoint.ts';

/** What the page is asked for. */
export interface PageRequest {
  readonly tree: WebgpuTree;
  readonly quick: boolean;
  /** Who takes part. */
  readonly names: readonly string[];
}

// The benchmark calls this from outside, with and for plain data.
Object.assign(globalThis, {
  measureOnWebgpu: async ({ tree, quick, names }: PageRequest) => {
    const bench: Bench = {
      quick,
      takesPart: ({ name }) => names.includes(name),
      progress: () => undefined,
    };
    return webgpuPoint(bench, tree, 'in Chromium');
  },
});
