import { expect, test } from 'vitest';
import { exampleResults } from './exampleResults.ts';
import { sweepChart } from './sweepChart.ts';

test('a sweep is drawn with a line and a legend entry for each contestant', async () => {
  const sweep = exampleResults.scenarios.find(({ name }) => name === 'sizes');
  if (sweep === undefined) throw new Error('The example has a sweep.');
  const svg = await sweepChart(sweep, { of: 'parameters', title: 'parameters' });
  expect(svg).toMatch(/^<svg /);
  for (const text of ['By size', 'the torch-1', 'the copy', '>parameters<', '>100k<'])
    expect(svg).toContain(text);
});
