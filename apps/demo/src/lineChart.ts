import uPlot from 'uplot';
import { formatNumber } from './formatNumber.ts';
import type { Drawable } from './history.ts';
import { onThemeChange, themeColor } from './theme.ts';

interface ChartLine {
  readonly label: string;
  /** The custom property that holds its colour. */
  readonly color: string;
  readonly dash?: readonly number[];
  readonly points?: boolean;
}

export interface LineChartOptions {
  readonly height: number;
  readonly lines: readonly ChartLine[];
  /** Whether the lower axis is logarithmic too. */
  readonly logarithmicX?: boolean;
  readonly xLabel?: string;
  readonly yLabel?: string;
}

/** What a chart shows. */
interface ChartData {
  readonly x: readonly number[];
  readonly lines: readonly (readonly Drawable[])[];
  /** Draws the values themselves where some are 0 or less, which have no logarithm. Default: false. */
  readonly linear?: boolean;
  /** The lowest and highest value to show, when several charts share a scale. */
  readonly range?: readonly [number, number];
  /** A level to mark with a line. */
  readonly level?: number | undefined;
  /** Where a cross says that the line ends for good. */
  readonly end?: { readonly x: number; readonly text: string } | undefined;
  /** The picture in words. */
  readonly description: string;
}

export interface LineChart {
  readonly element: HTMLElement;
  update(data: ChartData): void;
}

/** A chart of lines, over a logarithmic scale unless the data asks for another, in the colours of the theme and as wide as its place. */
export function lineChart(options: LineChartOptions): LineChart {
  const element = document.createElement('div');
  element.className = 'chart';
  element.setAttribute('role', 'img');
  let current: ChartData = { x: [], lines: [], description: '' };
  const font = '12px system-ui, sans-serif';

  const plot = new uPlot(
    {
      width: 320,
      height: options.height,
      legend: { show: false },
      cursor: { show: false },
      padding: [8, options.logarithmicX === true ? 24 : 10, 0, 0],
      scales: {
        x: { time: false },
        y: {
          range: (_, min, max) => {
            if (current.linear === true) return withRoom(min, max);
            const [low, high] = current.range?.map(Math.log10) ?? [min, max];
            return wholeDecades(low ?? min, high ?? max);
          },
        },
      },
      axes: [
        {
          ...axis(font),
          size: options.xLabel === undefined ? 26 : 44,
          ...(options.xLabel === undefined ? {} : { label: options.xLabel, labelSize: 18, labelFont: font }),
          ...(options.logarithmicX === true
            ? { splits: (self) => decadesOf(self, 'x') }
            : { incrs: wholeIncrements }),
          values: (_, ticks) =>
            ticks.map((tick) => shortNumber(options.logarithmicX === true ? 10 ** tick : tick)),
        },
        {
          ...axis(font),
          size: 52,
          ...(options.yLabel === undefined ? {} : { label: options.yLabel, labelSize: 18, labelFont: font }),
          splits: (self) => (current.linear === true ? evenTicks(self) : decadesOf(self, 'y')),
          values: (_, ticks) =>
            ticks.map((tick) => (current.linear === true ? formatNumber(tick) : shortNumber(10 ** tick))),
        },
      ],
      series: [
        {},
        ...options.lines.map(({ label, color, dash, points }) => ({
          label,
          stroke: () => themeColor(color),
          width: 2,
          ...(dash === undefined ? {} : { dash: [...dash] }),
          // A point without neighbours has no line to show it.
          points: { show: points === true, size: 6, filter: loneAmong },
        })),
      ],
      hooks: { draw: [(self) => drawMarks(self, current)] },
    },
    [[], ...options.lines.map(() => [])],
    element,
  );

  const resize = (): void => {
    if (element.clientWidth > 0) plot.setSize({ width: element.clientWidth, height: options.height });
  };
  new ResizeObserver(resize).observe(element);
  onThemeChange(() => plot.redraw());

  return {
    element,
    update: (data) => {
      current = data;
      element.setAttribute('aria-label', data.description);
      // uPlot draws logarithms: its own logarithmic scale draws a grid line for every digit.
      plot.setData([
        options.logarithmicX === true ? data.x.map(Math.log10) : [...data.x],
        ...data.lines.map((line) =>
          line.map((value) => (value === null || data.linear === true ? value : Math.log10(value))),
        ),
      ]);
    },
  };
}

