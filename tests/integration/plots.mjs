// Pictures of the three dashboards in docs/pictures: each query of each panel, as a real Prometheus answered it that scraped
// a demonstration day. Takes four minutes, because the day is played at 120 times real time.
//
//   node tests/integration/plots.mjs            plays the day, keeps the answers in tests/output/plots.json, draws
//   node tests/integration/plots.mjs --again    draws from the answers that are there
import { createRequire } from 'node:module';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { plot } from '../../grafana/plot.mjs';
import { output, root } from './heti.mjs';
import { MonitoredDay } from './monitored_day.mjs';

const hour = 3_600_000;
// What each dashboard looks at, on the clock of the day: the lead at lunch, when nobody is there, the others in the evening.
export const looks = {
  'heti-live': { from: 10, to: 11.9 },
  'heti-ops': { from: 10, to: 16 },
  'heti-manager': { from: 10, to: 16.5 },
};
const seconds = { s: 1, m: 60, h: 3600, d: 86_400 };

// As Grafana fills the variables in; the windows go by as fast as the day, but hold five scrapes.
export const asked = (expression, speed) => expression
  .replaceAll('$queue', '.+').replaceAll('$__rate_interval', '10m').replaceAll('$__interval', '1m')
  .replace(/\[(\d+)([smhd])\]/g, (_, count, unit) => `[${Math.max(5, Math.round((count * seconds[unit]) / speed))}s]`);

export const dashboardNamed = (name) => JSON.parse(readFileSync(join(root, 'grafana/dashboards', `${name}.json`), 'utf8'));

// The answers to all queries of a dashboard, and how to look at them: what plot() takes.
export async function answersOf(dashboard, day, look) {
  const at = (time) => day.opened + ((time - 10) * hour) / day.speed;
  const view = { from: at(look.from), to: at(look.to), step: 1, ticks: [] };
  for (let time = Math.ceil(look.from); time <= look.to; time++) view.ticks.push({ at: at(time), words: `${time}:00` });
  view.note = `A demonstration day at ${day.speed} times real time; the hours are the day's. Rates are per second of real time.`;
  const answers = {};
  for (const panel of dashboard.panels) {
    for (const { refId, expr, instant } of panel.targets ?? []) {
      // A panel of numbers shows the last moment alone.
      const from = instant ? view.to : view.from;
      (answers[panel.id] ??= {})[refId] = await day.monitoring.range(asked(expr, day.speed), from, view.to, view.step);
    }
  }
  return { answers, view };
}

async function playAndAsk() {
  const day = await MonitoredDay.play('plots', { speed: 120 });
  try {
    const all = {};
    for (const [name, look] of Object.entries(looks)) all[name] = await answersOf(dashboardNamed(name), day, look);
    return all;
  } finally {
    await day.close();
  }
}

async function draw(all) {
  // The packages of the tests are those of web/.
  const { chromium } = createRequire(new URL('../../web/package.json', import.meta.url))('playwright-core');
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu'] });
  try {
    for (const [name, { answers, view }] of Object.entries(all)) {
      const { svg, width, height } = plot(dashboardNamed(name), answers, view);
      writeFileSync(join(output, `${name}.svg`), svg);
      const page = await browser.newPage({ viewport: { width, height } });
      await page.setContent(`<body style="margin:0">${svg}</body>`);
      const path = join(root, 'docs/pictures', `${name.replace('heti', 'dashboard')}.png`);
      const { length } = await page.screenshot({ path });
      await page.close();
      console.log(`${path} ${Math.round(length / 1000)} kB`);
    }
  } finally {
    await browser.close();
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  mkdirSync(output, { recursive: true });
  const kept = join(output, 'plots.json');
  const all = process.argv[2] === '--again' ? JSON.parse(readFileSync(kept, 'utf8')) : await playAndAsk();
  writeFileSync(kept, JSON.stringify(all));
  await draw(all);
}
