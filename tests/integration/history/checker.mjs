// Says whether what independent clients wrote down (recorder.mjs) can have come from a service that keeps its promise:
// each conversation is ONE order without gap, loss or double, the same for everybody, across all reconnections; what
// was known before a post was sent stands before it; what was acknowledged is there once, at the acknowledged place.
// It knows nothing of the service. Each rule has a name, and a forged history that it alone finds (forged.mjs).

export const rules = {
  empty: 'no acknowledged post: nothing was proven',
  unfinished: 'a participant stopped looking before the end',
  history_changed: 'positions lost their meaning on the way: nothing is proven across that',
  gap: 'a participant saw an entry before the one in front of it',
  twice: 'a participant was shown an entry a second time',
  two_entries: 'two different entries were seen under one number',
  short: 'a participant never saw the end',
  stale: 'an answer to open was older than what was known when it was asked for',
  lost: 'an acknowledged post stands nowhere',
  moved: 'an acknowledged post stands at another place',
  two_places: 'one post was acknowledged at two places',
  acked_unsent: 'a post was acknowledged that nobody sent',
  recalled: 'the service asked again for a post that it had acknowledged',
  doubled: 'one post stands at two places',
  sender_order: 'the posts of one sender do not stand in its own order, each following the one before',
  unsent: 'a message stands there that nobody sent',
  other_text: 'a message has another text than the one sent',
  other_author: 'a message is said to come from another side',
  real_time: 'a message stands before one that was known when it was sent',
  time_back: 'an entry is older than the one in front of it',
  refused_kept: 'a message stands there that was refused for good',
};

// `events` as a Recorder has them. `without` a rule: only for showing that the rule is needed.
export function check(events, { without = null } = {}) {
  const conversations = new Map();
  for (const event of events) {
    const found = conversations.get(event.conversation);
    if (found) found.push(event);
    else conversations.set(event.conversation, [event]);
  }
  const faults = [];
  const figures = { conversations: conversations.size, participants: 0, posts: 0, acknowledged: 0, entries: 0, seen: 0, resumes: 0 };
  if (conversations.size === 0) faults.push({ rule: 'empty', text: 'there is no conversation' });
  for (const [id, told] of conversations) {
    const one = new Conversation(id, (rule, who, text) => faults.push({ rule, conversation: id, who, text: `${id} ${who}: ${text}` }));
    for (const event of told) one[event.what](event);
    one.judge();
    for (const [name, value] of Object.entries(one.figures())) figures[name] += value;
  }
  const kept = faults.filter((fault) => fault.rule !== without);
  return { sound: kept.length === 0, faults: kept, figures };
}

// A few sentences of a verdict, for an assertion that people read.
export const sentences = ({ faults }, count = 10) => faults.slice(0, count).map((fault) => `${fault.rule}: ${fault.text}`);

class Conversation {
  people = new Map(); // who -> what it did
  senders = new Map(); // stream -> who
  order = new Map(); // seq -> { entry, json }
  known = 0; // the highest number that anybody has been told so far
  histories = new Set();
  seen = 0;
  resumes = 0;

  constructor(id, fault) {
    this.id = id;
    this.fault = fault;
  }

  // ---- What happened, in order

  joined({ who, role, stream }) {
    const person = { role, stream, posts: new Map(), acked: 0, places: new Map(), last: 0, shown: new Set(), refused: new Map(), asked: new Map(), ended: false };
    this.people.set(who, person);
    this.senders.set(stream, who);
  }

  sent({ who, n, text }) {
    const { posts } = this.people.get(who);
    if (posts.get(n)?.text !== text) posts.set(n, { text, floor: this.known });
  }

  acked({ who, n, seq }) {
    const person = this.people.get(who);
    if (!person.posts.has(n)) this.fault('acked_unsent', who, `n ${n} was acknowledged and never sent`);
    person.acked = Math.max(person.acked, n);
    if (seq === 0) return;
    const before = person.places.get(n);
    if (before !== undefined && before !== seq) this.fault('two_places', who, `n ${n} acknowledged at ${before}, then at ${seq}`);
    else person.places.set(n, seq);
    this.known = Math.max(this.known, seq);
  }

  refused({ who, n, code }) {
    const person = this.people.get(who);
    person.refused.set(n, { code, text: person.posts.get(n)?.text });
  }

  recalled({ who, n }) { this.fault('recalled', who, `n ${n} was acknowledged and is asked for again`); }

  asked({ who, connection }) { this.people.get(who).asked.set(connection, this.known); }

