import { expect, test } from 'vitest';
import { parseOptions } from './parseOptions.ts';
import type { Scenario } from './scenario.ts';

const scenario = (name: string): Scenario => ({
  name,
  title: `the ${name}`,
  run: async () => ({ name, title: name, points: [] }),
});
const known = {
  scenarios: [scenario('small'), scenario('large')],
  contestants: [{ name: 'loops', label: 'plain loops' }],
};

function parse(...args: readonly string[]) {
  let written = '';
  const write = (text: string): void => void (written += text);
  const attempt = (): ReturnType<typeof parseOptions> =>
    parseOptions(args, known, { writeOut: write, writeErr: write });
  return { attempt, written: () => written };
}

test('everything is measured unless told otherwise', () => {
  expect(parse().attempt()).toEqual({
    quick: false,
    scenarios: known.scenarios,
    contestants: undefined,
    out: undefined,
    json: undefined,
    from: undefined,
    readme: false,
  });
});

test('scenarios and contestants are chosen by name', () => {
  const options = parse('--quick', '--only', 'large', '--contestants', 'loops').attempt();
  expect(options.scenarios.map(({ name }) => name)).toEqual(['large']);
  expect(options.contestants).toEqual(new Set(['loops']));
});

test.each([
  [['--only', 'smal'], 'Known are small, large'],
  [['--contestants', 'abacus'], 'Known are loops'],
  [['--from', 'a.json', '--quick'], '--from measures nothing'],
  [['--readme', '--out', 'x'], 'leave --out or --readme out'],
  [['--readme', '--only', 'small'], '--readme quotes a whole run'],
  [['--fast'], "unknown option '--fast'"],
])('%j is refused with the remedy', (args, message) => {
  const { attempt, written } = parse(...args);
  expect(attempt).toThrow(message);
  expect(written()).toContain(message);
});

test('the help names scenarios and contestants', () => {
  const { attempt, written } = parse('--help');
  expect(attempt).toThrow('outputHelp');
  expect(written()).toContain('large  the large');
  expect(written()).toContain('loops  plain loops');
});
