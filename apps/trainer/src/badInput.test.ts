import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { readMetricsOf } from './runFolder.ts';
import { runHere } from './runTrainer.ts';

const folder = mkdtempSync(join(tmpdir(), 'trainer-bad-'));
const before = process.cwd();
process.chdir(folder);
afterAll(() => {
  process.chdir(before);
  rmSync(folder, { recursive: true });
});
writeFileSync(join(folder, 'empty.txt'), '');
writeFileSync(join(folder, 'same.txt'), 'a'.repeat(3000));
writeFileSync(join(folder, 'tiny.txt'), 'Call me Ishmael.');
writeFileSync(join(folder, 'bytes.txt'), Buffer.from([0xff, 0xfe, 0x41]));
// A terabyte, of which the disk holds nothing.
writeFileSync(join(folder, 'large.txt'), '');
truncateSync(join(folder, 'large.txt'), 2 ** 40);
writeFileSync(join(folder, 'broken.json'), '{ "transform": ');
writeFileSync(join(folder, 'clip.json'), '{"transform":"clipByGlobalNorm","options":{"maxNorm":1}}');
const config = {
  task: 'mnist',
  settings: {},
  texts: [],
  seed: 0,
  backend: 'cpu',
  transform: { transform: 'sgd', options: { learningRate: 1 } },
  steps: 2,
  logEvery: 1,
  checkpointEvery: 0,
  evaluateEvery: 0,
  sampleEvery: 0,
};
writeFileSync(join(folder, 'beside.json'), JSON.stringify({ ...config.transform, step: 1 }));
writeFileSync(join(folder, 'unknown.json'), JSON.stringify({ ...config, stepz: 3 }));
writeFileSync(join(folder, 'setting.json'), JSON.stringify({ ...config, settings: { hiden: 3 } }));
writeFileSync(join(folder, 'typo.json'), '{"transform":"sgd","options":{"learningrate":1}}');

const small = ['--backend', 'cpu', '--length', '10', '--hidden', '4', '--batch-size', '2', '--steps', '2'];

