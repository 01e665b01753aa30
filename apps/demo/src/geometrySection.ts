import { html, type TemplateResult } from 'lit-html';
import { guard } from 'lit-html/directives/guard.js';
import { ref } from 'lit-html/directives/ref.js';
import { hasClip } from './chainDescription.ts';
import type { Demo, DemoActions } from './demo.ts';
import { transformOf, type DemoState } from './demoState.ts';
import { formatNumber } from './formatNumber.ts';
import { entryNames, geometryOf, largestEntries, type Geometry } from './geometry.ts';
import { geometryFigure, type GeometryData } from './geometryFigure.ts';
import { keepsTyping } from './keepsTyping.ts';
import { valueOf } from './chainBuilder.ts';
import type { NamedArrays } from './trainingPair.ts';

/** The section that shows a gradient as an arrow before and after the chain's clips. */
export function geometrySection(
  demo: () => Demo,
  actions: DemoActions,
): { template(demo: Demo): TemplateResult; update(): void } {
  // The template and the figure ask for the same moment.
  let known:
    | {
        readonly state: DemoState;
        readonly gradient: NamedArrays | undefined;
        readonly data: GeometryData | undefined;
      }
    | undefined;
  const dataNow = (now: Demo): GeometryData | undefined => {
    const { state, gradient } = now;
    if (known?.state !== state || known.gradient !== gradient) known = { state, gradient, data: dataOf(now) };
    return known.data;
  };
  const figure = geometryFigure({ data: () => dataNow(demo()), onDrag: (own) => actions.set({ own }) });

  const template = (now: Demo): TemplateResult => {
    const { state, gradient } = now;
    const data = dataNow(now);
    const names = gradient === undefined ? [] : entryNames(gradient);
    const [first, second] = state.entries ?? largestEntries(gradient ?? {});
    const choose = (place: 0 | 1) => (event: Event) => {
      const entry = Number(valueOf(event));
      const other = place === 0 ? second : first;
      if (entry !== other) actions.set({ entries: place === 0 ? [entry, other] : [other, entry] });
    };
    const select = (label: string, place: 0 | 1, chosen: number): TemplateResult =>
      html`<label>
        ${label}
        <select ${ref(keepsTyping(String(chosen)))} @change=${choose(place)}>
          ${guard([state.task, names.length], () => names.map((name, index) => html`<option value=${index}>${name}</option>`))}
        </select>
      </label>`;
    return html`<section class="split" aria-labelledby="geometry-title">
      <div>
        <h2 id="geometry-title">Shorter, or turned?</h2>
        <p class="lead">
          Clipping by norm keeps the direction: the arrow is pulled back onto the circle. Clipping by value
          cuts each entry alone: the arrow lands on the box, and points elsewhere.
        </p>
        <div class="choices" role="radiogroup" aria-label="Which gradient">
          ${choice('live', 'Live: two entries of your run’s gradient', state.arrow, () => actions.set({ arrow: 'live' }))}
          ${choice('own', 'Your own: drag its tip', state.arrow, () => actions.set({ arrow: 'own' }))}
        </div>
        ${
          state.arrow === 'live' && names.length > 0
            ? html`<div class="controls">
                ${select('Across', 0, first)} ${select('Up', 1, second)}
                ${
                  state.entries === undefined
                    ? ''
                    : html`<button class="quiet" @click=${() => actions.set({ entries: undefined })}>
                        The two largest
                      </button>`
                }
              </div>`
            : ''
        }
        ${data === undefined ? '' : numbers(data, hasClip(transformOf(state)))}
      </div>
      ${figure.element}
    </section>`;
  };
  return { template, update: () => figure.update() };
}

function choice(value: 'live' | 'own', text: string, chosen: string, onChoose: () => void): TemplateResult {
  return html`<label class="choice"
    ><input
      type="radio"
      name="arrow"
      value=${value}
      .checked=${chosen === value}
      @change=${onChoose}
    />${text}</label
  >`;
}

function numbers({ geometry, draggable }: GeometryData, isClipped: boolean): TemplateResult {
  const { angle, normBefore, normAfter, others, boundaries } = geometry;
  return html`<dl class="numbers">
      <div>
        <dt>Norm before</dt>
        <dd>${formatNumber(normBefore)}</dd>
      </div>
      <div>
        <dt>Norm after</dt>
        <dd class="after">${formatNumber(normAfter)}</dd>
      </div>
      <div>
        <dt>Turned by</dt>
        <dd>${Number.isNaN(angle) ? '–' : `${angle < 0.05 ? 0 : angle.toPrecision(3)}°`}</dd>
      </div>
    </dl>
    <p class="hint">${sentence(geometry, isClipped)}</p>
    ${
      !draggable &&
      boundaries.some(({ shape, radius, threshold }) => shape === 'circle' && radius < 0.98 * threshold)
        ? html`<p class="hint">
            The norm is over all ${others + 2} entries. The other ${others} take up a part of it: the dashed
            circle is the threshold, the full one what is left of it for these two.
          </p>`
        : ''
    }`;
}

function sentence(
  { angle, normBefore, normAfter, boundaries, stages }: Geometry,
  isClipped: boolean,
): string {
  if (stages === 0 && isClipped)
    return 'The clips stand inside of another transform, and are not drawn here.';
  if (boundaries.length === 0 && normAfter === normBefore)
    return 'No clip touches it: before and after are one arrow.';
  if (normAfter === normBefore) return 'It is within the threshold: not a bit changes.';
  if (!(angle >= 0.05)) return 'The direction is the same; only the length is cut.';
  return 'The entries are cut by different shares, so the direction is another one.';
}

function dataOf({ state, gradient }: Demo): GeometryData | undefined {
  const transform = transformOf(state);
  if (state.arrow === 'own') {
    const own = { arrow: Float32Array.of(state.own.x, state.own.y) };
    return { geometry: geometryOf(transform, own, [0, 1]), names: ['g₁', 'g₂'], draggable: true };
  }
  if (gradient === undefined) return undefined;
  const names = entryNames(gradient);
  const entries = state.entries ?? largestEntries(gradient);
  const nameOf = (index: number): string => names[index] ?? '';
  return {
    geometry: geometryOf(transform, gradient, entries),
    names: [nameOf(entries[0]), nameOf(entries[1])],
    draggable: false,
  };
}
