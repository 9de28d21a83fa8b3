// The body of the kill tests: several visitors and agents talk in one service, which is killed again and again, in the
// middle of what they say. Chats are closed, reopened and handed over meanwhile.
import { existsSync } from 'node:fs';
import { Heti, binary, demoConfig, plantedBinary, sleep, until } from '../heti.mjs';
import { agent, login, visitor } from '../client.mjs';
import { Participant } from './participant.mjs';
import { Recorder } from './recorder.mjs';

const room = 16; // unacknowledged posts of one participant in one conversation, aside from the bursts
const burst = 12;
// Long stays of an agent with a chat that is over would fill the slots.
const config = demoConfig.replace('[queue.nights]', 'wrapup = "0s"\n[queue.nights]');

export { config as talkConfig };

export class KillRun {
  recorder = new Recorder();
  everybody = [];
  figures = { kills: 0, failpoints: 0, betweenAppendAndAck: 0, inFlight: 0, cut: 0, handedOver: 0, closed: 0, thinnest: Infinity, slowestStart: 0 };
  commitsPerAck = 0.05; // A first guess; each failpoint tells better.

  // With `plant` the program always runs with that bug. `env` is its environment, besides that of every test.
  // `near`: to which node somebody goes, by who it is; with none, everybody to the node that is `heti` at that moment.
  // `pause`: of each talker between two turns, in milliseconds; what is written down lies in memory.
  constructor({ name, visitors = 6, plant = null, env = {}, near = () => this.heti, pause = 1 }) {
    Object.assign(this, { name, count: visitors, plant, env, near, pause });
  }

  async open() {
    if (!existsSync(plantedBinary)) throw new Error(`${plantedBinary} is not there; build the target heti_planted`);
    this.heti ??= await Heti.start({ name: this.name, config, env: this.env });
    if (this.plant) {
      await this.heti.kill();
      await this.heti.launch(...this.order());
    }
    const cookies = { aino: await login(this.heti, 'aino'), eero: await login(this.heti, 'eero') };
    this.agents = Object.entries(cookies).map(([name, cookie]) => new Participant({
      who: name, role: 'agent', login: name, recorder: this.recorder, connect: () => agent(this.near(name), { cookie }),
    }));
    this.visitors = [];
    for (let i = 1; i <= this.count; i++) {
      const first = await visitor(this.heti);
      const { token } = first.welcome;
      const { id } = (await first.ask({ t: 'start' })).conversation;
      await first.end();
      const one = new Participant({ who: `visitor ${i}`, role: 'visitor', recorder: this.recorder, connect: () => visitor(this.near(`visitor ${i}`), { token }) });
      one.join(id, `visitor${i}`);
      for (const other of this.agents) other.join(id, `${other.login}${i}`);
      this.visitors.push(one);
    }
    this.conversations = this.visitors.map((one) => [...one.lines.keys()][0]);
    this.everybody = [...this.visitors, ...this.agents];
    this.running = this.everybody.map((one) => one.run());
    await this.back();
    this.talk();
    await until('every chat taken', () => this.conversations.every((id) => this.ownerOf(id)), 20000);
  }

  get acks() { return this.everybody.reduce((sum, one) => sum + one.acks, 0); }
  get unacked() { return this.everybody.reduce((sum, one) => sum + one.unacked, 0); }
  get foundDurable() { return this.everybody.reduce((sum, one) => sum + one.foundDurable, 0); }
  // The service has forgotten what it acknowledged: no use waiting for more, for the rest has no place any more.
  get forgetful() { return this.sum('recalls') > 0; }
  sum(field) { return this.everybody.reduce((sum, one) => sum + one[field], 0); }
  back() { return until('everybody is back', () => this.everybody.every((one) => one.socket), 20000); }
  ownerOf(id) { return this.agents.find((one) => one.maySpeak(one.lines.get(id))); }

  // Everybody goes on talking, as fast as it is acknowledged and the pause allows.
  talk() {
    this.talking = true;
    this.talkers = this.everybody.map(async (one) => {
      while (this.talking) {
        one.speak(4, room);
        await sleep(this.pause);
      }
    });
  }

  async hush() {
    this.talking = false;
    await Promise.all(this.talkers);
  }

  // What launch() is given: the program, and where it is to die.
  order(failpoint = null) {
    if (!failpoint && !this.plant) return [{}, binary];
    return [{ ...(failpoint ? { HETI_FAILPOINT: failpoint } : {}), ...(this.plant ? { HETI_PLANT: this.plant } : {}) }, plantedBinary];
  }

