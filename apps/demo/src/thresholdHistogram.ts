import { html, svg, type TemplateResult } from 'lit-html';
import { formatNumber, formatShare } from './formatNumber.ts';
import { pointerDrag } from './pointerDrag.ts';
import { sizedFigure, type SizedFigure } from './sizedFigure.ts';

export interface HistogramData {
  /** What is counted, in the plural: gradient norms. */
  readonly noun: string;
  /** What the threshold is called, for a screen reader. */
  readonly label: string;
  readonly values: readonly number[];
  /** Counted too, and drawn as an outline. */
  readonly ghost: readonly number[];
  readonly threshold: number;
}

export interface HistogramOptions {
  readonly data: () => HistogramData;
  readonly onThreshold: (threshold: number) => void;
}

const height = 170;
const bins = 48;
const margin = { left: 22, right: 22, top: 26, bottom: 26 };

/** The values over a logarithmic axis, and on it a threshold that can be dragged, clicked to, and moved with the arrow keys. */
export function thresholdHistogram({ data, onThreshold }: HistogramOptions): SizedFigure {
  const drag = pointerDrag();
  let domain: readonly [number, number] = [-2, 2];

  const draw = (width: number): TemplateResult => {
    const { noun, label, values, ghost, threshold } = data();
    // While the line is dragged the axis must not move under the pointer.
    if (!drag.isHeld()) domain = domainOf([...values, ...ghost], threshold);
    const inner = width - margin.left - margin.right;
    const [low, high] = domain;
    const toX = (value: number): number => margin.left + (inner * (Math.log10(value) - low)) / (high - low);
    const fromX = (x: number): number =>
      10 ** (low + ((high - low) * Math.min(Math.max(x - margin.left, 0), inner)) / inner);
    const counts = count(values, domain);
    const ghosts = count(ghost, domain);
    const tallest = Math.max(1, ...counts, ...ghosts);
    const base = height - margin.bottom;
    const toHeight = (number: number): number => ((base - margin.top) * number) / tallest;
    const barWidth = inner / bins;
    // A threshold far from all values stays at the edge: the values are what there is to see.
    const x = clamp(toX(threshold), margin.left, width - margin.right);
    const above = values.filter((value) => value > threshold).length;
    const share = values.length === 0 ? 0 : above / values.length;

    drag.tell((place) => onThreshold(round(fromX(place.x))));
    const onKeyDown = (event: KeyboardEvent): void => {
      const next = keyedThreshold(event.key, threshold, domain);
      if (next === undefined) return;
      event.preventDefault();
      onThreshold(round(next));
    };

    return html`<svg class="histogram" width=${width} height=${height}>
      <rect
        class="above"
        x=${x}
        y=${margin.top}
        width=${Math.max(0, width - margin.right - x)}
        height=${base - margin.top}
      />
      ${counts.map((number, bin) =>
        number === 0
          ? svg``
          : svg`<rect class=${binCentre(bin, domain) > threshold ? 'bar clipped' : 'bar'} x=${margin.left + bin * barWidth + 0.5}
              y=${base - toHeight(number)} width=${Math.max(1, barWidth - 1)} height=${toHeight(number)} />`,
      )}
      <path class="ghost" d=${outline(ghosts, { toHeight, base, barWidth })} />
      <line class="base" x1=${margin.left} x2=${width - margin.right} y1=${base} y2=${base} />
      ${decades(domain).map(
        (exponent) =>
          svg`<text class="tick" x=${toX(10 ** exponent)} y=${height - 8} text-anchor="middle">${formatNumber(10 ** exponent)}</text>`,
      )}
      <g
        class="handle"
        role="slider"
        tabindex="0"
        aria-label=${label}
        aria-valuemin=${round(10 ** low)}
        aria-valuemax=${round(10 ** high)}
        aria-valuenow=${threshold}
        aria-valuetext=${`${formatNumber(threshold)}, above it ${formatShare(share)} of the ${noun}`}
        @keydown=${onKeyDown}
      >
        <rect class="grip" x=${x - 22} y="0" width="44" height=${height} />
        <line x1=${x} x2=${x} y1=${margin.top - 4} y2=${base} />
        <rect class="knob" x=${clamp(x - 27, 1, width - 55)} y="3" width="54" height="20" rx="10" />
        <text class="value" x=${clamp(x - 27, 1, width - 55) + 27} y="17" text-anchor="middle">
          ${formatNumber(threshold)}
        </text>
      </g>
    </svg>`;
  };
  const figure = sizedFigure('figure', draw);
  drag.listenOn(figure.element);
  return figure;
}

function outline(
  counts: readonly number[],
  { toHeight, base, barWidth }: { toHeight: (count: number) => number; base: number; barWidth: number },
): string {
  if (counts.every((number) => number === 0)) return '';
  const steps = counts.map((number) => `V${base - toHeight(number)}h${barWidth}`);
  return `M${margin.left} ${base}${steps.join('')}V${base}`;
}

function keyedThreshold(
  key: string,
  threshold: number,
  [low, high]: readonly [number, number],
): number | undefined {
  const factors: Readonly<Record<string, number>> = {
    ArrowRight: 1.1,
    ArrowUp: 1.1,
    ArrowLeft: 1 / 1.1,
    ArrowDown: 1 / 1.1,
    PageUp: 2,
    PageDown: 0.5,
  };
  if (key === 'Home') return 10 ** low;
  if (key === 'End') return 10 ** high;
  const factor = factors[key];
  return factor === undefined ? undefined : threshold * factor;
}

/** Whole decades around the values, so that the axis does not tremble, and around the threshold, as far as the values stay to be seen. */
export function domainOf(values: readonly number[], threshold: number): readonly [number, number] {
  const finite = values
    .filter((value) => value > 0 && Number.isFinite(value))
    .map((value) => Math.log10(value));
  const at = Math.log10(threshold);
  const top = finite.length === 0 ? at : finite.reduce((a, b) => Math.max(a, b));
  const bottom = Math.max(
    finite.reduce((a, b) => Math.min(a, b), top),
    top - 12,
  );
  const high = Math.max(top, Math.min(at, top + decadesBeside));
  const low = Math.min(bottom, Math.max(at, bottom - decadesBeside));
  return [Math.min(Math.floor(low), Math.ceil(high) - 2), Math.ceil(high + 1e-9)];
}

/** How far from the values a threshold draws the axis along. */
const decadesBeside = 4;

function count(values: readonly number[], [low, high]: readonly [number, number]): number[] {
  const counts = Array.from({ length: bins }, () => 0);
  for (const value of values) {
    const bin = Math.floor((bins * (Math.log10(value) - low)) / (high - low));
    if (bin >= 0 && bin < bins) counts[bin] = (counts[bin] ?? 0) + 1;
  }
  return counts;
}

function binCentre(bin: number, [low, high]: readonly [number, number]): number {
  return 10 ** (low + ((high - low) * (bin + 0.5)) / bins);
}

function decades([low, high]: readonly [number, number]): number[] {
  const stride = Math.ceil((high - low) / 6);
  const first = Math.ceil(low);
  return Array.from(
    { length: Math.floor((high - first) / stride) + 1 },
    (_, index) => first + index * stride,
  );
}

function round(value: number): number {
  return Number(value.toPrecision(3));
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), high);
}
