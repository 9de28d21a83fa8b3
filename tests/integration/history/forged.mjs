// One lie each. A forgery takes a sound history and changes one thing in it: one line of somebody's notes, or one entry
// of the order as everybody saw it. It gives the changed history, or null where this history has no place for the lie.
// `rule` is the rule that must find it; forgeries marked `alone` differ from a sound history in nothing else.

const copy = (events) => events.map((event) => (event.entry ? { ...event, entry: { ...event.entry } } : { ...event }));
const saws = (events, conversation, seq) => events.filter((e) => e.what === 'saw' && e.conversation === conversation && e.entry.seq === seq);

// Some event that fits, or null.
function pick(events, random, fits) {
  const found = events.filter(fits);
  return found.length === 0 ? null : random.one(found);
}
const without = (events, event) => events.filter((e) => e !== event);
const insertAfter = (events, event, more) => events.flatMap((e) => (e === event ? [e, more] : [e]));
const insertBefore = (events, event, more) => events.flatMap((e) => (e === event ? [more, e] : [e]));
const isMessage = (e) => e.what === 'saw' && e.entry.kind === 'message';

// The order as the people of a conversation saw it has this entry more at its end.
function appended(events, conversation, entry) {
  const last = Math.max(...events.filter((e) => e.what === 'saw' && e.conversation === conversation).map((e) => e.entry.seq));
  const more = { ...entry, seq: last + 1, at: 1e9 };
  return events.flatMap((e) =>
    e.what === 'ended' && e.conversation === conversation
      ? [{ what: 'saw', who: e.who, conversation, at: e.at, connection: 1, how: 'push', entry: { ...more } }, e] : [e]);
}

// The same entry, changed for everybody.
function changed(events, random, fits, change) {
  const seen = pick(events, random, fits);
  if (!seen) return null;
  for (const e of saws(events, seen.conversation, seen.entry.seq)) change(e.entry);
  return events;
}

const forge = (rule, lie, make, alone = true) => ({ rule, lie, alone, make: (events, random) => make(copy(events), random) });
const hasLater = (events, e) => events.some((l) => l.what === 'saw' && l.who === e.who && l.conversation === e.conversation && l.entry.seq > e.entry.seq);

