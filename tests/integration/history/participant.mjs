// A client that keeps going, made from protocol/PROTOCOL.md alone: it comes back whenever its connection ends, opens its
// conversations again after the last number that it has, sends again what was not acknowledged, and writes all of it
// down (recorder.mjs). It does not judge: what looks wrong to it is written down like everything else.
import { sleep, until } from '../heti.mjs';

// One conversation of one participant.
class Line {
  unacked = new Map(); // n -> text, in order
  acked = 0;
  lastSeq = 0;
  nextN = 1;
  early = []; // pushed between opening and its answer
  live = false;
  hanging = new Set(); // unacknowledged when the connection ended
  quiet = false; // says nothing more until told
  constructor(conversation, stream) {
    this.conversation = conversation;
    this.stream = stream;
  }
}

export class Participant {
  lines = new Map();
  chats = new Map(); // as the service tells an agent: conversation -> chat
  connection = 0;
  socket = null;
  stopped = false;
  acks = 0; // posts acknowledged
  pages = 0; // of history that resuming needed
  foundDurable = 0; // posts that were durable though their acknowledgement never came, found on coming back
  recalls = 0; // acknowledged posts that the service asked for again
  refusals = []; // for good

  // `connect` gives a greeted Socket; `login` is an agent's.
  constructor({ who, role, login, connect, recorder }) {
    Object.assign(this, { who, role, login, connect, recorder });
  }

  join(conversation, stream) {
    this.lines.set(conversation, new Line(conversation, stream));
    this.recorder.note('joined', this.who, conversation, { role: this.role, stream });
  }

  get unacked() {
    let count = 0;
    for (const line of this.lines.values()) count += line.unacked.size;
    return count;
  }

  // Until stop(). Rejoins after every loss of the connection; the pauses are short, because a test has no crowd.
  async run() {
    let pause = 20;
    while (!this.stopped) {
      let socket = null;
      try {
        socket = await this.connect();
        this.connection += 1;
        socket.keepsFrames = false;
        socket.frames.length = 0;
        socket.ws.setMaxListeners(0);
        socket.onFrame = (frame) => this.take(frame, socket);
        await this.comeBack(socket);
        pause = 20;
        this.socket = socket;
        await new Promise((done) => {
          socket.onClose = done;
          if (socket.closed || this.stopped) done();
        });
      } catch (error) {
        this.lastError = error;
        if (socket) {
          socket.onFrame = null; // From here on only the next connection counts.
          socket.ws.terminate();
        }
        await sleep(pause);
        pause = Math.min(pause * 2, 300);
      }
      this.socket = null;
      for (const line of this.lines.values()) {
        line.live = false;
        for (const n of line.unacked.keys()) line.hanging.add(n);
      }
    }
  }

  stop() {
    this.stopped = true;
    this.socket?.ws.close();
  }

  async comeBack(socket) {
    if (this.role === 'agent') {
      this.chats = new Map(socket.welcome.chats.map((chat) => [chat.conversation, chat]));
      if (socket.welcome.agent.status !== 'online') await socket.ask({ t: 'status', status: 'online' });
      for (const chat of this.chats.values()) this.look(chat, socket);
    }
    for (const line of this.lines.values()) await this.resume(line, socket); // One page of history at a time.
  }

  async resume(line, socket) {
    const { conversation } = line;
    line.early = [];
    const connection = this.connection;
    this.recorder.note('asked', this.who, conversation, { connection, after: line.lastSeq });
    const opened = await socket.ask({ t: 'open', conversation, after: line.lastSeq });
    if (opened.t !== 'opened') throw new Error(`open: ${JSON.stringify(opened)}`);
    this.recorder.note('resumed', this.who, conversation, { connection, history: socket.welcome.history, last_seq: opened.conversation.last_seq });
    // What memory no longer holds comes page by page from the archive, latest page first.
    let missing = [];
    let first = opened.entries[0]?.seq ?? opened.conversation.last_seq + 1;
    while (first > line.lastSeq + 1) {
      const page = await socket.ask({ t: 'history', conversation, before: first, limit: 200 });
      if (page.t !== 'page') throw new Error(`history before ${first}: ${JSON.stringify(page)}`);
      if (page.entries.length === 0) break; // There is nothing older: a gap, and the checker will say so.
      this.pages += 1;
      missing = [...page.entries, ...missing];
      first = missing[0].seq;
    }
    for (const entry of missing) if (entry.seq > line.lastSeq) this.see(line, entry, 'page');
    for (const entry of opened.entries) this.see(line, entry, 'opened');
    for (const entry of line.early) this.see(line, entry, 'push');
    line.early = [];
    line.live = true;
    line.hanging.clear();
    for (const n of line.unacked.keys()) this.offer(line, n, socket);
  }

