import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { nodeBinary } from '@gradkit/node-versions';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { publishedPackages, publishPackages } from './publishPackages.ts';
import { readmeExample } from './readmeExample.ts';
import { startRegistry, type Registry } from './startRegistry.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'gradkit-release-'));
const run = promisify(execFile);
let registry: Registry | undefined;

beforeAll(async () => {
  registry = await startRegistry(folder);
  await publishPackages(root, { copy: join(folder, 'copy'), npmrc: registry.npmrc });
}, 300_000);

afterAll(async () => {
  await registry?.stop();
}, 300_000);

interface Installed {
  readonly version: string;
  readonly dependencies?: Readonly<Record<string, string>>;
}

// The oldest Node that the packages promise is the one that installs them.
const oldest = nodeBinary(20);

function shell(cwd: string, binary: string | undefined = oldest) {
  const path =
    binary === undefined ? process.env['PATH'] : `${binary}${delimiter}${process.env['PATH'] ?? ''}`;
  const env: NodeJS.ProcessEnv = { ...process.env, PATH: path, npm_config_cache: join(folder, 'cache') };
  return async (command: string, ...args: string[]) => {
    const { stdout } = await run(command, args, { cwd, env, maxBuffer: 2 ** 26 });
    return stdout.trimEnd();
  };
}

describe.each(publishedPackages(root))('$name', ({ name, folder: source }) => {
  const place = join(folder, 'users', source);
  const readme = () => readmeExample(readFileSync(join(root, source, 'README.md'), 'utf8'));

  beforeAll(() => {
    mkdirSync(place, { recursive: true });
    // Without a package.json here npm would look for one in the folders above.
    writeFileSync(join(place, 'package.json'), '{ "private": true, "type": "module" }');
    writeFileSync(join(place, '.npmrc'), registry?.npmrc ?? '');
  });

  test('installs alone and can be imported', { timeout: 300_000 }, async () => {
    const sh = shell(place);
    await sh('npm', 'install', '--no-audit', '--no-fund', name);
    const names = await sh(
      'node',
      '--eval',
      `import('${name}').then((all) => console.log(Object.keys(all).length))`,
    );
    expect(Number(names)).toBeGreaterThan(0);
    const { version, dependencies = {} }: Installed = JSON.parse(
      readFileSync(join(place, 'node_modules', name, 'package.json'), 'utf8'),
    );
    expect(version).not.toBe('0.0.0');
    expect(Object.values(dependencies).filter((range) => /workspace|catalog/.test(range))).toEqual([]);
  });

  test('the example of its README runs after the command of its README', { timeout: 300_000 }, async () => {
    const { install, code, prints } = readme();
    await shell(place)('npm', 'install', '--no-audit', '--no-fund', ...install);
    writeFileSync(join(place, 'example.js'), stripTypeScriptTypes(code));
    for (const binary of [oldest, undefined, nodeBinary(24)]) {
      expect(await shell(place, binary)('node', 'example.js')).toBe(prints.join('\n'));
    }
  });
});
