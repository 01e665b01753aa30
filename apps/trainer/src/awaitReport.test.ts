import { expect, test } from 'vitest';
import { awaitReport } from './awaitReport.ts';

test('a report is taken when it comes, and those before it are forgotten', async () => {
  const reports = new Map<number, Readonly<Record<string, number>>>([[3, { norm: 1 }]]);
  const { signal } = new AbortController();
  const report = awaitReport(reports, 4, { signal });
  reports.set(4, { norm: 2 });
  expect(await report).toEqual({ norm: 2 });
  expect(reports.size).toBe(0);
});

test('where no report comes the wait ends, sooner once the run is to stop', async () => {
  const { signal } = new AbortController();
  const never = { usual: 1e9, interrupted: 1e9 };
  const message = 'The backend gave no report of step 5, so the run cannot go on.';
  await expect(awaitReport(new Map(), 4, { signal, patient: { ...never, usual: 0.01 } })).rejects.toThrow(
    message,
  );
  const aborted = AbortSignal.abort();
  const patient = { ...never, interrupted: 0.01 };
  await expect(awaitReport(new Map(), 4, { signal: aborted, patient })).rejects.toThrow(message);
});
