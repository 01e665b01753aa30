import type { DemoActions } from './demo.ts';
import { readRunFile } from './runFile.ts';

/** Lets files of the trainer be dropped anywhere on the page. */
export function fileDrop(target: HTMLElement, actions: DemoActions): void {
  target.addEventListener('dragover', (event) => {
    if (event.dataTransfer?.types.includes('Files') !== true) return;
    event.preventDefault();
    target.classList.add('dropping');
  });
  target.addEventListener('dragleave', (event) => {
    if (event.relatedTarget === null) target.classList.remove('dropping');
  });
  target.addEventListener('drop', (event) => {
    target.classList.remove('dropping');
    const files = [...(event.dataTransfer?.files ?? [])];
    if (files.length === 0) return;
    event.preventDefault();
    void readFiles(files, actions);
  });
}

/** Reads what the trainer wrote into the page; says what is wrong with a file that is something else. */
export async function readFiles(files: readonly File[], actions: DemoActions): Promise<void> {
  for (const file of files) {
    try {
      const read = readRunFile(file.name, await file.text());
      if (read.kind === 'transform') actions.importTransform(read.transform, file.name);
      else actions.showMetrics(read.metrics);
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      actions.notify(text.startsWith(file.name) ? text : `${file.name}: ${text}`);
    }
  }
}
