// The files of deploy/ for several nodes: each is read by the program that it is for, and they agree with each other. Then nginx, with
// the very file that is deployed, in front of three nodes.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { test } from 'node:test';
import { agent, login, visitor } from '../integration/client.mjs';
import { binary, demoConfig, root, until } from '../integration/heti.mjs';
import { Nodes } from '../integration/nodes.mjs';
import { freePort } from '../integration/ports.mjs';

const { parse, parseAllDocuments } = createRequire(new URL('../../grafana/package.json', import.meta.url))('yaml');
const file = (path) => readFileSync(join(root, path), 'utf8');
const compose = parse(file('deploy/compose/compose.yml'), { merge: true });
const kubernetes = parseAllDocuments(file('deploy/kubernetes/heti.yaml')).map((document) => document.toJS());
const kind = (name, of) => kubernetes.find((one) => one.kind === name && (!of || of(one)));
const nodesOf = Object.keys(compose.services).filter((name) => /^heti-\d+$/.test(name));
const seconds = (text) => Number(/^(\d+)s$/.exec(text)[1]);

function run(program, args, options = {}) {
  const ended = spawnSync(program, args, { encoding: 'utf8', ...options });
  return { status: ended.status, said: `${ended.stdout}${ended.stderr}` };
}

// heti.toml as Heti reads it: gives what it says of itself with all defaults.
function checked(text) {
  const directory = mkdtempSync(join(tmpdir(), 'heti-deploy-'));
  const path = join(directory, 'heti.toml');
  writeFileSync(path, text);
  const env = { PATH: process.env.PATH }; // Variables of the tests are settings to Heti.
  const { status, said } = run(binary, ['check-config', path], { env });
  const printed = run(binary, ['print-config', '--config', path], { env });
  rmSync(directory, { recursive: true });
  assert.equal(status, 0, said);
  return printed.said;
}
const setting = (printed, section, key) => new RegExp(`\\[${section}\\][^\\[]*?^${key} = (.*)$`, 'm').exec(printed)?.[1];

test('every image has a version, every file that is mounted is there', () => {
  for (const [name, service] of Object.entries(compose.services)) {
    assert.match(service.image, /:[\w.-]*\d/, name);
    assert.doesNotMatch(service.image, /:latest/);
    for (const volume of service.volumes ?? []) {
      const [from] = volume.split(':');
      if (from.startsWith('.')) assert.ok(existsSync(resolve(root, 'deploy/compose', from)), `${name}: ${from}`);
      else assert.ok(from in compose.volumes, `${name}: ${from}`);
    }
    for (const other of service.depends_on ?? []) assert.ok(other in compose.services, `${name} depends on ${other}`);
  }
  assert.equal(compose.services['heti-1'].build.dockerfile, 'deploy/container/Dockerfile');
});

test('compose, nginx, Prometheus and the settings name the same nodes, ports and addresses', () => {
  const settings = checked(file('deploy/compose/heti.toml'));
  const nginx = file('deploy/compose/nginx.conf');
  const port = setting(settings, 'listen', 'port');
  assert.deepEqual([...nginx.matchAll(/server (\S+) max_fails/g)].map(([, server]) => server), nodesOf.map((name) => `${name}:${port}`));
  const prometheus = parse(file('deploy/compose/prometheus.yml'));
  assert.deepEqual(prometheus.scrape_configs[0].static_configs[0].targets, nodesOf.map((name) => `${name}:${setting(settings, 'metrics', 'port')}`));
  assert.equal(prometheus.scrape_configs[0].job_name, 'heti');
  const sources = parse(file('deploy/compose/grafana_datasources.yml')).datasources;
  assert.deepEqual(sources.map(({ uid }) => uid), parse(file('grafana/provisioning/datasources/heti.yml')).datasources.map(({ uid }) => uid));
  for (const { url } of sources) assert.ok(new URL(url).hostname in compose.services, url);
  const address = (name) => compose.services[name].networks.inside.ipv4_address;
  const sentinels = Object.keys(compose.services).filter((name) => name.startsWith('sentinel-')).map((name) => `${address(name)}:26379`);
  assert.equal(setting(settings, 'journal', 'address'), `"sentinel://${sentinels.join(',')}/heti"`);
  assert.ok(setting(settings, 'proxy', 'trusted').includes(address('nginx')));
  assert.match(file('deploy/compose/sentinel.conf'), new RegExp(`monitor heti ${address('redis-1')} 6379 2`));
  for (const name of ['redis-2', 'redis-3']) assert.ok(compose.services[name].command.at(-1).includes(`'replicaof ${address('redis-1')} 6379' >> /data/redis.conf`));
  assert.ok(seconds(compose.services['heti-1'].stop_grace_period) > 2 * seconds(JSON.parse(setting(settings, 'timeouts', 'drain'))));
  for (const name of nodesOf) assert.equal(new Set(nodesOf.map((one) => compose.services[one].volumes.at(-1))).size, 3, name);
});

