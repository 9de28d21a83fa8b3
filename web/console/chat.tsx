// The middle: one conversation, what can be done with it, and the composer.
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { clockTime } from "../client/format.js";
import type { Post } from "../client/outbox.js";
import type { Chat as ChatItem, Entry } from "../client/protocol.js";
import type { Line } from "../client/session.js";
import { ClockIcon, SendIcon, TickIcon } from "../common/icons.js";
import { MessageText } from "../common/message_text.js";
import { stars } from "./list.js";
import type { ConsoleModel } from "./model.js";
import { TransferMenu } from "./transfer.js";
import { happened, stateWords, visitorName } from "./words.js";

type WithModel = { model: ConsoleModel };

export function Chat({ model }: WithModel) {
  const { selected, transcript } = model;
  if (!selected) {
    return (
      <main class="chat lonely">
        <p>{model.session!.self?.status === "online" ? "Ready. A new chat will be offered to you here." : "Choose a chat on the left."}</p>
        <p class="keys"><kbd>Ctrl</kbd> <kbd>Enter</kbd> accepts an offer, <kbd>Alt</kbd> <kbd>1</kbd> … <kbd>9</kbd> choose a chat.</p>
      </main>
    );
  }
  if (transcript) return <Past key={selected} model={model} />;
  return <Present key={selected} model={model} />;
}

function Present({ model }: WithModel) {
  const { chat, conversation, session } = model;
  const id = model.selected!;
  const state = chat?.state ?? conversation?.state ?? "closed";
  const mine = chat ? session!.isMine(chat) : false;
  const name = visitorName(chat?.visitor ?? conversation?.visitor ?? { id });
  const lines = session!.lines(conversation, false);
  return (
    <main class="chat">
      <div class="head">
        <div class="title">
          <h1 tabIndex={-1}>{name}</h1>
          <p>{subtitle(chat, state, mine)}</p>
        </div>
        {conversation?.rating ? <span class="stars" data-testid="rating" aria-label={`${conversation.rating} of 5`}>{stars(conversation.rating)}</span> : null}
        {chat && state === "assigned" && (mine || session!.supervisor) ? <TransferMenu model={model} chat={chat} /> : null}
        {(mine && state === "assigned") || state === "offline_message" ? <CloseButtons model={model} /> : null}
        {mine && state === "wrapup" ? <button type="button" class="primary" data-testid="done" onClick={() => void model.done()}>Done</button> : null}
      </div>
      <Log lines={lines} model={model} typing={session!.whoTypes(id) === null ? "" : `${name} is typing`} loading={!conversation?.opened} />
      {(mine && state === "assigned") || state === "offline_message" ? <Composer model={model} /> : <p class="no-composer">{whyNot(model, chat, state, mine)}</p>}
    </main>
  );
}

function Past({ model }: WithModel) {
  const { transcript } = model;
  if (transcript === "loading") return <main class="chat lonely"><p>Loading …</p></main>;
  if (transcript === "failed" || !transcript) return <main class="chat lonely"><p role="alert">The transcript could not be loaded.</p></main>;
  const { conversation, entries } = transcript;
  return (
    <main class="chat">
      <div class="head">
        <div class="title">
          <h1>{visitorName(conversation.visitor ?? conversation)}</h1>
          <p>{stateWords(conversation.state)}{conversation.agent ? `, ${conversation.agent}` : ""}</p>
        </div>
        {conversation.rating ? <span class="stars" data-testid="rating" aria-label={`${conversation.rating} of 5`}>{stars(conversation.rating)}</span> : null}
      </div>
      <Log lines={entries.map((entry): Line => ({ kind: "entry", key: `seq:${entry.seq}`, entry }))} model={model} typing="" loading={false} />
      <p class="no-composer">This chat is closed.</p>
    </main>
  );
}

function CloseButtons({ model }: WithModel) {
  const more = useRef<HTMLDetailsElement>(null);
  return (
    <div class="close">
      <button type="button" class="secondary" data-testid="close-chat" onClick={() => void model.closeChat(false)}>Close chat</button>
      <details ref={more} onKeyDown={(event) => { if (event.key === "Escape" && more.current) more.current.open = false; }}
        onFocusOut={(event) => {
          if (more.current && !more.current.contains(event.relatedTarget as Node | null)) more.current.open = false;
        }}>
        <summary aria-label="More ways to close" title="More ways to close">⋯</summary>
        <button type="button" data-testid="close-spam" onClick={() => void model.closeChat(true)}>Close as spam</button>
      </details>
    </div>
  );
}

function Log({ lines, model, typing, loading }: { lines: Line[]; typing: string; loading: boolean } & WithModel) {
  const box = useRef<HTMLDivElement>(null);
  const atEnd = useRef(true);
  const follow = () => {
    if (box.current && atEnd.current) box.current.scrollTop = box.current.scrollHeight;
  };
  useLayoutEffect(follow);
  useEffect(() => {
    const sizes = new ResizeObserver(follow); // what stands below may grow
    sizes.observe(box.current!);
    return () => sizes.disconnect();
  }, []);
  let day = "";
  return (
    <div class="log" ref={box} role="log" aria-live="polite" aria-label="Conversation" tabIndex={0}
      onScroll={() => {
        const log = box.current!;
        atEnd.current = log.scrollHeight - log.scrollTop - log.clientHeight < 40;
      }}>
      <div class="spring" />
      {loading ? <p class="event">Loading …</p> : null}
      {lines.map((line, i) => {
        const at = line.kind === "entry" ? line.entry.at : new Date(line.post.at).toISOString();
        const today = new Date(at).toDateString();
        const turn = today !== day;
        day = today;
        return [
          turn ? <p class="day" key={`day:${today}`}>{new Intl.DateTimeFormat("en-GB", { weekday: "long", day: "numeric", month: "long" }).format(new Date(at))}</p> : null,
          <OneLine key={line.key} line={line} first={turn || speaker(lines[i - 1]) !== speaker(line)} model={model} />,
        ];
      })}
      <p class="typing-room">{typing ? <span class="typing" data-testid="typing">{typing} …</span> : null}</p>
    </div>
  );
}