/** Steps are whole numbers, and so are their ticks. */
const wholeIncrements = Array.from({ length: 9 }, (_, decade) =>
  [1, 2, 5].map((digit) => digit * 10 ** decade),
).flat();

function axis(font: string): uPlot.Axis {
  return {
    font,
    stroke: () => themeColor('ink-soft'),
    grid: { stroke: () => themeColor('grid'), width: 1 },
    ticks: { show: false },
    gap: 4,
  };
}

/** Whole powers of ten around the values, at least two of them. */
function wholeDecades(low: number | null, high: number | null): [number, number] {
  const from = Math.floor((low ?? -1) + 1e-9);
  const to = Math.ceil((high ?? 1) - 1e-9);
  return [from, Math.max(to, from + 2)];
}

/** The values with a little room around them. */
function withRoom(low: number | null, high: number | null): [number, number] {
  const [from, to] = [low ?? 0, high ?? 1];
  const room = from === to ? Math.max(1, Math.abs(from)) / 2 : (to - from) / 20;
  return [from - room, to + room];
}

/** Three to six even ticks up the scale. */
function evenTicks({ scales }: uPlot): number[] {
  const [from, to] = [scales['y']?.min ?? 0, scales['y']?.max ?? 1];
  const rough = (to - from) / 4;
  const decade = 10 ** Math.floor(Math.log10(rough));
  const step = decade * ([1, 2, 5].find((digit) => digit * decade >= rough) ?? 10);
  const first = Math.ceil(from / step);
  return Array.from({ length: Math.floor(to / step) - first + 1 }, (_, index) => (first + index) * step);
}

/** The places of the values of a line that have none beside them; null, which leaves it to `show`, where every one has. */
function loneAmong(plot: uPlot, line: number, show: boolean): number[] | null {
  if (show) return null;
  const values = plot.data[line] ?? [];
  const isThere = (index: number): boolean => typeof values[index] === 'number';
  const lone = Array.from(values.keys()).filter(
    (index) => isThere(index) && !isThere(index - 1) && !isThere(index + 1),
  );
  return lone.length === 0 ? null : lone;
}

/** At most five powers of ten across a scale. */
function decadesOf({ scales }: uPlot, scale: 'x' | 'y'): number[] {
  const from = Math.ceil((scales[scale]?.min ?? -1) - 1e-9);
  const to = Math.floor((scales[scale]?.max ?? 1) + 1e-9);
  const stride = Math.max(1, Math.ceil((to - from) / 4));
  return Array.from(
    { length: Math.max(0, Math.floor((to - from) / stride) + 1) },
    (_, index) => from + index * stride,
  );
}

function shortNumber(value: number): string {
  if (value >= 1e6) return value.toExponential(0).replace('e+', 'e');
  if (value >= 1e3 && value % 1e3 === 0) return `${value / 1e3}k`;
  return formatNumber(value);
}

function drawMarks(plot: uPlot, { level, end }: ChartData): void {
  const { ctx } = plot;
  const { left, top, width, height } = plot.bbox;
  const scale = devicePixelRatio;
  ctx.save();
  ctx.lineWidth = 2 * scale;
  if (level !== undefined) {
    const y = plot.valToPos(Math.log10(level), 'y', true);
    if (y >= top && y <= top + height) {
      ctx.strokeStyle = themeColor('threshold');
      ctx.setLineDash([6 * scale, 4 * scale]);
      ctx.beginPath();
      ctx.moveTo(left, y);
      ctx.lineTo(left + width, y);
      ctx.stroke();
      ctx.setLineDash([]);
    }
  }
  if (end !== undefined) {
    const x = Math.min(plot.valToPos(end.x, 'x', true), left + width);
    ctx.strokeStyle = themeColor('raw');
    ctx.fillStyle = themeColor('raw');
    ctx.beginPath();
    ctx.moveTo(x, top);
    ctx.lineTo(x, top + height);
    ctx.stroke();
    ctx.font = `600 ${13 * scale}px system-ui, sans-serif`;
    const isLate = x + ctx.measureText(end.text).width + 16 * scale > left + width;
    ctx.textAlign = isLate ? 'right' : 'left';
    ctx.fillText(end.text, x + (isLate ? -8 : 8) * scale, top + 16 * scale);
  }
  ctx.restore();
}
