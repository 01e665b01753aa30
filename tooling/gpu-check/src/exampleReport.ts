import type { GpuContest, GpuReport, GpuRow } from '@gradkit/bench/gpuReport';

/** A row of three laps of 200 steps. */
export function exampleRow(contestant: string, milliseconds: number, isRight = true): GpuRow {
  return {
    contestant,
    label: `the ${contestant}`,
    gpu: { median: milliseconds, low: milliseconds, high: milliseconds },
    wall: { median: 2 * milliseconds, low: 2 * milliseconds, high: 2 * milliseconds },
    laps: [1, 2, 3].map(() => ({ gpu: 200 * milliseconds, wall: 400 * milliseconds })),
    counts: { dispatches: 2, submits: 1, buffers: 0 },
    result: {
      isRight,
      text: isRight ? '640 entries after 670 steps' : 'entry 3 of leaf 0 is 1, by float64 2',
    },
  };
}

/** A contest on so many parameters in ten leaves. */
export function exampleContest(parameters: number, rows: readonly GpuRow[]): GpuContest {
  return {
    name: `${parameters} in 10 leaves`,
    parameters,
    leaves: 10,
    bytes: 32 * parameters,
    passes: 2,
    steps: 200,
    start: 7,
    isSideBySide: true,
    rows,
    leftOut: [{ label: 'jax-js', reason: 'it refused' }],
  };
}

/** A whole report of a card that there is not. */
export const exampleReport: GpuReport = {
  format: 1,
  started: '1843-09-01T10:00:00.000Z',
  seconds: 321,
  commit: 'abc',
  doing: 'done',
  ended: { isWhole: true, text: 'The run is whole.' },
  machine: {
    processor: 'Difference Engine',
    cores: 2,
    memoryGigabytes: 1,
    system: 'Linux 6',
    node: 'v22.1.0',
  },
  adapter: {
    name: 'Analytical Engine (mill)',
    vendor: 'babbage',
    architecture: 'brass',
    device: '',
    description: '',
    isSoftware: false,
    features: ['timestamp-query'],
    limits: { maxBufferSize: 1024 },
  },
  torch: 'PyTorch 2 on Analytical Engine',
  clock: { hasTimestamps: true, resolution: 32, text: 'Timestamps as the device gives them.' },
  suites: [{ name: 'goldens', seconds: 3, passed: 5, wrong: [], skipped: [], leftOut: 2 }],
  contests: [
    exampleContest(1e6, [exampleRow('copy', 0.02), exampleRow('gradkit-webgpu', 0.03)]),
    exampleContest(1e7, [exampleRow('copy', 0.2), exampleRow('gradkit-webgpu', 0.25)]),
  ],
  verdicts: [{ claim: 'a claim', isOfTimes: true, isHeld: true, found: 'so' }],
};
