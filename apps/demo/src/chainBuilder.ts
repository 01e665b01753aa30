import { html, type TemplateResult } from 'lit-html';
import { ref } from 'lit-html/directives/ref.js';
import { readPositive } from './addressState.ts';
import {
  clips,
  membersOf,
  optimizerNames,
  type ChainDescription,
  type ClipName,
} from './chainDescription.ts';
import type { Demo, DemoActions } from './demo.ts';
import { defaultState, stateOfTask } from './demoState.ts';
import { keepsTyping } from './keepsTyping.ts';

/** The chain as a row of cards from the gradient to the weights, to be built and changed. */
export function chainBuilder({ state }: Demo, actions: DemoActions): TemplateResult {
  const { chain, imported } = state;
  if (imported !== undefined) {
    return html`<div class="pipeline">
      <span class="end">gradient</span>
      ${membersOf(imported).map(({ transform }) => html`<span class="arrow" aria-hidden="true">→</span><span class="card fixed"><code>${transform}</code></span>`)}
      <span class="arrow" aria-hidden="true">→</span><span class="end">weights</span>
      <button class="quiet" @click=${() => actions.restartWith({ imported: undefined })}>
        Back to my own chain
      </button>
    </div>`;
  }
  const rebuild = (part: Partial<ChainDescription>): void =>
    actions.restartWith({ chain: { ...chain, ...part } });
  const missing = clipNames.filter((name) => !chain.clips.some((clip) => clip.name === name));
  return html`<div class="pipeline" role="group" aria-label="The chain from gradient to weights">
    <span class="end">gradient</span>
    ${chain.clips.map(
      ({ name, threshold }, index) =>
        html`<span class="arrow" aria-hidden="true">→</span>
          <span class="card clip">
            <code>${name}</code>
            <label>
              <span class="visually-hidden">${clips[name].title}:</span> ${clips[name].option}
              <input
                type="number"
                min="0"
                step="any"
                ${ref(keepsTyping(String(threshold)))}
                @change=${(event: Event) => onPositive(event, { name: `${name}: ${clips[name].option}`, usual: threshold, actions, onNumber: (value) => actions.setThreshold(index, value) })}
              />
            </label>
            ${
              index > 0
                ? html`<button
                    class="icon forward"
                    aria-label=${`Move ${name} to the front`}
                    title="Move to the front"
                    @click=${() => rebuild({ clips: moveForward(chain.clips, index) })}
                  >
                    ←
                  </button>`
                : ''
            }
            <button
              class="icon"
              aria-label=${`Take ${name} out`}
              title="Take out"
              @click=${() => rebuild({ clips: chain.clips.filter((_, at) => at !== index) })}
            >
              ×
            </button>
          </span>`,
    )}
    ${
      missing.length === 0
        ? ''
        : html`<span class="arrow" aria-hidden="true">→</span
            ><span class="adders"
              >${missing.map(
                (name) =>
                  html`<button
                    class="adder"
                    @click=${() => rebuild({ clips: [...chain.clips, { name, threshold: usualThreshold(name, state.task) }] })}
                  >
                    + ${clips[name].short}
                  </button>`,
              )}</span
            >`
    }
    <span class="arrow" aria-hidden="true">→</span>
    <span class="card">
      <label>
        <span class="visually-hidden">Optimizer</span>
        <select
          ${ref(keepsTyping(chain.optimizer))}
          @change=${(event: Event) => {
            const value = valueOf(event);
            const optimizer = optimizerNames.find((name) => name === value);
            if (optimizer !== undefined) rebuild({ optimizer });
          }}
        >
          ${optimizerNames.map((name) => html`<option value=${name} ?selected=${name === chain.optimizer}>${name}</option>`)}
        </select>
      </label>
      <label>
        rate
        <input
          type="number"
          min="0"
          step="any"
          aria-label="Learning rate of both runs"
          ${ref(keepsTyping(String(chain.learningRate)))}
          @change=${(event: Event) => onPositive(event, { name: 'The learning rate', usual: chain.learningRate, actions, onNumber: actions.setLearningRate })}
        />
      </label>
    </span>
    <span class="way-out"
      ><span class="arrow" aria-hidden="true">→</span><span class="end">weights</span></span
    >
  </div>`;
}

const clipNames: readonly ClipName[] = ['clipByGlobalNorm', 'clipByNorm', 'clipByValue'];

function usualThreshold(name: ClipName, task: Demo['state']['task']): number {
  const [{ threshold } = { threshold: 1 }] = stateOfTask(task, defaultState).chain.clips;
  return name === 'clipByValue' ? threshold / 5 : threshold;
}

function moveForward<T>(list: readonly T[], index: number): readonly T[] {
  const moved = [...list];
  moved.splice(index - 1, 0, ...moved.splice(index, 1));
  return moved;
}

/** What an input or a select holds. */
export function valueOf(event: Event): string {
  const { target } = event;
  return target instanceof HTMLInputElement || target instanceof HTMLSelectElement ? target.value : '';
}

/** Hands on what was typed, if it can be read; otherwise it is put back as it was, and said what it has to be. */
export function onTyped(
  event: Event,
  {
    read,
    usual,
    complaint,
    actions,
    onValue,
  }: {
    readonly read: (text: string) => number | undefined;
    readonly usual: number;
    readonly complaint: (text: string) => string;
    readonly actions: DemoActions;
    readonly onValue: (value: number) => void;
  },
): void {
  const text = valueOf(event);
  const value = read(text);
  if (value !== undefined) {
    actions.notify(undefined);
    onValue(value);
    return;
  }
  if (event.target instanceof HTMLInputElement) event.target.value = String(usual);
  actions.notify(`${complaint(text)} It stays ${usual}.`);
}

function onPositive(
  event: Event,
  {
    name,
    usual,
    actions,
    onNumber,
  }: {
    readonly name: string;
    readonly usual: number;
    readonly actions: DemoActions;
    readonly onNumber: (value: number) => void;
  },
): void {
  const complaint = (text: string): string =>
    `${name} has to be a number above 0 that float32 holds (up to 3.4e38)${text === '' ? '' : `, not ${text}`}.`;
  onTyped(event, { read: readPositive, usual, complaint, actions, onValue: onNumber });
}
