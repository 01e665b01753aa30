import { parse, View } from 'vega';
import { compile, type TopLevelSpec } from 'vega-lite';
import type { ScenarioResult } from './results.ts';

/** What a sweep is drawn over. */
export interface SweepAxis {
  readonly of: 'parameters' | 'leaves';
  readonly title: string;
}

// A copy of a few bytes takes no time to speak of: less than a microsecond is not drawn.
const shortest = 1e-3;

/** A sweep as an SVG: a line for each contestant, both axes logarithmic. */
export async function sweepChart({ title, points }: ScenarioResult, axis: SweepAxis): Promise<string> {
  const values = points.flatMap((point) =>
    point.rows
      .filter(({ milliseconds }) => milliseconds.median >= shortest)
      .map(({ label, milliseconds }) => ({
        x: point[axis.of],
        milliseconds: milliseconds.median,
        low: Math.max(milliseconds.low, shortest),
        high: milliseconds.high,
        label,
      })),
  );
  const labels = labelsByLastTime(values);
  // By the order of the rows, so that a contestant has the same color in each picture.
  const inOrder = [...new Set(points.flatMap(({ rows }) => rows.map(({ label }) => label)))];
  const color = {
    field: 'label',
    type: 'nominal',
    scale: { domain: labels, range: labels.map((label) => colorOf(label, inOrder)) },
    legend: { title: null, labelLimit: 400, symbolType: 'circle', symbolOpacity: 1, orient: 'right' },
  } as const;
  const lowest = Math.min(...values.map(({ low }) => low)) / 1.5;
  const highest = Math.max(...values.map(({ high }) => high)) * 1.5;
  const x = {
    field: 'x',
    type: 'quantitative',
    scale: { type: 'log', nice: false },
    title: axis.title,
    axis: { format: '~s', values: powersOfTen(values.map((value) => value.x)) },
  } as const;
  const y = {
    field: 'milliseconds',
    type: 'quantitative',
    scale: { type: 'log', domainMin: lowest, domainMax: highest, nice: false },
    title: 'milliseconds a step',
    axis: { format: '~g', values: powersOfTen([lowest, highest]) },
  } as const;
  const spec: TopLevelSpec = {
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    title: { text: title, anchor: 'start', fontSize: 14, offset: 12 },
    background: 'white',
    padding: 12,
    width: 640,
    height: 420,
    data: { values },
    layer: [
      {
        mark: { type: 'rule', strokeWidth: 1, opacity: 0.6 },
        encoding: { x, y: { ...y, field: 'low' }, y2: { field: 'high' }, color },
      },
      {
        mark: { type: 'line', strokeWidth: 2 },
        encoding: {
          x,
          y,
          color,
          strokeDash: {
            condition: { test: 'indexof(datum.label, "Gradkit") === 0', value: [1, 0] },
            value: [5, 3],
          },
        },
      },
      { mark: { type: 'point', filled: true, size: 28, opacity: 1 }, encoding: { x, y, color } },
    ],
    config: { font: 'sans-serif', axis: { gridColor: '#e5e5e5', labelFontSize: 11, titleFontSize: 12 } },
  };
  return new View(parse(compile(spec).spec), { renderer: 'none' }).toSVG();
}

/** The powers of ten between the least and the greatest of some numbers. */
function powersOfTen(values: readonly number[]): number[] {
  const from = Math.ceil(Math.log10(Math.min(...values)));
  const to = Math.floor(Math.log10(Math.max(...values)));
  return Array.from({ length: Math.max(to - from + 1, 0) }, (_, index) => 10 ** (from + index));
}

interface Value {
  readonly x: number;
  readonly milliseconds: number;
  readonly label: string;
}

/** The slowest first, as the lines lie at their right ends. */
function labelsByLastTime(values: readonly Value[]): string[] {
  const perStep = new Map<string, Value>();
  for (const value of values) {
    const last = perStep.get(value.label);
    if (last === undefined || value.x >= last.x) perStep.set(value.label, value);
  }
  return Array.from(perStep.values())
    .toSorted((a, b) => b.milliseconds / b.x - a.milliseconds / a.x)
    .map(({ label }) => label);
}

// Gradkit in blues and greens, the others in warm colors, the memory's limit in grey.
const own = ['#1f6fb4', '#17a398', '#5b3fb8', '#2ca02c', '#7fb7e6', '#0b3d66', '#8fd3c7'];
const others = ['#d62728', '#ff7f0e', '#8c564b', '#e377c2', '#bcbd22', '#a05d00', '#f7a072'];

function colorOf(label: string, labels: readonly string[]): string {
  if (label.startsWith('copy')) return '#808080';
  const isOwn = (one: string): boolean => one.startsWith('Gradkit');
  const palette = isOwn(label) ? own : others;
  const alike = labels.filter((one) => isOwn(one) === isOwn(label) && !one.startsWith('copy'));
  return palette[alike.indexOf(label) % palette.length] ?? '#000000';
}
