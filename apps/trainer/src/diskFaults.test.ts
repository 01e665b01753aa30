import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import type * as fileSystem from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, expect, test, vi } from 'vitest';
import { readMetricsOf } from './runFolder.ts';
import { runHere } from './runTrainer.ts';

const disk = vi.hoisted(() => ({ writesLeft: Infinity, code: 'ENOSPC' }));

// A disk that takes so many writes; opening a file to write in and making a folder are writes too.
vi.mock('node:fs', async (importOriginal) => {
  const fs = await importOriginal<typeof fileSystem>();
  const spend = (): void => {
    disk.writesLeft -= 1;
    if (disk.writesLeft < 0) throw Object.assign(new Error(disk.code), { code: disk.code });
  };
  return {
    ...fs,
    mkdirSync: (path: string) => {
      spend();
      return fs.mkdirSync(path);
    },
    openSync: (path: string, flags: string) => {
      if (flags !== 'r') spend();
      return fs.openSync(path, flags);
    },
    writeFileSync: (...args: Parameters<typeof fs.writeFileSync>) => {
      spend();
      return fs.writeFileSync(...args);
    },
    writeSync: (file: number, bytes: Uint8Array, from: number) => {
      spend();
      return fs.writeSync(file, bytes, from);
    },
  };
});

const folder = mkdtempSync(join(tmpdir(), 'trainer-disk-'));
const before = process.cwd();
process.chdir(folder);
afterEach(() => void (disk.writesLeft = Infinity));
afterAll(() => {
  process.chdir(before);
  rmSync(folder, { recursive: true });
});

const small = '--backend cpu --length 10 --hidden 4 --batch-size 2 --steps 3 --checkpoint-every 1'.split(' ');

test.each([
  ['ENOSPC', 'the disk is full'],
  ['EACCES', 'permission is denied'],
  ['EROFS', 'the disk is read-only'],
])(
  'whichever write of a run ends with %s, there is one line, exit code 2, no folder before the first step, and a run that goes on',
  async (code, reason) => {
    disk.code = code;
    let hasTrained = false;
    let failures = 0;
    for (let writes = 0; ; writes++) {
      const run = join('runs', `${code}-${writes}`);
      rmSync('runs', { recursive: true, force: true });
      disk.writesLeft = writes;
      const ended = await runHere('train', 'adding', ...small, '--run', run);
      disk.writesLeft = Infinity;
      if (ended.code === 0) break;
      failures += 1;
      const errors = ended.err.split('\n').filter((line) => line.startsWith('error: '));
      expect(errors).toHaveLength(1);
      expect(errors[0]).toContain(`${reason}.`);
      expect(ended.err.endsWith(`${errors[0]}\n`)).toBe(true);
      expect(ended.code).toBe(2);
      if (existsSync(join(run, 'metrics.jsonl'))) hasTrained = true;
      expect(existsSync('runs'), `after ${writes} writes`).toBe(hasTrained);
      if (!hasTrained) continue;
      expect(existsSync(join(run, 'lock'))).toBe(false);
      expect((await runHere('train', 'adding', '--resume', run)).code).toBe(0);
      expect(readMetricsOf(run).filter((line) => 'loss' in line)).toHaveLength(3);
    }
    // Two folders and one for the checkpoints, the lock, config.json, the metrics, three checkpoints, the result: two writes each at least.
    expect(failures).toBeGreaterThan(14);
    expect(hasTrained).toBe(true);
  },
);

test('a folder that may not be written in stays as it was', async () => {
  writeFileSync('mine.txt', 'mine');
  disk.code = 'EACCES';
  rmSync('runs', { recursive: true, force: true });
  mkdirSync('empty');
  for (const run of ['new', 'empty']) {
    for (const writes of [0, 1, 2]) {
      disk.writesLeft = writes;
      const { code, err } = await runHere('train', 'adding', ...small, '--run', run);
      disk.writesLeft = Infinity;
      expect(code).toBe(2);
      expect(err).toMatch(/\nerror: [^\n]*: permission is denied\.[^\n]*\n$/);
      expect(readdirSync('.').toSorted()).toEqual(['empty', 'mine.txt']);
    }
  }
});