test('Kubernetes: probes, ports, drain and budget fit the settings', () => {
  const settings = checked(kind('ConfigMap').data['heti.toml']);
  const { spec } = kind('StatefulSet');
  const pod = spec.template.spec;
  const [container] = pod.containers;
  const ports = Object.fromEntries(container.ports.map(({ name, containerPort }) => [name, String(containerPort)]));
  assert.deepEqual(ports, { http: setting(settings, 'listen', 'port'), metrics: setting(settings, 'metrics', 'port') });
  assert.deepEqual([container.readinessProbe.httpGet, container.livenessProbe.httpGet], [{ path: '/readyz', port: 'metrics' }, { path: '/livez', port: 'metrics' }]);
  assert.ok(pod.terminationGracePeriodSeconds > 2 * seconds(JSON.parse(setting(settings, 'timeouts', 'drain'))));
  assert.ok(spec.replicas >= 3);
  for (const selector of [spec.selector, kind('PodDisruptionBudget').spec.selector]) assert.deepEqual(selector.matchLabels, spec.template.metadata.labels);
  assert.equal(kind('PodDisruptionBudget').spec.maxUnavailable, 1);
  assert.equal(spec.serviceName, kind('Service', (one) => one.spec.clusterIP === 'None').metadata.name);
  const backend = kind('Ingress').spec.rules[0].http.paths[0].backend.service;
  assert.ok(kind('Service', (one) => one.metadata.name === backend.name).spec.ports.some(({ name }) => name === backend.port.name));
  const mounted = container.volumeMounts.map(({ mountPath }) => mountPath);
  const passwordFile = JSON.parse(setting(settings, 'journal', 'password_file'));
  assert.ok(mounted.includes(dirname(passwordFile)));
  assert.ok(passwordFile.split('/').at(-1) in kind('Secret').stringData);
  for (const { name } of container.volumeMounts) {
    assert.ok(pod.volumes.some((volume) => volume.name === name) || spec.volumeClaimTemplates.some(({ metadata }) => metadata.name === name), name);
  }
  assert.equal(container.image, compose.services['heti-1'].image);
});

test('the image installs and runs what there is', () => {
  const docker = file('deploy/container/Dockerfile');
  assert.match(docker, /USER 10001/);
  assert.equal(kind('StatefulSet').spec.template.spec.securityContext.runAsUser, 10001);
  // What the program links is in the image, by the names of Debian's packages. Some are in every image.
  const libraries = [...run('ldd', [binary]).said.matchAll(/=> (\/\S+)/g)].map(([, path]) => realpathSync(path));
  const packages = new Set([...run('dpkg', ['-S', ...libraries]).said.matchAll(/^([^:\s]+)(?::\w+)?: /gm)].map(([, name]) => name));
  assert.ok(packages.size > 5);
  for (const name of packages) if (!['libc6', 'libstdc++6', 'libgcc-s1', 'dpkg-query'].includes(name)) assert.ok(docker.includes(` ${name}`), name);
  for (const path of [...docker.matchAll(/^COPY --from=build \/src\/(\S+)/gm)].map(([, from]) => from)) {
    assert.ok(path.startsWith('build/') || path.startsWith('web/dist') || existsSync(join(root, path)), path);
  }
});

