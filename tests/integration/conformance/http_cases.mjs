// HTTP/1.1 where two readers in a row could disagree (RFC 9112), sizes, slowness and requests in a row.
// { name, send, chop, expect: { statuses, end } }: all answers in order, and whether the server then ends the stream.
// What follows a refused request is never read: a second answer would be a smuggled request's.
const smuggled = 'GET /api/site?queue=support HTTP/1.1\r\nHost: h\r\n\r\n';
const get = (fields, line = 'GET /nothing HTTP/1.1') => `${line}\r\nHost: h\r\n${fields}\r\n`;
const post = (fields, body = '') => `POST /nothing HTTP/1.1\r\nHost: h\r\n${fields}\r\n${body}`;

function refused(name, request, status = 400, more = {}) {
  return { name, send: Buffer.from(request + smuggled, 'latin1'), expect: { statuses: [status], end: true }, ...more };
}

const encodings = ['chunked', 'gzip', 'identity', 'chunked, identity', 'identity, chunked', 'gzip, chunked', 'chunked, chunked',
  'xchunked', 'chunked;q=1', '"chunked"', 'CHUNKED', '', ' ', '\tchunked', 'chunked\t', 'cow', ', chunked', 'trailers'];
const chunks = '0\r\n\r\n';
export const smuggling = [
  ...encodings.map((value) => refused(`Transfer-Encoding: ${JSON.stringify(value)}`, post(`Transfer-Encoding: ${value}\r\n`, chunks))),
  ...['transfer-encoding', 'TRANSFER-ENCODING', 'Transfer-encoding'].map((name) => refused(`${name} in another case`, post(`${name}: chunked\r\n`, chunks))),
  refused('Transfer-Encoding with a space before the colon', post('Transfer-Encoding : chunked\r\n', chunks)),
  refused('Transfer-Encoding behind a tab', post('X: a\r\n\tTransfer-Encoding: chunked\r\n', chunks)),
  refused('Transfer-Encoding with a vertical tab', post('Transfer-Encoding:\x0bchunked\r\n', chunks)),
  refused('Transfer-Encoding twice', post('Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n', chunks)),
  refused('Transfer-Encoding in HTTP/1.0', 'POST /nothing HTTP/1.0\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n'),
  refused('Content-Length, then Transfer-Encoding', post('Content-Length: 5\r\nTransfer-Encoding: chunked\r\n', chunks)),
  refused('Transfer-Encoding, then Content-Length', post('Transfer-Encoding: chunked\r\nContent-Length: 5\r\n', chunks)),
  refused('trailers', post('Transfer-Encoding: chunked\r\nTrailer: X\r\n', '0\r\nX: a\r\n\r\n')),
  refused('a chunk extension', post('Transfer-Encoding: chunked\r\n', '0;a=b\r\n\r\n')),
  ...['3\r\nContent-Length: 3', '3\r\nContent-Length: 4', '3\r\ncontent-length: 0', '3, 3', '3,4', '+3', '-3', '0x3', '3 3', '3.0', '3e0',
    '', ' ', 'three', '3;', '3\x00', '³', '18446744073709551616', '99999999999999999999', '9223372036854775808', '18446744073709551619',
    '0000000000000003'].map((value) => refused(`Content-Length: ${JSON.stringify(value)}`, post(`Content-Length: ${value}\r\n`, 'abc'))),
  refused('Content-Length with a space before the colon', post('Content-Length : 3\r\n', 'abc')),
  refused('two Hosts', get('Host: other\r\n')), refused('the same Host twice', get('Host: h\r\n')),
  refused('two Hosts in one', 'GET /nothing HTTP/1.1\r\nHost: a, b\r\n\r\n'), refused('no Host', 'GET /nothing HTTP/1.1\r\n\r\n'),
  refused('an empty Host', 'GET /nothing HTTP/1.1\r\nHost:\r\n\r\n'), refused('a Host with a path', 'GET /nothing HTTP/1.1\r\nHost: h/x\r\n\r\n'),
  refused('a Host with a user', 'GET /nothing HTTP/1.1\r\nHost: a@h\r\n\r\n'),
  refused('a Host with a space', 'GET /nothing HTTP/1.1\r\nHost: a b\r\n\r\n'),
  refused('a folded line', get('X: a\r\n b\r\n')), refused('a line folded with a tab', get('X: a\r\n\tb\r\n')),
  refused('a fold behind the request line', 'GET /nothing HTTP/1.1\r\n Host: h\r\n\r\n'),
  refused('a lone CR in a value', get('X: a\rb\r\n')), refused('a lone CR for a line end', get('X: a\rContent-Length: 3\r\n')),
  refused('a lone LF for a line end', get('X: a\nContent-Length: 3\r\n')), refused('lone LFs alone', 'GET /nothing HTTP/1.1\nHost: h\n\n'),
  refused('lone CRs alone', 'GET /nothing HTTP/1.1\rHost: h\r\r'), refused('LF CR', 'GET /nothing HTTP/1.1\n\rHost: h\n\r\n\r'),
  refused('CR CR LF', 'GET /nothing HTTP/1.1\r\r\nHost: h\r\r\n\r\r\n'),
  refused('NUL in a value', get('X: a\x00b\r\n')), refused('NUL in a name', get('X\x00: a\r\n')),
  refused('NUL in the target', get('', 'GET /not\x00hing HTTP/1.1')), refused('NUL at the start', `\x00${get('')}`),
  refused('DEL in a value', get('X: a\x7fb\r\n')), refused('an escape code in a value', get('X: \x1b[2J\r\n')),
  refused('a space before a colon', get('X : a\r\n')), refused('a tab before a colon', get('X\t: a\r\n')),
  refused('a space in a name', get('X Y: a\r\n')), refused('no name', get(': a\r\n')), refused('no colon', get('X\r\n')),
  refused('a name in brackets', get('X[]: a\r\n')), refused('a name with a letter beyond ASCII', get('\xe4: a\r\n')),
  refused('an empty line first', `\r\n${get('')}`), refused('a space first', ` ${get('')}`),
];

