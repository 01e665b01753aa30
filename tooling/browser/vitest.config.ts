import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromiumPath } from '@gradkit/machine/chromium';
import { playwright } from '@vitest/browser-playwright';
import { defineConfig } from 'vitest/config';

const chromium = chromiumPath();

const onNode = {
  name: chromium === undefined ? 'Node (Chromium is missing: its tests are skipped)' : 'Node',
  include: ['src/**/*.test.ts'],
  exclude: ['src/**/*.chromium.test.ts'],
};

const inChromium = {
  name: 'Chromium',
  include: ['src/**/*.test.ts'],
  exclude: ['src/**/*.node.test.ts'],
  browser: {
    enabled: true,
    headless: true,
    screenshotFailures: false,
    provider: playwright({
      launchOptions: {
        ...(chromium === undefined ? {} : { executablePath: chromium }),
        args: ['--no-sandbox', '--disable-background-networking', '--disable-component-update'],
      },
    }),
    instances: [{ browser: 'chromium' as const }],
  },
};

// The same tests on Node and in Chromium, so that both give the same bits. The headers isolate the page: threads may share memory there.
export default defineConfig({
  // TensorFlow.js's WebAssembly files.
  publicDir: dirname(fileURLToPath(import.meta.resolve('@tensorflow/tfjs-backend-wasm'))),
  // Found only once a test asks for them, they would make the page load anew in the middle of a test.
  optimizeDeps: { include: ['@tensorflow/tfjs', '@tensorflow/tfjs-backend-wasm'] },
  server: {
    headers: {
      'Cross-Origin-Opener-Policy': 'same-origin',
      'Cross-Origin-Embedder-Policy': 'require-corp',
    },
  },
  test: {
    projects: [
      { extends: true, test: onNode },
      ...(chromium === undefined ? [] : [{ extends: true as const, test: inChromium }]),
    ],
    reporters: ['default', ['json', { outputFile: 'reports/vitest.json' }]],
    testTimeout: 120_000,
  },
});
