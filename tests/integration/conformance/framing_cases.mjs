// Lengths and cuts, reserved bits and opcodes, masks, lengths that are spelled wrongly (RFC 6455, 5.2).
import { frame, op, text } from './raw.mjs';
import { question } from './session.mjs';

const lengths = [125, 126, 127, 128, 129, 255, 256, 1000, 16383, 32768, 65534, 65535, 65536];

const whole = lengths.map((size) => ({
  name: `a text of ${size} bytes`, send: text(question(1, size)), expect: { answers: [1] },
}));
const cutByte = [125, 126, 127, 128, 300].map((size) => ({
  name: `a text of ${size} bytes, byte by byte`, send: text(question(1, size)), chop: 1, expect: { answers: [1] },
}));
const cutAnywhere = lengths.map((size) => ({
  name: `a text of ${size} bytes, in random pieces`, send: text(question(1, size)), chop: 'random', expect: { answers: [1] },
}));
const pieces = [2, 3, 5, 7, 13].map((chop) => ({
  name: `three texts in pieces of ${chop}`, chop,
  send: Buffer.concat([text(question(1)), text(question(2, 126)), text(question(3, 500))]), expect: { answers: [1, 2, 3] },
}));
// Too short for a question of heti.v1: that they are read as messages shows by the error of the protocol above.
const tiny = [0, 1, 2, 3].map((size) => ({
  name: `a text of ${size} bytes, which is no JSON`, send: text('x'.repeat(size)),
  expect: { answers: ['error:bad_json'], close: 4505 },
}));
const many = [
  { name: '200 texts in one write', send: Buffer.concat(Array.from({ length: 200 }, (_, i) => text(question(i + 1)))),
    expect: { answers: Array.from({ length: 200 }, (_, i) => i + 1) } },
  { name: 'the mask of zeroes', send: text(question(1), { key: Buffer.alloc(4) }), expect: { answers: [1] } },
  { name: 'the mask of ones', send: text(question(1), { key: Buffer.alloc(4, 255) }), expect: { answers: [1] } },
];

const reservedBits = [];
for (let rsv = 1; rsv <= 7; rsv += 1) {
  for (const [kind, opcode] of [['text', op.text], ['ping', op.ping], ['close', op.close], ['pong', op.pong]]) {
    reservedBits.push({
      name: `reserved bits ${rsv.toString(2).padStart(3, '0')} in a ${kind}`,
      send: frame(opcode, opcode === op.text ? question(1) : '', { rsv }), expect: { pongs: [], close: 1002 },
    });
  }
}
reservedBits.push(
  { name: 'a reserved bit in the second fragment',
    send: Buffer.concat([text(question(1), { fin: false }), frame(op.continuation, ' ', { rsv: 4 })]), expect: { close: 1002 } },
  { name: 'a reserved bit behind a good text', send: Buffer.concat([text(question(1)), text(question(2), { rsv: 2 })]),
    expect: { answers: [1], close: 1002 } });

const reservedOpcodes = [3, 4, 5, 6, 7, 11, 12, 13, 14, 15].flatMap((opcode) => [
  { name: `opcode ${opcode}, empty`, send: frame(opcode), expect: { close: 1002 } },
  { name: `opcode ${opcode} with a payload`, send: frame(opcode, 'payload'), expect: { close: 1002 } },
  { name: `opcode ${opcode} without FIN`, send: frame(opcode, '', { fin: false }), expect: { close: 1002 } },
  { name: `opcode ${opcode} between fragments`,
    send: Buffer.concat([text(question(1), { fin: false }), frame(opcode, 'x'), frame(op.continuation, ' ')]),
    expect: { close: 1002 } },
  { name: `opcode ${opcode} behind a good text, byte by byte`, chop: 1,
    send: Buffer.concat([text(question(1)), frame(opcode, 'x')]), expect: { answers: [1], close: 1002 } },
]);

const unmasked = [
  ['text', text(question(1), { masked: false })], ['empty text', text('', { masked: false })],
  ['text of 200 bytes', text(question(1, 200), { masked: false })], ['ping', frame(op.ping, 'x', { masked: false })],
  ['pong', frame(op.pong, '', { masked: false })], ['close', frame(op.close, '\x03\xe8', { masked: false })],
  ['binary', frame(op.binary, 'x', { masked: false })],
  ['continuation', Buffer.concat([text(question(1), { fin: false }), frame(op.continuation, ' ', { masked: false })])],
].map(([kind, send]) => ({ name: `unmasked ${kind}`, send, expect: { pongs: [], close: 1002 } }));

// The shortest spelling is the only one (5.2: "the minimal number of bytes MUST be used").
const spelled = [[0, 2], [1, 2], [90, 2], [125, 2], [0, 8], [90, 8], [125, 8], [126, 8], [1000, 8], [65535, 8]].map(
  ([size, lengthBytes]) => ({
    name: `length ${size} spelled in ${lengthBytes} bytes`,
    send: text(size < 80 ? 'x'.repeat(size) : question(1, size), { lengthBytes }), expect: { close: 1002 },
  }));
const spelledControls = [['ping', op.ping], ['close', op.close], ['pong', op.pong]].flatMap(([kind, opcode]) =>
  [2, 8].map((lengthBytes) => ({
    name: `a ${kind} whose length is spelled in ${lengthBytes} bytes`, send: frame(opcode, '', { lengthBytes }),
    expect: { pongs: [], close: 1002 },
  })));
const topBit = ['8000000000000000', 'ffffffffffffffff', '8000000000000005'].map((hex) => ({
  name: `a 64-bit length with its top bit, ${hex}`,
  send: frame(op.text, 'hello', { length: BigInt(`0x${hex}`) }), expect: { answers: ['error:too_big'], close: 1009 },
}));
const binary = [
  { name: 'a binary frame', send: frame(op.binary, question(1)), expect: { close: 1008 } },
  { name: 'an empty binary frame', send: frame(op.binary), expect: { close: 1008 } },
  { name: 'a binary message in fragments',
    send: Buffer.concat([frame(op.binary, 'a', { fin: false }), frame(op.continuation, 'b')]), expect: { close: 1008 } },
];

export const framing = [...whole, ...cutByte, ...cutAnywhere, ...pieces, ...tiny, ...many, ...binary];
export const reserved = [...reservedBits, ...reservedOpcodes];
export const lengthsAndMasks = [...unmasked, ...spelled, ...spelledControls, ...topBit];
