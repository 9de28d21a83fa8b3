// How the console redraws: the whole of it on a change (a few hundred elements, well under a frame), and each clock by
// itself every second.
import { useLayoutEffect, useReducer } from "preact/hooks";

type Listener = () => void;

export class Bell {
  private readonly listeners = new Set<Listener>();

  ring(): void {
    for (const listener of this.listeners) listener();
  }

  on(listener: Listener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }
}

export const seconds = new Bell();

export function useBell(bell: Bell): void {
  const [, redraw] = useReducer((n: number) => n + 1, 0);
  useLayoutEffect(() => bell.on(() => redraw(undefined)), [bell]);
}
