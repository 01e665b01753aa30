import { html, type TemplateResult } from 'lit-html';
import { hasClip } from './chainDescription.ts';
import type { Demo } from './demo.ts';
import { transformOf } from './demoState.ts';
import { formatNumber } from './formatNumber.ts';
import type { Drawable } from './history.ts';
import { lineChart, type LineChart } from './lineChart.ts';
import { runWords } from './runWords.ts';
import { sides, type Side } from './trainingPair.ts';

const titles: Readonly<Record<Side, string>> = { raw: 'Raw', chain: 'Through your chain' };

/** The two runs side by side, each with its words, its loss and its gradient norms. */
export function runCards(): { template(demo: Demo): TemplateResult; update(demo: Demo): void } {
  const charts: Readonly<Record<Side, Charts>> = { raw: chartsOf('raw'), chain: chartsOf('chain') };
  let waiting: Demo | undefined;
  return {
    template: (demo) =>
      html`<div class="runs">
        ${sides.map(
          (side) =>
            html`<article class=${`run ${side}`} aria-labelledby=${`run-${side}`}>
              <h3 id=${`run-${side}`}>${titles[side]}</h3>
              <p class=${demo.diverged[side] ? 'verdict diverged' : 'verdict'}>${wordsOf(demo, side)}</p>
              <h4>Loss</h4>
              ${charts[side].loss.element}
              <h4>Gradient norm <span class="unit">|g|, before any clip</span></h4>
              ${charts[side].norm.element}
            </article>`,
        )}
        <p class="visually-hidden" role="status">${announcement(demo)}</p>
      </div>`,
    update: (demo) => {
      drawCharts(charts.raw, demo, 'raw');
      // One run a frame, so that no frame takes long.
      if (waiting === undefined) {
        requestAnimationFrame(() => {
          if (waiting !== undefined) drawCharts(charts.chain, waiting, 'chain');
          waiting = undefined;
        });
      }
      waiting = demo;
    },
  };
}

function drawCharts(charts: Charts, demo: Demo, side: Side): void {
  const { history } = demo;
  const level = thresholdOf(demo);
  const last = history.last[side];
  const over = (last?.step ?? 0) + 1;
  const end = demo.diverged[side] ? { x: over, text: `diverged at step ${over}` } : undefined;
  // A run that is over has fewer points than the axis: the gap after its end is part of the picture.
  const x = history.steps.map((step) => step + 1);
  charts.loss.update({
    x,
    lines: [history.loss[side]],
    range: rangeOf([history.loss.raw, history.loss.chain]),
    end,
    description: `${titles[side]}: loss by step${last === undefined ? '' : `, now ${formatNumber(last.loss)}`}`,
  });
  charts.norm.update({
    x,
    lines: [history.norm[side]],
    range: rangeOf([history.norm.raw, history.norm.chain], level),
    level: side === 'chain' ? level : undefined,
    end,
    description: `${titles[side]}: gradient norm by step${last === undefined ? '' : `, now ${formatNumber(last.norm)}`}${
      side === 'chain' && level !== undefined ? `; threshold ${formatNumber(level)}` : ''
    }`,
  });
}

interface Charts {
  readonly loss: LineChart;
  readonly norm: LineChart;
}

function chartsOf(side: Side): Charts {
  return {
    loss: lineChart({ height: 150, lines: [{ label: 'Loss', color: side }] }),
    norm: lineChart({ height: 150, lines: [{ label: 'Gradient norm', color: side }] }),
  };
}

function wordsOf(demo: Demo, side: Side): string {
  const last = demo.history.last[side];
  if (last === undefined && demo.loading !== undefined) return `${demo.loading} …`;
  return runWords({ side, last, diverged: demo.diverged[side], isClipped: hasClips(demo) });
}

/** What a screen reader is told: only when a run ends. */
function announcement(demo: Demo): string {
  return sides
    .filter((side) => demo.diverged[side])
    .map((side) => `${titles[side]}: ${wordsOf(demo, side)}`)
    .join(' ');
}

function hasClips({ state }: Demo): boolean {
  return hasClip(transformOf(state));
}

function thresholdOf({ state }: Demo): number | undefined {
  if (state.imported !== undefined) return undefined;
  return state.chain.clips.find(({ name }) => name === 'clipByGlobalNorm')?.threshold;
}

/** One scale for both runs. An explosion is let off the top rather than squash all the rest. */
function rangeOf(curves: readonly (readonly Drawable[])[], level?: number): readonly [number, number] {
  const values = curves.flat().filter((value) => value !== null);
  if (level !== undefined) values.push(level);
  const sorted = values.toSorted((a, b) => a - b);
  const low = sorted[0] ?? 0.1;
  const middle = sorted[Math.floor((sorted.length - 1) / 2)] ?? 1;
  const high = sorted.at(-1) ?? 10;
  return [Math.max(low, middle / 1e4), Math.min(high, middle * 1e4)];
}
