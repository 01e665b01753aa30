import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';

/** A line or a row of dots of a plot, in a colour of its own. */
export interface Series {
  readonly name: string;
  readonly points: readonly { readonly x: number; readonly y: number }[];
  /** Joined by a line (usual), or dots only. */
  readonly shape?: 'line' | 'dots' | 'both';
  /** Drawn behind the others and without a place in the legend, in the colour of the series of the same name. */
  readonly faint?: boolean;
}

interface PlotOptions {
  readonly title: string;
  readonly x: string;
  readonly y: string;
  readonly logX?: boolean;
  readonly logY?: boolean;
  readonly domainY?: readonly [number, number];
}

/** Colours that people who see red and green alike tell apart (Okabe & Ito 2008). */
const colours = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9', '#000000', '#999933'];

/** The colour of the series at a place. */
export function colourOf(index: number): string {
  return colours[index % colours.length] ?? '#000000';
}

/** Draws series as an SVG document. Numbers that are not finite are left out, and so are those that a logarithm cannot show. */
export function svgPlot(series: readonly Series[], options: PlotOptions): string {
  const names = [...new Set(series.map(({ name }) => name))];
  const fits = (value: number, log: boolean | undefined): boolean =>
    Number.isFinite(value) && (log !== true || value > 0);
  const marks = series
    .toSorted((a, b) => Number(b.faint ?? false) - Number(a.faint ?? false))
    .flatMap(({ name, points, shape = 'line', faint = false }) => {
      const shown = points.filter(({ x, y }) => fits(x, options.logX) && fits(y, options.logY));
      const stroke = colourOf(names.indexOf(name));
      return [
        ...(shape === 'dots'
          ? []
          : [
              Plot.line(shown, {
                x: 'x',
                y: 'y',
                stroke,
                strokeWidth: faint ? 0.7 : 1.8,
                strokeOpacity: faint ? 0.25 : 1,
              }),
            ]),
        ...(shape === 'line'
          ? []
          : [Plot.dot(shown, { x: 'x', y: 'y', fill: stroke, fillOpacity: 0.75, r: 3.5 })]),
      ];
    });
  const { document } = parseHTML('<!doctype html><html><body></body></html>');
  const drawn = Plot.plot({
    document,
    width: 640,
    height: 300,
    marginLeft: 64,
    marginBottom: 40,
    style: { background: '#fff', color: '#222', font: '12px system-ui, sans-serif' },
    x: {
      label: options.x,
      ...(options.logX === true ? { type: 'log' } : {}),
      nice: options.logX !== true,
      ticks: 6,
      tickFormat: tickText,
    },
    y: {
      label: options.y,
      grid: true,
      ...(options.logY === true ? { type: 'log' } : { nice: true }),
      ...(options.domainY === undefined ? {} : { domain: [...options.domainY], clamp: true }),
      ticks: 6,
      tickFormat: tickText,
    },
    marks: [Plot.frame({ stroke: '#ccc' }), ...marks],
  });
  drawn.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
  drawn.setAttribute('role', 'img');
  drawn.setAttribute('aria-label', options.title);
  return drawn.outerHTML;
}

function tickText(value: number): string {
  if (value === 0) return '0';
  const size = Math.abs(value);
  return size >= 1e5 || size < 1e-3 ? value.toExponential(0) : String(Number(value.toPrecision(4)));
}
