import { isPartThere } from '@gradkit/machine/part';
import { useNative } from './useNative.ts';

/**
 * Whether tests can use tfjs-node; call it before importing tfjs-node, and skip what needs it where it says false.
 *
 * @throws if `GRADKIT_REQUIRE` names `node` and there is no native part, so that a skip cannot pass for a success.
 */
export function useNativeInTests(find: () => boolean = useNative): boolean {
  // TensorFlow greets everybody who loads it.
  process.env['TF_CPP_MIN_LOG_LEVEL'] ??= '2';
  return isPartThere('node', find() ? undefined : "tfjs-node's native part is missing: run pnpm native.");
}
