// The opening handshake (RFC 6455, 4.2): what becomes a socket, and what is refused before it is one.
// { name, send, chop, expect: { status, head } }: a status or a list; 101 must carry the right Accept and no extension.
import { ping, sampleKey, text, upgrade } from './raw.mjs';
import { helloText } from './session.mjs';

const refused = (name, fields, status = 400, more) => ({ name, send: upgrade(fields, more), expect: { status } });
const good = (name, fields = {}, more = {}) => ({ name, send: upgrade(fields), expect: { status: 101 }, ...more });
const key = (bytes) => ({ 'Sec-WebSocket-Key': bytes });

export const handshakes = [
  good('plain'), good('byte by byte', {}, { chop: 1 }), good('in random pieces', {}, { chop: 'random' }),
  good('names in odd case', { Connection: null, cOnNeCtIoN: 'uPgRaDe', Upgrade: null, UPGRADE: 'WebSocket' }),
  good('Connection with other words', { Connection: 'keep-alive, Upgrade' }),
  good('Connection in two lines', { Connection: ['keep-alive', 'Upgrade'] }),
  good('Upgrade with other words', { Upgrade: 'h2c, websocket' }),
  good('further fields', { 'User-Agent': 'x', Cookie: 'a=b', Pragma: 'no-cache' }),
  good('another key', key('AAAAAAAAAAAAAAAAAAAAAA=='), { key: 'AAAAAAAAAAAAAAAAAAAAAA==' }),
  good('a key with plus and slash', key('+/+/+/+/+/+/+/+/+/+/+w=='), { key: '+/+/+/+/+/+/+/+/+/+/+w==' }),
  good('spaces around the key', key(`  ${sampleKey}\t`)),
  good('the subprotocol among others', { 'Sec-WebSocket-Protocol': 'chat, heti.v1, soap' }),
  good('the subprotocol in a second line', { 'Sec-WebSocket-Protocol': ['chat', 'heti.v1'] }),
  good('an offer to compress is not taken up', { 'Sec-WebSocket-Extensions': 'permessage-deflate; client_max_window_bits' }),
  good('an offer of the unknown is not taken up', { 'Sec-WebSocket-Extensions': 'x-unknown; a=1, permessage-deflate' }),
  { name: 'a ping right behind the head', send: Buffer.concat([upgrade(), ping('early')]), expect: { status: 101, behind: 'early' } },
  { name: 'hello right behind the head', send: Buffer.concat([upgrade(), text(helloText)]), expect: { status: 101, behind: 'welcome' } },
  { name: 'hello right behind the head, byte by byte', chop: 1, send: Buffer.concat([upgrade(), text(helloText)]),
    expect: { status: 101, behind: 'welcome' } },
  refused('no key', key(null)), refused('an empty key', key('')), refused('a key of 15 bytes', key('AAAAAAAAAAAAAAAAAAAA')),
  refused('a key of 17 bytes', key('AAAAAAAAAAAAAAAAAAAAAAA=')), refused('a key of 24 bytes', key('A'.repeat(32))),
  refused('a key that is no base64', key('!!!!!!!!!!!!!!!!!!!!!!==')), refused('a key without padding', key(sampleKey.slice(0, 22))),
  refused('a key whose last bits are not zero', key('AAAAAAAAAAAAAAAAAAAAAB==')),
  refused('two keys', key([sampleKey, 'AAAAAAAAAAAAAAAAAAAAAA=='])), refused('the same key twice', key([sampleKey, sampleKey])),
  refused('a key of 4,000 bytes', key('A'.repeat(4000))),
  ...['0', '7', '8', '12', '14', '130', '-13', '13.0', '013', 'x', '13, 8', ''].map((version) => ({
    name: `version "${version}"`, send: upgrade({ 'Sec-WebSocket-Version': version }),
    expect: { status: 426, head: { 'sec-websocket-version': '13' } } })),
  { name: 'no version', send: upgrade({ 'Sec-WebSocket-Version': null }), expect: { status: 426, head: { 'sec-websocket-version': '13' } } },
  { name: 'two versions', send: upgrade({ 'Sec-WebSocket-Version': ['13', '13'] }), expect: { status: 426 } },
  refused('no Upgrade', { Upgrade: null }, [400, 404, 426]), refused('another Upgrade', { Upgrade: 'h2c' }, [400, 404, 426]),
  refused('no Connection', { Connection: null }, [400, 404, 426]),
  refused('Connection without Upgrade', { Connection: 'keep-alive' }, [400, 404, 426]),
  refused('POST', { 'Content-Length': '0' }, [400, 403, 404, 405], { line: 'POST /ws/visitor HTTP/1.1' }),
  refused('HTTP/1.0', {}, [400, 404, 426, 505], { line: 'GET /ws/visitor HTTP/1.0' }),
  refused('HTTP/2.0', {}, 505, { line: 'GET /ws/visitor HTTP/2.0' }),
  refused('no Host', { Host: null }), refused('two Hosts', { Host: ['a', 'b'] }),
  refused('no subprotocol', { 'Sec-WebSocket-Protocol': null }), refused('another subprotocol', { 'Sec-WebSocket-Protocol': 'heti.v2' }),
  refused('the subprotocol in another case', { 'Sec-WebSocket-Protocol': 'HETI.V1' }),
  refused('another path', {}, 404, { path: '/ws' }), refused('a path behind', {}, 404, { path: '/ws/visitor/x' }),
  { name: 'a body', send: Buffer.concat([upgrade({ 'Content-Length': '5' }), Buffer.from('hello')]), expect: { status: 400 } },
  refused('a chunked body', { 'Transfer-Encoding': 'chunked' }, 400),
  refused('a foreign Origin at the console', { Origin: 'http://evil.example' }, 403, { path: '/ws/agent' }),
  refused('no Origin at the console', { Origin: null }, 403, { path: '/ws/agent' }),
];
