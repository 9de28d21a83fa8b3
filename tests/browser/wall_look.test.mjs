// The wall as a screen shows it, on figures that a test makes up: large enough, nothing cut off, nothing that jumps, light
// and dark, and no growth over thousands of answers.
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { until } from '../integration/heti.mjs';
import { World, at, pictures, violations } from './browser.mjs';
import { FakeWall, queue } from './fake_wall.mjs';

const morning = Date.parse('2026-06-01T08:42:00.000Z');
const until16 = morning + 4.3 * 3_600_000;
const screen = { width: 1920, height: 1080 };
let world;
let fake;
before(async () => {
  world = await World.bare();
  fake = await FakeWall.start();
});
after(async () => {
  await world?.close();
  await fake?.close();
});

const calm = (name, title) => queue(name, { display_name: title, waiting: 2, oldest_wait_ms: 21_000, oldest_unanswered_ms: 21_000, next_change: until16 });
const late = queue('support', {
  display_name: 'Customer support', waiting: 7, oldest_wait_ms: 134_000, oldest_unanswered_ms: 134_000, overdue: 3, predicted_breaches: 4.2,
  estimated_wait_ms: 260_000, staffed: 3, free_slots: 0, agents_required: 5, service_level_today: 0.743, good_today: 104, bad_today: 36,
  next_change: until16, next_hour: { arrivals: 31.2, agents_required: 5 },
});
const unstaffed = queue('returns', {
  display_name: 'Returns and repairs', waiting: 1, oldest_wait_ms: 37_000, oldest_unanswered_ms: 37_000, staffed: 0, free_slots: 0, min_agents: 1,
  predicted_breaches: 1, estimated_wait_ms: undefined, staffed_today: 0.871, next_change: until16, next_hour: { arrivals: 4.2, agents_required: 1 },
});
const fresh = queue('svenska', {
  display_name: 'Svenska', staffed: 1, free_slots: 2, min_agents: 1, agents_required: undefined, service_level_today: undefined, good_today: 0,
  bad_today: 0, staffed_today: undefined, estimated_wait_ms: undefined, next_hour: undefined, next_change: until16,
});
const four = [late, calm('sales', 'Sales'), unstaffed, fresh];
const night = four.map((one) => ({ ...one, open: false, waiting: one === late ? 1 : 0, oldest_wait_ms: one === late ? 9_000 : 0, oldest_unanswered_ms: one === late ? 9_000 : 0,
  overdue: 0, predicted_breaches: 0, staffed: 0, free_slots: 0, next_change: morning + 20 * 3_600_000 }));
// As wide as figures get.
const wide = (name) => ({ ...late, name, display_name: 'A queue with a long name', waiting: 128, oldest_unanswered_ms: 3_599_000, overdue: 104, staffed: 12, min_agents: 14 });

async function open(queues, options = {}) {
  Object.assign(fake, { queues, speed: 1, at: morning, up: true, signedIn: true });
  const page = await world.page({ viewport: screen, timezoneId: 'Europe/Helsinki', ...options });
  await page.goto(`${fake.url}/console/wall/${options.query ?? ''}`);
  await at(page, 'wall').waitFor();
  return page;
}

// Everything that holds text, and how far it sticks out of its tile or over its neighbour.
function faultsOfLayout(page) {
  return page.evaluate(() => {
    const faults = [];
    for (const tile of document.querySelectorAll('.tile')) {
      const box = tile.getBoundingClientRect();
      const name = tile.dataset.queue;
      if (tile.scrollHeight > tile.clientHeight + 1 || tile.scrollWidth > tile.clientWidth + 1) faults.push(`${name}: ${tile.scrollWidth}x${tile.scrollHeight} in ${tile.clientWidth}x${tile.clientHeight}`);
      const texts = [...tile.querySelectorAll('h2, .verdict, .hours, .big .label, .big .mark, .big .number, .small .number, .small .more, .small .mark')].map((one) => {
        const range = document.createRange();
        range.selectNodeContents(one);
        return { one, at: range.getBoundingClientRect(), own: one.getBoundingClientRect() };
      }).filter(({ at }) => at.width > 0);
      for (const { one, at, own } of texts) {
        const right = one.classList.contains('cut') || one.querySelector('.cut') ? Math.min(at.right, own.right) : at.right;
        if (at.left < box.left || right > box.right + 1 || own.bottom > box.bottom) faults.push(`${name}: "${one.textContent}" sticks out`);
      }
      const numbers = texts.filter(({ one }) => one.matches('.big .number'));
      numbers.forEach((a, i) => numbers.slice(i + 1).forEach((b) => {
        if (a.at.left < b.at.right && b.at.left < a.at.right && a.own.top < b.own.bottom && b.own.top < a.own.bottom) faults.push(`${name}: "${a.one.textContent}" over "${b.one.textContent}"`);
      }));
    }
    if (document.documentElement.scrollWidth > innerWidth) faults.push('the page is wider than the screen');
    return faults;
  });
}

