// Serves the built wall and the figures that a test wants to see on it, with the policy of the real gateway. What it
// answers is checked against the schema of /api/wall.
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../integration/heti.mjs';

const require = createRequire(new URL('../../web/package.json', import.meta.url));
const Ajv = require('ajv/dist/2020.js').default;
const schemas = join(root, 'protocol/schemas');
const ajv = new Ajv({ strict: false });
for (const name of readdirSync(schemas)) ajv.addSchema(JSON.parse(readFileSync(join(schemas, name), 'utf8')), name);
const fits = ajv.getSchema('http_wall.json');

const policy = /"(default-src 'none'[^"]*)"\s*"([^"]*)"/.exec(readFileSync(join(root, 'service/gateway/static_files.cpp'), 'utf8'));
const types = { html: 'text/html; charset=utf-8', js: 'text/javascript; charset=utf-8', css: 'text/css; charset=utf-8' };

// A queue on a quiet morning; what a test gives besides comes on top.
export function queue(name, over = {}) {
  const figures = {
    name, display_name: name, open: true, closing: false, waiting: 0, oldest_wait_ms: 0, oldest_unanswered_ms: 0, target_ms: 60_000, goal: 0.8,
    overdue: 0, predicted_breaches: 0, estimated_wait_ms: 20_000, staffed: 2, free_slots: 5, min_agents: 2, agents_required: 2,
    staffed_today: 0.992, service_level_today: 0.91, good_today: 91, bad_today: 9, next_hour: { arrivals: 17.3, agents_required: 2 }, ...over,
  };
  for (const [key, value] of Object.entries(figures)) if (value === undefined) delete figures[key];
  return figures;
}

export class FakeWall {
  queues = [];
  speed = 1;
  at = null; // the time of the figures; null: now
  up = true;
  signedIn = true;
  polls = 0;
  heard = () => {};

  static async start() {
    const fake = new FakeWall();
    fake.server = createServer((request, response) => fake.answer(request, response));
    await new Promise((done) => fake.server.listen(0, '127.0.0.1', done));
    fake.url = `http://127.0.0.1:${fake.server.address().port}`;
    return fake;
  }

  // Resolves with the next answer that has been given.
  next() {
    return new Promise((done) => { this.heard = done; });
  }

  answer(request, response) {
    const path = new URL(request.url, 'http://fake').pathname;
    const json = (status, body) => response.writeHead(status, { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' }).end(JSON.stringify(body));
    if (path === '/api/wall') {
      this.polls += 1;
      if (!this.up) return request.socket.destroy();
      if (!this.signedIn) return json(401, { code: 'signed_out' });
      const body = { at: this.at ?? Date.now(), clock_speed: this.speed, queues: this.queues };
      if (!fits(body)) throw new Error(`the fake does not fit the schema: ${ajv.errorsText(fits.errors)}`);
      response.once('finish', () => this.heard());
      return json(200, body);
    }
    const file = /^\/console\/wall\/([\w.]*)$/.exec(path)?.[1];
    if (file === undefined) return json(404, { code: 'not_found' });
    const name = file || 'index.html';
    response.writeHead(200, { 'Content-Type': types[name.split('.').at(-1)], 'Content-Security-Policy': policy[1] + policy[2] });
    response.end(readFileSync(join(root, 'web/dist/console/wall', name)));
  }

  close() {
    this.server.closeAllConnections();
    return new Promise((done) => this.server.close(done));
  }
}
