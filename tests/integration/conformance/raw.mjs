// Bytes over TCP and nothing else: frames and heads are made and read here, by RFC 6455 and RFC 9112 alone. No library
// stands between a case and the server, so that a case can be as wrong as it likes.
import net from 'node:net';
import { createHash } from 'node:crypto';
import { setImmediate as turn } from 'node:timers/promises';

export const op = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 };

const mask = Buffer.from([0x12, 0x34, 0x56, 0x78]);

// One frame as a client sends it. `length` announces another length than that of the payload, `lengthBytes` (0, 2 or 8)
// spells it in more bytes than needed.
export function frame(opcode, payload = '', { fin = true, rsv = 0, masked = true, key = mask, length, lengthBytes } = {}) {
  const body = Buffer.from(payload);
  const size = BigInt(length ?? body.length);
  const spelled = lengthBytes ?? (size < 126n ? 0 : size < 65536n ? 2 : 8);
  const head = Buffer.alloc(2 + spelled);
  head[0] = (fin ? 0x80 : 0) | (rsv << 4) | opcode;
  head[1] = (masked ? 0x80 : 0) | (spelled === 0 ? Number(size) : spelled === 2 ? 126 : 127);
  if (spelled === 2) head.writeUInt16BE(Number(size), 2);
  if (spelled === 8) head.writeBigUInt64BE(size, 2);
  if (!masked) return Buffer.concat([head, body]);
  return Buffer.concat([head, key, body.map((byte, i) => byte ^ key[i % 4])]);
}

export const text = (payload, more) => frame(op.text, payload, more);
export const ping = (payload = '', more = {}) => frame(op.ping, payload, more);
export const close = (code, reason = '') => frame(op.close, code === undefined ? '' : closePayload(code, reason));
export function closePayload(code, reason = '') {
  return Buffer.concat([Buffer.from([code >> 8, code & 255]), Buffer.from(reason)]);
}

export const acceptOf = (key) => createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
export const sampleKey = 'dGhlIHNhbXBsZSBub25jZQ==';

// The head of an upgrade; a field given as null is left out, a list stands for as many lines.
export function upgrade(fields = {}, { path = '/ws/visitor', line = `GET ${path} HTTP/1.1` } = {}) {
  const all = {
    Host: 'localhost', Origin: 'http://localhost', Connection: 'Upgrade', Upgrade: 'websocket',
    'Sec-WebSocket-Version': '13', 'Sec-WebSocket-Key': sampleKey, 'Sec-WebSocket-Protocol': 'heti.v1', ...fields,
  };
  const lines = Object.entries(all).flatMap(([name, value]) =>
    (value === null ? [] : [value].flat().map((one) => `${name}: ${one}`)));
  return Buffer.from(`${[line, ...lines].join('\r\n')}\r\n\r\n`, 'latin1');
}

// A connection: what was received, and whether and how it ended.
export class Raw {
  bytes = Buffer.alloc(0);
  ended = null; // 'eof' or the name of an error
  #waiting = [];

  static async connect(port) {
    const raw = new Raw();
    raw.socket = net.connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    raw.socket.setNoDelay(true);
    raw.socket.on('data', (data) => { raw.bytes = Buffer.concat([raw.bytes, data]); raw.#wake(); });
    raw.socket.on('end', () => { raw.ended ??= 'eof'; raw.#wake(); });
    raw.socket.on('error', (error) => { raw.ended ??= error.code; raw.#wake(); });
    raw.socket.on('close', () => { raw.ended ??= 'closed'; raw.#wake(); });
    await new Promise((done, failed) => {
      raw.socket.once('connect', done);
      raw.socket.once('error', failed);
    });
    return raw;
  }

  #wake() {
    for (const wake of this.#waiting.splice(0)) wake();
  }

  // Writes whole, or in pieces of `chop` bytes ('random': of any size), each in a turn of its own.
  async send(bytes, chop) {
    if (!chop) return void this.socket.write(bytes);
    for (let at = 0; at < bytes.length && this.ended === null;) {
      const size = chop === 'random' ? 1 + Math.floor(Math.random() * Math.min(4096, bytes.length)) : chop;
      this.socket.write(bytes.subarray(at, at + size));
      at += size;
      await turn();
    }
  }

  // Waits until `done(this)`, the end of the stream or the time; true if it was done.
  async until(done, ms = 10000) {
    const limit = Date.now() + ms;
    for (;;) {
      if (done(this)) return true;
      const left = limit - Date.now();
      if (this.ended !== null || left <= 0) return false;
      let timer;
      await new Promise((wake) => {
        this.#waiting.push(wake);
        timer = setTimeout(wake, left);
      });
      clearTimeout(timer);
    }
  }

  end() { this.socket.destroy(); }
}

// The HTTP answers at the start of `bytes`, and what is left behind a 101.
export function responses(bytes) {
  const all = [];
  let rest = bytes;
  for (;;) {
    const end = rest.indexOf('\r\n\r\n');
    if (end < 0) return { all, rest };
    const [line, ...fields] = rest.subarray(0, end).toString('latin1').split('\r\n');
    const head = {};
    for (const field of fields) {
      const colon = field.indexOf(':');
      head[field.slice(0, colon).toLowerCase()] = field.slice(colon + 1).trim();
    }
    const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(line)?.[1]);
    const length = status === 101 ? 0 : Number(head['content-length'] ?? 0);
    if (rest.length < end + 4 + length) return { all, rest };
    all.push({ status, head, body: rest.subarray(end + 4, end + 4 + length).toString() });
    rest = rest.subarray(end + 4 + length);
    if (status === 101) return { all, rest };
  }
}

// The whole frames at the start of `bytes`, as a server sends them: unmasked, whole, with the shortest length.
export function serverFrames(bytes) {
  const frames = [];
  let at = 0;
  while (bytes.length >= at + 2) {
    const short = bytes[at + 1] & 0x7f;
    const spelled = short === 126 ? 2 : short === 127 ? 8 : 0;
    if (bytes.length < at + 2 + spelled) break;
    const size = spelled === 0 ? short : spelled === 2 ? bytes.readUInt16BE(at + 2) : Number(bytes.readBigUInt64BE(at + 2));
    const from = at + 2 + spelled;
    if (bytes.length < from + size) break;
    const faults = [];
    if (bytes[at + 1] & 0x80) faults.push('masked');
    if (bytes[at] & 0x70) faults.push('reserved bits');
    if (!(bytes[at] & 0x80)) faults.push('in fragments');
    if ((spelled === 2 && size < 126) || (spelled === 8 && size < 65536)) faults.push('length spelled too long');
    frames.push({ opcode: bytes[at] & 0x0f, payload: bytes.subarray(from, from + size), faults });
    at = from + size;
  }
  return { frames, rest: bytes.subarray(at) };
}
