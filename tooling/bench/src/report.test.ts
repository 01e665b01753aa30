import { expect, test } from 'vitest';
import { exampleResults } from './exampleResults.ts';
import { report } from './report.ts';

test('a report has a table for each point, who is missing and the targets', () => {
  const { scenarios } = exampleResults;
  const shown = report({
    ...exampleResults,
    scenarios: scenarios.filter(({ name }) => name === 'ten-squares'),
  });
  expect(shown).toMatchInlineSnapshot(`
    "Difference Engine, 2 cores, 1 GB, Linux 6, Node 22.1.0. Run of 61.0 s.
    torch-1: PyTorch 2
    PyTorch with two threads is left out.

    Ten squares
    ┌───────────────────────────────────┬─────────┬───────────────────┬───────────────┬───────────────┬────────┬─────────────┐
    │ 10 x 1024x1024 (2 passes, 320 MB) │  a step │         quartiles │ x the torch-1 │     quartiles │   GB/s │ of the copy │
    ├───────────────────────────────────┼─────────┼───────────────────┼───────────────┼───────────────┼────────┼─────────────┤
    │ the copy                          │ 10.0 ms │ 10.0 ms – 10.0 ms │          1.00 │  0.909 – 1.11 │   32.0 │      80.0 % │
    │ the copy-wasm                     │ 8.00 ms │ 8.00 ms – 8.00 ms │         0.800 │ 0.727 – 0.889 │   40.0 │       100 % │
    │ the torch-1                       │ 10.0 ms │ 9.00 ms – 11.0 ms │          1.00 │   1.00 – 1.00 │   32.0 │      80.0 % │
    │ the gradkit-wasm                  │ 8.00 ms │ 7.00 ms – 9.00 ms │         0.800 │  0.636 – 1.00 │   40.0 │       100 % │
    │ the tfjs-cpu                      │  3.50 s │   3.00 s – 4.00 s │           350 │     333 – 400 │ 0.0914 │     0.229 % │
    └───────────────────────────────────┴─────────┴───────────────────┴───────────────┴───────────────┴────────┴─────────────┘
    Left out: the abacus; too slow.

    Targets
    ┌───────────────────────────────────────────────────────────────────────┬───────────────────┬──────────┬─────┐
    │ what                                                                  │            target │ measured │     │
    ├───────────────────────────────────────────────────────────────────────┼───────────────────┼──────────┼─────┤
    │ wasm engine, one thread, beside PyTorch on one thread, 10 x 1024x1024 │  ≤ 1.00 x as long │  0.800 x │ met │
    │ wasm engine, one thread, beside the copy bandwidth, 10 x 1024x1024    │ ≥ 0.800 x as fast │   1.00 x │ met │
    └───────────────────────────────────────────────────────────────────────┴───────────────────┴──────────┴─────┘"
  `);
});

test('a point without a copy has no bandwidth', () => {
  const shown = report({ ...exampleResults, scenarios: exampleResults.scenarios.slice(0, 1) });
  expect(shown).toContain('the torch-1');
  expect(shown).not.toContain('GB/s');
});

test('a table of a device has its name and what a step asks of it', () => {
  const { scenarios } = exampleResults;
  const shown = report({ ...exampleResults, scenarios: scenarios.filter(({ name }) => name === 'webgpu') });
  expect(shown).toContain('SimpleNet, Analytical Engine, in Node');
  expect(shown).toMatch(/the tfjs-webgpu +│ +72 │ +5 │ +29 │ +2\.00 ms/);
});
