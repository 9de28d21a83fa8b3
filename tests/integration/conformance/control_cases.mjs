// Pings, pongs and closes (RFC 6455, 5.5 and 7).
import { close, closePayload, frame, op, ping, text } from './raw.mjs';
import { question } from './session.mjs';

const numbers = (count) => Array.from({ length: count }, (_, i) => `${i}`);
const pong = (payload = '') => frame(op.pong, payload);
const fragment = (payload, fin = false) => text(payload, { fin });
const more = (payload, fin = true) => frame(op.continuation, payload, { fin });

const sizes = [0, 1, 2, 7, 64, 124, 125].flatMap((size) => ['', ', byte by byte'].map((how) => ({
  name: `a ping of ${size} bytes${how}`, send: ping('p'.repeat(size)), chop: how ? 1 : undefined,
  expect: { pongs: ['p'.repeat(size)] },
})));

export const pings = [
  ...sizes,
  { name: 'a ping of bytes that are no text', send: ping(Buffer.from([0, 255, 254, 128, 192])),
    expect: { pongs: ['\x00\xff\xfe\x80\xc0'] } },
  { name: '10 pings in one write', send: Buffer.concat(numbers(10).map((n) => ping(n))), expect: { pongs: numbers(10) } },
  { name: '100 pings in one write', send: Buffer.concat(numbers(100).map((n) => ping(n))), expect: { pongs: numbers(100) } },
  { name: '10 pings byte by byte', send: Buffer.concat(numbers(10).map((n) => ping(n))), chop: 1, expect: { pongs: numbers(10) } },
  { name: 'an unsolicited pong', send: pong(), expect: {} },
  { name: 'an unsolicited pong with a payload', send: pong('unasked'), expect: {} },
  { name: 'a pong of 125 bytes', send: pong('x'.repeat(125)), expect: {} },
  { name: 'a pong, then a ping', send: Buffer.concat([pong('a'), ping('b')]), expect: { pongs: ['b'] } },
  { name: '10 pongs and 10 pings mixed', send: Buffer.concat(numbers(10).flatMap((n) => [ping(n), pong(n)])),
    expect: { pongs: numbers(10) } },
  { name: 'a ping between two fragments',
    send: Buffer.concat([fragment(question(1)), ping('mid'), more(' ')]), expect: { answers: [1], pongs: ['mid'] } },
  { name: 'a ping between two fragments, byte by byte', chop: 1,
    send: Buffer.concat([fragment(question(1)), ping('mid'), more(' ')]), expect: { answers: [1], pongs: ['mid'] } },
  { name: 'a ping is answered before the message around it ends',
    send: [Buffer.concat([fragment(question(1)), ping('now')]),
      (raw) => raw.until(() => raw.bytes.includes('now')), more(' ')],
    expect: { answers: [1], pongs: ['now'] } },
  { name: 'a pong between two fragments', send: Buffer.concat([fragment(question(1)), pong('x'), more('')]),
    expect: { answers: [1] } },
  { name: 'pings between ten fragments',
    send: Buffer.concat([fragment(question(1)), ...numbers(8).flatMap((n) => [ping(n), more(' ', false)]), more(' ')]),
    expect: { answers: [1], pongs: numbers(8) } },
  { name: 'a ping of 126 bytes', send: ping('p'.repeat(126)), expect: { pongs: [], close: 1002 } },
  { name: 'a ping that announces 65,535 bytes', send: frame(op.ping, '', { length: 65535 }), expect: { pongs: [], close: 1002 } },
  { name: 'a ping that announces 2^62 bytes', send: frame(op.ping, '', { length: 1n << 62n }), expect: { pongs: [], close: 1002 } },
  { name: 'a pong of 126 bytes', send: pong('p'.repeat(126)), expect: { close: 1002 } },
  { name: 'a ping without FIN', send: ping('x', { fin: false }), expect: { pongs: [], close: 1002 } },
  { name: 'a pong without FIN', send: frame(op.pong, 'x', { fin: false }), expect: { close: 1002 } },
  { name: 'a ping in two fragments', send: Buffer.concat([ping('x', { fin: false }), more('y')]), expect: { pongs: [], close: 1002 } },
  { name: 'a ping without FIN between fragments',
    send: Buffer.concat([fragment(question(1)), ping('x', { fin: false }), more(' ')]), expect: { pongs: [], close: 1002 } },
];