  // One chat is handed to the other agent, or closed, so that the visitor's next word opens it again.
  async letGo(turn) {
    const id = this.conversations[turn % this.conversations.length];
    const owner = this.ownerOf(id);
    if (!owner) return;
    const other = this.agents.find((one) => one !== owner);
    const close = turn % 2 === 0;
    const done = await owner.letGo(id, close ? { t: 'close' } : { t: 'transfer', agent: other.login });
    if (done) this.figures[close ? 'closed' : 'handedOver'] += 1;
  }

  // Traffic until so many more are acknowledged, a burst, and the kill a moment later: before the burst arrives, in the
  // middle, or after it was acknowledged.
  async killFromOutside(turn, acks) {
    const before = this.acks;
    const letGo = this.letGo(turn);
    await until('traffic', () => this.acks - before >= acks && this.acks >= (turn + 1) * acks, 30000);
    await sleep(Math.random() * 30);
    for (const one of this.everybody) one.speak(burst);
    for (let turns = turn % 4; turns > 0; turns--) await new Promise(setImmediate);
    if (this.unacked > 0) this.figures.inFlight += 1;
    this.figures.cut += this.unacked;
    this.figures.thinnest = Math.min(this.figures.thinnest, this.acks - before);
    await this.heti.kill();
    await letGo;
  }

  // The service was launched with a failpoint, and dies of it under the same traffic. False: by something else.
  async killedFromInside(turn) {
    const before = this.acks;
    const letGo = this.letGo(turn);
    let ended = null;
    const gone = this.heti.exited.then((exit) => { ended = exit; });
    await until('the failpoint', () => {
      for (const one of this.everybody) one.speak(1, room);
      return ended || this.forgetful;
    }, 30000);
    if (this.forgetful) await this.heti.kill();
    await gone;
    await letGo;
    if (this.commits > 20 && this.acks > before) this.commitsPerAck = this.commits / (this.acks - before);
    return ended.signal === 'SIGKILL';
  }

  // Kills, `acks` acknowledgements before each; every fourth by a failpoint that lies between append and ack.
  async kill(kills, acks, { every = 4 } = {}) {
    for (let turn = 0; turn < kills; turn++) {
      const byFailpoint = this.commits !== undefined && this.commits !== null;
      if (byFailpoint) {
        if (await this.killedFromInside(turn)) this.figures.failpoints += 1;
      } else {
        await this.killFromOutside(turn, acks);
      }
      this.figures.kills += 1;
      const next = turn + 1 < kills && (turn + 2) % every === 0;
      this.commits = next ? 5 + Math.ceil((0.5 + Math.random()) * acks * this.commitsPerAck) : null;
      const found = this.foundDurable;
      await this.heti.launch(...this.order(next ? `after_commit:${this.commits}` : null));
      this.figures.slowestStart = Math.max(this.figures.slowestStart, this.heti.readyAfter);
      if (!next) await this.back();
      if (byFailpoint && this.foundDurable > found) this.figures.betweenAppendAndAck += 1;
    }
    await until('traffic after the last kill', () => this.acks >= kills * acks, 30000);
  }

  // One death at the n-th commit from now, `moment` of service/failpoint.hpp, in full traffic; then the service is there
  // again and nobody says anything new. The launch with the failpoint is a plain kill too, by which a service with a bug
  // may show it already. False: it died of something else.
  async dieOnce(moment, commit) {
    await this.heti.kill();
    await this.heti.launch(...this.order(`${moment}:${commit}`));
    this.commits = commit;
    const died = await this.killedFromInside(0);
    await this.hush();
    await this.heti.launch(...this.order());
    return died;
  }

  // Until nothing is under way any more; then everybody stops looking. Gives what was written down.
  async settle() {
    await this.hush();
    await this.back();
    await until('everything acknowledged', () => this.unacked === 0 || this.forgetful, 20000);
    const ends = () => this.conversations.every((id) => new Set(this.everybody.map((one) => one.lines.get(id)?.lastSeq).filter((seq) => seq !== undefined)).size === 1);
    await until('all have seen all', ends, 10000).catch(() => {}); // The checker says who has not.
    await sleep(100);
    for (const one of this.everybody) {
      for (const id of one.lines.keys()) this.recorder.note('ended', one.who, id);
      one.stop();
    }
    await Promise.all(this.running);
    return this.recorder.events;
  }

  async close() {
    this.talking = false;
    for (const one of this.everybody) one.stop();
    await Promise.all(this.running ?? []);
    await this.heti?.close();
  }
}
