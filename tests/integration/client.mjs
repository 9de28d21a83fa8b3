// Clients made from protocol/PROTOCOL.md alone. They share nothing with web/client.
import { createRequire } from 'node:module';
import { password, until } from './heti.mjs';

// The packages of the tests are those of web/.
const WebSocket = createRequire(new URL('../../web/package.json', import.meta.url))('ws');

export class Socket {
  frames = [];
  keepsFrames = true;
  answers = new Map(); // ref -> what to do with the answer
  closed = null;

  static async open(url, headers = {}, protocols = ['heti.v1']) {
    const socket = new Socket();
    socket.ws = new WebSocket(url, protocols, { headers });
    socket.ws.on('message', (data) => {
      const frame = JSON.parse(data.toString());
      if (socket.keepsFrames) socket.frames.push(frame);
      socket.answers.get(frame.ref)?.(frame);
      socket.onFrame?.(frame);
    });
    socket.ws.on('close', (code) => {
      socket.closed = { code };
      socket.onClose?.(code);
    });
    await new Promise((done, failed) => {
      socket.ws.once('open', done);
      socket.ws.once('unexpected-response', (request, response) => {
        response.resume();
        failed(Object.assign(new Error(`HTTP ${response.statusCode}`), { status: response.statusCode }));
      });
      socket.ws.once('error', failed);
    });
    socket.ws.on('error', () => {});
    return socket;
  }

  send(frame) { this.ws.send(typeof frame === 'string' ? frame : JSON.stringify(frame)); }

  wait(what, match, timeout = 10000) {
    return until(what, () => {
      const found = this.frames.find(match);
      if (!found && this.closed) throw new Error(`closed with ${this.closed.code} before ${what}`);
      return found ?? false;
    }, timeout);
  }

  async ask(frame, timeout = 10000) {
    this.lastRef = (this.lastRef ?? 0) + 1;
    const ref = this.lastRef;
    let timer;
    try {
      return await new Promise((done, failed) => {
        timer = setTimeout(() => failed(new Error(`waited ${timeout} ms in vain: answer to ${frame.t}`)), timeout);
        const lost = () => failed(new Error(`closed with ${this.closed?.code} before the answer to ${frame.t}`));
        if (this.closed) return lost();
        this.ws.once('close', lost);
        this.answers.set(ref, (answer) => {
          this.ws.off('close', lost);
          done(answer);
        });
        this.send({ ...frame, ref });
      });
    } finally {
      clearTimeout(timer);
      this.answers.delete(ref);
    }
  }

  async end() {
    this.ws.close();
    await until('close', () => this.closed ?? false);
  }
}

export async function visitor(heti, { token, queue = 'support', origin = 'http://shop.example' } = {}) {
  const socket = await Socket.open(`ws://127.0.0.1:${(heti.door ?? heti).port}/ws/visitor`, { Origin: origin });
  socket.send({ t: 'hello', role: 'visitor', queue, ...(token ? { token } : {}) });
  socket.welcome = await socket.wait('welcome', (f) => f.t === 'welcome');
  return socket;
}

export async function post(heti, path, body, headers = {}) {
  return fetch(`${heti.url}${path}`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Origin: heti.url, ...headers },
    body: JSON.stringify(body),
  });
}

export async function login(heti, name = 'aino', secret = password) {
  const answer = await post(heti, '/api/login', { name, password: secret });
  if (answer.status !== 200) throw Object.assign(new Error(`login ${answer.status}`), { status: answer.status, answer });
  return answer.headers.get('set-cookie').split(';')[0];
}

export async function agent(heti, { name = 'aino', cookie } = {}) {
  const session = cookie ?? (await login(heti, name));
  const ticket = (await (await post(heti, '/api/ticket', {}, { Cookie: session })).json()).ticket;
  const node = heti.door ?? heti;
  const socket = await Socket.open(`ws://127.0.0.1:${node.port}/ws/agent`, { Origin: node.url });
  socket.cookie = session;
  socket.send({ t: 'hello', role: 'agent', ticket });
  socket.welcome = await socket.wait('welcome', (f) => f.t === 'welcome');
  return socket;
}
