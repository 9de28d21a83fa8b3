// The bar on top: the queues, my status as the server has it, my capacity, sound, leaving.
import { BellIcon, ChatIcon } from "../common/icons.js";
import { openingTime } from "../client/format.js";
import type { QueueState } from "../client/protocol.js";
import type { ConsoleModel } from "./model.js";
import { statusWords } from "./words.js";

export function Top({ model }: { model: ConsoleModel }) {
  const session = model.session!;
  const self = session.self;
  const ready = session.phase === "ready";
  const status = !self ? "Connecting …" : ready ? statusWords(self) : "Reconnecting …";
  const shown = ready ? self?.status : undefined;
  return (
    <header class="top">
      <span class="brand"><ChatIcon size={22} /><b>Heti</b></span>
      <ul class="queues" aria-label="Queues" tabIndex={0}>
        {[...session.queues.values()].map((queue) => <QueueItem key={queue.name} queue={queue} now={session.serverNow()} />)}
      </ul>
      {session.phase === "stopped" ? (
        <p class="stopped" role="alert">The server closed the connection. <button type="button" class="link" onClick={() => session.link.retryNow()}>Try again</button></p>
      ) : null}
      <div class="me">
        <div class="status">
          <span class="who">{self?.display_name ?? model.account?.display_name}</span>
          <span class={`words ${shown ?? "none"}`} role="status" data-testid="status-text">{status}</span>
        </div>
        <div class="switch" role="group" aria-label="My status">
          <StatusButton model={model} status="online" label="Ready" shown={shown} />
          <StatusButton model={model} status="away" label="Away" shown={shown} />
        </div>
        {self ? <span class="capacity" title="Chats you have, of those you can have" data-testid="capacity">{self.busy} of {self.capacity}</span> : null}
        <button type="button" class={model.alerts.on ? "icon on" : "icon"} aria-pressed={model.alerts.on} data-testid="alerts"
          aria-label="Sound and notification when a chat is offered" title={model.alerts.on ? "Sound and notifications are on" : "Sound and notifications are off"}
          onClick={() => void model.alerts.set(!model.alerts.on).then(() => model.changed())}>
          <BellIcon />{model.alerts.on ? null : <span class="slash" aria-hidden="true" />}
        </button>
        <a class="quiet" href="wall/" target="_blank" rel="noopener" title="The figures of your queues, for a large screen">Wall</a>
        <button type="button" class="quiet" data-testid="logout" onClick={() => void model.logout()}>Log out</button>
      </div>
    </header>
  );
}

function StatusButton({ model, status, label, shown }: { model: ConsoleModel; status: "online" | "away"; label: string; shown: string | undefined }) {
  const on = shown === status;
  const waiting = model.settingStatus === status && !on;
  return (
    <button type="button" class={`${status}${on ? " on" : ""}`} data-testid={`status-${status}`} aria-pressed={on} aria-busy={waiting}
      disabled={shown === undefined} onClick={() => void model.setStatus(status)}>{label}</button>
  );
}

function QueueItem({ queue, now }: { queue: QueueState; now: number }) {
  const words = { today: "today", tomorrow: "tomorrow", at: (day: string, time: string) => `${day} at ${time}` };
  const next = queue.next_change ? openingTime(queue.next_change, now, words, "en-GB") : "";
  const state = queue.closing ? "closing" : queue.open ? "open" : "closed";
  const title = next ? `${queue.open ? "Closes" : "Opens"} ${next}` : "";
  return (
    <li class={`queue ${state}`} title={title} data-testid="queue-item" data-queue={queue.name} data-open={queue.open}>
      <span class="dot" aria-hidden="true" /><b>{queue.display_name}</b> <span>{state}</span>
      <span class={queue.waiting ? "count some" : "count"}>{queue.waiting ?? 0} waiting</span>
      <span class={queue.open && !queue.staffed ? "count none" : "count"}>{queue.staffed ?? 0} staffed</span>
    </li>
  );
}