  resumed({ who, connection, history, last_seq }) {
    this.resumes += 1;
    const changed = this.histories.size > 0 && !this.histories.has(history);
    this.histories.add(history);
    if (changed) this.fault('history_changed', who, `connection ${connection} found the history ${history}`);
    const floor = this.people.get(who).asked.get(connection) ?? 0;
    if (last_seq < floor) this.fault('stale', who, `connection ${connection} was told the end ${last_seq} when ${floor} was known`);
  }

  saw({ who, connection, how, entry }) {
    this.seen += 1;
    const person = this.people.get(who);
    const { seq } = entry;
    if (person.shown.has(seq)) this.fault('twice', who, `seq ${seq} came again with ${how} on connection ${connection}`);
    else if (seq !== person.last + 1) this.fault('gap', who, `seq ${seq} came after ${person.last} with ${how} on connection ${connection}`);
    person.shown.add(seq);
    person.last = Math.max(person.last, seq);
    this.known = Math.max(this.known, seq);
    const json = JSON.stringify(entry);
    const first = this.order.get(seq);
    if (first && first.json !== json) this.fault('two_entries', who, `seq ${seq} is ${json} and ${first.json}`);
    if (!first) this.order.set(seq, { entry, json });
  }

  ended({ who }) { this.people.get(who).ended = true; }

  // ---- At the end

  ownerOf(entry) { return this.people.get(this.senders.get(entry.stream)); }
  postOf(entry) { return this.ownerOf(entry)?.posts.get(entry.n); }

  judge() {
    const acknowledged = [...this.people.values()].some((person) => person.acked > 0);
    if (!acknowledged) this.fault('empty', 'everybody', rules.empty);
    const places = this.judgeOrder();
    for (const [who, person] of this.people) this.judgePerson(who, person, places.get(person.stream) ?? new Map());
    const end = Math.max(0, ...[...this.people.values()].map((person) => person.last));
    for (const [who, person] of this.people) {
      if (!person.ended) this.fault('unfinished', who, 'it was still under way');
      if (person.last < end) this.fault('short', who, `its last is ${person.last}, the last of all is ${end}`);
    }
  }

  // The one order itself. Gives the place of each post by stream and number.
  judgeOrder() {
    const places = new Map([...this.senders.keys()].map((stream) => [stream, new Map()]));
    let before = null;
    for (const seq of [...this.order.keys()].sort((a, b) => a - b)) {
      const { entry } = this.order.get(seq);
      if (before && entry.at < before.at) this.fault('time_back', 'everybody', `seq ${seq} is of ${entry.at}, after ${before.at}`);
      before = entry;
      if (entry.kind === 'message' && !['bot', 'auto', 'system'].includes(entry.author.role)) this.judgeMessage(entry, places);
    }
    return places;
  }

  judgeMessage(entry, places) {
    const { seq, n, stream } = entry;
    const owner = this.ownerOf(entry);
    const post = this.postOf(entry);
    const who = this.senders.get(stream) ?? 'nobody';
    const refused = owner?.refused.get(n);
    if (refused && refused.text === entry.text) this.fault('refused_kept', who, `n ${n} was refused as ${refused.code} and stands at ${seq}`);
    if (!owner || !post) return this.fault('unsent', who, `seq ${seq} is n ${n} of stream ${stream}, which was never sent`);
    if (entry.text !== post.text) this.fault('other_text', who, `seq ${seq} has a text that n ${n} never had`);
    if (entry.author.role !== owner.role) this.fault('other_author', who, `seq ${seq} is said to be of the ${entry.author.role}`);
    const own = places.get(stream);
    if (own.has(n)) return this.fault('doubled', who, `n ${n} stands at ${own.get(n)} and at ${seq}`);
    if (n !== own.size + 1) this.fault('sender_order', who, `n ${n} stands where ${own.size + 1} belongs`);
    if (seq <= post.floor) this.fault('real_time', who, `n ${n} stands at ${seq}, but ${post.floor} was known when it was sent`);
    own.set(n, seq);
  }

  judgePerson(who, person, own) {
    for (let n = 1; n <= person.acked; n++) {
      if (!own.has(n) && person.posts.has(n)) this.fault('lost', who, `n ${n} was acknowledged and stands nowhere`);
    }
    for (const [n, seq] of person.places) {
      if (own.has(n) && own.get(n) !== seq) this.fault('moved', who, `n ${n} was acknowledged at ${seq} and stands at ${own.get(n)}`);
    }
  }

  figures() {
    const all = [...this.people.values()];
    const sum = (of) => all.reduce((total, person) => total + of(person), 0);
    return {
      conversations: 0, participants: all.length, posts: sum((p) => p.posts.size), acknowledged: sum((p) => p.acked),
      entries: this.order.size, seen: this.seen, resumes: this.resumes,
    };
  }
}
