// Several nodes of one company, with one Redis between them.
import { cpSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Heti, demoConfig, until } from './heti.mjs';
import { freePort } from './ports.mjs';
import { RedisServer } from './redis_server.mjs';

// Another node of the same company, with a data directory of its own and the same secrets. Not launched.
export async function another(first, name) {
  const second = Object.assign(new Heti(), first, { others: [], redis: undefined, name, directory: mkdtempSync(join(tmpdir(), `heti-${name}-`)) });
  second.port = await freePort();
  second.metricsPort = await freePort();
  const data = join(second.directory, 'data');
  cpSync(join(first.directory, 'data'), data, { recursive: true, filter: (path) => !/(archive|journal|secrets)/.test(path) });
  second.env = { ...first.env, HETI_LISTEN_PORT: String(second.port), HETI_METRICS_PORT: String(second.metricsPort), HETI_JOURNAL_PATH: data };
  second.log = Heti.logFor(name);
  return second;
}

export const leads = async (node) => (await node.metrics()).sum('heti_node_leads') === 1;

export class Nodes {
  // With `redis` one that runs; it ends with the nodes.
  static async start({ name, count = 3, config = demoConfig, redis = null, env = {} }) {
    const nodes = new Nodes();
    nodes.redis = redis ?? (await RedisServer.start());
    nodes.all = [];
    try {
      const first = await Heti.start({ name: `${name}-1`, config, env: { ...nodes.redis.env, ...env } });
      nodes.all.push(first);
      for (let i = 2; i <= count; i++) {
        const next = await another(first, `${name}-${i}`);
        nodes.all.push(next);
        await next.launch();
      }
      return nodes;
    } catch (error) {
      await nodes.close();
      throw error;
    }
  }

  // The one that leads, when one does.
  owner() {
    return until('one node leads', async () => {
      for (const node of this.all) if (await leads(node).catch(() => false)) return node;
      return null;
    });
  }
  async followers() {
    const owner = await this.owner();
    return this.all.filter((node) => node !== owner);
  }

  async close() {
    for (const node of this.all) if (node.process) await node.close();
    await this.redis.close();
  }
}
