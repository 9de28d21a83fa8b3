// The left column: chats by group with their running clocks, the closed ones, the team for supervisors, and the offer at its foot (an offer comes
// and goes without moving the list).
import { type Group, waitNow } from "../client/chats.js";
import { clockTime, stopwatch } from "../client/format.js";
import type { Chat, ClosedChat } from "../client/protocol.js";
import { AwayIcon } from "../common/icons.js";
import { initial } from "../common/message_text.js";
import { seconds, useBell } from "./live.js";
import type { ConsoleModel } from "./model.js";
import { Team } from "./team.js";
import { previewWords, stateWords, visitorName } from "./words.js";

type WithModel = { model: ConsoleModel };

const titles: Record<Group, string> = {
  offered: "Offered to you", mine: "Your chats", waiting: "Waiting", others: "With others", messages: "After-hours messages",
};

export function List({ model }: WithModel) {
  return (
    <nav class="list" aria-label="Chats">
      <div class="tabs" role="group" aria-label="Which chats">
        <button type="button" aria-pressed={model.tab === "live"} data-testid="tab-live" onClick={() => model.showLive()}>Chats</button>
        <button type="button" aria-pressed={model.tab === "closed"} data-testid="tab-closed" onClick={() => void model.showClosed()}>Recently closed</button>
        {model.session!.supervisor ? <button type="button" aria-pressed={model.tab === "team"} data-testid="tab-team" onClick={() => model.showTeam()}>Team</button> : null}
      </div>
      {model.tab === "live" ? <Live model={model} /> : model.tab === "team" ? <Team model={model} /> : <Closed model={model} />}
      <Offer model={model} />
    </nav>
  );
}

function Live({ model }: WithModel) {
  const parts = model.list;
  let n = 0;
  return (
    <div class="rows" onPointerEnter={() => model.freeze(true)} onPointerLeave={() => model.freeze(false)}>
      {parts.length === 0 ? <p class="empty">No chats at the moment.</p> : null}
      {parts.map((part) => (
        <section key={part.group} aria-label={titles[part.group]}>
          <h2>{titles[part.group]} <span>{part.chats.length}</span></h2>
          {part.chats.map((chat) => <Row key={chat.conversation} chat={chat} number={++n} model={model} />)}
        </section>
      ))}
    </div>
  );
}

function Row({ chat, number, model }: { chat: Chat; number: number } & WithModel) {
  useBell(seconds);
  const wait = waitNow(chat, model.session!.serverNow());
  const name = visitorName(chat.visitor);
  const me = model.account?.name ?? "";
  const unread = model.unread(chat);
  const chosen = model.selected === chat.conversation;
  return (
    <button type="button" class={`row${chosen ? " chosen" : ""}${unread ? " unread" : ""}`} aria-current={chosen ? "true" : undefined}
      data-testid="chat-item" data-conversation={chat.conversation} data-state={chat.state} data-breached={wait?.level === "breached"}
      data-mine={model.session!.isMine(chat)} title={number <= 9 ? `Alt+${number}` : undefined} aria-keyshortcuts={number <= 9 ? `Alt+${number}` : undefined}
      onClick={() => model.select(chat.conversation)}>
      <span class="avatar" aria-hidden="true">{initial(name)}</span>
      <span class="middle">
        <span class="name"><span class="cut">{name}</span>{chat.visitor_online ? null : <span class="away"><AwayIcon size={14} label="not connected" /></span>}</span>
        <span class="preview">{previewWords(chat, me) || stateWords(chat.state)}</span>
      </span>
      <span class="end">
        {wait ? (
          <span class={`wait ${wait.level}${wait.running ? "" : " still"}`} data-testid="chat-wait" role="timer"
            title={`${chat.wait!.sla === "reply" ? "Reply" : "First answer"} within ${stopwatch(chat.wait!.target_ms)}${wait.running ? "" : ": the clock stands"}`}>
            {stopwatch(wait.ms)}
          </span>
        ) : <span class="state">{chat.state === "assigned" && !model.session!.isMine(chat) ? chat.agent_name : stateWords(chat.state)}</span>}
        {unread > 0 ? <span class="count" data-testid="chat-unread" aria-label={`${unread} unread`}>{unread}</span> : <span class="count none" />}
      </span>
    </button>
  );
}

function Closed({ model }: WithModel) {
  const { closed } = model;
  if (closed === "loading") return <div class="rows"><p class="empty">Loading …</p></div>;
  if (closed === "failed") {
    return <div class="rows"><p class="empty">The list could not be loaded. <button type="button" class="link" onClick={() => void model.showClosed()}>Try again</button></p></div>;
  }
  return (
    <div class="rows">
      {closed.length === 0 ? <p class="empty">No chat was closed lately.</p> : null}
      {closed.map((chat) => <ClosedRow key={chat.conversation} chat={chat} model={model} />)}
    </div>
  );
}

function ClosedRow({ chat, model }: { chat: ClosedChat } & WithModel) {
  const name = visitorName(chat.visitor);
  const chosen = model.selected === chat.conversation;
  return (
    <button type="button" class={chosen ? "row chosen" : "row"} aria-current={chosen ? "true" : undefined} data-testid="closed-item"
      data-conversation={chat.conversation} onClick={() => void model.openClosed(chat.conversation)}>
      <span class="avatar" aria-hidden="true">{initial(name)}</span>
      <span class="middle"><span class="name"><span class="cut">{name}</span></span><span class="preview">{previewWords(chat, model.account?.name ?? "")}</span></span>
      <span class="end">
        <span class="state">{when(chat.closed_at)}</span>
        {chat.rating ? <span class="stars" data-testid="closed-rating" aria-label={`${chat.rating} of 5`}>{stars(chat.rating)}</span> : <span class="count none" />}
      </span>
    </button>
  );
}

function Offer({ model }: WithModel) {
  useBell(seconds);
  const offer = model.offer;
  if (!offer) return null;
  const session = model.session!;
  const online = session.phase === "ready";
  const ends = session.offerEnds.get(offer.conversation);
  const left = ends === undefined ? null : Math.max(0, ends - session.serverNow());
  const wait = waitNow(offer, session.serverNow());
  return (
    <section class="offer" role="alertdialog" aria-label={`New chat from ${visitorName(offer.visitor)}`} data-testid="offer" data-conversation={offer.conversation}>
      <p class="head"><b>New chat</b>{left === null ? null : <span class="left" role="timer">{stopwatch(left + 999)} left</span>}</p>
      <p class="from">{visitorName(offer.visitor)}{wait ? <span class={`wait ${wait.level}`}> waits {stopwatch(wait.ms)}</span> : null}</p>
      {offer.preview ? <p class="preview">{offer.preview}</p> : null}
      <div class="pair">
        <button type="button" class="secondary" data-testid="decline" disabled={!online} onClick={() => void model.decline()}>Decline</button>
        <button type="button" class="primary" data-testid="accept" disabled={!online} aria-keyshortcuts="Control+Enter" title="Ctrl+Enter" onClick={() => void model.accept()}>Accept</button>
      </div>
    </section>
  );
}

export function stars(score: number): string {
  return "★".repeat(score) + "☆".repeat(5 - score);
}

function when(iso: string): string {
  const day = new Date(iso).toDateString() === new Date().toDateString();
  return day ? clockTime(iso, "en-GB") : new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" }).format(new Date(iso));
}
