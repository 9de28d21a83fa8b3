// What one socket may cost: sizes, counts and times.
import { frame, op, ping, text } from './raw.mjs';
import { question } from './session.mjs';

const cap = 65536;
const repeat = (bytes, count) => Buffer.concat(Array.from({ length: count }, () => bytes));
const tooBig = { answers: ['error:too_big'], close: 1009 };
const rateLimited = { answers: ['error:rate_limited'], close: 4029 };
const typing = text(JSON.stringify({ t: 'typing', conversation: '0'.repeat(32) }));
const empty = frame(op.continuation, '', { fin: false });

export const sizes = [
  { name: 'one byte over the cap', send: text(question(1, cap + 1)), expect: tooBig },
  { name: 'one byte over the cap, in random pieces', send: text(question(1, cap + 1)), chop: 'random', expect: tooBig },
  ...[cap + 1, 100 * 1024 * 1024, 2 ** 32, 2n ** 62n, 2n ** 63n - 1n].map((length) => ({
    name: `${length} bytes announced, none sent`, send: frame(op.text, '', { length }), expect: tooBig })),
  { name: '2^62 bytes announced and 4 MiB sent', expect: tooBig,
    send: [frame(op.text, '', { length: 1n << 62n }), Buffer.alloc(4 << 20, 0x41)] },
  { name: 'fragments that together are one byte over the cap', expect: tooBig,
    send: Buffer.concat([text('x'.repeat(cap), { fin: false }), frame(op.continuation, 'x')]) },
  { name: 'a fragment, then 2^62 bytes announced', expect: tooBig,
    send: Buffer.concat([text('x', { fin: false }), frame(op.continuation, '', { length: 1n << 62n })]) },
  { name: 'a fragment, then 65,536 bytes announced', expect: tooBig,
    send: Buffer.concat([text('x', { fin: false }), frame(op.continuation, '', { length: cap })]) },
  { name: 'fragments that together are the cap', expect: { answers: [1] },
    send: Buffer.concat([text(question(1, cap - 1), { fin: false }), frame(op.continuation, ' ')]) },
  { name: '1,000,000 empty fragments', expect: { close: 1008 }, within: 20000,
    send: [text('', { fin: false }), ...Array.from({ length: 20 }, () => repeat(empty, 50000))] },
  { name: '255 empty fragments, and the end', expect: { answers: ['error:bad_json'], close: 4505 },
    send: Buffer.concat([text('', { fin: false }), repeat(empty, 254), frame(op.continuation, '')]) },
  // At once, though the rest of the flood never comes.
  { name: '256 empty fragments', expect: { close: 1008 }, within: 3000,
    send: Buffer.concat([text('', { fin: false }), repeat(empty, 255)]) },
  { name: '256 fragments with pings between', expect: { close: 1008 }, within: 3000,
    send: Buffer.concat([text('', { fin: false }), repeat(Buffer.concat([ping(), repeat(empty, 5)]), 51)]) },
  { name: '256 fragments of 100 bytes', expect: { close: 1008 }, within: 3000,
    send: Buffer.concat([text('x', { fin: false }), repeat(frame(op.continuation, 'x'.repeat(100), { fin: false }), 255)]) },
  { name: 'ten messages in 200 fragments each', expect: { answers: Array.from({ length: 10 }, (_, i) => i + 1) },
    send: Buffer.concat(Array.from({ length: 10 }, (_, i) =>
      Buffer.concat([text(question(i + 1), { fin: false }), repeat(empty, 198), frame(op.continuation, ' ')]))) },
];