const good = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 3000, 3999, 4000, 4321, 4999];
const bad = [0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999];
// Registered after the RFC (1014), or defined nowhere: a server may take them or not.
const either = [1014, 5000, 65535];

export const closes = [
  ...good.map((code) => ({ name: `close ${code}`, send: close(code), expect: { close: code } })),
  ...good.slice(0, 4).map((code) => ({ name: `close ${code} with a reason, byte by byte`, send: close(code, 'goodbye'), chop: 1,
    expect: { close: code } })),
  ...bad.map((code) => ({ name: `close ${code}, which may not be sent`, send: close(code), expect: { close: 1002 } })),
  ...either.map((code) => ({ name: `close ${code}, undefined`, send: close(code), expect: { close: [code, 1002] } })),
  { name: 'close without a code', send: close(), expect: { close: [0, 1000] } },
  { name: 'close with half a code', send: frame(op.close, '\x03'), expect: { close: 1002 } },
  { name: 'close with a reason of 123 bytes', send: close(1000, 'r'.repeat(123)), expect: { close: 1000 } },
  { name: 'close with a reason of 124 bytes', send: close(1000, 'r'.repeat(124)), expect: { close: 1002 } },
  { name: 'close that announces 65,536 bytes', send: frame(op.close, '', { length: 65536 }), expect: { close: 1002 } },
  { name: 'close with a reason in UTF-8', send: close(1000, 'nähdään 👋'), expect: { close: 1000 } },
  ...['ff', 'c328', 'c0af', 'eda080', 'f4908080', 'e282', 'f09f91'].map((hex) => ({
    name: `close with a reason that is no UTF-8, ${hex}`,
    send: frame(op.close, closePayload(1000, Buffer.from(hex, 'hex'))), expect: { close: [1007, 1002] } })),
  { name: 'close without FIN', send: frame(op.close, '\x03\xe8', { fin: false }), expect: { close: 1002 } },
  { name: 'two closes: the first counts', send: Buffer.concat([close(1000), close(1001)]), expect: { close: 1000 } },
  { name: 'a text behind the close', send: Buffer.concat([close(1000), text(question(1))]), expect: { answers: [], close: 1000 } },
  { name: 'a ping behind the close', send: Buffer.concat([close(1000), ping('late')]), expect: { pongs: [], close: 1000 } },
  { name: 'a fault behind the close', send: Buffer.concat([close(1000), frame(5, 'x')]), expect: { close: 1000 } },
  { name: 'noise behind the close', send: Buffer.concat([close(1000), Buffer.alloc(5000, 0xa5)]), expect: { close: 1000 } },
  { name: '1 MiB behind the close', send: Buffer.concat([close(1000), Buffer.alloc(1 << 20, 0xa5)]), expect: { close: 1000 } },
  { name: 'close between two fragments', send: Buffer.concat([fragment(question(1)), close(1001), more(' ')]),
    expect: { answers: [], close: 1001 } },
  { name: 'close while answers are pending',
    send: Buffer.concat([...numbers(50).map((n) => text(question(Number(n) + 1))), close(1000)]),
    expect: { answers: numbers(50).map((n) => Number(n) + 1), close: 1000 } },
  { name: 'pings before a close are answered', send: Buffer.concat([ping('a'), ping('b'), close(1000)]),
    expect: { pongs: ['a', 'b'], close: 1000 } },
  { name: 'close before hello', hello: false, send: close(1000), expect: { close: 1000 } },
  { name: 'after the server has closed nothing is answered',
    send: Buffer.concat([text('no JSON'), ping('late'), text(question(1)), close(1000)]),
    expect: { answers: ['error:bad_json'], pongs: [], close: 4505 } },
];
