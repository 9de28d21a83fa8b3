// Text is UTF-8 (RFC 6455, 8.1; RFC 3629): what is right comes back as it was said, what is wrong is closed with 1007,
// whole or in fragments, wherever they are cut. Failing at the first wrong byte is not asked for.
import { frame, op, text } from './raw.mjs';
import { question } from './session.mjs';

const points = [
  0x20, 0x7e, 0x7f, 0x80, 0xa0, 0xe4, 0x7ff, 0x800, 0xfff, 0x1000, 0xd7ff, 0xe000, 0xfdd0, 0xfeff, 0xfffd, 0xfffe, 0xffff,
  0x10000, 0x1f44b, 0x1ffff, 0x3ffff, 0x40000, 0xfffff, 0x100000, 0x10fffe, 0x10ffff,
];
const hex = (point) => `U+${point.toString(16).toUpperCase().padStart(4, '0')}`;

const right = [
  ...points.map((point) => [hex(point), `a${String.fromCodePoint(point)}z`]),
  ['Greek', 'κόσμε'], ['combining marks', 'e\u0301\u0327'], ['right to left', 'שלום'], ['an emoji of seven points', '👩‍👩‍👧‍👦'],
  ['4,000 times four bytes', '😀'.repeat(4000)],
].map(([name, said]) => ({ name: `right: ${name}`, talk: true, send: (post) => text(post(1, said)), expect: { answers: [`entry:${said}`] } }));

const mixed = 'aä€😀z';
const mixedBytes = Buffer.from(mixed).length;
const cut = (bytes, at) => Buffer.concat([text(bytes.subarray(0, at), { fin: false }), frame(op.continuation, bytes.subarray(at))]);
const cuts = [];
for (let at = 0; at <= mixedBytes; at += 1) {
  cuts.push({
    name: `right: 1, 2, 3 and 4 bytes, cut before byte ${at}`, talk: true,
    send: (post) => { const bytes = post(1, mixed); return cut(bytes, bytes.length - 2 - mixedBytes + at); },
    expect: { answers: [`entry:${mixed}`] },
  });
}
cuts.push({
  name: 'right: each byte a fragment', talk: true, expect: { answers: [`entry:${mixed}`] },
  send: (post) => {
    const bytes = [...post(1, mixed)];
    return Buffer.concat(bytes.map((byte, i) =>
      frame(i === 0 ? op.text : op.continuation, Buffer.from([byte]), { fin: i === bytes.length - 1 })));
  },
});

const wrong = {
  'a continuation alone': ['80', 'bf', '8080', '80bf80'],
  'all continuations': [Array.from({ length: 64 }, (_, i) => (0x80 + i).toString(16)).join('')],
  overlong: ['c080', 'c0af', 'c1bf', 'e08080', 'e080af', 'e09fbf', 'f0808080', 'f08080af', 'f08fbfbf', 'f880808080', 'fc8080808080'],
  surrogate: ['eda080', 'edadbf', 'edae80', 'edafbf', 'edb080', 'edbe80', 'edbfbf', 'eda080edb080', 'edafbfedbfbf'],
  'beyond U+10FFFF': ['f4908080', 'f490bfbf', 'f5808080', 'f7bfbfbf', 'f888808080', 'fbbfbfbfbf', 'fc8480808080', 'fdbfbfbfbfbf'],
  'never a byte of UTF-8': ['fe', 'ff', 'fefeffff', 'fffe', 'c0', 'c1', 'f5', 'f8', 'fc'],
  'cut short': ['c3', 'df', 'e2', 'e282', 'ef', 'efbf', 'f0', 'f09f', 'f09f91', 'f48f', 'f48fbf', 'c3c3', 'e282e282', 'f09f91f09f91'],
  'another byte in the middle': ['c328', 'e22880', 'e28228', 'f0288080', 'f09f2880', 'f09f9128', 'c3c0', 'e2e2', 'f0f0'],
};
const faults = Object.entries(wrong).flatMap(([kind, list]) => list.flatMap((bytes) => {
  const bad = Buffer.concat([Buffer.from('{"t":"'), Buffer.from(bytes, 'hex'), Buffer.from('"}')]);
  const name = `wrong: ${kind}, ${bytes.length > 16 ? 'the 64' : bytes}`;
  return [{ name, send: text(bad), expect: { answers: [], close: 1007 } }];
}));
const faultsAtTheEnd = wrong['cut short'].map((bytes) => ({
  name: `wrong: cut short at the end, ${bytes}`,
  send: text(Buffer.concat([Buffer.from('{"t":"'), Buffer.from(bytes, 'hex')])), expect: { close: 1007 },
}));
// Each fault once more, cut at every byte of it.
const faultsInFragments = ['c080', 'eda080', 'f4908080', 'f08fbfbf', 'c328', 'f09f9128', 'e28228'].flatMap((bytes) => {
  const bad = Buffer.concat([Buffer.from('{"t":"'), Buffer.from(bytes, 'hex'), Buffer.from('"}')]);
  return Array.from({ length: bytes.length / 2 + 1 }, (_, i) => ({
    name: `wrong: ${bytes}, cut before byte ${i}`, send: cut(bad, 6 + i), expect: { close: 1007 },
  }));
});

export const utf8 = [
  ...right, ...cuts, ...faults, ...faultsAtTheEnd, ...faultsInFragments,
  { name: 'wrong: the last fragment ends within a character',
    send: Buffer.concat([text('{"t":"', { fin: false }), frame(op.continuation, Buffer.from('e282', 'hex'))]), expect: { close: 1007 } },
  { name: 'wrong: a fault in the second text', send: Buffer.concat([text(question(1)), text(Buffer.from('ff', 'hex'))]),
    expect: { answers: [1], close: 1007 } },
  { name: 'wrong: a fault byte by byte', send: text(Buffer.from('7bff7d', 'hex')), chop: 1, expect: { close: 1007 } },
];