// A message has 30 seconds to its end, whatever comes in the meantime.
const drip = (bytes, seconds) => Array.from({ length: seconds * 2 }, () => [bytes, { wait: 500 }]).flat();
const within = 36000;
export const times = [
  { name: 'a first fragment and nothing more', send: text('{', { fin: false }), within, expect: { close: 1008 } },
  { name: 'a fragment now and then, without end', within, expect: { close: 1008 },
    send: [text('{', { fin: false }), ...drip(frame(op.continuation, ' ', { fin: false }), 34)] },
  { name: 'a fragment and pings', within, expect: { close: 1008 }, send: [text('{', { fin: false }), ...drip(ping(), 34)] },
  { name: 'a frame that comes byte by byte, without end', within, expect: { close: 1008 },
    send: [frame(op.text, '{', { length: 60000 }), ...drip(Buffer.from([0x32]), 34)] },
  { name: 'half a header and nothing more', within, expect: { close: 1008 }, send: Buffer.from([0x81]) },
  { name: 'a frame without end behind many good ones', within, expect: { answers: [1, 2], close: 1008 },
    send: [Buffer.concat([text(question(1)), text(question(2)), frame(op.text, '{', { length: 60000 })])] },
  { name: 'messages that each end, always in the middle of one', within, expect: { answers: Array.from({ length: 70 }, (_, i) => i + 1) },
    send: [text(question(1), { fin: false }),
      ...Array.from({ length: 69 }, (_, i) => [Buffer.concat([frame(op.continuation, ' '), text(question(i + 2), { fin: false })]),
        { wait: 500 }]).flat(), frame(op.continuation, ' ')] },
  { name: 'pings that each end, always in the middle of one', within, expect: { pongs: Array.from({ length: 70 }, () => 'x') },
    send: [ping('x').subarray(0, 3), ...Array.from({ length: 69 }, () =>
      [Buffer.concat([ping('x').subarray(3), ping('x').subarray(0, 3)]), { wait: 500 }]).flat(), ping('x').subarray(3)] },
  { name: 'no hello', hello: false, send: [], within: 8000, expect: { answers: ['error:auth_timeout'], close: 4501 } },
  { name: 'pings but no hello', hello: false, send: drip(ping(), 7), within: 8000,
    expect: { answers: ['error:auth_timeout'], close: 4501 } },
  { name: 'a hello that comes byte by byte', hello: false, within: 8000, expect: { answers: ['error:auth_timeout'], close: 4501 },
    send: [frame(op.text, '{', { length: 100 }), ...drip(Buffer.from([0x32]), 7)] },
];

// For a server with the limits it has by default: 50 frames a second, 400 at once; of these 20 pings and pongs a second,
// 100 at once.
const pongsOf = (count) => Array.from({ length: count }, () => '');
const paced = (bytes, perSecond, seconds) =>
  Array.from({ length: 4 * seconds }, () => [repeat(bytes, perSecond / 4), { wait: 250 }]).flat();
export const defaults = [
  { name: '100 pings at once', send: repeat(ping(), 100), expect: { pongs: pongsOf(100) } },
  { name: '120 pings at once', send: repeat(ping(), 120), within: 3000, expect: { close: 1008 } },
  { name: '120 pongs at once', send: repeat(frame(op.pong), 120), within: 3000, expect: { close: 1008 } },
  { name: '2,000 pings at once', send: repeat(ping(), 2000), expect: { close: 1008 } },
  { name: '2,000 pongs at once', send: repeat(frame(op.pong), 2000), expect: { close: 1008 } },
  { name: '2,000 pings in a message', send: Buffer.concat([text('{', { fin: false }), repeat(ping(), 2000)]), expect: { close: 1008 } },
  { name: '2,000 empty fragments', send: Buffer.concat([text('', { fin: false }), repeat(empty, 2000)]), expect: { close: 1008 } },
  { name: '2,000 tiny texts', send: repeat(typing, 2000), expect: rateLimited },
  { name: '390 tiny texts at once', send: repeat(typing, 390), expect: {} },
  { name: '100 pings a second for ever', within: 20000, expect: { close: 1008 },
    send: Array.from({ length: 150 }, () => [repeat(ping(), 10), { wait: 100 }]).flat() },
  { name: '100 pings at once, then 16 a second for eight seconds', within: 20000, expect: { pongs: pongsOf(228) },
    send: [repeat(ping(), 100), { wait: 1000 }, ...paced(ping(), 16, 8)] },
  { name: '100 pings at once, then 32 a second', within: 20000, expect: { close: 1008 },
    send: [repeat(ping(), 100), ...paced(ping(), 32, 8)] },
  { name: '100 pongs at once, then 32 a second', within: 20000, expect: { close: 1008 },
    send: [repeat(frame(op.pong), 100), ...paced(frame(op.pong), 32, 8)] },
];
