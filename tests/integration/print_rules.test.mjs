// heti print-rules: what lies in deploy/prometheus/rules is what it prints for the defaults, and Prometheus takes
// whatever it prints.
import { strict as assert } from 'node:assert';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { binary, root } from './heti.mjs';

const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('HETI_')));

function printed(config, ...args) {
  return spawnSync(binary, ['print-rules', '--config', config, ...args], { env, encoding: 'utf8', cwd: root });
}

function promtool(...args) {
  return spawnSync('promtool', args, { encoding: 'utf8' });
}

// A configuration in a directory of its own, for the time of `use`.
function withConfig(text, use) {
  const directory = mkdtempSync(join(tmpdir(), 'heti-rules-'));
  try {
    const file = join(directory, 'heti.toml');
    writeFileSync(file, text);
    use(file, directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

const twoQueues = `
[queue.support]
timezone = "Europe/Helsinki"
hours.mon-fri = ["08:00-16:00"]
[queue.nights]
timezone = "Europe/Helsinki"
hours.mon-sun = ["00:00-24:00"]
sla.reply_goal = 0.95
[agent.aino]
queues = ["support", "nights"]
`;

// With so modest goals every promise may be broken all day.
const roundTheClock = `
[queue.nights]
timezone = "Europe/Helsinki"
hours.mon-sun = ["00:00-24:00"]
sla.first_response_goal = 0.1
sla.reply_goal = 0.1
[agent.aino]
queues = ["nights"]
`;

test('slo.yml is what heti print-rules prints for config/heti.toml', () => {
  const { status, stdout, stderr } = printed('config/heti.toml');
  assert.equal(status, 0, stderr);
  assert.equal(stdout, readFileSync(join(root, 'deploy/prometheus/rules/slo.yml'), 'utf8'),
    'drift: write heti print-rules --config config/heti.toml > deploy/prometheus/rules/slo.yml');
});

test('a tier that could never fire is refused with its queue, its numbers and a remedy', () => {
  withConfig(twoQueues, (file) => {
    const { status, stdout, stderr } = printed(file);
    assert.equal(status, 1);
    assert.equal(stdout, '');
    assert.match(stderr, /queue\.nights: ChatSLOFastBurn for first_response could never fire: with 672 open hours/);
    assert.match(stderr, /raise sla\.first_response_goal to 0\.926 or more/);
    assert.doesNotMatch(stderr, /queue\.support/);
  });
});

// The rules in the very shape in which they are printed, with the recorded series that they read.
function ruleTest(directory) {
  return `
rule_files: [${join(root, 'deploy/prometheus/rules/heti.recording.yml')}, ${join(directory, 'slo.yml')}]
evaluation_interval: 15s
group_eval_order: [heti.recording, heti.recording.long, heti.slo]
tests:
  - interval: 15s
    input_series:
${['support', 'nights'].map((queue) => `
      - {series: 'heti_queue_open{job="heti",workspace="default",queue="${queue}"}', values: '1x100'}
${['first_response', 'reply'].map((sla) => `
      - {series: 'heti_slo_budget_contacts{job="heti",workspace="default",queue="${queue}",sla="${sla}"}', values: '40x100'}
      - {series: 'heti_sla_verdicts_total{job="heti",workspace="default",queue="${queue}",sla="${sla}",verdict="bad"}', values: '0+1x100'}
`).join('')}`).join('')}
    promql_expr_test:
      - expr: sort_desc(count by (queue, sla) (ALERTS{alertname="ChatSLOFastBurn",alertstate="firing"}))
        eval_time: 10m
        exp_samples:
          - {labels: '{queue="nights",sla="reply"}', value: 1}
          - {labels: '{queue="support",sla="first_response"}', value: 1}
          - {labels: '{queue="support",sla="reply"}', value: 1}
`;
}

test('what is left out stays silent, the rest fires, and promtool takes the file', () => {
  withConfig(twoQueues, (file, directory) => {
    const { status, stdout, stderr } = printed(file, '--allow-infeasible');
    assert.equal(status, 0, stderr);
    const rules = join(directory, 'slo.yml');
    writeFileSync(rules, stdout);
    const checked = promtool('check', 'rules', rules);
    assert.equal(checked.status, 0, checked.stdout + checked.stderr);
    assert.match(checked.stdout, /3 rules found/);
    writeFileSync(join(directory, 'test.yml'), ruleTest(directory));
    const tested = promtool('test', 'rules', join(directory, 'test.yml'));
    assert.equal(tested.status, 0, tested.stdout + tested.stderr);
  });
});

test('rules of which nothing is left are still a file that promtool takes', () => {
  withConfig(roundTheClock, (file, directory) => {
    const { status, stdout, stderr } = printed(file, '--allow-infeasible');
    assert.equal(status, 0, stderr);
    assert.doesNotMatch(stdout, /- alert:/);
    const rules = join(directory, 'slo.yml');
    writeFileSync(rules, stdout);
    const checked = promtool('check', 'rules', rules);
    assert.equal(checked.status, 0, checked.stdout + checked.stderr);
    assert.match(checked.stdout, /0 rules found/);
  });
});
