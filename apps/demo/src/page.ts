import { html, render, type TemplateResult } from 'lit-html';
import { ref } from 'lit-html/directives/ref.js';
import { readSeed } from './addressState.ts';
import { backendNames, backendTitles, type BackendName } from './backendNames.ts';
import { chainBuilder, onTyped, valueOf } from './chainBuilder.ts';
import { clips, type Clip } from './chainDescription.ts';
import { chainPanel } from './chainPanel.ts';
import { cliffSection } from './cliffSection.ts';
import { createDemo, type Demo, type DemoActions } from './demo.ts';
import { paces, stateOfTask, type DemoState } from './demoState.ts';
import { fileDrop } from './fileDrop.ts';
import { formatShare } from './formatNumber.ts';
import { geometrySection } from './geometrySection.ts';
import { flatten } from './clipStages.ts';
import { keepsTyping } from './keepsTyping.ts';
import { runCards } from './runCards.ts';
import { speedSection } from './speedSection.ts';
import { tasks, type TaskName } from './task.ts';
import { thresholdHistogram, type HistogramData } from './thresholdHistogram.ts';

/** Builds the page into an element and keeps it as the demo is. */
export function createPage(root: HTMLElement): void {
  let isDue = false;
  const schedule = (): void => {
    if (isDue) return;
    isDue = true;
    requestAnimationFrame(() => {
      isDue = false;
      draw();
    });
  };
  const { current, actions } = createDemo(schedule);
  const demo = (): Demo => current();

  const cards = runCards();
  const geometry = geometrySection(demo, actions);
  const cliff = cliffSection(demo, actions);
  const chainText = chainPanel(actions);
  const speed = speedSection(actions);
  const histograms = {
    norm: thresholdHistogram({
      data: () => normData(demo()),
      onThreshold: (threshold) => actions.setThreshold(indexOf(demo().state, 'clipByGlobalNorm'), threshold),
    }),
    leaf: thresholdHistogram({
      data: () => leafData(demo()),
      onThreshold: (threshold) => actions.setThreshold(indexOf(demo().state, 'clipByNorm'), threshold),
    }),
    value: thresholdHistogram({
      data: () => valueData(demo()),
      onThreshold: (threshold) => actions.setThreshold(indexOf(demo().state, 'clipByValue'), threshold),
    }),
  };

  fileDrop(document.body, actions);

  const draw = (): void => {
    const now = demo();
    const { state } = now;
    render(
      html`
        ${header(now, actions)}
        <main>
          ${notice(now, actions)}
          <section aria-labelledby="race-title">
            <h2 id="race-title">Two runs, one difference</h2>
            <p class="lead">
              Both nets start from the same weights and see the same batches. Only the right one’s gradient
              goes through your clips.
            </p>
            ${controls(now, actions)} ${chainBuilder(now, actions)} ${cards.template(now)}
            ${thresholds(now, actions, histograms)}
          </section>
          ${geometry.template(now)} ${cliff.template(now)} ${chainText(now)} ${speed.template()}
        </main>
        <footer>
          <p>
            Everything runs in this page; it sends nothing anywhere. The address above holds the whole state,
            seed included: copy it to share what you see. Cliff after
            <cite
              >Pascanu, Mikolov &amp; Bengio 2013, On the difficulty of training recurrent neural
              networks</cite
            >.
          </p>
        </footer>
      `,
      root,
    );
    cards.update(now);
    if (hasClip(state, 'clipByGlobalNorm')) histograms.norm.update();
    if (hasClip(state, 'clipByNorm')) histograms.leaf.update();
    if (hasClip(state, 'clipByValue')) histograms.value.update();
    geometry.update();
    cliff.update();
  };
  draw();
}

function header(demo: Demo, actions: DemoActions): TemplateResult {
  return html`<header>
    <div class="title">
      <h1>What clipping does to a gradient</h1>
      <p>
        One bad batch, one step too far, and a net is lost. Clipping shortens that step. Watch it, and drag
        the line.
      </p>
    </div>
    ${badge(demo, actions)}
  </header>`;
}

