// One queue: what waits, how long against its target, who is there, and four smaller figures.
import type { ComponentChildren } from "preact";
import { type Detail, type Figure, type QueueView, barEnd } from "./figures.js";
import { MarkLine, Sign } from "./signs.js";
import { words } from "./words.js";

export function Tile({ queue }: { queue: QueueView }) {
  const { hours, verdict } = queue;
  return (
    <section class={`tile t-${verdict.tone}`} aria-label={queue.title} data-testid="wall-queue" data-queue={queue.name} data-tone={verdict.tone}>
      <div class="name">
        <h2 class="cut">{queue.title}</h2>
        <MarkLine mark={verdict} class="verdict" />
        <p class="hours">{hours.word === verdict.word ? null : <><Sign tone={hours.tone} /><b>{hours.word}</b></>}<span>{hours.more}</span></p>
      </div>
      <div class="main">
        <Big kind="waiting" label={words.waitingNow} figure={queue.waiting} />
        <Big kind="wait" label={words.longestWait} figure={queue.wait}><Bar share={queue.wait.share} tone={queue.wait.mark.tone} /></Big>
        <Big kind="team" label={words.agentsThere} figure={queue.team} />
      </div>
      <div class="details">{queue.details.map((detail) => <Small key={detail.key} detail={detail} />)}</div>
    </section>
  );
}

function Big({ kind, label, figure, children }: { kind: string; label: string; figure: Figure; children?: ComponentChildren }) {
  return (
    <div class={`big ${kind} t-${figure.mark.tone}`} data-testid={`wall-${kind}`} data-tone={figure.mark.tone}>
      <p class="label">{label}{figure.more ? <>, <span class="against">{figure.more}</span></> : null}</p>
      <p class={`number w${figure.text.length}`} data-testid={`wall-${kind}-number`}>{figure.text}</p>
      {children ?? <div class="no bar" />}
      <MarkLine mark={figure.mark} />
    </div>
  );
}

// The post is the target. What lies behind it is drawn in full height, so the two sides differ without their colours.
function Bar({ share, tone }: { share: number | null; tone: string }) {
  const at = 100 * (share ?? 0);
  return (
    <svg class={`bar t-${tone}`} viewBox={`0 0 ${100 * barEnd} 10`} preserveAspectRatio="none" aria-hidden="true">
      <rect class="ground" x="0" y="2.5" width={100 * barEnd} height="5" />
      <rect class="run" x="0" y="2.5" width={Math.min(100, at)} height="5" />
      <rect class="over" x="100" y="0" width={Math.max(0, at - 100)} height="10" />
      <rect class="post" x="99.2" y="0" width="1.6" height="10" />
    </svg>
  );
}

function Small({ detail }: { detail: Detail }) {
  const { key, label, text, more, mark } = detail;
  return (
    <div class="small" data-testid={`wall-${key}`} data-tone={mark?.tone}>
      <p class="label">{label}</p>
      <p class="number">{text}</p>
      <p class="more cut">{more}</p>
      {mark ? <MarkLine mark={mark} /> : <p class="mark" aria-hidden="true">&nbsp;</p>}
    </div>
  );
}