test.each([
  [
    'a missing text',
    ['char-lstm', '--data', 'none.txt'],
    '"none.txt" cannot be read: there is no such file.',
  ],
  ['an empty text', ['char-lstm', '--data', 'empty.txt'], '"empty.txt" is empty.'],
  [
    'a text that is too short',
    ['char-lstm', '--data', 'tiny.txt'],
    'tiny.txt has 16 characters, but windows of 100 need at least 2020: give more text or a shorter --sequence-length.',
  ],
  ...['char-lstm', 'char-gru', 'char-transformer'].map((task): [string, string[], string] => [
    `one character for ${task}`,
    [task, '--data', 'same.txt'],
    'same.txt has one character only, "a", over and over, so that there is nothing to learn: give another text.',
  ]),
  [
    'two clips in one flag',
    ['adding', '--clip', 'global-norm:1,value:1'],
    '--clip global-norm:1,value:1: give each clip a --clip of its own, such as --clip global-norm:1 --clip value:1.',
  ],
  [
    'a cycle that is too short',
    ['adding', '--schedule', 'one-cycle', '--steps', '3'],
    '--schedule one-cycle needs at least 4 steps of the optimizer, but has 3: give more --steps, or another --schedule.',
  ],
  [
    'a schedule that ends before the run, at a rate of 0',
    ['adding', '--schedule', 'cosine', '--steps', '12', '--schedule-steps', '8'],
    'The schedule of the learning rate ends at step 8 of 12; after it the rate would be 0. Say how many steps it is to be over: --schedule-steps 12.',
  ],
  [
    'sequences that are far too many',
    ['adding', '--batch-size', '1000000', '--length', '2000'],
    'A step would need arrays of 100,000,000,000 numbers; the trainer takes up to 134,217,728. Give a smaller --batch-size, --length or --hidden.',
  ],
  [
    'layers that are far too wide for the batch',
    ['char-gru', '--batch-size', '3000', '--sequence-length', '150', '--hidden', '5000'],
    'Give a smaller --batch-size, --sequence-length or --hidden.',
  ],
  [
    'pictures that are far too many for the layers',
    ['mnist', '--hidden', '120000', '--layers', '1', '--batch-size', '4096'],
    'A step would need arrays of 491,520,000 numbers; the trainer takes up to 134,217,728. Give a smaller --batch-size or --hidden.',
  ],
  [
    'a text that is too large',
    ['char-lstm', '--data', 'large.txt'],
    '"large.txt" is larger than 64 MiB, which is the most that the trainer reads. Give a part of it.',
  ],
  [
    'a text without an end',
    ['char-lstm', '--data', '/dev/zero'],
    '"/dev/zero" is larger than 64 MiB, which is the most that the trainer reads. Give a part of it.',
  ],
  ['bytes that are no text', ['char-gru', '--data', 'bytes.txt'], '"bytes.txt" is not a text file in UTF-8.'],
  ['a folder for a text', ['char-gru', '--data', '.'], '"." cannot be read: it is a folder.'],
  [
    'an unknown flag',
    ['mnist', '--batchsize', '3'],
    "unknown option '--batchsize' (Did you mean --batch-size?)",
  ],
  ['a text for a task without one', ['mnist', '--data', 'tiny.txt'], "unknown option '--data'"],
  [
    'a clip that is not there',
    ['adding', '--clip', 'globalnorm:1'],
    '--clip globalnorm: there is no such one; there are global-norm, norm, block-rms, adaptive, value, soft, none.',
  ],
  [
    'a clip without a threshold',
    ['adding', '--clip', 'value'],
    '--clip value: write the threshold after a colon, such as --clip value:1.',
  ],
  [
    'a threshold below 0',
    ['adding', '--clip', 'global-norm:-1'],
    '--clip global-norm:-1: the threshold must be above 0, such as --clip global-norm:1.',
  ],
  ['momentum for adam', ['mnist', '--momentum', '0.9'], '--optimizer adam takes no --momentum; sgd does.'],
  [
    'a shape that cannot be',
    ['char-transformer', '--width', '30', '--heads', '4'],
    '--width 30 cannot be shared out among 4 heads: it must be a multiple of --heads.',
  ],
  [
    'a model that is far too large',
    ['char-transformer', '--width', '8192', '--layers', '96', '--heads', '8'],
    'the trainer takes up to 100,000,000. Make it smaller.',
  ],
  [
    'no units',
    ['char-lstm', '--hidden', '0'],
    '--hidden must be a whole number from 1 to 1000000, but is 0.',
  ],
  ['a config that is no JSON', ['mnist', '--config', 'broken.json'], 'broken.json is not JSON: '],
  [
    'a config that climbs',
    ['mnist', '--config', 'clip.json'],
    'yields gradients, which would climb the loss',
  ],
  ['a config with a wrong option', ['mnist', '--config', 'typo.json'], 'learningRate'],
  [
    'a run that is not there',
    ['mnist', '--resume', 'nowhere'],
    'nowhere holds no run: there is no config.json in it.',
  ],
  [
    'a folder that cannot be made',
    ['adding', '--run', '/proc/xx/y'],
    'The folder /proc/xx cannot be made: no folder can be made there.',
  ],
  [
    'a folder below a file',
    ['adding', '--run', 'tiny.txt/run'],
    'The folder tiny.txt/run cannot be made: a part of its path is a file, not a folder.',
  ],
  [
    'a warm-up of a schedule without one',
    ['mnist', '--warmup', '3'],
    '--schedule constant takes no --warmup; warmup-cosine does.',
  ],
  [
    'a warm-up as long as the schedule',
    ['mnist', '--schedule', 'warmup-cosine', '--steps', '20', '--accumulate', '4', '--warmup', '5'],
    '--warmup 5 must be below the 5 steps of the optimizer that the schedule is over.',
  ],
  [
    'a threshold beyond float32',
    ['mnist', '--clip', 'global-norm:1e400'],
    '--clip global-norm:1e400: the threshold must be a finite 32-bit float.',
  ],
  [
    'a threshold in another notation',
    ['mnist', '--clip', 'global-norm:0x10'],
    '--clip global-norm:0x10: write the threshold after a colon',
  ],
  [
    'a transform with a name beside it',
    ['mnist', '--config', 'beside.json'],
    'beside.json has "step", which means nothing there; it takes transform, options.',
  ],
  [
    'a config with an unknown name',
    ['mnist', '--config', 'unknown.json'],
    'unknown.json has "stepz", which means nothing there; it takes task, settings,',
  ],
  [
    'a config with an unknown setting',
    ['mnist', '--config', 'setting.json'],
    'mnist has no --hiden; it has --hidden',
  ],
  ['a folder with other things in it', ['adding', '--run', '.'], '. is not empty and holds no run.'],
])('%s is one message, exit code 2, and nothing is written', async (_, args, message) => {
  const files = readdirSync(folder);
  const { code, out, err } = await runHere('train', ...args, '--backend', 'cpu');
  const lines = err.trim().split('\n');
  expect(lines.at(-1)).toMatch(/^error: /);
  expect(lines.at(-1)).toContain(message);
  expect(lines.filter((line) => line.startsWith('error'))).toHaveLength(1);
  expect({ code, out }).toEqual({ code: 2, out: '' });
  expect(readdirSync(folder)).toEqual(files);
});

