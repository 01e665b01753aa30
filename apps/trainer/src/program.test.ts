import { expect, test, vi } from 'vitest';
import { runHere } from './runTrainer.ts';
import { tasks } from './tasks.ts';

/** The help as a terminal of so many columns shows it. */
async function helpAt(columns: number, ...args: readonly string[]): Promise<string> {
  const { isTTY, columns: before } = process.stdout;
  Object.assign(process.stdout, { isTTY: true, columns });
  try {
    const { code, out } = await runHere(...args);
    expect(code).toBe(0);
    return out;
  } finally {
    Object.assign(process.stdout, { isTTY, columns: before });
  }
}

test('help begins with the main job, and names the commands, the tasks, the exit codes and examples', async () => {
  const help = await helpAt(100, '--help');
  expect(help.split('\n\n').slice(0, 2).join('\n\n')).toMatchInlineSnapshot(`
    "Usage: trainer [options]
           trainer train <task> [options]
           trainer compare <runs...> [options]
           trainer sweep <task> --clip <kind:thresholds> [options]

    Without a command, the main job: trains SimpleNet (Linear 10-5, ReLU, Linear 5-2) with SGD behind a
    gradient clip, on the wages of 534 workers (ten predictors; two targets, the hourly wage in dollars
    and its logarithm) or on a table of your own."
  `);
  for (const command of ['train', 'compare', 'sweep'])
    expect(help).toMatch(new RegExp(`^  ${command} `, 'm'));
  for (const { name } of tasks) expect(help).toContain(name);
  for (const word of ['--data', '--delimiter', '--no-header', '--json', 'Exit codes: 0', 'Examples:']) {
    expect(help).toContain(word);
  }
  expect((await runHere('help')).out).toBe((await runHere('--help')).out);
});

test.each([
  ['--help'],
  ['train', '--help'],
  ['train', 'char-lstm', '--help'],
  ['train', 'simplenet', '--help'],
  ['compare', '--help'],
  ['sweep', '--help'],
  ['help', 'sweep'],
])('help by %s %s %s fits terminals of 120, 80 and 50 columns', async (...args) => {
  const words = args.filter((word) => word !== undefined);
  for (const columns of [120, 80, 50]) {
    const help = await helpAt(columns, ...words);
    const long = help.split('\n').filter((line) => line.length > columns);
    // A term or a command to copy is not broken.
    expect(long.filter((line) => !/^ {2,7}(trainer|--)|^Usage: /.test(line))).toEqual([]);
  }
});

test.each([
  [['trian', 'mnist'], "error: unknown command 'trian' (Did you mean train?)"],
  [['table.csv'], "error: unknown command 'table.csv'"],
  [['--seed', '3', 'table.csv'], 'error: table.csv is neither an option nor the first word; '],
  [
    ['--seed', '3', 'train', 'mnist'],
    'error: --seed before train means nothing; write the command first: trainer train ... --seed.',
  ],
  [['train', 'mnits'], "error: unknown command 'mnits' (Did you mean mnist?)"],
])('%j is refused in one line', async (args, line) => {
  const { code, out, err } = await runHere(...args);
  expect(err).toContain(line);
  expect(err.trim().split('\n')).toHaveLength(1);
  expect({ code, out }).toEqual({ code: 2, out: '' });
});

test('what nobody foresaw is one line and exit code 70, with a way to see where', async () => {
  const write = vi.spyOn(process.stdout, 'write').mockImplementationOnce(() => {
    throw new TypeError('no\nluck');
  });
  const lines: string[] = [];
  const err = vi.spyOn(process.stderr, 'write').mockImplementation((text) => lines.push(String(text)) > 0);
  try {
    const { runProgram } = await import('./program.ts');
    const code = await runProgram(['--help'], new AbortController().signal);
    expect(code).toBe(70);
  } finally {
    write.mockRestore();
    err.mockRestore();
  }
  expect(lines).toEqual([
    'error: TypeError: no luck (This is a fault of the trainer; GRADKIT_STACK=1 shows where.)\n',
  ]);
});
