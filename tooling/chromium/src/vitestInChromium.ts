import { chromiumPath } from '@gradkit/machine/chromium';
import { playwright } from '@vitest/browser-playwright';
import { defineConfig, type ViteUserConfig } from 'vitest/config';
import { chromiumArguments } from './chromiumArguments.ts';

const chromium = chromiumPath();

// `chromium.test.ts` runs this in the folders of other packages, with the names of test files.
const config: ViteUserConfig = defineConfig({
  // Found only once a test asks for them, they would make the page load anew in the middle of a test.
  optimizeDeps: {
    include: (process.env['CHROMIUM_BUNDLES'] ?? '').split(',').filter((name) => name !== ''),
    exclude: ['webgpu'],
  },
  test: {
    testTimeout: 120_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 60_000 } },
    fileParallelism: false,
    browser: {
      enabled: true,
      headless: true,
      screenshotFailures: false,
      provider: playwright({
        launchOptions: {
          ...(chromium === undefined ? {} : { executablePath: chromium }),
          args: [...chromiumArguments],
        },
      }),
      instances: [{ browser: 'chromium' }],
    },
  },
});

export default config;