export const forgeries = [
  forge('gap', 'one person was not shown one entry in the middle', (events, random) => {
    const seen = pick(events, random, (e) => e.what === 'saw' && hasLater(events, e));
    return seen && without(events, seen);
  }),
  forge('gap', 'two entries came to one person in the wrong order', (events, random) => {
    const second = pick(events, random, (e) => e.what === 'saw' && e.entry.seq > 1);
    if (!second) return null;
    const first = events.find((e) => e.what === 'saw' && e.who === second.who && e.conversation === second.conversation && e.entry.seq === second.entry.seq - 1);
    [first.entry, second.entry] = [second.entry, first.entry];
    return events;
  }, false),
  forge('twice', 'one person was shown one entry a second time', (events, random) => {
    const seen = pick(events, random, (e) => e.what === 'saw');
    return seen && insertAfter(events, seen, seen);
  }),
  forge('two_entries', 'one person read another text than the others', (events, random) => {
    const seen = pick(events, random, isMessage);
    if (!seen || saws(events, seen.conversation, seen.entry.seq)[0] === seen) return null;
    seen.entry.text += '!';
    return events;
  }),
  forge('two_entries', 'one person was told another agent', (events, random) => {
    const seen = pick(events, random, (e) => e.what === 'saw' && e.entry.kind === 'assigned');
    if (!seen) return null;
    seen.entry.agent += '!';
    return events;
  }),
  forge('short', 'one person never saw the last entry', (events, random) => {
    const seen = pick(events, random, (e) => e.what === 'saw' && !hasLater(events, e));
    return seen && without(events, seen);
  }),
  forge('stale', 'one resume ended before what was known', (events, random) => {
    const answer = pick(events, random, (e) => e.what === 'resumed' && e.last_seq > 0 &&
      events.some((k) => k.conversation === e.conversation && k.at < e.at && (k.entry?.seq ?? k.seq ?? 0) === e.last_seq));
    if (!answer) return null;
    answer.last_seq -= 1;
    return events;
  }),
  forge('lost', 'a post was acknowledged that stands nowhere', (events, random) => {
    const sender = pick(events, random, (e) => e.what === 'ended');
    const n = 1 + Math.max(0, ...events.filter((e) => e.what === 'sent' && e.who === sender.who && e.conversation === sender.conversation).map((e) => e.n));
    const sent = { ...sender, what: 'sent', n, text: 'the lost one' };
    return events.flatMap((e) => (e === sender ? [sent, { ...sender, what: 'acked', n, seq: 0 }, e] : [e]));
  }),
  forge('lost', 'the end of the order is gone', (events, random) => {
    const seen = pick(events, random, (e) => isMessage(e) && events.filter((s) => s.what === 'saw' && s.conversation === e.conversation).every((s) => s.entry.seq <= e.entry.seq) &&
      events.some((a) => a.what === 'acked' && a.conversation === e.conversation && a.seq === e.entry.seq));
    if (!seen) return null;
    const gone = new Set(saws(events, seen.conversation, seen.entry.seq));
    return events.filter((e) => !gone.has(e));
  }, false),
  forge('moved', 'an acknowledgement named another place', (events, random) => {
    const last = (a) => !events.some((b) => b.what === 'acked' && b.who === a.who && b.conversation === a.conversation && b.n === a.n && b !== a);
    const ack = pick(events, random, (e) => e.what === 'acked' && e.seq > 1 && last(e));
    if (!ack) return null;
    ack.seq -= 1;
    return events;
  }),
  forge('two_places', 'a post was acknowledged again at another place', (events, random) => {
    const ack = pick(events, random, (e) => e.what === 'acked' && e.seq > 1);
    return ack && insertAfter(events, ack, { ...ack, seq: ack.seq - 1 });
  }),
  forge('acked_unsent', 'an acknowledgement came before its post was sent', (events, random) => {
    const sent = pick(events, random, (e) => e.what === 'sent' && e.n === 1 && !events.some((s) => s.what === 'sent' && s.who === e.who && s.conversation === e.conversation && s.at < e.at) &&
      events.some((a) => a.what === 'acked' && a.who === e.who && a.conversation === e.conversation));
    return sent && insertBefore(events, sent, { ...sent, what: 'acked', n: 1, seq: 0 });
  }),
  forge('recalled', 'an acknowledged post was asked for again', (events, random) => {
    const ack = pick(events, random, (e) => e.what === 'acked');
    return ack && insertAfter(events, ack, { ...ack, what: 'recalled' });
  }),
  forge('doubled', 'a post stands there a second time', (events, random) => {
    const seen = pick(events, random, isMessage);
    return seen && appended(events, seen.conversation, seen.entry);
  }),
  forge('sender_order', 'a post stands there without the one before it', (events, random) => {
    const sender = pick(events, random, (e) => e.what === 'ended');
    const of = (what) => (e) => e.what === what && e.who === sender.who && e.conversation === sender.conversation;
    const n = 2 + Math.max(0, ...events.filter(of('sent')).map((e) => e.n));
    const { stream, role } = events.find(of('joined'));
    const text = 'the one after the next';
    const first = events.find((e) => e.what === 'ended' && e.conversation === sender.conversation);
    const more = appended(events, sender.conversation, { kind: 'message', author: { role }, text, stream, n });
    return more.flatMap((e) => (e === more[events.indexOf(first)] ? [{ ...sender, what: 'sent', n, text }, e] : [e]));
  }),
  forge('sender_order', 'two posts of one sender stand in the wrong order', (events, random) => {
    const second = pick(events, random, (e) => isMessage(e) && e.entry.n > 1);
    if (!second) return null;
    const { stream, n, seq } = second.entry;
    const before = events.find((e) => isMessage(e) && e.conversation === second.conversation && e.entry.stream === stream && e.entry.n === n - 1).entry;
    const [one, two] = [{ n: before.n, text: before.text }, { n, text: second.entry.text }];
    const firstSeq = before.seq;
    for (const e of saws(events, second.conversation, firstSeq)) Object.assign(e.entry, two);
    for (const e of saws(events, second.conversation, seq)) Object.assign(e.entry, one);
    return events;
  }, false),
  forge('unsent', 'a message stands there that nobody sent', (events, random) => {
    const seen = pick(events, random, isMessage);
    return seen && appended(events, seen.conversation, { ...seen.entry, n: 1, stream: 'ghost', text: 'boo' });
  }),
  forge('other_text', 'a message has another text than the one sent', (events, random) =>
    changed(events, random, isMessage, (entry) => { entry.text += '!'; })),
  forge('other_author', 'a message is said to come from the other side', (events, random) =>
    changed(events, random, isMessage, (entry) => { entry.author = { role: entry.author.role === 'visitor' ? 'agent' : 'visitor' }; })),
  forge('real_time', 'a post was sent only after somebody had read a later one', (events, random) => {
    // The first time that a post was sent moves behind the first sight of what stands at or after its place.
    const seen = pick(events, random, isMessage);
    if (!seen) return null;
    const { stream, n } = seen.entry;
    const who = events.find((e) => e.what === 'joined' && e.conversation === seen.conversation && e.stream === stream).who;
    const mine = (e) => e.who === who && e.conversation === seen.conversation;
    const sends = events.filter((e) => e.what === 'sent' && mine(e) && e.n === n);
    const first = saws(events, seen.conversation, seen.entry.seq)[0];
    const early = events.some((e) => e.what === 'acked' && mine(e) && e.n >= n && e.at < first.at);
    if (sends.length !== 1 || early || first.who === who) return null;
    return insertAfter(without(events, sends[0]), first, sends[0]);
  }),
  forge('time_back', 'an entry is older than the one in front of it', (events, random) =>
    changed(events, random, (e) => e.what === 'saw' && e.entry.seq > 1, (entry) => { entry.at -= 1e6; })),
  forge('refused_kept', 'a post that was refused for good stands there', (events, random) => {
    const seen = pick(events, random, isMessage);
    if (!seen) return null;
    const sent = events.find((e) => e.what === 'sent' && e.conversation === seen.conversation && e.n === seen.entry.n && e.text === seen.entry.text);
    return insertAfter(events, sent, { ...sent, what: 'refused', code: 'not_allowed' });
  }),
  forge('history_changed', 'one connection found another history', (events, random) => {
    const answer = pick(events, random, (e) => e.what === 'resumed');
    answer.history = 'another';
    return events;
  }),
  forge('unfinished', 'one person stopped looking', (events, random) => without(events, pick(events, random, (e) => e.what === 'ended'))),
  forge('empty', 'nothing was acknowledged in one conversation', (events, random) => {
    const { conversation } = pick(events, random, (e) => e.what === 'acked');
    return events.filter((e) => e.what !== 'acked' || e.conversation !== conversation);
  }),
];
