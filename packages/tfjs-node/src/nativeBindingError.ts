import { GradkitError } from '@gradkit/core';

/** tfjs-node's native part is missing, or does not load. The message says how to get it. */
export class NativeBindingError extends GradkitError {
  static override readonly kind: string = 'Gradkit NativeBindingError';
  override readonly name: string = 'NativeBindingError';

  constructor(reason: string, options?: ErrorOptions) {
    super(
      `tfjs-node cannot be used: ${reason}. ` +
        `Install it (npm install @tensorflow/tfjs-node) and import it, or load it with loadTensorFlow(). ` +
        `If its installation could not download the native part, try again where the network allows it ` +
        `(npm rebuild @tensorflow/tfjs-node), or compile it (npm rebuild @tensorflow/tfjs-node --build-addon-from-source). ` +
        `Without it, @gradkit/tfjs-cpu and @gradkit/tfjs-wasm run everywhere.`,
      options,
    );
  }
}