test('the unit of systemd is one', { skip: spawnSync('systemd-analyze', ['--version']).status !== 0 }, () => {
  const directory = mkdtempSync(join(tmpdir(), 'heti-unit-'));
  const path = join(directory, 'heti.service');
  // The program and its user are not on this machine.
  writeFileSync(path, file('deploy/heti.service').replace('ExecStart=/usr/bin/heti', 'ExecStart=/bin/true').replace(/^(User|Group)=heti\n/gm, ''));
  const { status, said } = run('systemd-analyze', ['verify', path]);
  rmSync(directory, { recursive: true });
  assert.equal(status, 0, said);
});

test('redis-server takes its two files', { timeout: 20000 }, async () => {
  const directory = mkdtempSync(join(tmpdir(), 'heti-redis-conf-'));
  for (const [name, args] of [['redis.conf', []], ['sentinel.conf', ['--sentinel']]]) {
    const port = await freePort();
    const path = join(directory, name);
    writeFileSync(path, file(`deploy/compose/${name}`).replace('/data', directory).replace(/^port .*/m, '') + `port ${port}\nbind 127.0.0.1\n`);
    const child = spawn('redis-server', [path, '--dir', directory, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    let said = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => { said += text; });
    await until(`${name}: ${said}`, () => run('redis-cli', ['-p', String(port), 'ping']).said.startsWith('PONG') || (child.exitCode !== null && assert.fail(said)), 10000);
    child.kill('SIGKILL');
  }
  rmSync(directory, { recursive: true });
});

test('nginx in front of three nodes: sockets go anywhere, and on when a node dies', { timeout: 60000 }, async () => {
  const nodes = await Nodes.start({ name: 'front', config: demoConfig.replace('[limits]', '[proxy]\ntrusted = ["127.0.0.1"]\n[limits]') });
  const directory = mkdtempSync(join(tmpdir(), 'heti-nginx-'));
  const port = await freePort();
  const path = join(directory, 'nginx.conf');
  let text = file('deploy/compose/nginx.conf').replace('listen 8080', `listen 127.0.0.1:${port}`);
  nodes.all.forEach((node, i) => { text = text.replace(`heti-${i + 1}:8080`, `127.0.0.1:${node.port}`); });
  writeFileSync(path, `daemon off;\npid ${directory}/pid;\nerror_log ${directory}/error.log;\n${text.replace('http {', `http {\n  ${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${directory}/${name};`).join('\n  ')}`)}`);
  const good = run('nginx', ['-t', '-c', path, '-p', directory]);
  assert.equal(good.status, 0, good.said);
  const nginx = spawn('nginx', ['-c', path, '-p', directory], { stdio: 'ignore' });
  const front = { port, url: `http://127.0.0.1:${port}` };
  try {
    await until('nginx answers', () => fetch(`${front.url}/api/site?queue=support`).then((answer) => answer.ok, () => false));
    const guests = [];
    for (let i = 0; i < 6; i++) guests.push(await visitor(front));
    for (const node of nodes.all) assert.ok((await node.metrics()).sum('heti_connections', { role: 'visitor' }) > 0, 'spread over all');
    // Signed in on one node, greeted by another one.
    const cookie = await login(front);
    for (let i = 0; i < 3; i++) await (await agent(front, { cookie })).end();
    const [guest] = guests;
    const { id } = (await guest.ask({ t: 'start' })).conversation;
    const post = async (socket, n) => {
      socket.send({ t: 'post', conversation: id, stream: 's', n, text: `text ${n}` });
      await socket.wait('acked', (frame) => frame.t === 'acked' && frame.n === n, 15000);
    };
    await post(guest, 1);
    await nodes.all[0].kill();
    const again = await until('a node that lives', () => visitor(front, { token: guest.welcome.token }).catch(() => null));
    await again.ask({ t: 'open', conversation: id, after: 0 });
    await post(again, 2);
    for (let i = 0; i < 4; i++) assert.equal((await fetch(`${front.url}/api/site?queue=support`)).status, 200);
  } finally {
    nginx.kill('SIGTERM');
    await nodes.close();
    rmSync(directory, { recursive: true, force: true });
  }
});
