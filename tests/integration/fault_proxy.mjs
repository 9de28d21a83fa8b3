// A TCP proxy that does what networks do: late, in crumbs, cut off, or silent for ever without a word to either side.
import { connect, createServer } from 'node:net';

export class FaultProxy {
  // May be changed while connections are there.
  delay = 0; // ms that every piece takes, each way
  crumbs = 0; // pieces of at most so many bytes; 0: as they come
  silent = false; // takes bytes, hands none on, closes nothing
  #pairs = new Set();

  static async to(port) {
    const proxy = new FaultProxy();
    proxy.server = createServer((client) => proxy.#join(client, connect({ port, host: '127.0.0.1', noDelay: true })));
    await new Promise((done) => proxy.server.listen(0, '127.0.0.1', done));
    proxy.port = proxy.server.address().port;
    return proxy;
  }

  get connections() { return this.#pairs.size; }

  // Ends every connection at once, without a close of any protocol.
  cut() {
    for (const [client, server] of this.#pairs) {
      client.resetAndDestroy();
      server.resetAndDestroy();
    }
    this.#pairs.clear();
  }

  async close() {
    this.cut();
    await new Promise((done) => this.server.close(done));
  }

  #join(client, server) {
    const pair = [client, server];
    this.#pairs.add(pair);
    client.setNoDelay(true);
    const end = () => {
      if (this.silent) return; // the other side is not told
      this.#pairs.delete(pair);
      client.destroy();
      server.destroy();
    };
    for (const socket of pair) socket.on('error', () => {}).on('close', end);
    this.#carry(client, server);
    this.#carry(server, client);
  }

  // One piece after the other, so that nothing overtakes.
  #carry(from, to) {
    let last = Promise.resolve();
    from.on('data', (bytes) => {
      const size = this.crumbs > 0 ? this.crumbs : bytes.length;
      for (let at = 0; at < bytes.length; at += size) {
        const piece = bytes.subarray(at, at + size);
        const due = performance.now() + this.delay;
        last = last.then(async () => {
          const wait = due - performance.now();
          if (wait > 0) await new Promise((done) => setTimeout(done, wait));
          else if (this.crumbs > 0) await new Promise(setImmediate);
          if (!this.silent && !to.destroyed) to.write(piece);
        });
      }
    });
  }
}