function OneLine({ line, first, model }: { line: Line; first: boolean } & WithModel) {
  if (line.kind === "post") return <Message text={line.post.text} at={new Date(line.post.at).toISOString()} role="agent" name="" first={first} post={line.post} late={line.late} model={model} />;
  const entry: Entry = line.entry;
  if (entry.kind !== "message") return <p class="event" data-seq={entry.seq}>{happened(entry)} <time dateTime={entry.at}>{clockTime(entry.at, "en-GB")}</time></p>;
  const { role, name } = entry.author;
  return <Message text={entry.text} at={entry.at} role={role} name={role === "visitor" ? "" : (name ?? role)} first={first} seq={entry.seq} late={false} model={model} />;
}

function Message({ text, at, role, name, first, seq, post, late, model }: {
  text: string; at: string; role: string; name: string; first: boolean; seq?: number; post?: Post; late: boolean;
} & WithModel) {
  const session = model.session!;
  const stopped = session.phase === "stopped" && post?.mark === "sending";
  const mark = role !== "agent" ? undefined : stopped ? "failed" : (post?.mark ?? "sent");
  return (
    <div class={`message ${role === "visitor" ? "visitor" : "staff"}${first ? " first" : ""}`}>
      {first && name && name !== session.self?.display_name ? <span class="name">{name}</span> : null}
      <div class="bubble" data-testid="message" data-role={role} data-seq={seq ?? post?.seq} data-mark={mark} data-late={late || undefined}>
        <span class="unseen">{role === "visitor" ? "Visitor" : name || "You"}: </span>
        <MessageText text={text} />
        <span class="foot">
          {late ? <b>Not sent yet</b> : <time dateTime={at}>{clockTime(at, "en-GB")}</time>}
          {mark === "sending" ? <ClockIcon size={13} label="Sending" /> : mark === "sent" ? <TickIcon size={13} label="Sent" /> : null}
        </span>
      </div>
      {mark === "failed" && post ? (
        <span class="failed">
          <button type="button" class="link" onClick={() => session.retry(post.key)}>Not sent. Click to retry</button>
          {stopped ? null : <button type="button" class="link" onClick={() => session.discard(post.key)}>Remove</button>}
        </span>
      ) : null}
    </div>
  );
}

function Composer({ model }: WithModel) {
  const box = useRef<HTMLTextAreaElement>(null);
  const [problem, setProblem] = useState("");
  const draft = model.drafts.get(model.selected!) ?? "";
  useLayoutEffect(() => box.current?.focus({ preventScroll: true }), []);
  useLayoutEffect(() => {
    box.current!.style.height = "auto";
    box.current!.style.height = `${Math.min(180, box.current!.scrollHeight)}px`;
  }, [draft]);
  const send = () => {
    const result = model.send();
    setProblem(result === "too_long" ? "This message is longer than 16,000 bytes. Please send it in parts." : result === "full" ? "Too many messages are waiting to be sent." : "");
  };
  return (
    <form class="composer" onSubmit={(event) => { event.preventDefault(); send(); }}>
      {problem ? <p class="problem" role="alert">{problem}</p> : null}
      <textarea ref={box} rows={1} data-testid="composer" aria-label="Your answer" placeholder="Write an answer" value={draft}
        onInput={(event) => { setProblem(""); model.typed(event.currentTarget.value); }}
        onKeyDown={(event) => {
          if (event.key !== "Enter" || event.shiftKey || event.ctrlKey || event.metaKey || event.isComposing || event.keyCode === 229) return;
          event.preventDefault();
          send();
        }} />
      <button type="submit" class="send" data-testid="send" aria-label="Send" disabled={draft.trim() === ""}><SendIcon /></button>
    </form>
  );
}

function subtitle(chat: ChatItem | null, state: ChatItem["state"], mine: boolean): string {
  const where = chat && !chat.visitor_online ? "not connected" : "";
  const who = chat?.agent_name && !mine ? `with ${chat.agent_name}` : "";
  return [stateWords(state), who, where].filter(Boolean).join(", ");
}

function whyNot(model: ConsoleModel, chat: ChatItem | null, state: ChatItem["state"], mine: boolean): string {
  if (state === "offered" && chat && !model.session!.isOfferedToMe(chat)) {
    const asked = chat.offered_to ? (model.session!.colleagues.get(chat.offered_to)?.display_name ?? chat.offered_to) : "Somebody else";
    return `${asked} is being asked to take this chat.`;
  }
  if (state === "offered") return "Accept the chat to answer.";
  if (state === "queued" || state === "new") return "This chat waits for a free agent.";
  if (state === "wrapup") return mine ? "The chat has ended. Press Done when you are ready for the next one." : "The chat has ended.";
  if (state === "assigned") return `${chat?.agent_name ?? "Somebody else"} has this chat.`;
  return "This chat is closed.";
}

function speaker(line: Line | undefined): string {
  if (!line) return "";
  if (line.kind === "post") return "agent";
  return line.entry.kind === "message" ? `${line.entry.author.role}${line.entry.author.role === "agent" ? "" : (line.entry.author.name ?? "")}` : "";
}
