import { execFile } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { provisionOther } from '@gradkit/libtensorflow';
import { isPartThere } from '@gradkit/machine/part';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { installedVersion, isOnLowest, lowestOf, readClaims, versionsFolder } from './claims.ts';
import { layOut } from './layOut.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const place = mkdtempSync(join(realpathSync(tmpdir()), 'gradkit-tfjs-versions-'));
const run = promisify(execFile);

afterAll(() => rmSync(place, { recursive: true, force: true, maxRetries: 10 }));

interface Suite {
  readonly folder: string;
  readonly versions: string;
  /** The range of each package of TensorFlow.js that is claimed. */
  readonly ranges: Readonly<Record<string, string>>;
  /** What vitest is to run; all tests of the package where it is left out. */
  readonly filter?: readonly string[];
}

const claims = readClaims(root).filter((claim) => !isOnLowest(root, claim));

/** Without a binding a transform runs operation by operation, on any backend: all cases of every operation, on those that Node has. */
const opByOp: readonly Suite[] = claims.flatMap((claim) => {
  const backend = { 'packages/tfjs': 'cpu', 'packages/tfjs-wasm': 'wasm' }[claim.folder];
  return backend === undefined
    ? []
    : [
        {
          folder: 'tooling/conformance',
          versions: versionsFolder(root, claim),
          ranges: claim.ranges,
          filter: ['src/tfjsOpByOp.test.ts', '--testNamePattern', `^${backend} `],
        },
      ];
});

const suites: readonly Suite[] = [
  ...claims.map((claim) => ({ ...claim, versions: versionsFolder(root, claim) })),
  ...opByOp,
];

async function outcome(command: string, args: readonly string[], cwd: string): Promise<string | undefined> {
  const env = { ...process.env };
  for (const name of Object.keys(env))
    if (/^(VITEST|TEST|NODE_ENV|NODE_OPTIONS)/.test(name)) delete env[name];
  return run(command, args, { cwd, env, maxBuffer: 2 ** 27 }).then(
    () => undefined,
    (error: { stdout: string; stderr: string }) => error.stdout + error.stderr,
  );
}

interface Report {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
}

describe.each(suites)('$folder on $versions', ({ folder, versions, ranges, filter = [] }) => {
  const title = [folder, versions].map((path) => path.split('/').at(-1)).join('-on-');
  const to = join(place, title);
  const report = fileURLToPath(new URL(`../reports/all/${title}.json`, import.meta.url));
  let copy = '';

  beforeAll(() => {
    copy = layOut(folder, { root, versions, to });
  });

  test('finds the lowest version of each peer', () => {
    const require = createRequire(join(copy, 'package.json'));
    for (const [name, range] of Object.entries(ranges)) {
      expect(installedVersion(copy, name)).toBe(lowestOf(range));
      expect(require.resolve(name)).toContain(`${name.replace('/', '+')}@${lowestOf(range)}`);
    }
  });

  test('its sources and the tests of its types compile', { timeout: 600_000 }, async () => {
    expect(
      await outcome(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-b'], copy),
    ).toBeUndefined();
  });

  test('its tests pass', { timeout: 1_200_000 }, async ({ skip }) => {
    if ('@tensorflow/tfjs-node' in ranges) {
      const missing = await provisionOther(join(versions, 'node_modules/@tensorflow/tfjs-node'));
      skip(!isPartThere('node', missing), missing);
    }
    const vitest = [
      join(root, 'node_modules/vitest/vitest.mjs'),
      'run',
      '--config',
      join(to, 'vitest.package.ts'),
    ];
    expect(await outcome(process.execPath, [...vitest, ...filter], copy)).toBeUndefined();
    const made = join(copy, 'reports/vitest.json');
    const { numPassedTests, numFailedTests }: Report = JSON.parse(readFileSync(made, 'utf8'));
    mkdirSync(dirname(report), { recursive: true });
    copyFileSync(made, report);
    expect(numFailedTests).toBe(0);
    expect(numPassedTests).toBeGreaterThan(100);
  });
});
