// The conversation, youngest at the bottom. A line keeps its element from the moment it is written to its tick, and
// the view keeps its place: it follows the end only while the reader is at the end.
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { clockTime } from "../client/format.js";
import type { Post } from "../client/outbox.js";
import type { Entry } from "../client/protocol.js";
import type { Line } from "../client/session.js";
import { ClockIcon, TickIcon } from "../common/icons.js";
import { MessageText, initial } from "../common/message_text.js";
import type { WithModel } from "./parts.js";
import type { Strings } from "./strings.js";

export function Transcript({ model }: WithModel) {
  const log = useRef<HTMLDivElement>(null);
  const atEnd = useRef(true);
  const { strings, session } = model;
  const lines = model.lines;
  const greeting = model.wording?.greeting || strings.greeting;

  const follow = () => {
    if (log.current && atEnd.current) log.current.scrollTop = log.current.scrollHeight;
  };
  useLayoutEffect(follow);
  useEffect(() => {
    const sizes = new ResizeObserver(follow); // what stands below may grow
    sizes.observe(log.current!);
    return () => sizes.disconnect();
  }, []);

  return (
    <div class="log" ref={log} role="log" aria-live="polite" aria-label={strings.log} tabIndex={0}
      onScroll={() => {
        const box = log.current!;
        atEnd.current = box.scrollHeight - box.scrollTop - box.clientHeight < 40;
      }}>
      <div class="spring" />
      {session.current?.state === "offline_message" ? null : lines.length === 0 || session.current?.entries[0]?.seq === 1 || !session.current?.opened
        ? <Bubble side="them" name={model.queue?.display_name ?? ""} first><MessageText text={greeting} /></Bubble>
        : null}
      {lines.map((line, i) => <OneLine key={line.key} line={line} before={lines[i - 1]} model={model} />)}
      {session.historyReloaded ? <p class="note" role="status">{strings.reloaded}</p> : null}
      {model.place ? <p class="note place">{model.place}</p> : null}
      <Typing name={model.typist} strings={strings} />
    </div>
  );
}

function OneLine({ line, before, model }: { line: Line; before: Line | undefined } & WithModel) {
  const { strings } = model;
  if (line.kind === "entry" && line.entry.kind !== "message") {
    const words = happened(line.entry, strings);
    return words ? <p class="note" data-seq={line.entry.seq}>{words}</p> : null;
  }
  const first = sideOf(before) !== sideOf(line);
  if (line.kind === "post") return <Own text={line.post.text} at={line.post.at} post={line.post} late={line.late} first={first} model={model} />;
  const entry = line.entry;
  if (entry.kind !== "message") return null;
  if (entry.author.role === "visitor") {
    return <Own text={entry.text} at={Date.parse(entry.at)} seq={entry.seq} late={false} first={first} model={model} />;
  }
  const name = entry.author.name || strings.agentFallback;
  return (
    <Bubble side="them" name={name} first={first} role={entry.author.role} seq={entry.seq}>
      <MessageText text={entry.text} />
      <time dateTime={entry.at}>{clockTime(entry.at, model.lang)}</time>
    </Bubble>
  );
}

// What this visitor said, with its mark: a clock until it is kept, a tick when it is.
function Own({ text, at, seq, post, late, first, model }:
  { text: string; at: number; seq?: number; post?: Post; late: boolean; first: boolean } & WithModel) {
  const { strings, session } = model;
  const stopped = session.phase === "stopped" && post?.mark === "sending";
  const mark = stopped ? "failed" : (post?.mark ?? "sent");
  const iso = new Date(at).toISOString();
  return (
    <Bubble side="me" name={strings.you} first={first} role="visitor" seq={seq ?? post?.seq} mark={mark} late={late}>
      <MessageText text={text} />
      {mark === "failed" ? null : (
        <span class="mark">
          {late ? <span class="late">{strings.late}</span> : <time dateTime={iso}>{clockTime(iso, model.lang)}</time>}
          {mark === "sending" ? <ClockIcon size={13} label={strings.sending} /> : <TickIcon size={13} label={strings.sent} />}
        </span>
      )}
      {mark === "failed" && post ? (
        <span class="failed">
          <button type="button" class="link" onClick={() => session.retry(post.key)}>
            {post.why === "queue_closed" ? strings.failedClosed : strings.failed}
          </button>
          {stopped ? null : <button type="button" class="link quiet" onClick={() => session.discard(post.key)}>{strings.remove}</button>}
        </span>
      ) : null}
    </Bubble>
  );
}

function Bubble({ side, name, first, role, seq, mark, late, children }: {
  side: "me" | "them"; name: string; first?: boolean; role?: string; seq?: number; mark?: string; late?: boolean;
  children: preact.ComponentChildren;
}) {
  return (
    <div class={`row ${side}${first ? " first" : ""}`}>
      {side === "them" ? <span class="avatar" aria-hidden="true">{first ? initial(name) : ""}</span> : null}
      <div class="bubble" data-testid={role ? "message" : undefined} data-role={role} data-seq={seq} data-mark={mark} data-late={late || undefined}>
        <span class={first && side === "them" && role ? "name" : "unseen"}>{name}</span>
        {children}
      </div>
    </div>
  );
}

// Room for the sign is always there, so that its coming and going moves nothing.
function Typing({ name, strings }: { name: string | null; strings: Strings }) {
  return (
    <div class="typing-room">
      {name === null ? null : (
        <span class="typing" data-testid="typing">
          <span class="dots" aria-hidden="true"><i /><i /><i /></span>{strings.typing(name)}
        </span>
      )}
    </div>
  );
}

function sideOf(line: Line | undefined): string {
  if (!line) return "";
  if (line.kind === "post") return "visitor";
  return line.entry.kind === "message" ? `${line.entry.author.role}${line.entry.author.role === "visitor" ? "" : line.entry.author.name}` : "";
}

function happened(entry: Entry, strings: Strings): string {
  switch (entry.kind) {
    case "assigned": return strings.joined(entry.agent);
    case "left": return strings.left(entry.agent);
    case "reopened": return strings.reopened;
    case "closed":
      if (entry.reason === "queue_closed") return strings.closedQueue;
      if (entry.reason === "timeout") return strings.closedTimeout;
      if (entry.reason === "abandoned") return strings.closedAbandoned;
      return entry.by === "visitor" ? strings.closedByVisitor : entry.by === "agent" ? strings.closedByAgent : strings.closedBySystem;
    default: return "";
  }
}
