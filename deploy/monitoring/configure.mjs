// The files of deploy/prometheus/ put to use: the same text with this machine's addresses in it, and with the notifiers
// that Alertmanager's receivers lack there. deploy/run and the tests both make their configuration here, so that what is
// tested is what is run. Nothing but addresses, extra jobs and notifiers is changed; a place that is not found is an error.
//
//   node deploy/monitoring/configure.mjs --out DIRECTORY --heti HOST:PORT --prometheus HOST:PORT --alertmanager HOST:PORT
//     --sink URL        writes DIRECTORY/prometheus.yml and DIRECTORY/alertmanager.yml; the alerts of receiver NAME go to URL/NAME
//     --every DURATION  for a clock that runs faster: scrapes, rules and whatever waits take so long, such as 5s; the rules
//                       are copied to DIRECTORY/rules
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
export const shipped = resolve(here, '../prometheus');

// Everything that has a rhythm or waits for more, in the rhythm of a faster clock.
export const hastened = (text, every) =>
  text.replaceAll(/^( *(?:(?:scrape_|evaluation_)?interval|for|keep_firing_for):) .*$/gm, `$1 ${every}`).replace(/^( *group_wait:) 15s$/m, `$1 ${every}`);

// Where the shipped files expect everybody.
const expected = { heti: '127.0.0.1:9464', prometheus: '127.0.0.1:9090', alertmanager: '127.0.0.1:9093' };

function replaceOnce(text, what, by, file) {
  const parts = text.split(what);
  if (parts.length !== 2) throw new Error(`${file}: "${what}" is there ${parts.length - 1} times, expected once`);
  return parts.join(by);
}

// `jobs` are further Hetis: {name: "HOST:PORT"}.
export function prometheusConfig({ heti, prometheus, alertmanager, jobs = {} }) {
  const file = join(shipped, 'prometheus.yml');
  let text = readFileSync(file, 'utf8');
  for (const [who, address] of Object.entries({ heti, prometheus, alertmanager })) {
    text = replaceOnce(text, `"${expected[who]}"`, `"${address}"`, file);
  }
  text = replaceOnce(text, '- rules/*.yml', `- ${JSON.stringify(join(shipped, 'rules', '*.yml'))}`, file);
  for (const [name, address] of Object.entries(jobs)) {
    text += `  - job_name: ${name}\n    static_configs:\n      - targets: ["${address}"]\n`;
  }
  return text;
}

// `urlOf(receiver)` is the address of the webhook that tells what goes to that receiver.
export function alertmanagerConfig(urlOf) {
  const file = join(shipped, 'alertmanager.yml');
  const [head, ...rest] = readFileSync(file, 'utf8').split(/^receivers:\n/m);
  if (rest.length !== 1) throw new Error(`${file}: expected one list "receivers:"`);
  const end = rest[0].search(/^\S/m);
  const names = [...rest[0].slice(0, end).matchAll(/^ {2}- name: (\S+)$/gm)].map((match) => match[1]);
  if (names.length === 0) throw new Error(`${file}: no receiver was found`);
  const receivers = names.map((name) => `  - name: ${name}\n    webhook_configs:\n      - url: ${JSON.stringify(urlOf(name))}\n`);
  return { text: `${head}receivers:\n${receivers.join('')}\n${rest[0].slice(end)}`, receivers: names };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const options = {};
  const names = ['--out', '--heti', '--prometheus', '--alertmanager', '--sink'];
  for (let i = 2; i < process.argv.length; i += 2) options[process.argv[i]] = process.argv[i + 1];
  const every = options['--every'];
  delete options['--every'];
  const wrong = [...Object.keys(options).filter((name) => !names.includes(name)), ...names.filter((name) => !options[name])];
  if (wrong.length > 0) {
    console.error(`configure: missing, incomplete or unknown: ${wrong.join(' ')}; the options are ${names.join(' ')}, all required, and --every`);
    process.exit(2);
  }
  const out = options['--out'];
  mkdirSync(out, { recursive: true });
  let prometheus = prometheusConfig({
    heti: options['--heti'], prometheus: options['--prometheus'], alertmanager: options['--alertmanager'],
  });
  let alertmanager = alertmanagerConfig((name) => `${options['--sink']}/${name}`).text;
  if (every) {
    const rules = join(shipped, 'rules');
    mkdirSync(join(out, 'rules'), { recursive: true });
    for (const file of readdirSync(rules)) writeFileSync(join(out, 'rules', file), hastened(readFileSync(join(rules, file), 'utf8'), every));
    prometheus = hastened(replaceOnce(prometheus, rules, resolve(out, 'rules'), 'prometheus.yml'), every);
    alertmanager = hastened(alertmanager, every);
  }
  writeFileSync(join(out, 'prometheus.yml'), prometheus);
  writeFileSync(join(out, 'alertmanager.yml'), alertmanager);
}
