// What stands in front of several nodes: takes each connection to the first of them that answers.
import { connect, createServer } from 'node:net';

export class Front {
  #pairs = new Set();

  static async to(nodes) {
    const front = new Front();
    front.nodes = [...nodes]; // in the order in which they are tried
    front.server = createServer((client) => front.#join(client, [...front.nodes]));
    await new Promise((done) => front.server.listen(0, '127.0.0.1', done));
    front.port = front.server.address().port;
    return front;
  }

  get url() { return `http://127.0.0.1:${this.port}`; }

  // From here on this one is tried first; whoever is connected comes again.
  prefer(node) {
    this.nodes = [node, ...this.nodes.filter((one) => one !== node)];
    this.cut();
  }

  cut() {
    for (const sockets of this.#pairs) for (const socket of sockets) socket.destroy();
    this.#pairs.clear();
  }

  async close() {
    this.cut();
    await new Promise((done) => this.server.close(done));
  }

  #join(client, [node, ...others]) {
    client.on('error', () => {});
    if (!node) return client.destroy();
    const server = connect({ port: node.port, host: '127.0.0.1', noDelay: true });
    server.once('error', () => this.#join(client, others));
    server.once('connect', () => {
      const pair = [client, server];
      this.#pairs.add(pair);
      const end = () => {
        this.#pairs.delete(pair);
        client.destroy();
        server.destroy();
      };
      for (const socket of pair) socket.on('close', end);
      client.pipe(server).pipe(client);
    });
  }
}
