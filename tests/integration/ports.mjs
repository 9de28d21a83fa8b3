// Ports on which a server of a test will listen soon. They lie below those that the system hands out for outgoing
// connections, and each process has a stretch of its own: between this look and the server's start nobody else takes
// one. tests/free_port.hpp is the same for programs.
import { createServer } from 'node:net';

const first = 10240;
const stretch = 32;
const stretches = 700;
let used = 0;

function isFree(port) {
  const server = createServer();
  return new Promise((done) => {
    server.once('error', () => done(false));
    server.listen(port, '127.0.0.1', () => server.close(() => done(true)));
  });
}

export async function freePort() {
  for (let tries = 0; tries < stretch; tries++) {
    const port = first + (process.pid % stretches) * stretch + (used++ % stretch);
    if (await isFree(port)) return port;
  }
  throw new Error(`no free port in the stretch of process ${process.pid}`);
}