test('an unknown task, command words and folders are refused likewise', async () => {
  for (const [args, message] of [
    [['train', 'char-lstn'], "unknown command 'char-lstn' (Did you mean char-lstm?)"],
    [['compare', 'nowhere'], 'nowhere holds no run'],
    [['sweep', 'mnist', '--clip', 'value:a,b'], 'write a kind and thresholds above 0'],
    [['sweep', 'mnis', '--clip', 'value:1'], 'There is no task mnis'],
  ] as const) {
    const { code, err } = await runHere(...args);
    expect(code).toBe(2);
    expect(err).toContain(message);
  }
});

test('a run is not trained over, and its folder says how to go on', async () => {
  expect((await runHere('train', 'adding', ...small, '--run', 'once')).code).toBe(0);
  const { code, err } = await runHere('train', 'adding', ...small, '--run', 'once');
  expect(code).toBe(2);
  expect(err).toContain('once holds a run already. Go on with it: --resume once');
});

test('a flag that would change a run in its middle is refused', async () => {
  expect((await runHere('train', 'adding', ...small, '--run', 'fixed')).code).toBe(0);
  const { code, err } = await runHere('train', 'adding', '--resume', 'fixed', '--clip', 'value:1');
  expect(code).toBe(2);
  expect(err).toContain('--clip cannot change in the middle of a run');
  expect((await runHere('train', 'char-gru', '--resume', 'fixed')).err).toContain(
    'fixed is a run of adding, not of char-gru',
  );
});

test('fewer steps than a run has done are refused, and the run stays as it was', async () => {
  expect((await runHere('train', 'adding', ...small, '--run', 'done')).code).toBe(0);
  const kept = readFileSync('done/config.json', 'utf8');
  const { code, out, err } = await runHere('train', 'adding', '--resume', 'done', '--steps', '1');
  expect({ code, out }).toEqual({ code: 2, out: '' });
  expect(err).toMatch(
    /\nerror: --steps 1 is below the 2 that the run has done: give more, or begin a new run with --config\.\n$/,
  );
  expect(readFileSync('done/config.json', 'utf8')).toBe(kept);
  expect(existsSync('done/result.json')).toBe(true);
});

test.each(['cosine', 'linear', 'one-cycle', 'warmup-cosine'])(
  'a finished run with --schedule %s goes on only if the schedule does',
  async (schedule) => {
    const run = `scheduled-${schedule}`;
    await runHere('train', 'adding', ...small, '--steps', '8', '--schedule', schedule, '--run', run);
    const refused = await runHere('train', 'adding', '--resume', run, '--steps', '12');
    expect(refused.code).toBe(2);
    expect(refused.err).toMatch(/ends at step 8 of 12; .* --schedule-steps 12\.\n$/);
    const more = ['--steps', '12', '--schedule-steps', '12'];
    expect((await runHere('train', 'adding', '--resume', run, ...more)).code).toBe(0);
    const rates = readMetricsOf(run).flatMap((line) =>
      'loss' in line ? [Number(line['learningRate'])] : [],
    );
    expect(rates).toHaveLength(12);
    for (const rate of rates.slice(8)) expect(rate).toBeGreaterThan(0);
  },
);

test('a checkpoint of another model is named with the shapes', async () => {
  await runHere('train', 'adding', ...small, '--run', 'four');
  await runHere('train', 'adding', ...small, '--hidden', '5', '--run', 'five');
  cpSync(join(folder, 'five', 'checkpoints'), join(folder, 'four', 'checkpoints'), { recursive: true });
  const { code, err } = await runHere('train', 'adding', '--resume', 'four');
  expect(code).toBe(2);
  expect(err).toContain('is of another model: its recurrent1/kernel has shape [2,5], here it is [2,4].');
});

