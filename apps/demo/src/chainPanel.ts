import { html, type TemplateResult } from 'lit-html';
import { chainText, textPageNotes, textPageTitles } from './chainText.ts';
import { copyText } from './copyText.ts';
import type { Demo, DemoActions } from './demo.ts';
import { textPages, transformOf, type TextPage } from './demoState.ts';
import { readFiles } from './fileDrop.ts';
import { metricsView } from './metricsView.ts';

/** A chain that cannot be printed must not take the page along. */
function textOrFault(text: () => string): string {
  try {
    return text();
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** The section that shows the chain as text, and reads it back. */
export function chainPanel(actions: DemoActions): (demo: Demo) => TemplateResult {
  const metrics = metricsView();
  let known: { readonly key: string; readonly text: string } | undefined;

  const textOf = ({ state }: Demo): string => {
    const json = transformOf(state);
    const key = JSON.stringify([state.text, json, state.task]);
    if (known?.key !== key) known = { key, text: textOrFault(() => chainText(state.text, json, state.task)) };
    return known.text;
  };

  return (demo) => {
    const { state } = demo;
    const text = textOf(demo);
    const select = (page: TextPage): void => actions.set({ text: page });
    const onKeyDown = (event: KeyboardEvent): void => {
      const by = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
      if (by === 0) return;
      const next = textPages.at((textPages.indexOf(state.text) + by) % textPages.length);
      if (next === undefined) return;
      select(next);
      document.querySelector<HTMLElement>(`#tab-${next}`)?.focus();
    };
    return html`<section aria-labelledby="text-title">
      <h2 id="text-title">The same chain as text</h2>
      <div class="tabs" role="tablist" aria-label="The chain as" @keydown=${onKeyDown}>
        ${textPages.map(
          (page) =>
            html`<button
              id=${`tab-${page}`}
              role="tab"
              aria-selected=${page === state.text}
              aria-controls="chain-text"
              tabindex=${page === state.text ? 0 : -1}
              @click=${() => select(page)}
            >
              ${textPageTitles[page]}
            </button>`,
        )}
      </div>
      <div id="chain-text" role="tabpanel" aria-labelledby=${`tab-${state.text}`}>
        <p class="hint">${textPageNotes[state.text]}</p>
        <div class="text-box">
          <button
            class="copy"
            @click=${async () => {
              const copied = await copyText(text);
              actions.notify(
                copied ? 'Copied.' : 'The browser did not allow copying; select the text instead.',
              );
            }}
          >
            Copy
          </button>
          <pre tabindex="0" aria-label=${textPageTitles[state.text]}><code>${text}</code></pre>
        </div>
      </div>
      <div class="files">
        <label class="file">
          <span
            >Open the <code>config.json</code> or the <code>metrics.jsonl</code> of a run of the trainer, or
            drop it anywhere.</span
          >
          <input
            type="file"
            multiple
            accept=".json,.jsonl,.ndjson,application/json"
            @change=${(event: Event) => {
              if (!(event.target instanceof HTMLInputElement)) return;
              void readFiles([...(event.target.files ?? [])], actions);
              // So that a file that was mended can be opened again.
              event.target.value = '';
            }}
          />
        </label>
      </div>
      ${metrics(demo)}
    </section>`;
  };
}