  take(frame, socket) {
    if (frame.t === 'chat') {
      this.chats.set(frame.chat.conversation, frame.chat);
      return this.look(frame.chat, socket);
    }
    if (frame.t === 'gone') return this.chats.delete(frame.conversation);
    const line = this.lines.get(frame.conversation);
    if (!line) return undefined;
    if (frame.t === 'entry') return line.live ? this.see(line, frame.entry, 'push') : line.early.push(frame.entry);
    if (frame.stream !== line.stream) return undefined;
    if (frame.t === 'acked') return this.acknowledge(line, frame);
    if (frame.t === 'refused') return this.refuse(line, frame, socket);
    return undefined;
  }

  // An agent takes whatever rings.
  look(chat, socket) {
    if (chat.offered_to === this.login) socket.ask({ t: 'accept', conversation: chat.conversation }).catch(() => {});
  }

  see(line, entry, how) {
    this.recorder.note('saw', this.who, line.conversation, { connection: this.connection, how, entry });
    line.lastSeq = Math.max(line.lastSeq, entry.seq);
    if (how !== 'push' && entry.stream === line.stream && line.hanging.delete(entry.n)) this.foundDurable += 1;
  }

  acknowledge(line, { n, seq }) {
    this.recorder.note('acked', this.who, line.conversation, { n, seq });
    line.acked = Math.max(line.acked, n);
    for (const known of line.unacked.keys()) {
      if (known > n) break;
      line.unacked.delete(known);
      this.acks += 1;
    }
  }

  refuse(line, frame, socket) {
    const { n, code, resend_from: from } = frame;
    if (code === 'resend_from') {
      if (from <= line.acked) {
        this.recalls += 1;
        return this.recorder.note('recalled', this.who, line.conversation, { n: from });
      }
      for (const known of line.unacked.keys()) if (known >= from) this.offer(line, known, socket);
    } else if (['try_later', 'rate_limited', 'overloaded'].includes(code)) {
      setTimeout(() => {
        if (line.unacked.has(n)) this.offer(line, n, socket);
      }, frame.retry_after_ms ?? 1000);
    } else {
      this.refusals.push(frame);
      this.recorder.note('refused', this.who, line.conversation, { n, code });
      line.unacked.delete(n);
    }
    return undefined;
  }

  offer(line, n, socket) {
    if (socket.ws.readyState !== 1) return;
    const text = line.unacked.get(n);
    this.recorder.note('sent', this.who, line.conversation, { n, text });
    socket.send({ t: 'post', conversation: line.conversation, stream: line.stream, n, text });
  }

  // Whether a post would be welcome: visitors may always speak, an agent in the chats that it has.
  maySpeak(line) {
    if (line.quiet || !line.live || !this.socket) return false;
    if (this.role === 'visitor') return true;
    const chat = this.chats.get(line.conversation);
    return chat?.state === 'assigned' && chat.agent === this.login;
  }

  // Says so much more in every conversation as there is room for.
  speak(count, room = Infinity) {
    for (const line of this.lines.values()) {
      if (!this.maySpeak(line)) continue;
      for (let i = 0; i < count && line.unacked.size < room; i++) {
        const n = line.nextN++;
        line.unacked.set(n, `${this.who} ${n} in ${line.conversation.slice(0, 6)}`);
        this.offer(line, n, this.socket);
      }
    }
  }

  // An agent lets go of a chat, with `wish` (transfer, close), after all that it said there was taken. Whether that was
  // heard is seen in what the service tells of the chat. False: not now.
  async letGo(conversation, wish) {
    const line = this.lines.get(conversation);
    if (!this.maySpeak(line)) return false;
    line.quiet = true;
    try {
      await until('the line is empty', () => line.unacked.size === 0 || !this.socket, 2000);
      const chat = this.chats.get(conversation);
      if (!this.socket || chat?.agent !== this.login || chat.state !== 'assigned') return false;
      const answer = await this.socket.ask({ ...wish, conversation });
      if (answer.t !== 'ok') return false;
      // What the list says of it now is older than the answer; the next word of the service is not.
      if (this.chats.get(conversation) === chat) this.chats.delete(conversation);
      return true;
    } catch {
      return false; // The connection ended on the way; the next welcome tells what became of it.
    } finally {
      line.quiet = false;
    }
  }
}
