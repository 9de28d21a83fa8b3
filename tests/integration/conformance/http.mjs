// Runs one case of HTTP, or of the opening handshake: bytes in, answers and the end of the stream in words.
import { Raw, acceptOf, op, responses, sampleKey, serverFrames } from './raw.mjs';

// A request that has an answer of its own: with it an open connection shows that it still reads.
const probe = Buffer.from('GET /probe HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n');

const inWords = ({ statuses, end }) => {
  const list = statuses.length > 8 ? `${statuses.slice(0, 4).join(' ')} ... (${statuses.length})` : statuses.join(' ');
  return `answers [${list}] ${end ? 'and the end' : 'and the connection is kept'}`;
};

// Heads alone, for HEAD: no body follows whatever Content-Length says.
function heads(bytes) {
  return bytes.toString('latin1').split('\r\n\r\n').slice(0, -1).map((head) => ({ status: Number(head.slice(9, 12)), head: {} }));
}

async function sendAll(raw, one) {
  for (const step of [one.send].flat()) {
    if (raw.ended !== null) return;
    if (Buffer.isBuffer(step)) await raw.send(step, one.chop);
    else await raw.until(() => false, step.wait);
  }
}

export async function runHttp(port, one) {
  const raw = await Raw.connect(port);
  const started = Date.now();
  const look = () => (one.headOnly ? heads(raw.bytes) : responses(raw.bytes).all);
  const { statuses, end } = one.expect;
  try {
    await sendAll(raw, one);
    if (one.fin) raw.socket.end();
    if (end) {
      await raw.until(() => false, 12000);
    } else {
      await raw.until(() => look().length >= statuses.length);
      if (!one.headOnly) await raw.send(probe);
      await raw.until(() => one.headOnly && look().length >= statuses.length);
    }
    const ms = Date.now() - started;
    const seen = look();
    const probed = !end && !one.headOnly && seen.length === statuses.length + 1;
    if (probed) seen.pop();
    const came = { statuses: seen.map(({ status }) => status), end: end ? raw.ended !== null : !probed && !one.headOnly };
    const rest = one.headOnly ? 0 : responses(raw.bytes).rest.length;
    const kept = seen.length > 0 && end && !one.headOnly && seen.at(-1).head.connection !== 'close';
    const late = one.between && (ms < one.between[0] || ms > one.between[1]);
    const long = seen.some(({ status, body }) => status >= 400 && body?.length > 200);
    const [expected, got] = [inWords(one.expect), inWords(came)];
    return {
      ok: expected === got && came.statuses.every((status, i) => status === statuses[i]) && rest === 0 && !kept && !late && !long &&
        (!end || raw.ended === 'eof'),
      expected: expected + (one.between ? ` after ${one.between.join(' to ')} ms` : ''),
      came: got + (rest > 0 ? `, ${rest} bytes that are no answer` : '') + (kept ? ', without Connection: close' : '') +
        (long ? ', with a body over 200 bytes' : '') + (one.between ? ` after ${ms} ms` : '') +
        (raw.ended && raw.ended !== 'eof' ? ` by ${raw.ended}` : ''),
      ms,
    };
  } finally {
    raw.end();
  }
}

export async function runHandshake(port, one) {
  const raw = await Raw.connect(port);
  const started = Date.now();
  try {
    await raw.send(one.send, one.chop);
    await raw.until(() => responses(raw.bytes).all.length > 0);
    const answer = responses(raw.bytes).all[0];
    const wanted = [one.expect.status].flat();
    const faults = [];
    if (answer?.status === 101) {
      if (answer.head['sec-websocket-accept'] !== acceptOf(one.key ?? sampleKey)) faults.push('a wrong Accept');
      if (answer.head['sec-websocket-extensions'] !== undefined) faults.push('an extension');
      if (answer.head['sec-websocket-protocol'] !== 'heti.v1') faults.push('no subprotocol');
      if (answer.head.upgrade?.toLowerCase() !== 'websocket') faults.push('no Upgrade');
    } else if (answer?.head.connection === 'close') {
      await raw.until(() => false, 5000);
      if (raw.ended !== 'eof') faults.push('no end of the stream');
    } else if (!wanted.includes(404)) {
      faults.push('no Connection: close'); // Only what is no upgrade at all may be followed by other requests.
    }
    for (const [name, value] of Object.entries(one.expect.head ?? {})) {
      if (answer?.head[name] !== value) faults.push(`${name}: ${answer?.head[name]}`);
    }
    const { behind } = one.expect;
    if (behind) {
      const look = () => serverFrames(responses(raw.bytes).rest).frames;
      const found = () => look().some((frame) => (behind === 'welcome' ? frame.payload.includes('"welcome"')
        : frame.opcode === op.pong && frame.payload.toString() === behind));
      if (!(await raw.until(found))) faults.push(`no ${behind}`);
    }
    return {
      ok: wanted.includes(answer?.status) && faults.length === 0,
      expected: `HTTP ${wanted.join(' or ')}${behind ? ` and ${behind}` : ''}`,
      came: `HTTP ${answer?.status}${faults.length > 0 ? ` with ${faults.join(', ')}` : ''}`,
      ms: Date.now() - started,
    };
  } finally {
    raw.end();
  }
}
