import { isRequired } from '@gradkit/machine/required';
import { useNative } from './useNative.ts';

/**
 * Whether tests can use tfjs-node; call it before importing tfjs-node, and skip what needs it where it says false.
 *
 * @throws if `GRADKIT_REQUIRE` names `node` and there is no native part, so that a skip cannot pass for a success.
 */
export function useNativeInTests(find: () => boolean = useNative): boolean {
  // TensorFlow greets everybody who loads it.
  process.env['TF_CPP_MIN_LOG_LEVEL'] ??= '2';
  if (find()) return true;
  if (isRequired('node')) {
    throw new Error("GRADKIT_REQUIRE asks for node, but tfjs-node's native part is missing: run pnpm native");
  }
  return false;
}
