import { html, type TemplateResult } from 'lit-html';
import { cliffLoss, cliffWindow, descendCliff } from './cliff.ts';
import { cliffFigure, type CliffData } from './cliffFigure.ts';
import type { Demo, DemoActions } from './demo.ts';
import { defaultState, type Point } from './demoState.ts';
import { formatNumber } from './formatNumber.ts';

const learningRate = 0.3;
const maxNorm = 0.3;
const steps = 150;

/** The section with the loss of a one-unit recurrent net as a landscape, and two descents from a start that can be dragged. */
export function cliffSection(
  demo: () => Demo,
  actions: DemoActions,
): { template(demo: Demo): TemplateResult; update(): void } {
  let known: CliffData | undefined;
  const dataOf = ({ state }: Demo): CliffData => {
    const from = state.cliffStart;
    if (known?.start !== from) {
      const descend = (threshold: number | undefined): readonly Point[] =>
        descendCliff({ from, learningRate, maxNorm: threshold, steps });
      known = { start: from, raw: descend(undefined), clipped: descend(maxNorm) };
    }
    return known;
  };
  const figure = cliffFigure({
    data: () => dataOf(demo()),
    onStart: (cliffStart) => actions.set({ cliffStart }),
  });

  const template = (now: Demo): TemplateResult => {
    const { start, raw, clipped } = dataOf(now);
    return html`<section class="split wide-figure" aria-labelledby="cliff-title">
      <div>
        <h2 id="cliff-title">The cliff</h2>
        <p class="lead">
          A recurrent net of one unit has two weights, w and b, so its loss is a landscape. Where the net
          turns unstable there is a wall. A raw step at its foot is as long as the wall is steep.
        </p>
        <ul class="legend">
          <li><span class="swatch raw"></span><span>Raw ${words(raw)}</span></li>
          <li><span class="swatch chain"></span><span>Clipped to norm ${maxNorm} ${words(clipped)}</span></li>
        </ul>
        <p class="hint">
          Drag the white start, or move it with the arrow keys. ${steps} steps of SGD at rate ${learningRate};
          now from w ${formatNumber(start.x)}, b ${formatNumber(start.y)}.
          <button class="quiet" @click=${() => actions.set({ cliffStart: defaultState.cliffStart })}>
            Put it back
          </button>
        </p>
      </div>
      ${figure.element}
    </section>`;
  };
  let drawn: Point | undefined;
  return {
    template,
    // Training changes nothing here, and the figure itself follows its width and the theme.
    update: () => {
      const { cliffStart } = demo().state;
      if (cliffStart !== drawn) figure.update();
      drawn = cliffStart;
    },
  };
}

/** What became of a descent, in words. */
function words(points: readonly Point[]): string {
  const last = points.at(-1) ?? { x: NaN, y: NaN };
  const [longest, at] = longestStep(points);
  const { left, right, bottom, top } = cliffWindow;
  const isOut = last.x < left || last.x > right || last.y < bottom || last.y > top;
  // A number must not be broken at the sign of its exponent.
  const end = `ends at loss ${formatNumber(cliffLoss(last)).replace('-', '\u2011')}`;
  if (longest < 1) return end;
  const thrown = `is thrown ${formatNumber(longest)} far at step ${at}`;
  return isOut ? `${thrown}, out of the picture, and ${end}` : `${thrown} and ${end}`;
}

function longestStep(points: readonly Point[]): readonly [number, number] {
  let [longest, at] = [0, 0];
  points.slice(1).forEach((point, index) => {
    const before = points[index] ?? point;
    const length = Math.hypot(point.x - before.x, point.y - before.y);
    if (length > longest) [longest, at] = [length, index + 1];
  });
  return [longest, at];
}
