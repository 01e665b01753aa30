import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { webgpuSection } from '@gradkit/bench/webgpuSection';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { exampleReport } from './exampleReport.ts';
import { folderName, mergeReport } from './mergeReport.ts';

let root = '';

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'gradkit-merge-'));
  mkdirSync(join(root, 'docs/performance'), { recursive: true });
  writeFileSync(join(root, 'README.md'), `# A\n\n${webgpuSection([], [])}\n\n## B\n`);
});
afterEach(() => rmSync(root, { recursive: true }));

function reportFile(report: object): string {
  const path = join(root, 'report.json');
  writeFileSync(path, JSON.stringify(report));
  return path;
}

test('a report is kept under the name of the card and the date, and the README shows its times', () => {
  mergeReport(reportFile(exampleReport), root);
  const folder = join(root, 'docs/performance/analytical-engine-mill');
  expect(existsSync(join(folder, '1843-09-01.json'))).toBe(true);
  expect(readFileSync(join(folder, '1843-09-01.md'), 'utf8')).toContain(
    '# Gradkit on Analytical Engine (mill)',
  );
  const readme = readFileSync(join(root, 'README.md'), 'utf8');
  expect(readme).toMatch(/the gradkit-webgpu \| +30\.0 µs \| +250 µs/);
  expect(readme.startsWith('# A\n')).toBe(true);
  expect(readme.endsWith('## B\n')).toBe(true);
});

test('merging twice changes nothing more, and a later report of the card takes the place of the earlier one', () => {
  mergeReport(reportFile(exampleReport), root);
  const once = readFileSync(join(root, 'README.md'), 'utf8');
  mergeReport(reportFile(exampleReport), root);
  expect(readFileSync(join(root, 'README.md'), 'utf8')).toBe(once);
  mergeReport(reportFile({ ...exampleReport, started: '1844-01-01T00:00:00.000Z' }), root);
  const readme = readFileSync(join(root, 'README.md'), 'utf8');
  expect(readme).toContain('1844-01-01');
  expect(readme).not.toContain('1843-09-01');
});

test('a report of a program on the processor is refused and changes nothing', () => {
  const before = readFileSync(join(root, 'README.md'), 'utf8');
  const adapter = { ...exampleReport.adapter, name: 'SwiftShader driver 5.0.0', isSoftware: true };
  expect(() => mergeReport(reportFile({ ...exampleReport, adapter }), root)).toThrow(
    'SwiftShader driver 5.0.0 is a program on the processor and no card',
  );
  expect(readFileSync(join(root, 'README.md'), 'utf8')).toBe(before);
});

test('a report without a device, one without times and a file of something else are refused', () => {
  const { adapter: _, ...nowhere } = exampleReport;
  expect(() => mergeReport(reportFile(nowhere), root)).toThrow('found no device');
  expect(() => mergeReport(reportFile({ ...exampleReport, contests: [] }), root)).toThrow(
    'nothing was timed',
  );
  expect(() => mergeReport(reportFile({ scenarios: [] }), root)).toThrow('holds no report of the GPU check');
});

test('until a card is measured the rows say so', () => {
  const points = [
    {
      name: 'SimpleNet',
      parameters: 67,
      leaves: 4,
      device: 'SwiftShader',
      rows: [],
      leftOut: [],
    },
  ];
  expect(webgpuSection(points, [])).not.toContain('counts only');
  const rows = [
    {
      contestant: 'a',
      label: 'A',
      milliseconds: { median: 9, low: 9, high: 9 },
      stepsPerRound: 1,
      rounds: [],
      counts: { dispatches: 3, submits: 2, buffers: 1 },
    },
  ];
  const section = webgpuSection(
    [{ ...points[0], name: 'SimpleNet', parameters: 67, leaves: 4, leftOut: [], rows }],
    [],
  );
  expect(section).toContain('counts only: no card has been measured yet');
  expect(section).not.toContain('9.00 ms');
});

test('a folder is named after its card', () => {
  expect(folderName('NVIDIA H100 80GB HBM3')).toBe('nvidia-h100-80gb-hbm3');
});
