import { execFile } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { nodeBinary, type NodeVersion } from './nodeBinary.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const run = promisify(execFile);

const folders = [
  ...readdirSync(join(root, 'packages')).map((name) => `packages/${name}`),
  'apps/trainer',
].filter((folder) => existsSync(join(root, folder, 'package.json')));

const versions: readonly NodeVersion[] = [20, 24];

function environment(binary: string): NodeJS.ProcessEnv {
  const env: NodeJS.ProcessEnv = {
    ...process.env,
    PATH: `${binary}${delimiter}${process.env['PATH'] ?? ''}`,
  };
  for (const name of Object.keys(env))
    if (/^(VITEST|TEST|NODE_ENV|NODE_OPTIONS)/.test(name)) delete env[name];
  return env;
}

for (const version of versions) {
  const binary = nodeBinary(version);

  test.skipIf(binary === undefined)(`Node ${version} is the one that runs`, async () => {
    const { stdout } = await run('node', ['--version'], { env: environment(binary ?? '') });
    expect(stdout).toMatch(new RegExp(`^v${version}\\.`));
  });

  test.skipIf(binary === undefined).each(folders)(
    `the tests of %s pass on Node ${version}`,
    { timeout: 600_000 },
    async (folder) => {
      const report = fileURLToPath(
        new URL(`../reports/all/node${version}-${folder.replace('/', '-')}.json`, import.meta.url),
      );
      const vitest = join(root, 'node_modules/vitest/vitest.mjs');
      const config = join(root, 'vitest.package.ts');
      const args = [
        vitest,
        'run',
        '--config',
        config,
        '--reporter=dot',
        '--reporter=json',
        `--outputFile=${report}`,
      ];
      const { code, output } = await run('node', args, {
        cwd: join(root, folder),
        env: environment(binary ?? ''),
        maxBuffer: 2 ** 27,
      }).then(
        ({ stdout }) => ({ code: 0, output: stdout }),
        (error: { code: number; stdout: string; stderr: string }) => ({
          code: error.code,
          output: error.stdout + error.stderr,
        }),
      );
      expect(code, output).toBe(0);
    },
  );
}
