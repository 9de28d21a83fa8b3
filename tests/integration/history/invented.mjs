// Histories that nobody lived: a small sound service is imagined, with people who post, lose their line and come back,
// and what they would have written down. One seed gives one history.

// Mulberry32: small, and the same everywhere.
export function dice(seed) {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
  const below = (count) => Math.floor(next() * count);
  return { below, chance: (part) => next() < part, one: (list) => list[below(list.length)] };
}

export function soundHistory(seed, steps = 120) {
  const random = dice(seed);
  const events = [];
  const note = (what, person, more) => events.push({ what, who: person.who, conversation: person.chat.id, at: events.length, ...more });
  const chats = Array.from({ length: 1 + random.below(3) }, (_, i) => ({ id: `c${i}`, order: [], people: [] }));
  let clock = 1000;

  for (const chat of chats) {
    for (let i = 0; i < 2 + random.below(3); i++) {
      const person = {
        who: `${i === 0 ? 'visitor' : 'agent'} ${i}`, role: i === 0 ? 'visitor' : 'agent', stream: `${chat.id}s${i}`, chat,
        connection: 0, on: false, said: [], acked: 0, last: 0, line: [], durable: 0,
      };
      chat.people.push(person);
      note('joined', person, { role: person.role, stream: person.stream });
      comeBack(person);
    }
  }
  const people = chats.flatMap((chat) => chat.people);

  // The service takes what hangs in a person's line, in that order, and knows what it has already.
  function take(person, count) {
    for (const n of person.line.splice(0, count)) {
      if (n !== person.durable + 1) continue;
      clock += random.below(3);
      person.durable = n;
      person.chat.order.push({ seq: person.chat.order.length + 1, at: clock, kind: 'message', author: { role: person.role }, text: person.said[n - 1], stream: person.stream, n });
    }
  }
  const placeOf = (person, n) => person.chat.order.find((entry) => entry.stream === person.stream && entry.n === n).seq;
  function see(person, count, how) {
    for (const entry of person.chat.order.slice(person.last, person.last + count)) {
      note('saw', person, { connection: person.connection, how, entry: { ...entry } });
      person.last = entry.seq;
    }
  }
  function offer(person, n) {
    note('sent', person, { n, text: person.said[n - 1] });
    person.line.push(n);
  }
  function acknowledge(person) {
    if (person.durable <= person.acked) return;
    person.acked += 1 + random.below(person.durable - person.acked);
    note('acked', person, { n: person.acked, seq: placeOf(person, person.acked) });
  }
  function comeBack(person) {
    person.connection += 1;
    note('asked', person, { connection: person.connection, after: person.last });
    note('resumed', person, { connection: person.connection, history: 'h', last_seq: person.chat.order.length });
    see(person, Infinity, random.chance(0.5) ? 'opened' : 'page');
    person.on = true;
    for (let n = person.acked + 1; n <= person.said.length; n++) offer(person, n);
  }

  for (let step = 0; step < steps; step++) {
    const person = random.one(people);
    const act = random.below(10);
    if (!person.on) comeBack(person);
    else if (act < 3) {
      person.said.push(`${person.who} says ${person.said.length + 1} in ${person.chat.id}`);
      offer(person, person.said.length);
    } else if (act < 6) take(person, 1 + random.below(3));
    else if (act < 7) acknowledge(person);
    else if (act < 8) see(person, 1 + random.below(4), 'push');
    else if (act < 9) {
      clock += random.below(3);
      person.chat.order.push({ seq: person.chat.order.length + 1, at: clock, kind: 'assigned', agent: person.who });
    } else {
      person.on = false; // What hangs in the line may have arrived, and the rest is gone.
      take(person, random.below(person.line.length + 1));
      person.line = [];
    }
  }
  for (const chat of chats) {
    // Each conversation ends with something acknowledged, and with everybody having seen all.
    const first = chat.people[0];
    if (!first.on) comeBack(first);
    first.said.push('the last word');
    offer(first, first.said.length);
    for (const person of chat.people) {
      if (!person.on) comeBack(person);
      take(person, Infinity);
    }
    for (const person of chat.people) {
      see(person, Infinity, 'push');
      if (person === first || random.chance(0.7)) while (person.acked < person.durable) acknowledge(person);
      note('ended', person);
    }
  }
  return events;
}