function badge(
  { verdicts, loading, binding, state, history, tensors }: Demo,
  actions: DemoActions,
): TemplateResult {
  const chosen = verdicts.find((verdict) => verdict.chosen);
  const title =
    chosen === undefined ? (loading ?? 'No backend') : `Trains on ${backendTitles[chosen.backend]}`;
  return html`<details class="badge">
    <summary>
      <span class=${chosen === undefined ? 'lamp waiting' : 'lamp'} aria-hidden="true"></span>${title}
    </summary>
    <div class="badge-body">
      <p>
        Each backend trains five steps of both nets and is compared with the CPU before it may train here.
      </p>
      <ul>
        ${verdicts.map(
          ({ backend, chosen: isChosen, reason }) =>
            html`<li class=${isChosen ? 'good' : 'bad'}>
              <strong>${backendTitles[backend]}</strong> ${isChosen ? 'chosen' : 'passed over'}: ${reason}.
            </li>`,
        )}
      </ul>
      ${chosen === undefined ? '' : html`<p>The transforms run there ${binding === undefined ? 'operation by operation' : `through the binding ${binding}`}.</p>`}
      ${tensors === 0 ? '' : html`<p>Alive after ${history.stepsTaken} steps: ${tensors} tensors.</p>`}
      <label>
        Backend
        <select
          ${ref(keepsTyping(state.backend))}
          @change=${(event: Event) => {
            const value = valueOf(event);
            const backend = (['auto', ...backendNames] as const).find((name) => name === value);
            if (backend !== undefined) actions.restartWith({ backend });
          }}
        >
          ${(['auto', ...backendNames] as const).map(
            (name) =>
              html`<option value=${name} ?selected=${name === state.backend}>
                ${name === 'auto' ? 'the best that passes' : backendTitle(name)}
              </option>`,
          )}
        </select>
      </label>
    </div>
  </details>`;
}

function backendTitle(name: BackendName): string {
  return backendTitles[name];
}

function notice({ notice: text, failure }: Demo, actions: DemoActions): TemplateResult {
  return html`<div role="status">
      ${failure === undefined ? '' : html`<p class="notice failure">Training stopped: ${failure}</p>`}
    </div>
    <div class="notices" role="status">
      ${
        text === undefined
          ? ''
          : html`<p class="notice">
              ${text}
              <button class="icon" aria-label="Dismiss" @click=${() => actions.notify(undefined)}>×</button>
            </p>`
      }
    </div>`;
}

function controls(demo: Demo, actions: DemoActions): TemplateResult {
  const { state, isPlaying, diverged } = demo;
  const isOver = diverged.raw && diverged.chain;
  return html`<div class="controls" role="group" aria-label="Training">
    <div class="buttons">
      <button class="primary" ?disabled=${isOver} @click=${actions.togglePlaying}>
        ${isPlaying ? 'Pause' : 'Train'}
      </button>
      <button ?disabled=${isOver} @click=${actions.step}>Step</button>
      <button @click=${actions.restart}>Restart</button>
    </div>
    <label>
      Net
      <select
        ${ref(keepsTyping(state.task))}
        @change=${(event: Event) => {
          const value = valueOf(event);
          const task = taskNames.find((name) => name === value);
          if (task !== undefined)
            actions.restartWith({ ...stateOfTask(task, state), imported: undefined, entries: undefined });
        }}
      >
        ${taskNames.map((name) => html`<option value=${name} ?selected=${name === state.task}>${tasks[name].title}</option>`)}
      </select>
    </label>
    <div class="field">
      <label for="seed">Seed</label>
      <span class="seed">
        <input
          id="seed"
          type="text"
          inputmode="numeric"
          ${ref(keepsTyping(String(state.seed)))}
          @change=${(event: Event) =>
            onTyped(event, {
              read: readSeed,
              usual: state.seed,
              complaint: () => 'The seed has to be a whole number of up to nine digits.',
              actions,
              onValue: (seed) => actions.restartWith({ seed }),
            })}
        />
        <button @click=${() => actions.restartWith({ seed: (state.seed + 1) % 1e9 })}>
          <span class="visually-hidden">Next seed: </span>+1
        </button>
      </span>
    </div>
    <label>
      Pace
      <select
        ${ref(keepsTyping(String(state.pace)))}
        @change=${(event: Event) => {
          const value = valueOf(event);
          const pace = paces.find((each) => String(each) === value);
          if (pace !== undefined) actions.set({ pace });
        }}
      >
        ${paces.map(
          (pace) =>
            html`<option value=${String(pace)} ?selected=${pace === state.pace}>
              ${pace === Infinity ? 'as fast as it goes' : `${pace} steps a second`}
            </option>`,
        )}
      </select>
    </label>
    <p class="task">The net ${tasks[state.task].description}.</p>
  </div>`;
}

