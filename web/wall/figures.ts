// What the wall says about the figures of a queue at a moment. Pure: figures and times go in, words come out. No state
// is told by its colour alone: each has a word, and a sign of its own shape.
import { openingTime } from "../client/format.js";
import type { WallQueue } from "../client/protocol.js";
import { dash, words } from "./words.js";

export type Tone = "good" | "quiet" | "warn" | "bad"; // from calm to alarm

export interface Mark {
  tone: Tone;
  word: string;
}

export interface Figure {
  text: string; // large; a dash where there is no figure
  more: string; // what it is measured against, in small letters; may be empty
  mark: Mark;
}

// A length of time on its way to the target; `share` is 1 on the target, and ends at barEnd.
export interface Run extends Figure {
  share: number | null;
}

export interface Detail {
  key: "level" | "staffed" | "hour" | "visitor";
  label: string;
  text: string;
  more: string;
  mark: Mark | null;
}

export interface QueueView {
  name: string;
  title: string;
  hours: Mark & { more: string };
  verdict: Mark; // the whole of it in one word or two
  waiting: Figure;
  wait: Run;
  team: Figure;
  details: Detail[];
}

export const barEnd = 1.5;
const nearShare = 0.8;
const worthSaying = 0.5; // a breach that is less likely than not is nobody's business on a wall

// `sinceMs` is how long the clock of the figures has run since they were true.
export function viewOf(queue: WallQueue, sinceMs: number, now: number, lang: string, zone?: string): QueueView {
  const hours = hoursOf(queue, now, lang, zone);
  const wait = waitOf(queue, sinceMs);
  const waiting = waitingOf(queue, wait);
  const team = teamOf(queue);
  return {
    name: queue.name, title: queue.display_name, hours, wait, waiting, team, verdict: verdictOf(queue, hours, waiting.mark, wait.mark, team.mark),
    details: [levelOf(queue), staffedOf(queue), hourOf(queue), visitorOf(queue)],
  };
}

function hoursOf(queue: WallQueue, now: number, lang: string, zone?: string): Mark & { more: string } {
  const says = { today: "", tomorrow: words.tomorrow, at: (day: string, time: string) => (day ? `${day} ${time}` : time) };
  const when = queue.next_change === undefined ? "" : openingTime(new Date(queue.next_change).toISOString(), now, says, lang, zone);
  const more = when && (queue.open ? words.until(when) : words.opens(when));
  if (queue.open) return { tone: "good", word: words.open, more };
  return queue.closing ? { tone: "warn", word: words.closing, more } : { tone: "quiet", word: words.closed, more };
}

// The clock of a promise runs while the queue is open, and stands while it is not.
function waitOf(queue: WallQueue, sinceMs: number): Run {
  const at = Math.max(queue.oldest_unanswered_ms, queue.oldest_wait_ms);
  const more = words.target(lengthOf(queue.target_ms));
  if (at === 0 && queue.waiting === 0) return { text: dash, more, share: null, mark: { tone: "quiet", word: words.noWait } };
  const ms = at + (queue.open && at > 0 ? Math.max(0, sinceMs) : 0);
  const { target_ms: target } = queue;
  const share = target > 0 ? Math.min(barEnd, ms / target) : barEnd;
  const late = ms > target;
  const tell = (tone: Tone, word: string): Run => ({ text: lengthOf(ms), more, share, mark: { tone, word } });
  if (!queue.open) return late ? tell(queue.closing ? "bad" : "warn", words.lateAndStands) : tell("quiet", words.stands);
  if (late) return tell("bad", words.lateBy(lengthOf(ms - target)));
  if (share >= nearShare) return tell("warn", words.left(lengthOf(target - ms + 999)));
  return tell("good", words.inTime);
}

function waitingOf(queue: WallQueue, wait: Run): Figure {
  const { waiting, overdue } = queue;
  const tell = (tone: Tone, word: string): Figure => ({ text: String(waiting), more: "", mark: { tone, word } });
  const late = wait.mark.tone === "bad"; // by the clock that runs here; the server counts it with its next answer
  if (queue.open && (overdue > 0 || late)) return tell("bad", words.overdue(Math.max(1, overdue)));
  if (waiting === 0) {
    if (wait.share === null) return tell("quiet", words.nobodyWaits);
    return tell(late ? "warn" : wait.mark.tone, words.unanswered); // an agent has the chat, and has not said a word yet
  }
  if (queue.closing) return tell("warn", words.stillServed);
  if (!queue.open) return tell("quiet", words.keptUntilOpening);
  if (queue.predicted_breaches >= worthSaying) return tell("warn", words.likelyLate(Math.max(1, Math.round(queue.predicted_breaches))));
  return tell("good", words.allInTime);
}

