import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TestProject } from 'vitest/node';
import { publishPackages } from './publishPackages.ts';
import { startRegistry } from './startRegistry.ts';

/** Where the packages were published to, once for all tests. */
export interface Release {
  /** A temporary folder that goes when the tests end. */
  readonly folder: string;
  /** What an .npmrc needs to install them. */
  readonly npmrc: string;
}

declare module 'vitest' {
  interface ProvidedContext {
    readonly release: Release;
  }
}

/** Publishes the packages to a registry of their own before the tests, and ends it after them. */
export default async function publishOnce(project: TestProject): Promise<() => Promise<void>> {
  const folder = mkdtempSync(join(tmpdir(), 'gradkit-release-'));
  const { npmrc, stop } = await startRegistry(folder);
  const root = fileURLToPath(new URL('../../..', import.meta.url));
  await publishPackages(root, { copy: join(folder, 'copy'), npmrc }).catch(async (error: unknown) => {
    await stop();
    throw error;
  });
  project.provide('release', { folder, npmrc });
  return stop;
}
