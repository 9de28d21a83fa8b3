// A network namespace with two cables to it. What goes over a cable can be lost without a word, either way alone: the
// side that sends is told a neighbour's address that nobody has.
import { spawnSync } from 'node:child_process';

const nobody = '02:00:00:00:00:99';
function ip(...words) {
  const run = spawnSync('ip', words, { encoding: 'utf8' });
  if (run.error || run.status !== 0) throw new Error(`ip ${words.join(' ')}: ${run.error ?? run.stderr}`);
}

export class Namespace {
  name = `heti-${process.pid}`;
  // Addresses of benchmarks between machines, which no network uses (RFC 2544).
  cables = [0, 1].map((i) => ({ device: `h${i}-${process.pid}`, there: `t${i}-${process.pid}`, near: `198.18.${i}.1`, far: `198.18.${i}.2` }));

  constructor() {
    ip('netns', 'add', this.name);
    for (const { device, there, near, far } of this.cables) {
      ip('link', 'add', device, 'type', 'veth', 'peer', 'name', there, 'netns', this.name);
      ip('addr', 'add', `${near}/24`, 'dev', device);
      ip('link', 'set', device, 'up');
      ip('-n', this.name, 'addr', 'add', `${far}/24`, 'dev', there);
      ip('-n', this.name, 'link', 'set', there, 'up');
    }
  }

  // What is sent `to` it ('there'), or from it ('here'), is lost on this cable.
  lose(cable, way) {
    const { device, there, near, far } = this.cables[cable];
    if (way === 'there') ip('neigh', 'replace', far, 'lladdr', nobody, 'dev', device, 'nud', 'permanent');
    else ip('-n', this.name, 'neigh', 'replace', near, 'lladdr', nobody, 'dev', there, 'nud', 'permanent');
  }

  mend(cable) {
    const { device, there, near, far } = this.cables[cable];
    spawnSync('ip', ['neigh', 'del', far, 'dev', device]);
    spawnSync('ip', ['-n', this.name, 'neigh', 'del', near, 'dev', there]);
  }

  close() {
    for (const { device } of this.cables) spawnSync('ip', ['link', 'del', device]);
    spawnSync('ip', ['netns', 'del', this.name]);
  }
}
