// A baseline: the smallest relay on Node's `ws`. /pair/P/S is side S of pair P; what it sends goes to the other side as text.
import { createServer } from 'node:http';
import { WebSocketServer } from 'ws';

const pairs = new Map();
const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false, clientTracking: false });
const server = createServer((_, response) => response.writeHead(404).end());

server.on('upgrade', (request, socket, head) => {
  const [, , pair, side] = request.url.split('/');
  socket.setNoDelay(true);
  sockets.handleUpgrade(request, socket, head, (mine) => {
    let sides = pairs.get(pair);
    if (!sides) pairs.set(pair, (sides = [null, null]));
    const own = side === '1' ? 1 : 0;
    sides[own] = mine;
    mine.on('message', (data) => sides[1 - own]?.send(data, { binary: false }));
    mine.on('error', () => {});
    mine.on('close', () => {
      if (sides[own] === mine) sides[own] = null;
      if (sides[0] === null && sides[1] === null) pairs.delete(pair);
    });
    mine.send('welcome');
  });
});
server.listen({ port: Number(process.argv[2]), host: '127.0.0.1', backlog: 4096 });