test('from one to four queues the main figures are at least 8 % of the height of the screen; what waits is the largest', { timeout: 60000 }, async (t) => {
  for (const count of [1, 2, 3, 4]) {
    const page = await open(four.slice(0, count));
    const sizes = await page.evaluate(() => ['waiting', 'wait', 'team'].map((kind) =>
      Math.min(...[...document.querySelectorAll(`[data-testid="wall-${kind}-number"]`)].map((one) => parseFloat(getComputedStyle(one).fontSize))) / innerHeight * 100));
    t.diagnostic(`${count}: ${sizes.map((size) => size.toFixed(1)).join(' / ')} vh`);
    for (const size of sizes) assert.ok(size >= 8, `${count} queues: ${size} vh`);
    assert.ok(sizes[0] > sizes[1] && sizes[0] > sizes[2]);
    await page.context().close();
  }
});

test('nothing is cut off or laid over another, from one to eight queues, on every kind of screen', { timeout: 120000 }, async () => {
  const screens = [screen, { width: 1280, height: 720 }, { width: 3840, height: 2160 }, { width: 1024, height: 768 }, { width: 1080, height: 1920 }, { width: 390, height: 844 }, { width: 844, height: 390 }];
  const page = await open(four);
  for (const size of screens) {
    await page.setViewportSize(size);
    for (let count = 1; count <= 8; count += 1) {
      fake.queues = Array.from({ length: count }, (_, i) => (i % 2 ? { ...four[i % 4], name: `q${i}` } : wide(`q${i}`)));
      fake.speed = 1 + (count % 2) * 59;
      await page.reload();
      await at(page, 'wall-queue').nth(count - 1).waitFor();
      assert.deepEqual(await faultsOfLayout(page), [], `${count} queues on ${size.width}x${size.height}`);
      // A wall of up to eight queues is one page without scrolling, where there is room for one.
      if (size.height > 560 && size.width > 640) assert.ok(await page.evaluate(() => document.documentElement.scrollHeight <= innerHeight), `${count} on ${size.width}x${size.height} scrolls`);
    }
  }
  await page.context().close();
});

test('nothing moves when figures change', { timeout: 60000 }, async () => {
  const page = await open(four);
  const places = () => page.evaluate(() => [...document.querySelectorAll('.tile, .label, .big .mark, .bar:not(.no), .details, .time')].map((one) => {
    const { left, top, right, bottom } = one.getBoundingClientRect();
    // Words may grow to the right, or to the left where they stand at the right edge.
    return one.matches('.tile, .bar, .details') ? [left, top, right, bottom] : one.closest('.team') ? [top, right, bottom] : [left, top, bottom];
  }).map((box) => box.map(Math.round).join()));
  const before = await places();
  for (const change of [{ waiting: 128, oldest_unanswered_ms: 3_900_000, overdue: 104 }, { waiting: 10, oldest_unanswered_ms: 5_000, overdue: 0 }, { waiting: 0, oldest_wait_ms: 0, oldest_unanswered_ms: 0, overdue: 0, staffed: 11 },
    { open: false, waiting: 0, oldest_wait_ms: 0, oldest_unanswered_ms: 0, overdue: 0, staffed: 0, next_hour: undefined, service_level_today: undefined }]) {
    fake.queues = four.map((one) => queue(one.name, { ...one, ...change }));
    await fake.next();
    await fake.next();
    assert.deepEqual(await places(), before, JSON.stringify(change));
  }
  await page.context().close();
});

test('late, unstaffed, closed, without figures: in words, and axe has no remark', { timeout: 90000 }, async () => {
  const page = await open(four);
  const tones = () => at(page, 'wall-queue').evaluateAll((tiles) => tiles.map((tile) => [tile.dataset.tone, tile.querySelector('.verdict').innerText.trim()]));
  assert.deepEqual(await tones(), [['bad', '3 past target'], ['good', 'All well'], ['bad', 'Nobody is there'], ['good', 'All well']]);
  assert.deepEqual(await at(page, 'wall-level').locator('.number').allInnerTexts(), ['74 %', '91 %', '91 %', '–']);
  assert.deepEqual(await violations(page), []);
  await pictures(page, 'wall-four', ['light', 'dark', 'phone']);
  await page.context().close();

  const closed = await open(night);
  assert.equal(await closed.locator('[data-tone="bad"]').count(), 0);
  assert.match(await at(closed, 'wall-queue').first().innerText(), /Closed[^]*opens tomorrow 07:42[^]*Kept in line[^]*Clock stands/);
  assert.deepEqual(await violations(closed), []);
  await pictures(closed, 'wall-night', ['light', 'dark']);
  assert.deepEqual([...page.faults, ...closed.faults], []);
  await closed.context().close();
});

