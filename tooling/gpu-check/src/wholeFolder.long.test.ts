import { spawn, spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseGpuReport } from '@gradkit/bench/cardReports';
import type { GpuReport } from '@gradkit/bench/gpuReport';
import { isPartThere } from '@gradkit/machine/part';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { packFolder, type PackedFolder } from './packFolder.ts';

/** Where Debian's chromium has SwiftShader: on this machine, the folder knows nothing of it. */
const swiftShader = '/usr/lib/chromium/vk_swiftshader_icd.json';
const isThere = isPartThere(
  'webgpu',
  existsSync(swiftShader)
    ? undefined
    : `there is no ${swiftShader}. Install the packages chromium and libvulkan1.`,
);
const root = fileURLToPath(new URL('../../..', import.meta.url));
const short = ['--steps', '2', '--chains', '2'];

describe.skipIf(!isThere || process.platform !== 'linux' || process.arch !== 'x64')('the folder', () => {
  let home = '';
  let folder = '';
  let packed: PackedFolder = { bytes: 0, files: [] };

  beforeAll(async () => {
    home = mkdtempSync(join(tmpdir(), 'gradkit-gpu-folder-'));
    packed = await packFolder(join(home, 'packed'), { compression: 1 });
    // Somewhere else, with nothing around it.
    folder = join(home, 'elsewhere/check');
    cpSync(join(home, 'packed'), folder, { recursive: true });
    rmSync(join(home, 'packed'), { recursive: true });
  });
  afterAll(() => rmSync(home, { recursive: true, force: true }));

  // Without a network where the machine lets us.
  const withoutNetwork = spawnSync('unshare', ['-n', 'true']).status === 0 ? ['unshare', '-n'] : [];

  function command(args: readonly string[]): { readonly file: string; readonly args: string[] } {
    const [file = '', ...rest] = [...withoutNetwork, 'env', '-i', './run.sh', ...args];
    return { file, args: rest };
  }

  function run(args: readonly string[]): { readonly code: number | null; readonly text: string } {
    const { file, args: all } = command(args);
    const { status, stdout, stderr } = spawnSync(file, all, { cwd: folder, encoding: 'utf8' });
    return { code: status, text: `${stdout}${stderr}` };
  }

  function reportIn(out: string): GpuReport {
    const path = join(folder, out, 'report.json');
    return parseGpuReport(readFileSync(path, 'utf8'), path);
  }

  test('has less than 45 MB and no path of this machine', () => {
    expect(packed.bytes).toBeLessThan(45e6);
    const readable = packed.files.filter(
      (file) => !file.startsWith('packed/') && !file.startsWith('licences/'),
    );
    expect(readable).toContain('check.mjs');
    const holding = readable.filter((file) => {
      const text = readFileSync(join(folder, file), 'utf8');
      return [root, homedir() === '/root' ? '/root/' : homedir(), tmpdir() + '/'].some((path) =>
        path === '/tmp/' ? false : text.includes(path),
      );
    });
    expect(holding).toEqual([]);
  });

  test('runs whole on SwiftShader, in an emptied environment, and leaves two small files and a log', () => {
    const { code, text } = run(['--driver', swiftShader, '--seconds', '180', ...short]);
    expect(text).toContain('The run is whole, on SwiftShader');
    expect(code, text).toBe(0);
    const files = readdirSync(join(folder, 'results'));
    expect(files.toSorted()).toEqual(['log.txt', 'report.json', 'report.md']);
    for (const file of files) expect(statSync(join(folder, 'results', file)).size).toBeLessThan(16 * 2 ** 20);
    const { adapter, suites, contests, clock, ended } = reportIn('results');
    expect(ended?.isWhole).toBe(true);
    expect(adapter?.isSoftware).toBe(true);
    expect(clock?.hasTimestamps).toBe(true);
    expect(suites.map(({ name, wrong }) => [name, wrong])).toEqual([
      ['goldens', []],
      ['conformance', []],
      ['random chains', []],
    ]);
    for (const { passed } of suites) expect(passed).toBeGreaterThan(0);
    expect(contests).toHaveLength(8);
    for (const { rows, leftOut } of contests) {
      expect(rows.filter(({ result }) => !result.isRight)).toEqual([]);
      // Whoever has no row is named.
      expect(rows.length + leftOut.length).toBeGreaterThanOrEqual(6);
    }
  });

  test('a device that is lost in the middle ends it with a line, and keeps what there was', () => {
    const { code, text } = run([
      '--driver',
      swiftShader,
      '--lose',
      'conformance',
      '--seconds',
      '120',
      '--out',
      'lost',
      ...short,
    ]);
    expect(code, text).toBe(3);
    expect(text).toContain('The device was lost');
    const { ended, suites } = reportIn('lost');
    expect(ended?.text).toContain('This was while: conformance. What was found until then is kept.');
    expect(suites[0]?.passed).toBeGreaterThan(0);
  });

  test('a driver that does not work ends it with a line', () => {
    const driver = join(home, 'broken_icd.json');
    writeFileSync(driver, '{"file_format_version": "1.0.0", "ICD": {"library_path": "/nowhere.so"}}');
    const { code, text } = run(['--driver', driver, '--out', 'broken']);
    expect(code, text).toBe(2);
    expect(text).toContain('There is no WebGPU adapter');
    expect(reportIn('broken').ended?.isWhole).toBe(false);
  });

  test('a machine without a Vulkan driver is told what is missing', () => {
    const { code, text } = run(['--out', 'none', '--seconds', '30', ...short]);
    // A machine that has a driver of its own runs the check on it.
    if (existsSync(join(folder, 'none/report.json'))) return;
    expect(code, text).toBe(2);
    expect(text).toContain('This machine has no Vulkan driver');
  });

  test('a process that dies in the middle leaves its report and a line', async () => {
    const { file, args } = command(['--driver', swiftShader, '--out', 'dead', ...short]);
    const child = spawn(file, args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
    let text = '';
    child.stdout.on('data', (data: Buffer) => (text += data.toString()));
    child.stderr.on('data', (data: Buffer) => (text += data.toString()));
    const code = new Promise<number | null>((resolve) => child.once('close', resolve));
    await expect.poll(() => text, { timeout: 120_000 }).toContain('PyTorch');
    const [pid] = nodesOf(join(folder, 'unpacked/node'));
    if (pid === undefined) throw new Error(`The check's process is not there: ${text}`);
    await setTimeout(100);
    process.kill(pid, 'SIGSEGV');
    expect(await code).toBe(139);
    expect(text).toContain('The check broke off: it was ended by signal 11.');
    const markdown = readFileSync(join(folder, 'dead/report.md'), 'utf8');
    expect(markdown).toContain('The run did not end. The last that it did: ');
  });

  test('options that mean nothing are refused', () => {
    expect(run(['--seconds', 'soon']).text).toContain('--seconds is soon');
    expect(run(['--driver', 'nowhere.json']).text).toContain('there is no such file');
    expect(run(['--driver', swiftShader, '--steps', '0']).text).toContain('--steps is 0');
  });
});

test('only a folder of its own is written to', async () => {
  const out = mkdtempSync(join(tmpdir(), 'gradkit-gpu-other-'));
  try {
    mkdirSync(join(out, 'photos'));
    await expect(packFolder(out)).rejects.toThrow('holds something else');
  } finally {
    rmSync(out, { recursive: true });
  }
});

/** The processes of a program, by its file. */
function nodesOf(program: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return readlinkSync(`/proc/${pid}/exe`) === program;
      } catch {
        return false;
      }
    })
    .map(Number);
}