test('a folder in place of a file of a run is named, with what to do', async () => {
  await runHere('train', 'adding', ...small, '--run', 'foldered');
  for (const name of ['metrics.jsonl', 'result.json', 'config.json']) {
    renameSync(join('foldered', name), 'aside');
    mkdirSync(join('foldered', name));
    const resumed = await runHere('train', 'adding', '--resume', 'foldered');
    expect(resumed.code).toBe(2);
    expect(resumed.err.trim().split('\n').at(-1)).toBe(
      name === 'config.json'
        ? 'error: "foldered/config.json" cannot be read: it is a folder.'
        : `error: foldered/${name} is a folder, where a run keeps a file. Move it away; --resume goes on without it.`,
    );
    const compared = await runHere('compare', 'foldered');
    expect(compared.code).toBe(2);
    expect(compared.err).toMatch(new RegExp(`foldered/${name}"? cannot be read: it is a folder\\.\\n$`));
    rmSync(join('foldered', name), { recursive: true });
    renameSync('aside', join('foldered', name));
  }
  expect((await runHere('train', 'adding', '--resume', 'foldered', '--steps', '3')).code).toBe(0);
});

test('a damaged line of the metrics is named with its file, and does not keep the run from going on', async () => {
  await runHere('train', 'adding', ...small, '--run', 'lines');
  const file = join('lines', 'metrics.jsonl');
  const [first = '', ...rest] = readFileSync(file, 'utf8').split('\n');
  writeFileSync(file, [first, '{"step":1,"lo', '{"loss":3}', ...rest].join('\n'));
  const compared = await runHere('compare', 'lines');
  expect(compared.code).toBe(2);
  expect(compared.err).toContain('error: Line 2 of lines/metrics.jsonl is not JSON: ');
  const { code, err } = await runHere('train', 'adding', '--resume', 'lines', '--steps', '3');
  expect(code).toBe(0);
  expect(err).toMatch(
    /\nLine 2 of lines\/metrics\.jsonl is not JSON: .* It is set aside in lines\/metrics\.damaged\.jsonl\.\n/,
  );
  expect(err).toContain('Line 3 of lines/metrics.jsonl: "step" must be a whole number from 0');
  expect(readFileSync(join('lines', 'metrics.damaged.jsonl'), 'utf8')).toBe('{"step":1,"lo\n{"loss":3}\n');
  const steps = readMetricsOf('lines').flatMap((line) => ('loss' in line ? [line['step']] : []));
  expect(steps).toEqual([1, 2, 3]);
});

const main = fileURLToPath(
  new URL(process.features.typescript ? 'main.ts' : '../dist/main.mjs', import.meta.url),
);

function shell(
  script: string,
  ...command: readonly string[]
): { code: number | null; out: string; err: string } {
  const [program, ...args] = [...command, 'bash', '-c', script, process.execPath, main];
  const { status, stdout, stderr } = spawnSync(program, args, { cwd: folder, encoding: 'utf8' });
  return { code: status, out: stdout, err: stderr };
}

const inNamespace = ['unshare', '--user', '--map-root-user', '--mount'];
const tiny = '--length 10 --hidden 24 --optimizer adam --backend cpu --evaluate-every 0';
// Every checkpoint is several blocks of the disk, so that it fills up in the midst of one as well as between two.
const trainTiny = `"$0" "$1" train temporal-order ${tiny} --steps 5000 --checkpoint-every 3`;

test.skipIf(process.platform === 'win32')(
  'a file that may not grow ends the run with exit code 2 and loses no checkpoint',
  async () => {
    // A file may not grow past 32 kB there: the metrics do after some steps.
    const { code, err } = shell(`ulimit -f 64; exec ${trainTiny} --run limited`);
    expect(err).toMatch(
      /error: limited cannot be written: the file would become larger than is allowed\. The checkpoint of step (\d+) is whole; go on from it with --resume limited\.\n$/,
    );
    expect(code).toBe(2);
    const step = Number(/The checkpoint of step (\d+)/.exec(err)?.[1]);
    const more = await runHere('train', 'temporal-order', '--resume', 'limited', '--steps', String(step + 3));
    expect(more.err).toContain(`Going on after step ${step} from `);
    expect(more.code).toBe(0);
    const lines = readFileSync(join(folder, 'limited', 'metrics.jsonl'), 'utf8')
      .trim()
      .split('\n');
    expect(lines.every((line) => typeof JSON.parse(line) === 'object')).toBe(true);
  },
);

test.skipIf(shell('mount -t tmpfs tmpfs /mnt', ...inNamespace).code !== 0).each([96, 100, 104])(
  'a full disk of %i kB ends the run with exit code 2, and the checkpoint that it names is whole',
  (size) => {
    const script = `mount -t tmpfs -o size=${size}k tmpfs . && cd "$PWD" || exit 9
      ${trainTiny} --run run || echo "ended with $?"
      mount -o remount,size=1m .
      step=$(ls run/checkpoints | tail -1 | sed 's/step-0*//; s/[.].*//')
      exec "$0" "$1" train temporal-order --resume run --steps $((step + 3))`;
    const { code, out, err } = shell(script, ...inNamespace);
    const full =
      /error: run cannot be written: the disk is full\. The checkpoint of step (\d+) is whole; go on from it with --resume run\.\n/.exec(
        err,
      );
    expect(full).not.toBeNull();
    expect(out).toContain('ended with 2\n');
    expect(err).not.toContain('cannot be used');
    expect(err).toContain(`Going on after step ${full?.[1]} from `);
    expect(out).toContain(`at step ${Number(full?.[1]) + 3} `);
    expect(code).toBe(0);
  },
);

