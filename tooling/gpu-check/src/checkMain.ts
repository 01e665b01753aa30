import { parseArgs } from 'node:util';
import { exitCodes, runCheck } from './runCheck.ts';

const usage = `Usage: ./run.sh [options]

  --driver FILE    use this Vulkan driver's manifest and no other, such as SwiftShader's vk_swiftshader_icd.json
  --out FOLDER     where the report goes (default: results, beside run.sh)
  --seconds N      end within so many seconds (default: 330)
  --steps N        steps between one pair of timestamps (default: 200)
  --chains N       random chains (default: 200)
  --python FILE    the Python that is asked for torch (default: python3)
  --lose WHERE     destroy the device in the middle of conformance or timing, to see what happens then
`;

const { values } = parseArgs({
  options: {
    driver: { type: 'string' },
    out: { type: 'string', default: 'results' },
    seconds: { type: 'string', default: '330' },
    steps: { type: 'string', default: '200' },
    chains: { type: 'string', default: '200' },
    python: { type: 'string', default: 'python3' },
    lose: { type: 'string' },
    folder: { type: 'string', default: '.' },
    dawn: { type: 'string', default: 'dawn.node' },
    commit: { type: 'string', default: 'unknown' },
    help: { type: 'boolean', default: false },
  },
});

function wholeNumber(name: string, text: string): number {
  const number = Number(text);
  if (Number.isSafeInteger(number) && number > 0) return number;
  throw new RangeError(`--${name} is ${text}, but must be a whole number above 0.`);
}

function whereToLose(text: string | undefined): { lose?: 'conformance' | 'timing' } {
  if (text === undefined) return {};
  if (text === 'conformance' || text === 'timing') return { lose: text };
  throw new RangeError(`--lose is ${text}, but must be conformance or timing.`);
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

if (values.help) {
  process.stdout.write(usage);
  process.exit(exitCodes.right);
}
process.exit(
  await runCheck({
    folder: values.folder,
    dawnFile: values.dawn,
    out: values.out,
    seconds: wholeNumber('seconds', values.seconds),
    steps: wholeNumber('steps', values.steps),
    chains: wholeNumber('chains', values.chains),
    python: values.python,
    commit: values.commit,
    seed: Math.floor(Math.random() * 2 ** 29),
    ...whereToLose(values.lose),
    say,
  }),
);
