import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { nodeBinary } from '@gradkit/node-versions';
import { beforeAll, describe, expect, inject, test } from 'vitest';
import { publishedPackages } from './publishPackages.ts';
import { readmeExample } from './readmeExample.ts';
import { userShell, type UserShell } from './userShell.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const { folder, npmrc } = inject('release');

interface Installed {
  readonly version: string;
  readonly dependencies?: Readonly<Record<string, string>>;
}

// The oldest Node that the packages promise is the one that installs them.
const oldest = nodeBinary(20);

function shell(cwd: string, binary: string | undefined): UserShell {
  return userShell(cwd, { binary, env: { npm_config_cache: join(folder, 'cache') } });
}

describe.each(publishedPackages(root))('$name', ({ name, folder: source }) => {
  const place = join(folder, 'users', source);
  const readme = () => readmeExample(readFileSync(join(root, source, 'README.md'), 'utf8'));

  beforeAll(() => {
    mkdirSync(place, { recursive: true });
    // Without a package.json here npm would look for one in the folders above.
    writeFileSync(join(place, 'package.json'), '{ "private": true, "type": "module" }');
    writeFileSync(join(place, '.npmrc'), npmrc);
  });

  test('installs alone and can be imported and required', { timeout: 300_000 }, async () => {
    const sh = shell(place, oldest);
    await sh('npm', 'install', '--no-audit', '--no-fund', name);
    const count = async (binary: string | undefined, load: string): Promise<number> => {
      const program = `Promise.resolve(${load}('${name}')).then((all) => console.log(Object.keys(all).length))`;
      return Number(await shell(place, binary)('node', '--input-type=commonjs', '--eval', program));
    };
    expect(await count(oldest, 'import')).toBeGreaterThan(0);
    for (const binary of [oldest, nodeBinary('20.10'), nodeBinary('22.11')])
      expect(await count(binary, 'require')).toBeGreaterThan(0);
    const { version, dependencies = {} }: Installed = JSON.parse(
      readFileSync(join(place, 'node_modules', name, 'package.json'), 'utf8'),
    );
    expect(version).not.toBe('0.0.0');
    expect(Object.values(dependencies).filter((range) => /workspace|catalog/.test(range))).toEqual([]);
  });

  test('the example of its README runs after the command of its README', { timeout: 300_000 }, async () => {
    const { install, code, prints } = readme();
    await shell(place, oldest)('npm', 'install', '--no-audit', '--no-fund', ...install);
    writeFileSync(join(place, 'example.js'), stripTypeScriptTypes(code));
    for (const binary of [oldest, undefined, nodeBinary(24)]) {
      expect(await shell(place, binary)('node', 'example.js')).toBe(prints.join('\n'));
    }
  });
});
