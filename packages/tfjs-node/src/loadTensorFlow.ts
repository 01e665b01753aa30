import type * as tfjsNode from '@tensorflow/tfjs-node';
import { NativeBindingError } from './nativeBindingError.ts';
import { restoreUtil } from './restoreUtil.ts';

/**
 * Imports `@tensorflow/tfjs-node` and says in one error what to do where that fails. For programs that go on without it; others
 * import it as usual.
 *
 * @throws {NativeBindingError} if it is not installed, or its native part is missing or does not load; `cause` is what it said.
 * @example const tf = await loadTensorFlow().catch(() => import('@tensorflow/tfjs'));
 */
export async function loadTensorFlow(): Promise<typeof tfjsNode> {
  restoreUtil();
  try {
    return await import('@tensorflow/tfjs-node');
  } catch (cause) {
    throw new NativeBindingError(firstLine(cause), { cause });
  }
}

function firstLine(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return (text.split('\n')[0] ?? text).trim().replace(/\.$/, '');
}
