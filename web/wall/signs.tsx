// A sign for each tone, told apart by its shape: a tick, a ring, a triangle, a filled plate with a stroke in it.
import type { Mark, Tone } from "./figures.js";

const shapes = {
  good: <path d="M4.5 12.5l5 5L19.5 7" fill="none" stroke="currentColor" stroke-width="3.2" stroke-linecap="round" stroke-linejoin="round" />,
  quiet: <circle cx="12" cy="12" r="5.5" fill="none" stroke="currentColor" stroke-width="3" />,
  warn: <path d="M12 3.5L22 20.5H2zM12 10v4.5M12 17.2v.3" fill="none" stroke="currentColor" stroke-width="2.4" stroke-linecap="round" stroke-linejoin="round" />,
  bad: <path fill="currentColor" fill-rule="evenodd" d="M8 2h8l6 6v8l-6 6H8l-6-6V8zM10.5 6v8h3V6zM10.5 16v2.6h3V16z" />,
} satisfies Record<Tone, unknown>;

export function Sign({ tone }: { tone: Tone }) {
  return <svg class="sign" viewBox="0 0 24 24" aria-hidden="true" data-sign={tone}>{shapes[tone]}</svg>;
}

export function MarkLine({ mark, class: look }: { mark: Mark; class?: string }) {
  return <p class={`mark t-${mark.tone}${look ? ` ${look}` : ""}`}><Sign tone={mark.tone} /><span class="cut">{mark.word}</span></p>;
}
