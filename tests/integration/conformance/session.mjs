// Runs one WebSocket case: a socket that has said hello, the bytes of the case, and what came of them in words.
//
// A case: { name, send, expect } with
//   send    a Buffer, a list of Buffers, or with `talk` a function of post(n, text) that gives these; a step may also be
//           { wait: ms }, or a function that is called with the connection
//   chop    how the bytes are cut on their way (raw.mjs)
//   talk    begins a conversation first, so that posts come back as entries
//   hello   false: the bytes of the case are the first behind the handshake
//   expect  answers  what texts are answered with: the `ref` of a refusal, "error:CODE", or "entry:TEXT"
//           pongs    payloads of pongs
//           close    the code of the server's close frame (0: an empty one; a list: one of them); absent: the socket lives
// A socket that should live is asked one more question, and everything must have come by its answer. Answers come from
// the sequencer and not in the turn of the frame: before a close there may be fewer of them than questions.
import { Raw, op, responses, serverFrames, text, upgrade } from './raw.mjs';

const lastRef = 900001;
const nobody = '0'.repeat(32);

// A question whose answer is known: "not_found" with this ref. Spaces behind it bring it to `size` bytes.
export function question(ref, size = 0) {
  return JSON.stringify({ t: 'open', ref, conversation: nobody, after: 0 }).padEnd(size, ' ');
}
export const helloText = JSON.stringify({ t: 'hello', role: 'visitor', queue: 'support' });

function read(raw, from) {
  const { frames, rest } = serverFrames(raw.bytes.subarray(from));
  const seen = { answers: [], pongs: [], pings: 0, close: null, faults: [], opened: null, welcome: null };
  for (const { opcode, payload, faults } of frames) {
    seen.faults.push(...faults);
    if (seen.close !== null) seen.faults.push('a frame behind the close frame');
    if (opcode === op.pong) seen.pongs.push(payload.toString('latin1'));
    else if (opcode === op.ping) seen.pings += 1;
    else if (opcode === op.close) seen.close = payload.length >= 2 ? payload.readUInt16BE(0) : 0;
    else if (opcode !== op.text) seen.faults.push(`opcode ${opcode}`);
    else {
      const said = JSON.parse(payload.toString());
      if (said.t === 'welcome') seen.welcome = said;
      else if (said.t === 'opened') seen.opened = said;
      else if (said.t === 'error') seen.answers.push(`error:${said.code}`);
      else if (said.t === 'refused' && said.ref !== undefined) seen.answers.push(said.ref);
      else if (said.t === 'entry' && said.entry.kind === 'message') seen.answers.push(`entry:${said.entry.text}`);
    }
  }
  if (seen.close !== null && rest.length > 0) seen.faults.push('bytes behind the close frame');
  return seen;
}

const short = (list) => {
  const words = list.map((one) => (String(one).length > 40 ? `${String(one).slice(0, 37)}...` : String(one)));
  return words.length > 8 ? `${words.slice(0, 4).join(' ')} ... (${words.length})` : words.join(' ');
};

export function inWords({ answers = [], pongs = [], close }) {
  const codes = close === undefined || close === null ? 'the socket lives' : `close ${[close].flat().join(' or ')} and the end`;
  return `answers [${short(answers)}] pongs [${short(pongs)}] ${codes}`;
}

const same = (a, b) => a.length === b.length && a.every((one, i) => one === b[i]);

function agrees(expect, seen, ended) {
  const answers = expect.answers ?? [];
  const pongs = expect.pongs ?? [];
  if (seen.faults.length > 0) return false;
  if (expect.close === undefined) {
    return seen.close === null && ended === null && same(seen.answers, answers) && same(seen.pongs, pongs);
  }
  if (ended !== 'eof' || !([expect.close].flat().includes(seen.close))) return false;
  // An error frame is said in the very turn of the close, so it must be there.
  const mustCome = answers.filter((one) => String(one).startsWith('error:'));
  const early = seen.answers.filter((one) => !String(one).startsWith('error:'));
  return same(seen.answers.filter((one) => String(one).startsWith('error:')), mustCome) &&
    early.every((one, i) => one === answers[i]) && (expect.pongs === undefined || same(seen.pongs, pongs));
}

// Gives { ok, expected, came, ms }.
export async function runCase(port, one) {
  const raw = await Raw.connect(port);
  const started = Date.now();
  try {
    await raw.send(upgrade());
    await raw.until(() => responses(raw.bytes).all.length > 0);
    const head = responses(raw.bytes).all[0];
    if (head?.status !== 101) return { ok: false, expected: 'an upgrade', came: `HTTP ${head?.status}`, ms: 0 };
    const from = raw.bytes.indexOf('\r\n\r\n') + 4;
    const look = () => read(raw, from);
    if (one.hello !== false) {
      await raw.send(text(helloText));
      await raw.until(() => look().welcome !== null);
    }
    let post;
    if (one.talk) {
      await raw.send(text(JSON.stringify({ t: 'start', ref: 1 })));
      await raw.until(() => look().opened !== null);
      const conversation = look().opened?.conversation.id;
      post = (n, said) => Buffer.concat([
        Buffer.from(`{"t":"post","conversation":"${conversation}","stream":"s1","n":${n},"text":"`), Buffer.from(said),
        Buffer.from('"}')]);
    }
    const steps = [typeof one.send === 'function' ? one.send(post) : one.send].flat();
    for (const step of steps) {
      if (Buffer.isBuffer(step)) await raw.send(step, one.chop);
      else if (typeof step === 'function') await step(raw);
      else await raw.until(() => false, step.wait);
    }
    const { expect } = one;
    if (expect.close === undefined) {
      await raw.send(text(question(lastRef)));
      await raw.until(() => look().answers.includes(lastRef) || look().close !== null, one.within);
      // A post becomes an entry when it is durable, which may be after the answer to the question.
      await raw.until(() => look().answers.length > (expect.answers ?? []).length, one.within);
    } else {
      await raw.until(() => false, one.within);
    }
    const seen = look();
    const alive = seen.answers.includes(lastRef);
    seen.answers = seen.answers.filter((answer) => answer !== lastRef);
    const silent = seen.close === null && raw.ended === null && !alive ? ', no answer any more' : '';
    const ended = seen.close === null || raw.ended !== null ? '' : ', no end of the stream';
    return {
      ok: agrees(expect, seen, raw.ended) && (expect.close !== undefined || alive),
      expected: inWords(expect),
      came: `${inWords(seen)}${raw.ended && raw.ended !== 'eof' ? ` by ${raw.ended}` : ''}${silent}${ended}` +
        (seen.faults.length > 0 ? ` FAULTS OF THE SERVER: ${short(seen.faults)}` : ''),
      ms: Date.now() - started,
    };
  } finally {
    raw.end();
  }
}