export const requestLines = [
  refused('two spaces behind the method', get('', 'GET  /nothing HTTP/1.1')), refused('two spaces behind the target', get('', 'GET /nothing  HTTP/1.1')),
  refused('a tab behind the method', get('', 'GET\t/nothing HTTP/1.1')), refused('a space at the end', get('', 'GET /nothing HTTP/1.1 ')),
  refused('a space in the target', get('', 'GET /not hing HTTP/1.1')), refused('no target', get('', 'GET HTTP/1.1')),
  refused('no version', get('', 'GET /nothing')), refused('no method', get('', '/nothing HTTP/1.1')),
  refused('a method that is no token', get('', 'G(ET /nothing HTTP/1.1')),
  refused('an absolute target', get('', 'GET http://h/nothing HTTP/1.1')), refused('an asterisk', get('', 'OPTIONS * HTTP/1.1')),
  refused('an authority', get('', 'GET h:80 HTTP/1.1')), refused('a relative target', get('', 'GET nothing HTTP/1.1')),
  refused('a bad escape', get('', 'GET /%zz HTTP/1.1')), refused('half an escape', get('', 'GET /%4 HTTP/1.1')),
  refused('a fragment', get('', 'GET /a#b HTTP/1.1')), refused('a byte beyond ASCII in the target', get('', 'GET /\xe4 HTTP/1.1')),
  ...['http/1.1', 'HTTP/1.1x', 'HTTP/11', 'HTTP/1,1', 'HTTP/+1.1', 'HTTP/1', 'HTP/1.1', 'hTTP/1.1', 'HTTP /1.1'].map((version) =>
    refused(`version ${version}`, get('', `GET /nothing ${version}`))),
  ...['HTTP/0.9', 'HTTP/1.2', 'HTTP/2.0', 'HTTP/3.0', 'HTTP/9.9'].map((version) => refused(`version ${version}`, get('', `GET /nothing ${version}`), 505)),
  refused('the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 505),
  refused('TRACE', get('', 'TRACE /nothing HTTP/1.1'), 405), refused('CONNECT', get('', 'CONNECT h:443 HTTP/1.1'), 405),
  refused('TRACE with Max-Forwards', get('Max-Forwards: 0\r\n', 'TRACE / HTTP/1.1'), 405),
  refused('a TLS hello', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n'),
];

const fields = (count) => Array.from({ length: count }, (_, i) => `X-${i}: a\r\n`).join('');
export const sizes = [
  refused('a head over 8 KiB', get(`X: ${'a'.repeat(8200)}\r\n`), 431), refused('a head over 8 KiB in many lines', get(`X: ${'a'.repeat(100)}\r\n`.repeat(90)), 431),
  refused('a head of 1 MiB', get(`X: ${'a'.repeat(1 << 20)}\r\n`), 431), refused('1,000 fields', get(fields(1000)), 431),
  refused('65 fields', get(fields(64)), 431), refused('8 KiB and no end', `GET /nothing HTTP/1.1\r\nX: ${'a'.repeat(9000)}`, 431),
  refused('a target of 64 KiB', get('', `GET /${'a'.repeat(65536)} HTTP/1.1`), 414), refused('a target over 4 KiB', get('', `GET /${'a'.repeat(4096)} HTTP/1.1`), 414),
  refused('a target over 8 KiB', get('', `GET /${'a'.repeat(8192)} HTTP/1.1`), 414), refused('a target of 64 KiB and no end', `GET /${'a'.repeat(65536)}`, 414),
  refused('a target of 64 KiB, in random pieces', get('', `GET /${'a'.repeat(65536)} HTTP/1.1`), 414, { chop: 'random' }),
  refused('a body of 65,537 bytes', post('Content-Length: 65537\r\n'), 413), refused('a body of 100 GB', post('Content-Length: 107374182400\r\n'), 413),
  { name: '64 fields in all', send: Buffer.from(get(fields(63))), expect: { statuses: [404], end: false } },
  { name: 'a target of 4 KiB', send: Buffer.from(get('', `GET /${'a'.repeat(4095)} HTTP/1.1`)), expect: { statuses: [404], end: false } },
  { name: 'a body of 65,536 bytes', send: Buffer.from(post('Content-Length: 65536\r\n', 'x'.repeat(65536))), expect: { statuses: [404], end: false } },
];

const site = 'GET /api/site?queue=support HTTP/1.1\r\nHost: h\r\n\r\n';
const inARow = [site, get(''), site, get('', 'POST /api/site HTTP/1.1'), site];
export const rows = [
  { name: 'five requests in one write', send: Buffer.from(inARow.join('')), expect: { statuses: [200, 404, 200, 405, 200], end: false } },
  { name: 'five requests byte by byte', send: Buffer.from(inARow.join('')), chop: 1, expect: { statuses: [200, 404, 200, 405, 200], end: false } },
  { name: '200 requests in one write', send: Buffer.from(site.repeat(200)), expect: { statuses: Array(200).fill(200), end: false } },
  { name: 'bodies in a row', send: Buffer.from(post('Content-Length: 3\r\n', 'GET').repeat(3)), expect: { statuses: [404, 404, 404], end: false } },
  { name: 'a body that looks like a request', send: Buffer.from(post(`Content-Length: ${smuggled.length}\r\n`, smuggled)),
    expect: { statuses: [404], end: false } },
  { name: 'a bad request in the middle', send: Buffer.from(site + get('', 'GET nothing HTTP/1.1') + site), expect: { statuses: [200, 400], end: true } },
  { name: 'Connection: close in the middle', send: Buffer.from(site + get('Connection: close\r\n') + site), expect: { statuses: [200, 404], end: true } },
  { name: 'Connection: close in a second line', send: Buffer.from(site + get('Connection: keep-alive\r\nConnection: close\r\n') + site),
    expect: { statuses: [200, 404], end: true } },
  { name: 'HTTP/1.0 in the middle', send: Buffer.from(`${site}GET /nothing HTTP/1.0\r\n\r\n${site}`), expect: { statuses: [200, 404], end: true } },
  { name: 'HTTP/1.0 that asks to be kept', send: Buffer.from(`GET /nothing HTTP/1.0\r\nConnection: keep-alive\r\n\r\n${site}`),
    expect: { statuses: [404, 200], end: false } },
  { name: 'HEAD in a row', send: Buffer.from(get('', 'HEAD /console/ HTTP/1.1').repeat(2)), headOnly: true, expect: { statuses: [200, 200], end: false } },
  { name: 'the end of the stream right behind a request', send: Buffer.from(get('Connection: close\r\n')), fin: true, expect: { statuses: [404], end: true } },
];

// The deadline is absolute: 5 s from the first byte, however many come in between.
const drip = (start, piece) => [Buffer.from(start), ...Array.from({ length: 16 }, () => [{ wait: 500 }, Buffer.from(piece)]).flat()];
const slow = { expect: { statuses: [408], end: true }, between: [4500, 8000] };
export const slowness = [
  { name: 'a head byte by byte', send: drip('GET /nothing HTTP/1.1\r\nX: ', 'a'), ...slow },
  { name: 'a head line by line', send: drip('GET /nothing HTTP/1.1\r\n', 'X: a\r\n'), ...slow },
  { name: 'a body byte by byte', send: drip(post('Content-Length: 1000\r\n'), 'a'), ...slow },
  { name: 'half a head and nothing more', send: Buffer.from('GET /nothing HTTP/1.1\r\nHos'), ...slow },
  { name: 'half a body and nothing more', send: Buffer.from(post('Content-Length: 10\r\n', 'abc')), ...slow },
  { name: 'half a head behind a whole request', send: Buffer.from(`${site}GET /nothing`), expect: { statuses: [200, 408], end: true },
    between: slow.between },
  { name: 'nothing at all', send: [], expect: { statuses: [], end: true }, between: slow.between },
];
