import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { exampleReport } from './exampleReport.ts';
import { openReportFile } from './reportFile.ts';
import { reportMarkdown } from './reportMarkdown.ts';

test('a report is on the disk from the beginning, and after each change', () => {
  const folder = mkdtempSync(join(tmpdir(), 'gradkit-report-'));
  try {
    const { ended: _, ...begun } = exampleReport;
    const file = openReportFile(join(folder, 'deep/results'), { ...begun, contests: [] });
    const read = (name: string): string => readFileSync(join(folder, 'deep/results', name), 'utf8');
    expect(read('report.md')).toContain('The run did not end. The last that it did: done.');
    file.update({ contests: exampleReport.contests, ended: { isWhole: true, text: 'It ended.' } });
    expect(JSON.parse(read('report.json'))).toMatchObject({ ended: { text: 'It ended.' } });
    expect(read('report.md')).toContain('It ended.');
    expect(readdirSync(join(folder, 'deep/results')).toSorted()).toEqual(['report.json', 'report.md']);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('the Markdown names card, ends, times, bytes a second, results and who is left out', () => {
  const text = reportMarkdown(exampleReport);
  expect(text).toContain('# Gradkit on Analytical Engine (mill)');
  expect(text).not.toContain('a program on the processor');
  // 320 MB in 0.25 ms.
  expect(text).toMatch(/the gradkit-webgpu \| +250 µs \| +250 µs – 250 µs \| +500 µs \| +3 \| +1280 \|/);
  expect(text).toContain('- Left out: jax-js; it refused.');
  expect(text).toContain('- goldens: the time did not last for 2 cases');
});

test('a report of a program says so in bold', () => {
  const adapter = exampleReport.adapter;
  if (adapter === undefined) throw new Error('The example has an adapter.');
  expect(reportMarkdown({ ...exampleReport, adapter: { ...adapter, isSoftware: true } })).toContain(
    '**This device is a program on the processor, not a card',
  );
});
