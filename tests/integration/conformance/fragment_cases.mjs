// Fragmentation (RFC 6455, 5.4): every order of up to three frames, with what must come of it by a model of six lines.
import { frame, op, ping, text } from './raw.mjs';
import { question } from './session.mjs';

// T a text, F the first fragment of one, m a fragment in the middle, e the last one, P a ping.
const kinds = ['T', 'F', 'm', 'e', 'P'];

function orders(length) {
  return length === 0 ? [''] : orders(length - 1).flatMap((before) => kinds.map((kind) => before + kind));
}

// The whole question stands in the first fragment; those behind it bring spaces.
function caseOf(order) {
  const frames = [];
  const expect = { answers: [], pongs: [] };
  let within = null; // the ref of the message under way
  let wrong = false;
  const play = (kind, ref) => {
    const begins = kind === 'T' || kind === 'F';
    if (kind === 'P') {
      frames.push(ping(`p${ref}`));
      if (!wrong) expect.pongs.push(`p${ref}`);
      return;
    }
    frames.push(begins ? text(question(ref), { fin: kind === 'T' }) : frame(op.continuation, ' ', { fin: kind === 'e' }));
    if (begins !== (within === null)) wrong = true;
    if (wrong) return;
    if (kind === 'T') expect.answers.push(ref);
    if (kind === 'F') within = ref;
    if (kind === 'e') { expect.answers.push(within); within = null; }
  };
  [...order].forEach((kind, i) => play(kind, i + 1));
  if (!wrong && within !== null) play('e', 99); // Ends it, so that the socket can be asked whether it lives.
  if (wrong) expect.close = 1002;
  return { name: `order ${order}${wrong ? ', which is wrong' : ''}`, send: Buffer.concat(frames), expect };
}

const cutIn = (count, size) => {
  const all = question(1, size);
  const step = Math.ceil(all.length / count);
  const parts = [];
  for (let at = 0; at < all.length; at += step) parts.push(all.slice(at, at + step));
  return Buffer.concat(parts.map((part, i) =>
    frame(i === 0 ? op.text : op.continuation, part, { fin: i === parts.length - 1 })));
};

export const fragments = [
  ...[1, 2, 3].flatMap((length) => orders(length).map(caseOf)),
  { name: 'a message in fragments of one byte', send: cutIn(200, 200), expect: { answers: [1] } },
  { name: 'a message in fragments of one byte, byte by byte', send: cutIn(100, 100), chop: 1, expect: { answers: [1] } },
  { name: '65,536 bytes in 16 fragments', send: cutIn(16, 65536), expect: { answers: [1] } },
  { name: '65,536 bytes in 256 fragments, in random pieces', send: cutIn(256, 65536), chop: 'random', expect: { answers: [1] } },
  { name: '512 bytes in 256 fragments', send: cutIn(256, 512), expect: { answers: [1] } },
  { name: '514 bytes in 257 fragments', send: cutIn(257, 514), expect: { answers: [], close: 1008 } },
  { name: '514 bytes in 257 fragments, byte by byte', send: cutIn(257, 514), chop: 1, expect: { answers: [], close: 1008 } },
  { name: 'empty fragments around the text',
    send: Buffer.concat([text('', { fin: false }), frame(op.continuation, '', { fin: false }),
      frame(op.continuation, question(1), { fin: false }), frame(op.continuation, '')]), expect: { answers: [1] } },
  { name: 'three empty fragments are an empty text',
    send: Buffer.concat([text('', { fin: false }), frame(op.continuation, '', { fin: false }), frame(op.continuation, '')]),
    expect: { answers: ['error:bad_json'], close: 4505 } },
  { name: 'a fragment, a pause, the rest',
    send: [text(question(1), { fin: false }), { wait: 1500 }, frame(op.continuation, ' ')], expect: { answers: [1] } },
  { name: 'a binary frame between fragments',
    send: Buffer.concat([text(question(1), { fin: false }), frame(op.binary, 'x')]), expect: { close: 1002 } },
];
