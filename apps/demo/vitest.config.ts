import { mergeConfig } from 'vitest/config';
import shared from '../../vitest.package.ts';

export default mergeConfig(shared, {
  // The sources of TensorFlow.js, as Vite bundles them: Node's build of it does not register gradients.
  test: { testTimeout: 300_000, server: { deps: { inline: [/@tensorflow/] } } },
});
