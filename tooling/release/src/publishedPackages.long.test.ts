import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, inject, test } from 'vitest';
import { publishedPackages } from './publishPackages.ts';
import { readmeExample } from './readmeExample.ts';
import { userNode } from './userNode.ts';
import { userShell, type UserShell } from './userShell.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const { folder, npmrc } = inject('release');

interface Installed {
  readonly version: string;
  readonly dependencies?: Readonly<Record<string, string>>;
}

const nodes = ([20, '20.10', '22.11', 'of the tools', 24] as const).map(userNode);
// The oldest Node that the packages promise is the one that installs them, where it is there.
const [oldest] = nodes;
const installer = oldest?.binary;

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

  test('installs alone', { timeout: 300_000 }, async () => {
    await shell(place, installer)('npm', 'install', '--no-audit', '--no-fund', name);
    const { version, dependencies = {} }: Installed = JSON.parse(
      readFileSync(join(place, 'node_modules', name, 'package.json'), 'utf8'),
    );
    expect(version).not.toBe('0.0.0');
    expect(Object.values(dependencies).filter((range) => /workspace|catalog/.test(range))).toEqual([]);
  });

  for (const { version, binary, isMissing } of nodes) {
    const count = async (load: string): Promise<number> => {
      const program = `Promise.resolve(${load}('${name}')).then((all) => console.log(Object.keys(all).length))`;
      return Number(await shell(place, binary)('node', '--input-type=commonjs', '--eval', program));
    };

    test.skipIf(isMissing)(`can be imported and required on Node ${version}`, async () => {
      expect(await count('import')).toBeGreaterThan(0);
      expect(await count('require')).toBeGreaterThan(0);
    });
  }

  test('the command of its README installs it', { timeout: 300_000 }, async () => {
    const { install, code } = readme();
    await shell(place, installer)('npm', 'install', '--no-audit', '--no-fund', ...install);
    expect(existsSync(join(place, 'node_modules', name))).toBe(true);
    writeFileSync(join(place, 'example.js'), stripTypeScriptTypes(code));
  });

  for (const { version, binary, isMissing } of nodes.filter(
    ({ version: known }) => typeof known !== 'string' || known === 'of the tools',
  )) {
    test.skipIf(isMissing)(`the example of its README then runs on Node ${version}`, async () => {
      expect(await shell(place, binary)('node', 'example.js')).toBe(readme().prints.join('\n'));
    });
  }
});
