import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { showRun } from './showRun.ts';

test('the time left is that of the session, in a run that goes on too', () => {
  const out = new PassThrough({ encoding: 'utf8' });
  const display = showRun(
    { steps: 1_000_000, logEvery: 1, unit: 'rows', maxSeconds: 60 },
    { out, err: undefined },
  );
  const rest = { loss: 1, norm: 1, factor: 1, cosine: 1, learningRate: 1 };
  for (const [step, seconds] of [
    [5001, 501],
    [5002, 510],
  ] as const) {
    display.stepped(
      { step, seconds, units: step, ...rest },
      { isReported: true, sessionSeconds: seconds - 500 },
    );
  }
  display.stop();
  expect(String(out.read()).match(/\S+ \S+ left|\S+ left/g)).toEqual([
    expect.stringContaining('59s left'),
    expect.stringContaining('50s left'),
  ]);
});
