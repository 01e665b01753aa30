import { html, type TemplateResult } from 'lit-html';
import { ref } from 'lit-html/directives/ref.js';
import { valueOf } from './chainBuilder.ts';
import type { Demo } from './demo.ts';
import { keepsTyping } from './keepsTyping.ts';
import { lineChart } from './lineChart.ts';
import type { Metrics } from './runFile.ts';

/** The metrics of a run of the trainer as curves, when a file of them was opened. */
export function metricsView(): (demo: Demo) => TemplateResult | string {
  const charts = [0, 1].map((index) =>
    lineChart({ height: 150, lines: [{ label: 'metric', color: index === 0 ? 'chain' : 'ink' }] }),
  );
  let shown: Metrics | undefined;
  let chosen: string[] = [];

  const update = (metrics: Metrics): void => {
    charts.forEach((chart, index) => {
      const name = chosen[index] ?? '';
      const values = metrics.columns[name] ?? [];
      chart.update({
        x: metrics.steps,
        lines: [values.map((value) => (Number.isFinite(value) ? value : null))],
        linear: values.some((value) => value <= 0),
        description: `${name} by step, from ${metrics.source}`,
      });
    });
  };

  return ({ metrics }) => {
    if (metrics === undefined) return '';
    const names = Object.keys(metrics.columns);
    if (metrics !== shown) {
      shown = metrics;
      const first = names.includes('loss') ? 'loss' : (names[0] ?? '');
      const second = ['norm', ...names].find((name) => name !== first && names.includes(name)) ?? first;
      chosen = [first, second];
      queueMicrotask(() => update(metrics));
    }
    return html`<div class="metrics">
      <h3>${metrics.source}: ${metrics.steps.length} steps</h3>
      <div class="runs">
        ${charts.map(
          (chart, index) =>
            html`<div class="run">
              <label>
                <span class="visually-hidden">Metric ${index + 1}</span>
                <select
                  ${ref(keepsTyping(chosen[index] ?? ''))}
                  @change=${(event: Event) => {
                    chosen[index] = valueOf(event);
                    update(metrics);
                  }}
                >
                  ${names.map((name) => html`<option value=${name} ?selected=${name === chosen[index]}>${name}</option>`)}
                </select>
              </label>
              ${chart.element}
            </div>`,
        )}
      </div>
    </div>`;
  };
}
