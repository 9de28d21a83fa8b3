// Small pieces that more than one view uses.
import type { ComponentChildren } from "preact";
import type { WidgetModel } from "./model.js";

export function Dot({ on }: { on: boolean }) {
  return <span class={on ? "dot on" : "dot"} aria-hidden="true" />;
}

export function Card({ title, children, testid }: { title?: string; children: ComponentChildren; testid?: string }) {
  return (
    <div class="card" data-testid={testid}>
      {title ? <h2>{title}</h2> : null}
      {children}
    </div>
  );
}

export type WithModel = { model: WidgetModel };
