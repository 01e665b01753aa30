import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';

const root = fileURLToPath(new URL('../../..', import.meta.url));
let place = '';

beforeEach(() => {
  place = mkdtempSync(join(tmpdir(), 'gradkit-reports-'));
});

afterEach(() => rmSync(place, { recursive: true, force: true }));

function write(path: string, value: object): void {
  mkdirSync(dirname(join(place, path)), { recursive: true });
  writeFileSync(join(place, path), JSON.stringify(value));
}

function report(passed: number, failed = 0, skipped = 0): object {
  return {
    success: failed === 0,
    numPassedTests: passed,
    numFailedTests: failed,
    numPendingTests: skipped,
    numTodoTests: 0,
    testResults: [],
  };
}

/** The last line of what the sum prints, and whether it ends well. */
function sum(): { line: string | undefined; isGreen: boolean } {
  const lastLine = (text: string): string | undefined => text.trim().split('\n').at(-1);
  try {
    const text = execFileSync(process.execPath, [join(root, '.ci/sumReports.mjs')], {
      cwd: place,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    return { line: lastLine(text), isGreen: true };
  } catch (error) {
    const printed = typeof error === 'object' && error !== null ? Reflect.get(error, 'stdout') : '';
    return { line: lastLine(String(printed)), isGreen: false };
  }
}

test('the reports of test and of test:all are summed', () => {
  write('packages/a/package.json', { scripts: { test: 'x', 'test:all': 'x' } });
  write('packages/a/reports/vitest.json', report(3, 0, 1));
  write('packages/a/reports/all/vitest.json', report(5));
  write('packages/a/reports/all/node20.json', report(7));
  expect(sum()).toEqual({ line: '15 passed, 0 failed, 1 skipped', isGreen: true });
});

test('a package whose test:all left no report counts as a failure', () => {
  write('packages/a/package.json', { scripts: { test: 'x', 'test:all': 'x' } });
  write('packages/a/reports/vitest.json', report(3));
  expect(sum()).toEqual({ line: '3 passed, 1 failed, 0 skipped', isGreen: false });
});

test('a package whose test left no report counts as a failure, though test:all left one', () => {
  write('packages/a/package.json', { scripts: { test: 'x', 'test:all': 'x' } });
  write('packages/a/reports/all/vitest.json', report(3));
  expect(sum()).toEqual({ line: '3 passed, 1 failed, 0 skipped', isGreen: false });
});

test('a failure of test:all is a failure of the whole', () => {
  write('packages/a/package.json', { scripts: { 'test:all': 'x' } });
  write('packages/a/reports/all/vitest.json', report(3, 2));
  expect(sum()).toEqual({ line: '3 passed, 2 failed, 0 skipped', isGreen: false });
});

interface TurboTask {
  readonly cache?: boolean;
  readonly outputs?: readonly string[];
}

const { tasks }: { tasks: Record<string, TurboTask> } = JSON.parse(
  readFileSync(join(root, 'turbo.json'), 'utf8'),
);

test('turbo replays no long test: what it skipped on one day would pass on another', () => {
  const long = Object.entries(tasks).filter(([name]) => name === 'test:all' || name.endsWith('#test:all'));
  expect(long.length).toBeGreaterThan(0);
  expect(long.filter(([, { cache }]) => cache !== false)).toEqual([]);
});

test('a replay of test brings back no report of test:all', () => {
  const kept = Object.entries(tasks).flatMap(([name, { outputs = [] }]) =>
    outputs.filter((path) => path.startsWith('reports/')).map((path) => [name, path]),
  );
  expect(kept.length).toBeGreaterThan(0);
  expect(kept.filter(([, path]) => path !== 'reports/*.json')).toEqual([]);
});

test('CI runs both, and counts after both', () => {
  const script = readFileSync(join(root, '.ci/run'), 'utf8');
  const commands = script.split('\n').filter((line) => /^(npx|node) /.test(line));
  expect(commands.map((line) => line.replace(/^npx -y pnpm@\S+/, 'pnpm'))).toEqual([
    'pnpm native',
    'pnpm test',
    'pnpm test:all',
    'node .ci/sumReports.mjs',
  ]);
});
