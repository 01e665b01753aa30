import type { Point } from './demoState.ts';

/** What a figure listens to. */
interface PointerHandlers {
  readonly down: (event: PointerEvent) => void;
  readonly move: (event: PointerEvent) => void;
  readonly up: () => void;
}

/** A pointer that can be held down on a figure. */
export interface PointerDrag {
  /** Whether it is held down now. */
  isHeld(): boolean;
  /** The handlers of one drawing: `onPlace` is told where the pointer is, from the figure's upper left corner, while it is held. */
  handlers(onPlace: (place: Point) => void): PointerHandlers;
}

/** Follows a pointer from where it is pressed to where it is let go, also outside of the figure and over drawings in between. */
export function pointerDrag(): PointerDrag {
  let isHeld = false;
  return {
    isHeld: () => isHeld,
    handlers: (onPlace) => {
      const tell = ({ currentTarget, clientX, clientY }: PointerEvent): void => {
        if (!(currentTarget instanceof Element)) return;
        const { left, top } = currentTarget.getBoundingClientRect();
        onPlace({ x: clientX - left, y: clientY - top });
      };
      return {
        down: (event) => {
          isHeld = true;
          if (event.currentTarget instanceof Element) event.currentTarget.setPointerCapture(event.pointerId);
          tell(event);
        },
        move: (event) => {
          if (isHeld) tell(event);
        },
        up: () => {
          isHeld = false;
        },
      };
    },
  };
}
