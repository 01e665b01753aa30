import type { Binding } from '@gradkit/tfjs';
import { backendNames, backendTitles, type BackendName } from './backendNames.ts';
import { backends } from './backends.ts';
import { largestDifference, tolerance, trainSelfTest, type SelfTestWeights } from './selfTest.ts';
import type { BackendVerdict } from './trainingMessages.ts';

export interface ChosenBackend {
  readonly backend: BackendName;
  readonly binding: Binding | undefined;
  readonly verdicts: readonly BackendVerdict[];
}

/**
 * Tries the backends, best first, and leaves the first one active whose training agrees with the CPU: five steps of each net, weight for
 * weight. Some drivers of WebGPU return wrong gradients (tensorflow/tfjs#8590), which nothing else would show.
 */
export async function chooseBackend(
  wish: BackendName | 'auto',
  onProgress: (text: string) => void,
): Promise<ChosenBackend> {
  const verdicts: BackendVerdict[] = [];
  const candidates =
    wish === 'auto'
      ? backendNames
      : [wish, ...backendNames.filter((name) => name === 'cpu' && name !== wish)];
  const expected = await expectedWeights(onProgress);
  for (const backend of candidates) {
    onProgress(`Testing ${backendTitles[backend]}: five training steps`);
    const tried = await tryBackend(backend, { expected, asked: backend === wish });
    verdicts.push({ backend, chosen: tried.agrees, reason: tried.reason });
    if (tried.agrees) return { backend, binding: tried.binding, verdicts };
  }
  throw new Error(verdicts.map(({ backend, reason }) => `${backendTitles[backend]}: ${reason}`).join('; '));
}

let remembered: SelfTestWeights | undefined;

/** What the CPU's own operations give, which is what the others are held to. */
async function expectedWeights(onProgress: (text: string) => void): Promise<SelfTestWeights> {
  if (remembered !== undefined) return remembered;
  onProgress('Training five steps on the CPU, to compare with');
  await backends.cpu({ asked: true });
  remembered = await trainSelfTest(undefined);
  return remembered;
}

interface Tried {
  readonly agrees: boolean;
  readonly binding: Binding | undefined;
  readonly reason: string;
}

async function tryBackend(
  name: BackendName,
  { expected, asked }: { readonly expected: SelfTestWeights; readonly asked: boolean },
): Promise<Tried> {
  try {
    const { binding } = await backends[name]({ asked });
    const difference = largestDifference(await trainSelfTest(binding), expected);
    if (difference <= tolerance) {
      const reason =
        difference === 0
          ? 'five training steps give the CPU’s weights, bit for bit'
          : `five training steps agree with the CPU within ${difference.toExponential(0)}`;
      return { agrees: true, binding, reason };
    }
    return {
      agrees: false,
      binding,
      reason: Number.isNaN(difference)
        ? 'five training steps gave weights that are not numbers'
        : `five training steps differ from the CPU by ${difference.toExponential(0)}: wrong gradients`,
    };
  } catch (error) {
    return {
      agrees: false,
      binding: undefined,
      reason: error instanceof Error ? error.message : String(error),
    };
  }
}
