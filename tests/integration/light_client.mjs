// WebSocket clients that cost little, for tests with thousands of them: a socket, text frames, nothing else. Frames of
// the server are never fragmented or masked; a client that meets one says so by closing.
import { connect } from 'node:net';
import { randomBytes } from 'node:crypto';

const head = Buffer.from('HTTP/1.1 101');

export function textFrame(text) {
  const body = Buffer.from(text);
  const extended = body.length < 126 ? 0 : body.length < 65536 ? 2 : 8;
  const frame = Buffer.alloc(6 + extended + body.length);
  frame[0] = 0x81;
  frame[1] = 0x80 | (extended === 0 ? body.length : extended === 2 ? 126 : 127);
  if (extended === 2) frame.writeUInt16BE(body.length, 2);
  if (extended === 8) frame.writeBigUInt64BE(BigInt(body.length), 2);
  // A mask of zeros is a mask: the bytes stay as they are.
  body.copy(frame, 6 + extended);
  return frame;
}

export class LightSocket {
  closed = null; // {code} once the server has closed, or {code: 1006}
  frames = 0;
  #rest = Buffer.alloc(0);
  #upgraded = false;

  // `onOpen` when upgraded, `onFrame` for each frame of the server, `onEnd` once, also if it never opened.
  constructor({ port, path = '/ws/visitor', origin = 'http://shop.example', from = '127.0.0.1', onOpen, onFrame, onEnd }) {
    this.onFrame = onFrame;
    this.onOpen = onOpen;
    this.onEnd = onEnd;
    this.socket = connect({ port, host: '127.0.0.1', localAddress: from, noDelay: true });
    this.socket.on('connect', () => this.socket.write(
      `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
      `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: heti.v1\r\nOrigin: ${origin}\r\n` +
      `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}\r\n\r\n`));
    this.socket.on('data', (bytes) => this.#take(bytes));
    this.socket.on('error', () => {});
    this.socket.on('close', () => {
      this.closed ??= { code: 1006 };
      this.onEnd?.(this.closed);
      this.onEnd = null;
    });
  }

  send(frame) { this.socket.write(textFrame(JSON.stringify(frame))); }
  cut() { this.socket.destroy(); }

  #take(bytes) {
    this.#rest = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    if (!this.#upgraded) {
      const end = this.#rest.indexOf('\r\n\r\n');
      if (end < 0) return;
      this.status = Number(this.#rest.subarray(9, 12).toString());
      if (!this.#rest.subarray(0, head.length).equals(head)) {
        this.retryAfter = Number(/retry-after: (\d+)/i.exec(this.#rest.subarray(0, end).toString())?.[1] ?? NaN);
        return this.cut();
      }
      this.#upgraded = true;
      this.#rest = this.#rest.subarray(end + 4);
      this.onOpen?.(this);
    }
    for (;;) {
      if (this.#rest.length < 2) return;
      let size = this.#rest[1] & 0x7f;
      let at = 2;
      if (size === 126) {
        if (this.#rest.length < 4) return;
        size = this.#rest.readUInt16BE(2);
        at = 4;
      } else if (size === 127) {
        if (this.#rest.length < 10) return;
        size = Number(this.#rest.readBigUInt64BE(2));
        at = 10;
      }
      if (this.#rest.length < at + size) return;
      const opcode = this.#rest[0] & 0x0f;
      const body = this.#rest.subarray(at, at + size);
      this.#rest = this.#rest.subarray(at + size);
      if (opcode === 1) {
        this.frames += 1;
        this.onFrame?.(JSON.parse(body.toString()), this);
      } else if (opcode === 9) {
        const pong = textFrame(body);
        pong[0] = 0x8a;
        this.socket.write(pong);
      } else if (opcode === 8) {
        this.closed = { code: size >= 2 ? body.readUInt16BE(0) : 1005, reason: body.subarray(2).toString() };
        this.socket.end();
        return;
      }
    }
  }
}

// CPU time that a process has used, in seconds.
export function cpuSeconds(pid, readFileSync) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\) /, '').split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

export const percentile = (values, share) => {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)];
};
