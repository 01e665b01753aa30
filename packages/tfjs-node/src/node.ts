import { requireNoOptions, type Binding } from '@gradkit/tfjs';
import { createWasmEngine } from '@gradkit/wasm/binding';
import { nodeBackend } from './nodeBackend.ts';
import { nodeBinding } from './nodeBinding.ts';
import { restoreUtil } from './restoreUtil.ts';

restoreUtil();

/**
 * Runs transforms beside TensorFlow's native library: variables lie in memory that TensorFlow and the engine share, so that a step
 * copies gradients once and parameters not at all.
 *
 * Import `@tensorflow/tfjs-node` too, in any order; on Node 23 and later this package puts the functions of `node:util` back that
 * tfjs-node needs. Variables stay themselves: clones, reshapes and slices keep the values they had, assigned values are taken up.
 * @throws {NativeBindingError} if tfjs-node was not imported or its native part is missing, with the remedy.
 * @throws {InvalidOptionError} if it is given anything; at the first step, if another backend is active.
 * @example toOptimizer(chain(clipByGlobalNorm({ maxNorm: 1 }), adamw({ learningRate: 1e-3 })), { binding: node() })
 */
export function node(...options: readonly []): Binding {
  requireNoOptions('node', options);
  nodeBackend();
  return nodeBinding(createWasmEngine());
}