test('the key t changes between the system, light and dark, and the choice is kept', { timeout: 60000 }, async () => {
  const page = await open([calm('support', 'Support')]);
  const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const light = await ground();
  await page.keyboard.press('t');
  assert.equal(await ground(), light);
  await page.keyboard.press('t');
  const dark = await ground();
  assert.notEqual(dark, light);
  await page.reload();
  await at(page, 'wall').waitFor();
  assert.equal(await ground(), dark, 'kept');
  await page.keyboard.press('t');
  assert.equal(await ground(), light, 'as the system');
  await page.emulateMedia({ colorScheme: 'dark', reducedMotion: 'reduce' });
  assert.equal(await ground(), dark);
  await page.emulateMedia({ colorScheme: 'dark', reducedMotion: 'reduce' });
  await page.keyboard.press('t');
  assert.equal(await ground(), light, 'light, whatever the system says');
  await page.keyboard.press('f');
  await until('full screen', () => page.evaluate(() => document.fullscreenElement !== null));
  await page.context().close();
});

test('a demo says how fast its clock runs, and the wait runs as fast', { timeout: 60000 }, async () => {
  const page = await open([calm('support', 'Support')]);
  assert.equal(await at(page, 'demo-clock').count(), 0);
  fake.speed = 60;
  fake.at = null;
  await page.reload();
  assert.equal(await at(page, 'demo-clock').innerText(), 'Demo: this clock runs 60 times as fast');
  await until('a minute in a second or two', async () => (await at(page, 'wall-wait-number').innerText()).startsWith('1:'));
  await page.context().close();
});

test('2,000 answers later the page holds no more than after the first hundred', { timeout: 240000 }, async (t) => {
  Object.assign(fake, { queues: four, speed: 1, at: morning, up: true, signedIn: true });
  const page = await world.page({ viewport: { width: 800, height: 600 }, timezoneId: 'Europe/Helsinki' });
  // The pause between two answers, and nothing else, takes no time.
  await page.addInitScript(() => {
    const after = window.setTimeout.bind(window);
    window.setTimeout = (run, ms) => after(run, ms === 2_000 ? 0 : ms);
  });
  let answers = 0;
  const vary = () => {
    answers += 1;
    fake.at = morning + answers * 2_000;
    const count = answers % 4 === 3 ? 9 : 1 + (answers % 4);
    fake.queues = Array.from({ length: count }, (_, i) => ({ ...four[(answers + i) % 4], name: `q${i}`, waiting: (answers * 7 + i) % 40 }));
    fake.heard = vary;
  };
  fake.heard = vary;
  await page.goto(`${fake.url}/console/wall/`);
  await at(page, 'wall').waitFor();
  const debug = await page.context().newCDPSession(page);
  await debug.send('Performance.enable');
  const measure = async () => {
    await debug.send('HeapProfiler.collectGarbage');
    const { metrics } = await debug.send('Performance.getMetrics');
    const of = (name) => metrics.find((one) => one.name === name).value;
    return { nodes: of('Nodes'), listeners: of('JSEventListeners'), heap: of('JSHeapUsedSize') };
  };
  await until('the first hundred answers', () => answers >= 100, 60000);
  const early = await measure();
  await until('2,000 answers', () => answers >= 2_000, 180000);
  const then = await measure();
  t.diagnostic(`${answers} answers; nodes ${early.nodes} -> ${then.nodes}, listeners ${early.listeners} -> ${then.listeners}, heap ${Math.round(early.heap / 1024)} -> ${Math.round(then.heap / 1024)} KiB`);
  // One answer has one queue and the next has nine, so the count itself goes up and down.
  assert.ok(then.nodes <= early.nodes + 1_000, `${then.nodes} nodes`);
  assert.ok(then.listeners <= early.listeners + 10, `${then.listeners} listeners`);
  assert.ok(then.heap <= early.heap + 600 * 1024, `${then.heap} bytes`); // an answer is 3 KiB as text, so one that is kept shows
  assert.deepEqual(page.faults, []);
  fake.heard = () => {};
  await page.context().close();
});
