import type { Point } from './demoState.ts';

/** Told where a pointer is, from the figure's upper left corner. */
type OnPlace = (place: Point) => void;

/** A pointer that can be held down on a figure. */
export interface PointerDrag {
  /** Whether it is held down now. */
  isHeld(): boolean;
  /** Says who is told where the pointer is, while it is held, from this drawing on; nobody if it is left out. */
  tell(onPlace?: OnPlace): void;
  /** Listens to the drawing in an element, whatever is drawn there later. */
  listenOn(element: HTMLElement): void;
}

/** Follows a pointer from where it is pressed to where it is let go, also outside of the figure and over drawings in between. */
export function pointerDrag(): PointerDrag {
  let isHeld = false;
  let told: OnPlace | undefined;
  const follow = ({ target, clientX, clientY }: PointerEvent): void => {
    const drawing = drawingOf(target);
    if (drawing === null) return;
    const { left, top } = drawing.getBoundingClientRect();
    told?.({ x: clientX - left, y: clientY - top });
  };
  const letGo = (): void => {
    isHeld = false;
  };
  return {
    isHeld: () => isHeld,
    tell: (onPlace) => {
      told = onPlace;
    },
    listenOn: (element) => {
      element.addEventListener('pointerdown', (event) => {
        const drawing = drawingOf(event.target);
        if (told === undefined || drawing === null) return;
        isHeld = true;
        drawing.setPointerCapture(event.pointerId);
        follow(event);
      });
      element.addEventListener('pointermove', (event) => {
        if (isHeld) follow(event);
      });
      element.addEventListener('pointerup', letGo);
      element.addEventListener('pointercancel', letGo);
    },
  };
}

function drawingOf(target: EventTarget | null): Element | null {
  return target instanceof Element ? target.closest('svg') : null;
}
