import { defineConfig, type UserConfig } from 'vite';

// Relative addresses, so that the built folder works under any path of any static host.
const config: UserConfig = defineConfig({
  base: './',
  build: { target: 'es2022', assetsInlineLimit: 0, modulePreload: { polyfill: false } },
  worker: { format: 'es' },
});

export default config;