const taskNames: readonly TaskName[] = ['recurrent', 'simple'];

interface Histograms {
  readonly norm: { readonly element: HTMLElement };
  readonly leaf: { readonly element: HTMLElement };
  readonly value: { readonly element: HTMLElement };
}

function thresholds(demo: Demo, actions: DemoActions, histograms: Histograms): TemplateResult {
  const { state } = demo;
  if (state.imported === undefined && state.chain.clips.length === 0) {
    return html`<div class="thresholds empty-state">
      <p>There is no clip in the chain, so both runs are the same.</p>
      <button
        class="primary"
        @click=${() => actions.restartWith({ chain: { ...state.chain, clips: stateOfTask(state.task, state).chain.clips } })}
      >
        Clip by global norm
      </button>
    </div>`;
  }
  const panel = (
    clip: Clip['name'],
    title: string,
    hint: string,
    { element }: { readonly element: HTMLElement },
  ): TemplateResult | string =>
    hasClip(state, clip)
      ? html`<div class="threshold">
          <h3>${title}</h3>
          ${element}
          <p class="hint">${hint}</p>
        </div>`
      : '';
  const above = shareAbove(normData(demo));
  return html`<div class="thresholds">
    ${panel('clipByGlobalNorm', 'How large the gradients are: drag the line', `The norm of each of the last ${demo.history.recent.length} gradients of your run, before any clip; outlined, those of the raw run. The line cuts ${formatShare(above)} of them. The next step has the new threshold.`, histograms.norm)}
    ${panel('clipByNorm', 'The norm of each leaf', 'The norms of the leaves of the last gradient.', histograms.leaf)}
    ${panel('clipByValue', 'The size of each entry', 'The entries of the last gradient, without their signs. What is beyond the line is cut back to it.', histograms.value)}
  </div>`;
}

function shareAbove({ values, threshold }: HistogramData): number {
  return values.length === 0 ? 0 : values.filter((value) => value > threshold).length / values.length;
}

function indexOf({ chain }: DemoState, name: Clip['name']): number {
  return chain.clips.findIndex((clip) => clip.name === name);
}

function hasClip(state: DemoState, name: Clip['name']): boolean {
  return state.imported === undefined && indexOf(state, name) >= 0;
}

function thresholdOf(state: DemoState, name: Clip['name']): number {
  return state.chain.clips[indexOf(state, name)]?.threshold ?? 1;
}

function normData({ state, history }: Demo): HistogramData {
  const normsOf = (side: 'raw' | 'chain'): number[] =>
    history.recent.flatMap((taken) => {
      const norm = taken[side]?.norm;
      return norm !== undefined && norm > 0 && Number.isFinite(norm) ? [norm] : [];
    });
  return {
    noun: 'gradients',
    label: `Threshold of the global norm, ${clips.clipByGlobalNorm.option}`,
    values: normsOf('chain'),
    ghost: normsOf('raw'),
    threshold: thresholdOf(state, 'clipByGlobalNorm'),
  };
}

function leafData({ state, gradient }: Demo): HistogramData {
  const values = Object.values(gradient ?? {}).map((leaf) => Math.hypot(...leaf));
  return {
    noun: 'leaves',
    label: `Threshold of each leaf’s norm, ${clips.clipByNorm.option}`,
    values,
    ghost: [],
    threshold: thresholdOf(state, 'clipByNorm'),
  };
}

function valueData({ state, gradient }: Demo): HistogramData {
  return {
    noun: 'entries',
    label: `Limit of each entry, ${clips.clipByValue.option}`,
    values: flatten(gradient ?? {}).map(Math.abs),
    ghost: [],
    threshold: thresholdOf(state, 'clipByValue'),
  };
}