test('a run whose checkpoints are all damaged is not begun anew over its metrics', async () => {
  await runHere('train', 'adding', ...small, '--run', 'damaged');
  const [name = ''] = readdirSync(join(folder, 'damaged', 'checkpoints'));
  writeFileSync(join(folder, 'damaged', 'checkpoints', name), 'no checkpoint');
  const metrics = readFileSync(join(folder, 'damaged', 'metrics.jsonl'), 'utf8');
  const { code, err } = await runHere('train', 'adding', '--resume', 'damaged', '--steps', '4');
  expect(code).toBe(2);
  expect(err).toContain(
    `error: damaged/checkpoints/${name} cannot be used: it is cut short, and there is none before it. ` +
      'Begin a new run with --config damaged/config.json.\n',
  );
  expect(readFileSync(join(folder, 'damaged', 'metrics.jsonl'), 'utf8')).toBe(metrics);
});

const brokenFolders: Readonly<Record<string, [breaks: (run: string) => void, message: string]>> = {
  'without a config': [
    (run) => rmSync(join(run, 'config.json')),
    'broken holds no run: there is no config.json in it.',
  ],
  'with a config that is cut short': [
    (run) => truncateSync(join(run, 'config.json'), 30),
    'broken/config.json is not JSON: ',
  ],
  'with an empty config': [
    (run) => writeFileSync(join(run, 'config.json'), ''),
    'broken/config.json is not JSON: ',
  ],
  'with a config of nothing': [
    (run) => writeFileSync(join(run, 'config.json'), '{}'),
    'broken/config.json: "backend" must be one of auto, cpu, wasm, node, webgpu.',
  ],
  'with bytes for a config': [
    (run) => writeFileSync(join(run, 'config.json'), Buffer.from([0xff, 0xfe, 0])),
    '"broken/config.json" is not a text file in UTF-8.',
  ],
  'with a file for its checkpoints': [
    (run) => {
      rmSync(join(run, 'checkpoints'), { recursive: true });
      writeFileSync(join(run, 'checkpoints'), '');
    },
    'The folder broken/checkpoints cannot be made: it is a file.',
  ],
  'with a folder for a checkpoint': [
    (run) => {
      const [name = ''] = readdirSync(join(run, 'checkpoints'));
      rmSync(join(run, 'checkpoints', name));
      mkdirSync(join(run, 'checkpoints', name));
    },
    'cannot be used: it is a folder, and there is none before it.',
  ],
  'that another process trains': [
    (run) => writeFileSync(join(run, 'lock'), String(process.ppid)),
    `broken is being trained by another process, number ${process.ppid}. If that is another program, delete broken/lock.`,
  ],
  'that is a file': [
    (run) => {
      rmSync(run, { recursive: true });
      writeFileSync(run, '');
    },
    'broken holds no run: there is no config.json in it.',
  ],
};

test.each(Object.keys(brokenFolders))(
  'a run folder %s is one message and exit code 2, and nothing is written over',
  async (name) => {
    const [breaks, message] = brokenFolders[name] ?? [() => {}, 'no such case'];
    expect((await runHere('train', 'adding', ...small, '--run', 'broken')).code).toBe(0);
    try {
      breaks('broken');
      const seen = (): unknown =>
        statSync('broken').isFile()
          ? []
          : readdirSync('broken', { recursive: true }).map((entry) => {
              const path = join('broken', String(entry));
              return [path, statSync(path).isFile() ? readFileSync(path, 'latin1') : ''];
            });
      const files = seen();
      const { code, out, err } = await runHere('train', 'adding', '--resume', 'broken', '--steps', '4');
      expect({ code, out }).toEqual({ code: 2, out: '' });
      const errors = err.split('\n').filter((line) => line.startsWith('error'));
      expect(errors).toHaveLength(1);
      expect(errors[0]).toContain(message);
      expect(err.endsWith(`${errors[0]}\n`)).toBe(true);
      expect(seen()).toEqual(files);
    } finally {
      rmSync('broken', { recursive: true, force: true });
    }
  },
);
