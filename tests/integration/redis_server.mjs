// A Redis of a test: a directory of its own, every write synced, started and stopped with the test.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from './heti.mjs';
import { freePort } from './ports.mjs';

// The answer to one command, as Redis sends it.
export function ask(port, command, host = '127.0.0.1') {
  return new Promise((done, failed) => {
    const socket = connect(port, host, () => socket.write(`${command}\r\n`));
    socket.on('data', (bytes) => { socket.destroy(); done(bytes.toString()); });
    socket.on('error', failed);
    // A Sentinel cuts the connections of a server whose role it changes.
    socket.on('close', () => failed(new Error(`no answer to ${command}`)));
    socket.setTimeout(2000, () => socket.destroy());
  });
}

export class RedisServer {
  directory = mkdtempSync(join(tmpdir(), 'heti-redis-'));
  host = '127.0.0.1';
  through = []; // a command that runs it somewhere else, such as in a network namespace

  // `settings` beside or instead of those of a Redis that loses nothing, such as {appendfsync: 'everysec'}; `more` is
  // added to its environment. `redis`: one that was made and not started yet.
  static async start(settings = {}, more = {}, redis = new RedisServer()) {
    redis.more = more;
    redis.port = await freePort();
    redis.settings = { appendonly: 'yes', appendfsync: 'always', 'maxmemory-policy': 'noeviction', save: '', ...settings };
    await redis.launch();
    return redis;
  }

  get address() { return `redis://${this.host}:${this.port}`; }
  // For Heti's environment.
  get env() { return { HETI_JOURNAL_KIND: 'redis', HETI_JOURNAL_ADDRESS: this.address }; }

  async launch() {
    const args = Object.entries(this.settings).flatMap(([name, value]) => [`--${name}`, value]);
    const bind = this.through.length > 0 ? '0.0.0.0' : this.host;
    const [program, ...words] = [...this.through, 'redis-server', '--port', String(this.port), '--bind', bind, '--dir', this.directory, ...args];
    this.process = spawn(program, words, { stdio: 'ignore', env: { ...process.env, ...this.more } });
    this.exited = new Promise((done) => this.process.once('exit', done));
    await until('Redis answers', () => this.#answers());
  }

  ask(command) { return ask(this.port, command, this.host); }

  #answers() { return this.ask('PING').then((answer) => answer.startsWith('+PONG'), () => false); }

  async kill() {
    this.process.kill('SIGKILL');
    await this.exited;
  }

  async close() {
    if (this.process.exitCode === null && this.process.signalCode === null) await this.kill();
    rmSync(this.directory, { recursive: true, force: true });
  }
}
