import { html, svg, type TemplateResult } from 'lit-html';
import { cliffLoss, cliffWindow } from './cliff.ts';
import type { Point } from './demoState.ts';
import { formatNumber } from './formatNumber.ts';
import { arrowKey } from './geometryFigure.ts';
import { pointerDrag } from './pointerDrag.ts';
import { sizedFigure, type SizedFigure } from './sizedFigure.ts';
import { onThemeChange, themeColor } from './theme.ts';

export interface CliffData {
  readonly start: Point;
  readonly raw: readonly Point[];
  readonly clipped: readonly Point[];
}

export interface CliffFigureOptions {
  readonly data: () => CliffData;
  readonly onStart: (start: Point) => void;
}

/** The loss as a landscape seen from above, lit from the upper left, with two descents on it. */
export function cliffFigure({ data, onStart }: CliffFigureOptions): SizedFigure {
  const drag = pointerDrag();
  const landscape = document.createElement('canvas');
  landscape.className = 'landscape';
  landscape.setAttribute('aria-hidden', 'true');
  let drawnFor = '';

  const draw = (width: number): TemplateResult => {
    const height = Math.round(Math.min(width * 0.72, 440));
    const drawing = `${width}×${height} ${themeColor('paper')}`;
    if (drawing !== drawnFor) drawLandscape(landscape, width, height);
    drawnFor = drawing;
    const { start, raw, clipped } = data();
    const { left, right, bottom, top } = cliffWindow;
    const toScreen = ({ x, y }: Point): Point => ({
      x: (width * (x - left)) / (right - left),
      y: (height * (top - y)) / (top - bottom),
    });
    const at = toScreen(start);

    drag.tell((place) => {
      const x = left + ((right - left) * place.x) / width;
      const y = top - ((top - bottom) * place.y) / height;
      onStart(within({ x, y }));
    });
    const onKeyDown = (event: KeyboardEvent): void => {
      const by = arrowKey(event.key, event.shiftKey ? 0.25 : 0.05);
      if (by === undefined) return;
      event.preventDefault();
      onStart(within({ x: start.x + by.x, y: start.y + by.y }));
    };

    return html`${landscape}<svg class="cliff" width=${width} height=${height}>
        ${path('raw', raw.map(toScreen))} ${path('clipped', clipped.map(toScreen))}
        ${[3, 4, 5, 6].map((w) => svg`<text class="tick" x=${toScreen({ x: w, y: 0 }).x + 4} y=${height - 8}>${w === 3 ? 'w = 3' : w}</text>`)}
        ${[0, -1, -2, -3].map((b) => svg`<text class="tick" x=${width - 6} y=${toScreen({ x: 0, y: b }).y + 4} text-anchor="end">${b === 0 ? 'b = 0' : `−${-b}`}</text>`)}
        <circle
          class="start"
          cx=${at.x}
          cy=${at.y}
          r="10"
          role="slider"
          tabindex="0"
          aria-label="Start of both descents, moved by arrow keys"
          aria-valuemin=${left}
          aria-valuemax=${right}
          aria-valuenow=${start.x}
          aria-valuetext=${`w ${formatNumber(start.x)}, b ${formatNumber(start.y)}`}
          @keydown=${onKeyDown}
        />
      </svg>`;
  };
  const figure = sizedFigure('figure landscape-box', draw);
  drag.listenOn(figure.element);
  onThemeChange(() => figure.update());
  return figure;
}

function within({ x, y }: Point): Point {
  const { left, right, bottom, top } = cliffWindow;
  const round = (value: number): number => Number(value.toFixed(3));
  return {
    x: round(Math.min(Math.max(x, left), right)),
    y: round(Math.min(Math.max(y, bottom), top)),
  };
}

function path(kind: 'raw' | 'clipped', points: readonly Point[]): ReturnType<typeof svg> {
  const line = points
    .map(({ x, y }, index) => `${index === 0 ? 'M' : 'L'}${x.toFixed(1)} ${y.toFixed(1)}`)
    .join('');
  const last = points.at(-1);
  return svg`<path class="casing" d=${line} /><path class=${`descent ${kind}`} d=${line} />
    ${points.slice(1).map(({ x, y }) => svg`<circle class=${`dot ${kind}`} cx=${x} cy=${y} r="2.2" />`)}
    ${last === undefined ? svg`` : svg`<circle class=${`goal ${kind}`} cx=${last.x} cy=${last.y} r="5.5" />`}`;
}

/** Paints the height of the loss as lightness, and its slope as light and shade. */
function drawLandscape(canvas: HTMLCanvasElement, width: number, height: number): void {
  const [columns, rows] = [Math.max(2, Math.round(width / 2)), Math.max(2, Math.round(height / 2))];
  canvas.width = columns;
  canvas.height = rows;
  const context = canvas.getContext('2d');
  if (context === null) return;
  const { left, right, bottom, top } = cliffWindow;
  const heights = new Float32Array((columns + 1) * (rows + 1));
  for (let row = 0; row <= rows; row++) {
    const y = top - ((top - bottom) * row) / rows;
    for (let column = 0; column <= columns; column++)
      heights[row * (columns + 1) + column] = cliffLoss({ x: left + ((right - left) * column) / columns, y });
  }
  const image = context.createImageData(columns, rows);
  const low = rgb(themeColor('valley'));
  const high = rgb(themeColor('summit'));
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const at = row * (columns + 1) + column;
      const here = heights[at] ?? 0;
      const slope = 20 * (here - (heights[at + 1] ?? 0)) + 20 * (here - (heights[at + columns + 1] ?? 0));
      const light = Math.min(Math.max(slope * 0.9, -0.45), 0.45);
      const share = Math.min(1, Math.sqrt(here / 0.49));
      // Lines of equal loss, a tenth apart in the root.
      const isContour =
        Math.floor(share * 14) !== Math.floor(Math.sqrt((heights[at + columns + 1] ?? here) / 0.49) * 14);
      for (let channel = 0; channel < 3; channel++) {
        const base = (low[channel] ?? 0) + ((high[channel] ?? 0) - (low[channel] ?? 0)) * share;
        image.data[(row * columns + column) * 4 + channel] = base * (1 + light) * (isContour ? 0.9 : 1);
      }
      image.data[(row * columns + column) * 4 + 3] = 255;
    }
  }
  context.putImageData(image, 0, 0);
}

function rgb(color: string): readonly number[] {
  return [1, 3, 5].map((at) => Number.parseInt(color.slice(at, at + 2), 16));
}
