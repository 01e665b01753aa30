import type { Results, Row } from './results.ts';
import { spreadOf } from './statistics.ts';

/** A row whose rounds took so many milliseconds a step. */
function exampleRow(contestant: string, ...milliseconds: readonly number[]): Row {
  return {
    contestant,
    label: `the ${contestant}`,
    milliseconds: spreadOf(milliseconds),
    stepsPerRound: 1,
    rounds: milliseconds.map((value, round) => ({ round, milliseconds: value })),
  };
}

/** Results of a machine that does not exist, for tests. */
export const exampleResults: Results = {
  machine: {
    processor: 'Difference Engine',
    cores: 2,
    memoryGigabytes: 1,
    system: 'Linux 6',
    node: 'v22.1.0',
  },
  quick: false,
  seconds: 61,
  versions: { 'torch-1': 'PyTorch 2' },
  missing: ['PyTorch with two threads is left out.'],
  scenarios: [
    {
      name: 'simplenet',
      title: 'A small net',
      points: [
        {
          name: 'SimpleNet',
          parameters: 67,
          leaves: 4,
          bytes: 2144,
          passes: 2,
          rows: [
            exampleRow('torch-1', 0.1, 0.1),
            exampleRow('gradkit-tfjs-cpu', 0.01),
            exampleRow('tfjs-cpu', 0.15, 0.15),
          ],
          leftOut: [],
        },
      ],
    },
    {
      name: 'ten-squares',
      title: 'Ten squares',
      points: [
        {
          name: '10 x 1024x1024',
          parameters: 10_485_760,
          leaves: 10,
          bytes: 320_000_000,
          passes: 2,
          rows: [
            exampleRow('copy', 10, 10, 10),
            exampleRow('copy-wasm', 8, 8, 8),
            exampleRow('torch-1', 9, 10, 11),
            exampleRow('gradkit-wasm', 9, 8, 7),
            exampleRow('tfjs-cpu', 3000, 4000),
          ],
          leftOut: [{ label: 'the abacus', reason: 'too slow' }],
        },
      ],
    },
    {
      name: 'sizes',
      title: 'By size',
      points: [1000, 10_000, 100_000].map((parameters) => ({
        name: `${parameters}`,
        parameters,
        leaves: 4,
        bytes: 32 * parameters,
        passes: 2,
        rows: [exampleRow('torch-1', parameters / 1e6), exampleRow('copy', parameters / 2e6)],
        leftOut: [],
      })),
    },
    {
      name: 'webgpu',
      title: 'On a device',
      points: [
        {
          name: 'SimpleNet',
          parameters: 67,
          leaves: 4,
          device: 'Analytical Engine, in Node',
          rows: [
            { ...exampleRow('gradkit-webgpu', 0.5), counts: { dispatches: 3, submits: 1, buffers: 0 } },
            { ...exampleRow('tfjs-webgpu', 2), counts: { dispatches: 72, submits: 5, buffers: 29 } },
          ],
          leftOut: [],
        },
      ],
    },
  ],
};
