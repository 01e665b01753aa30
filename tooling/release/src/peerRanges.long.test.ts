import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, inject, test } from 'vitest';
import { userShell } from './userShell.ts';

const { folder, npmrc } = inject('release');

interface Lock {
  readonly packages: Readonly<Record<string, { readonly version?: string }>>;
}

// 3.4.0 is the lowest that is claimed, 4.0.0 the lowest of those that most people have.
test.each(['3.4.0', '4.0.0', '4'])(
  'npm resolves the packages beside TensorFlow.js %s, with one copy of it',
  async (version) => {
    const place = join(folder, 'peers', version);
    mkdirSync(place, { recursive: true });
    writeFileSync(join(place, 'package.json'), '{ "private": true }');
    writeFileSync(join(place, '.npmrc'), npmrc);
    // Nothing is unpacked; a range that cannot be met is an error, ERESOLVE.
    const packages = ['@gradkit/tfjs', '@gradkit/tfjs-cpu', `@tensorflow/tfjs@${version}`];
    await userShell(place)('npm', 'install', '--package-lock-only', '--no-audit', '--no-fund', ...packages);
    const { packages: locked }: Lock = JSON.parse(readFileSync(join(place, 'package-lock.json'), 'utf8'));
    const copies = Object.entries(locked).filter(([path]) =>
      path.endsWith('node_modules/@tensorflow/tfjs-core'),
    );
    expect(copies.map(([path, { version: found }]) => [path, `${found}.`.startsWith(`${version}.`)])).toEqual(
      [['node_modules/@tensorflow/tfjs-core', true]],
    );
  },
);
