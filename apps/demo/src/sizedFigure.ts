import { render, type TemplateResult } from 'lit-html';

/** A figure that is drawn anew whenever its width changes. */
export interface SizedFigure {
  readonly element: HTMLElement;
  /** Draws it as it is now. */
  update(): void;
}

/** Makes a figure; `draw` is given its width in pixels. */
export function sizedFigure(className: string, draw: (width: number) => TemplateResult): SizedFigure {
  const element = document.createElement('div');
  element.className = className;
  // Remembered, because to ask for it makes the browser lay out the page at once.
  let width = 0;
  const update = (): void => {
    if (width > 0) render(draw(width), element);
  };
  new ResizeObserver(([entry]) => {
    width = Math.round(entry?.contentRect.width ?? 0);
    update();
  }).observe(element);
  return { element, update };
}
