// A Redis with replicas and Sentinels that watch it, as a company would run it.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from './heti.mjs';
import { freePort } from './ports.mjs';
import { RedisServer, ask } from './redis_server.mjs';

const settings = { 'min-replicas-to-write': '1', 'min-replicas-max-lag': '10', 'repl-diskless-sync-delay': '0' };

export class WatchedRedis {
  #directory = mkdtempSync(join(tmpdir(), 'heti-sentinels-'));
  servers = [];
  sentinels = [];

  // `more`: added to the replicas' environment.
  static async start({ replicas = 2, sentinels = 3, more = {} } = {}) {
    const watched = new WatchedRedis();
    try {
      for (let i = 0; i <= replicas; i++) watched.servers.push(await RedisServer.start(settings, i === 0 ? {} : more));
      const [master, ...others] = watched.servers;
      for (const other of others) await other.ask(`REPLICAOF 127.0.0.1 ${master.port}`);
      await until('the replicas are there', async () => (await master.ask('INFO replication').catch(() => '')).split('state=online').length - 1 === replicas, 20000);
      for (let i = 0; i < sentinels; i++) await watched.#startSentinel(i, master.port);
      await until('the Sentinels know each other', async () => {
        for (const { port } of watched.sentinels) {
          const said = await ask(port, 'INFO sentinel').catch(() => '');
          if (!said.includes(`slaves=${replicas},sentinels=${sentinels}`)) return false;
        }
        return true;
      }, 30000);
      return watched;
    } catch (error) {
      await watched.close();
      throw error;
    }
  }

  get address() { return `sentinel://${this.sentinels.map(({ port }) => `127.0.0.1:${port}`).join(',')}/heti`; }
  get env() { return { HETI_JOURNAL_KIND: 'redis', HETI_JOURNAL_ADDRESS: this.address, HETI_JOURNAL_REPLICAS: '1' }; }

  async master() {
    for (const server of this.servers) {
      const role = await server.ask('ROLE').catch(() => '');
      if (role.includes('master')) return server;
    }
    return null;
  }

  async #startSentinel(i, master) {
    const port = await freePort();
    const file = join(this.#directory, `sentinel-${i}.conf`);
    writeFileSync(file, `port ${port}\nbind 127.0.0.1\ndir ${this.#directory}\nsentinel monitor heti 127.0.0.1 ${master} 2\n` +
      'sentinel down-after-milliseconds heti 1000\nsentinel failover-timeout heti 5000\nsentinel parallel-syncs heti 2\n');
    const process = spawn('redis-server', [file, '--sentinel'], { stdio: 'ignore' });
    this.sentinels.push({ port, process });
    await until('a Sentinel answers', () => ask(port, 'PING').then((answer) => answer.startsWith('+PONG'), () => false));
  }

  async close() {
    for (const { process } of this.sentinels) process.kill('SIGKILL');
    for (const server of this.servers) await server.close();
    rmSync(this.#directory, { recursive: true, force: true });
  }
}