function teamOf(queue: WallQueue): Figure {
  const { staffed, min_agents: least, agents_required: load } = queue;
  const tell = (tone: Tone, word: string): Figure => ({ text: String(staffed), more: least > 0 ? words.required(least) : "", mark: { tone, word } });
  const serves = queue.open || (queue.closing && queue.waiting > 0);
  if (!serves) return tell("quiet", words.noneNeeded);
  if (staffed === 0) return least === 0 && queue.waiting === 0 ? tell("quiet", words.noneRequired) : tell("bad", words.nobody);
  if (queue.open && staffed < least) return tell("warn", words.short(least - staffed));
  if (queue.open && load !== undefined && staffed < load) return tell("warn", words.loadNeeds(load));
  if (queue.free_slots === 0) return tell(queue.waiting > 0 ? "warn" : "quiet", words.allBusy);
  return tell("good", words.roomFor(queue.free_slots));
}

const alarm: Record<Tone, number> = { good: 0, quiet: 0, warn: 1, bad: 2 };

// Whatever is worst; who is missing comes before who waits, because that is what can be acted upon.
function verdictOf(queue: WallQueue, hours: Mark, waiting: Mark, wait: Mark, team: Mark): Mark {
  let worst: Mark | null = null;
  for (const mark of [team, wait, waiting]) if (alarm[mark.tone] > (worst ? alarm[worst.tone] : 0)) worst = mark;
  if (worst === wait && waiting.tone === "bad" && queue.overdue > 1) return waiting;
  if (worst === wait && wait.tone === "warn" && queue.open) return { tone: "warn", word: words.soonLate };
  if (worst) return worst;
  if (!queue.open) return { tone: hours.tone, word: hours.word };
  return { tone: "good", word: words.allWell };
}

function levelOf(queue: WallQueue): Detail {
  const label = words.levelToday;
  const { service_level_today: level, good_today: good, bad_today: bad, goal } = queue;
  if (level === undefined) return { key: "level", label, text: dash, more: words.goal(percent(goal)), mark: { tone: "quiet", word: words.noAnswersYet } };
  return {
    key: "level", label, text: percent(level), more: words.levelCounts(good, good + bad),
    mark: level >= goal ? { tone: "good", word: words.goalMet(percent(goal)) } : { tone: "warn", word: words.underGoal(percent(goal)) },
  };
}

function staffedOf(queue: WallQueue): Detail {
  const label = words.staffedToday;
  if (queue.staffed_today === undefined) return { key: "staffed", label, text: dash, more: words.notOpenYet, mark: null };
  return { key: "staffed", label, text: percent(queue.staffed_today), more: words.ofOpenTime, mark: null };
}

function hourOf({ next_hour: hour, staffed, open }: WallQueue): Detail {
  const label = words.nextHour;
  if (!hour) return { key: "hour", label, text: dash, more: words.noForecast, mark: null };
  const short = open && hour.agents_required > staffed;
  return {
    key: "hour", label, text: count(hour.arrivals), more: words.agentsNeeded(hour.agents_required),
    mark: short ? { tone: "warn", word: words.moreNeeded(hour.agents_required - staffed) } : null,
  };
}

function visitorOf(queue: WallQueue): Detail {
  const label = words.newVisitor;
  const late = queue.predicted_breaches >= worthSaying ? words.likelyLate(Math.max(1, Math.round(queue.predicted_breaches))) : words.noneLikelyLate;
  const mark: Mark | null = queue.predicted_breaches >= worthSaying ? { tone: "warn", word: late } : null;
  if (queue.estimated_wait_ms === undefined) return { key: "visitor", label, text: dash, more: queue.open ? words.notKnown : words.whenOpen, mark };
  return { key: "visitor", label, text: lengthOf(queue.estimated_wait_ms), more: mark ? words.estimated : late, mark };
}

// 0:07, 59:59, from an hour on 1 h 02: never wider than five figures, and never more precise than anybody cares for.
export function lengthOf(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const two = (n: number) => String(n).padStart(2, "0");
  if (seconds < 3600) return `${Math.floor(seconds / 60)}:${two(seconds % 60)}`;
  const hours = Math.floor(seconds / 3600);
  return hours < 100 ? `${hours} h ${two(Math.floor((seconds % 3600) / 60))}` : `${hours} h`;
}

// Cut, not rounded: 79.9 % has not reached 80 %, and 99.9 % is not all of it. The last term mends 0.29 * 100 = 28.99….
export function percent(ratio: number): string {
  return `${Math.floor(ratio * 100 + 1e-9)} %`;
}

// Forecasts are fractions; below ten half a chat makes a difference between none and one.
function count(x: number): string {
  return x > 0 && x < 1 ? "< 1" : String(Math.round(x));
}
