import { playwright } from '@vitest/browser-playwright';
import { defineConfig } from 'vitest/config';
import { chromiumPath } from './src/chromiumPath.ts';

const chromium = chromiumPath();

const onNode = {
  name: chromium === undefined ? 'Node (Chromium is missing: its tests are skipped)' : 'Node',
  include: ['src/**/*.test.ts'],
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
