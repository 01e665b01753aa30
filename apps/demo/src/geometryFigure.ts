import { html, svg, type TemplateResult } from 'lit-html';
import { farthestTip, type Point } from './demoState.ts';
import { formatNumber } from './formatNumber.ts';
import type { Geometry } from './geometry.ts';
import { pointerDrag } from './pointerDrag.ts';
import { sizedFigure, type SizedFigure } from './sizedFigure.ts';

export interface GeometryData {
  readonly geometry: Geometry;
  readonly names: readonly [string, string];
  /** Whether the arrow is the person's to drag. */
  readonly draggable: boolean;
}

export interface GeometryFigureOptions {
  readonly data: () => GeometryData | undefined;
  readonly onDrag: (point: Point) => void;
}

/** The gradient as an arrow before and after its clips, with the circle and the box that they keep it within. */
export function geometryFigure({ data, onDrag }: GeometryFigureOptions): SizedFigure {
  const drag = pointerDrag();
  let shownExtent = 1;

  const draw = (width: number): TemplateResult => {
    const shown = data();
    const size = Math.min(width, 420);
    if (shown === undefined) return html`<p class="empty">Waiting for the first gradient.</p>`;
    const { geometry, names, draggable } = shown;
    if (!drag.isHeld()) shownExtent = extentOf(geometry, draggable);
    const extent = shownExtent;
    const half = size / 2;
    const scale = (half - 26) / extent;
    const toScreen = ({ x, y }: Point): Point => ({ x: half + x * scale, y: half - y * scale });
    const [before = { x: 0, y: 0 }] = geometry.points;
    const after = geometry.points.at(-1) ?? before;
    const seen = cut(before, extent);
    const tip = toScreen(seen.point);
    const clipped = toScreen(after);

    const drop = ({ x, y }: Point): void =>
      onDrag({ x: round((x - half) / scale), y: round((half - y) / scale) });
    drag.tell(draggable ? drop : undefined);
    const onKeyDown = (event: KeyboardEvent): void => {
      const moved = arrowKey(event.key, extent / 40);
      if (moved === undefined) return;
      event.preventDefault();
      onDrag({ x: round(before.x + moved.x), y: round(before.y + moved.y) });
    };

    return html`<svg
      class=${draggable ? 'geometry draggable' : 'geometry'}
      width=${size}
      height=${size}
      role=${draggable ? 'group' : 'img'}
      aria-label=${describe(shown)}
    >
      <defs>
        <clipPath id="geometry-frame">
          <rect x="1" y="1" width=${size - 2} height=${size - 2} rx="10" />
        </clipPath>
      </defs>
      <rect class="frame" x="0.5" y="0.5" width=${size - 1} height=${size - 1} rx="10" />
      <g clip-path="url(#geometry-frame)">
        <line class="axis" x1="0" x2=${size} y1=${half} y2=${half} />
        <line class="axis" x1=${half} x2=${half} y1="0" y2=${size} />
        ${geometry.boundaries.map(({ shape, radius, threshold }) =>
          shape === 'box'
            ? svg`<rect class="boundary" x=${half - radius * scale} y=${half - radius * scale} width=${2 * radius * scale} height=${2 * radius * scale} />`
            : svg`${
                threshold > radius * 1.02
                  ? svg`<circle class="boundary whole" cx=${half} cy=${half} r=${threshold * scale} />`
                  : svg``
              }<circle class="boundary" cx=${half} cy=${half} r=${radius * scale} />`,
        )}
        <line class="arrow before" x1=${half} y1=${half} x2=${tip.x} y2=${tip.y} />
        ${seen.isCut ? breakMark({ x: half, y: half }, tip) : arrowHead('before', { x: half, y: half }, tip)}
        ${geometry.points.slice(1, -1).map((point) => {
          const at = toScreen(point);
          return svg`<circle class="between" cx=${at.x} cy=${at.y} r="4" />`;
        })}
        <line class="arrow after" x1=${half} y1=${half} x2=${clipped.x} y2=${clipped.y} />
        ${arrowHead('after', { x: half, y: half }, clipped)}
      </g>
      <text class="axis-name" x=${size - 8} y=${half - 7} text-anchor="end">${names[0]}</text>
      <text class="axis-name" x=${half + 7} y="17">${names[1]}</text>
      ${
        draggable
          ? svg`<circle class="grip-point" cx=${tip.x} cy=${tip.y} r="11" role="slider" tabindex="0" aria-label="Tip of your gradient, moved by arrow keys"
              aria-valuemin=${-farthestTip} aria-valuemax=${farthestTip} aria-valuenow=${before.x} aria-valuetext=${`${formatNumber(before.x)}, ${formatNumber(before.y)}`} @keydown=${onKeyDown} />`
          : svg``
      }
    </svg>`;
  };
  const figure = sizedFigure('figure square', draw);
  drag.listenOn(figure.element);
  return figure;
}

