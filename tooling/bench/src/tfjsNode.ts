import { useNative } from '@gradkit/libtensorflow';
import { loadTensorFlow } from '@gradkit/tfjs-node';

let prepared: Promise<unknown> | undefined;

/** Loads tfjs-node, once. */
export async function prepareTfjsNode(): Promise<void> {
  // TensorFlow greets everybody who loads it.
  process.env['TF_CPP_MIN_LOG_LEVEL'] ??= '2';
  useNative();
  prepared ??= loadTensorFlow();
  await prepared;
}

/** Why tfjs-node cannot take part, if so. */
export async function missingTfjsNode(): Promise<string | undefined> {
  return useNative()
    ? undefined
    : 'tfjs-node is left out: its native part is missing. Make it: npx -y pnpm@12.21.0 native.';
}
