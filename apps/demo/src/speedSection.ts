import { html, render, type TemplateResult } from 'lit-html';
import { backendNames, backendTitles } from './backendNames.ts';
import type { DemoActions } from './demo.ts';
import { formatNumber } from './formatNumber.ts';
import { lineChart } from './lineChart.ts';
import type { SpeedAnswer, SpeedResult } from './speedMessages.ts';

/** The section that measures this machine. Its worker is there only while it measures. */
export function speedSection(actions: DemoActions): { template(): TemplateResult } {
  const output = document.createElement('div');
  let results: readonly SpeedResult[] = [];
  let missing: readonly string[] = [];
  let progress: string | undefined;
  const charts = backendNames.map((backend) => ({
    backend,
    chart: lineChart({
      height: 220,
      logarithmicX: true,
      xLabel: 'parameters',
      yLabel: 'ms a step',
      lines: [
        { label: 'tf.train.adam with a clip in operations', color: 'raw', dash: [6, 4], points: true },
        { label: 'Gradkit', color: 'chain', points: true },
      ],
    }),
  }));

  const measure = (): void => {
    const goOn = actions.pause();
    const worker = new Worker(new URL('./speedWorker.ts', import.meta.url), { type: 'module' });
    [results, missing, progress] = [[], [], 'Starting'];
    worker.addEventListener('message', ({ data }: MessageEvent<SpeedAnswer>) => {
      switch (data.type) {
        case 'progress':
          progress = data.text;
          break;
        case 'result':
          results = [...results, data.result];
          break;
        case 'missing':
          missing = [...missing, `${backendTitles[data.backend]}: ${data.reason}`];
          break;
        case 'done':
          progress = undefined;
          worker.terminate();
          goOn();
          break;
      }
      draw();
    });
    worker.addEventListener('error', ({ message }) => {
      progress = undefined;
      missing = [...missing, message || 'The script that measures could not be loaded.'];
      worker.terminate();
      goOn();
      draw();
    });
    worker.postMessage('measure', []);
    draw();
  };

  const draw = (): void => {
    const measured = charts.filter(({ backend }) => results.some((result) => result.backend === backend));
    render(
      html`
        <p>
          <button class="primary" ?disabled=${progress !== undefined} @click=${measure}>
            ${results.length === 0 ? 'Measure this machine' : 'Measure again'}
          </button>
          <span role="status">${progress === undefined ? '' : `Measuring ${progress} …`}</span>
        </p>
        ${missing.map((text) => html`<p class="hint">${text}</p>`)}
        <div class="speeds">
          ${measured.map(({ backend, chart }) =>
            backendSpeed(
              backend,
              chart.element,
              results.filter((result) => result.backend === backend),
            ),
          )}
        </div>
      `,
      output,
    );
    for (const { backend, chart } of measured) {
      const own = results.filter((result) => result.backend === backend);
      chart.update({
        x: own.map(({ parameters }) => parameters),
        lines: [own.map(({ tfjs }) => tfjs), own.map(({ gradkit }) => gradkit)],
        description: `${backendTitles[backend]}: milliseconds a step by number of parameters; the numbers are in the table`,
      });
    }
  };

  draw();
  return {
    template: () =>
      html`<section aria-labelledby="speed-title">
        <h2 id="speed-title">How fast is it here?</h2>
        <p class="lead">
          A clipped step of Adam, as it is written with <code>tf.train.adam</code> and operations of
          TensorFlow.js, and as one Gradkit optimizer. Training pauses while it measures.
        </p>
        ${output}
      </section>`,
  };
}

function backendSpeed(
  backend: SpeedResult['backend'],
  chart: HTMLElement,
  results: readonly SpeedResult[],
): TemplateResult {
  return html`<article>
    <h3>${backendTitles[backend]}</h3>
    <ul class="legend inline">
      <li><span class="swatch raw dashed"></span><span>tf.train.adam + clip</span></li>
      <li><span class="swatch chain"></span><span>Gradkit, ${bindingWords(results)}</span></li>
    </ul>
    ${
      results.some(({ isSoftware }) => isSoftware)
        ? html`<p class="hint">
            The GPU is a program on the CPU here: the dispatches are those of a GPU, the times are not.
          </p>`
        : ''
    }
    ${chart}
    <div class="scroll" tabindex="0" role="region" aria-label=${`Numbers for ${backendTitles[backend]}`}>
      <table>
        <thead>
          <tr>
            <th scope="col">parameters</th>
            <th scope="col">tf.train, ms</th>
            <th scope="col">Gradkit, ms</th>
            <th scope="col">ratio</th>
            <th scope="col">${backend === 'webgpu' ? 'dispatches' : 'tf kernels'}</th>
          </tr>
        </thead>
        <tbody>
          ${results.map(
            ({ parameters, tfjs, gradkit, tfjsCalls, gradkitCalls }) =>
              html`<tr>
                <th scope="row">${parameters.toLocaleString('en')}</th>
                <td>${formatNumber(tfjs)}</td>
                <td>${formatNumber(gradkit)}</td>
                <td>${formatNumber(tfjs / gradkit)}×</td>
                <td>${tfjsCalls} → ${gradkitCalls}</td>
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
  </article>`;
}

function bindingWords([first]: readonly SpeedResult[]): string {
  return first?.binding === undefined ? 'operation by operation' : `through the binding ${first.binding}`;
}