/** The same in words. */
function describe({ geometry, names }: GeometryData): string {
  const [before] = geometry.points;
  const after = geometry.points.at(-1);
  const text = (point: Point | undefined): string =>
    point === undefined ? 'nothing' : `${formatNumber(point.x)}, ${formatNumber(point.y)}`;
  return `The gradient along ${names[0]} and ${names[1]}: before (${text(before)}), after (${text(after)})`;
}

/** A step of an arrow key. */
export function arrowKey(key: string, by: number): Point | undefined {
  switch (key) {
    case 'ArrowRight':
      return { x: by, y: 0 };
    case 'ArrowLeft':
      return { x: -by, y: 0 };
    case 'ArrowUp':
      return { x: 0, y: by };
    case 'ArrowDown':
      return { x: 0, y: -by };
    default:
      return undefined;
  }
}

/** How far the plot reaches: the whole arrow, unless the boundaries would shrink to a dot. */
function extentOf({ points, boundaries }: Geometry, draggable: boolean): number {
  const sizes = points.flatMap(({ x, y }) => [Math.abs(x), Math.abs(y)]).filter(Number.isFinite);
  const arrow = Math.max(1e-12, ...sizes);
  const edge = Math.max(0, ...boundaries.map(({ threshold }) => threshold));
  const wanted = draggable ? Math.max(arrow * 1.25, edge * 1.3, 1e-12) : Math.max(arrow, edge * 1.15);
  return edge > 0 && !draggable ? Math.min(wanted, edge * 5) : wanted;
}

function cut({ x, y }: Point, extent: number): { point: Point; isCut: boolean } {
  const longest = Math.max(Math.abs(x), Math.abs(y));
  if (!(longest > extent * 1.001)) return { point: { x, y }, isCut: false };
  return { point: { x: (x * extent) / longest, y: (y * extent) / longest }, isCut: true };
}

function arrowHead(kind: string, from: Point, to: Point): TemplateResult | ReturnType<typeof svg> {
  const length = Math.hypot(to.x - from.x, to.y - from.y);
  if (!(length > 3)) return svg``;
  const angle = Math.atan2(to.y - from.y, to.x - from.x);
  const side = (turn: number): string =>
    `${to.x - 11 * Math.cos(angle + turn)} ${to.y - 11 * Math.sin(angle + turn)}`;
  return svg`<path class=${`head ${kind}`} d=${`M${to.x} ${to.y}L${side(0.42)}L${side(-0.42)}Z`} />`;
}

/** Two strokes across an arrow that goes on beyond the frame. */
function breakMark(from: Point, to: Point): ReturnType<typeof svg> {
  const angle = Math.atan2(to.y - from.y, to.x - from.x);
  const stroke = (back: number): string => {
    const [x, y] = [to.x - back * Math.cos(angle), to.y - back * Math.sin(angle)];
    const [dx, dy] = [7 * Math.cos(angle + 1.2), 7 * Math.sin(angle + 1.2)];
    return `M${x - dx} ${y - dy}L${x + dx} ${y + dy}`;
  };
  return svg`<path class="break" d=${stroke(26) + stroke(32)} />`;
}

function round(value: number): number {
  return Number(Math.min(Math.max(value, -farthestTip), farthestTip).toPrecision(4));
}
