// Drives the two faces in Chromium as people do: a visitor on the demo site, which has an origin of its own, and an agent
// in the console, each in a browser context of their own, against the real program.
import { createRequire } from 'node:module';
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Heti, output, password, root, until } from '../integration/heti.mjs';

// The packages of the tests are those of web/.
const require = createRequire(new URL('../../web/package.json', import.meta.url));
const { chromium } = require('playwright-core');
const axeSource = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

const flags = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync', '--disable-dev-shm-usage'];
const wide = { width: 1280, height: 800 };
const phone = { width: 390, height: 844 };
const patience = 20000;

// Everything that one test file needs. `close` ends it all, also when `start` got only half way.
export class World {
  ends = [];

  static async start({ name, queue = 'support', config, args = [] }) {
    const world = new World();
    try {
      world.heti = await Heti.start({ name, args, ...(config ? { config } : {}) });
      world.ends.push(() => world.heti.close());
      world.shop = await world.startShop(queue);
      await world.startBrowser();
    } catch (error) {
      await world.close();
      throw error;
    }
    return world;
  }

  // A browser alone, for a page that a test serves by itself.
  static async bare() {
    const world = new World();
    await world.startBrowser();
    return world;
  }

  async startBrowser() {
    this.browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: flags });
    this.ends.push(() => this.browser.close());
  }

  // The demo site under another name than Heti's, so that everything between them is cross-origin.
  async startShop(queue) {
    const args = [join(root, 'web/demo/serve.mjs'), '--port', '0', '--heti', this.heti.url, '--queue', queue];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    const ended = new Promise((done) => child.once('exit', done));
    this.ends.push(() => { child.kill('SIGTERM'); return ended; });
    let said = '';
    child.stdout.on('data', (text) => { said += text; });
    return until('the demo site', () => /http:\/\/localhost:\d+\//.exec(said)?.[0] ?? (child.exitCode === null ? false : Promise.reject(new Error('the demo site ended'))));
  }

  // A page in a context of its own. It keeps what a test asks for later: its sockets, how often it was loaded, and what
  // went wrong inside.
  async page(options = {}) {
    const context = await this.browser.newContext({ viewport: wide, reducedMotion: 'reduce', colorScheme: 'light', locale: 'en-GB', ...options });
    context.setDefaultTimeout(patience);
    const page = await context.newPage();
    page.sockets = [];
    page.loads = 0;
    page.faults = [];
    page.on('websocket', (socket) => page.sockets.push(socket.url()));
    page.on('load', () => { page.loads += 1; });
    page.on('pageerror', (error) => page.faults.push(String(error)));
    page.on('console', (line) => {
      // That a socket or a fetch did not reach a server that was killed is the browser's own remark.
      if (line.type() === 'error' && !/WebSocket connection to|Failed to load resource/.test(line.text())) page.faults.push(line.text());
    });
    return page;
  }

  async visitor(options) {
    const page = await this.page(options);
    await page.goto(this.shop);
    await at(page, 'launcher').waitFor();
    return page;
  }

  async agent(options) {
    const page = await this.page(options);
    await page.goto(`${this.heti.url}/console/`);
    await at(page, 'login-name').waitFor();
    return page;
  }

  async close() {
    for (const end of this.ends.splice(0).reverse()) await end();
  }
}

export const at = (page, testid) => page.getByTestId(testid);

export async function login(page, name = 'aino', secret = password) {
  await at(page, 'login-name').fill(name);
  await at(page, 'login-password').fill(secret);
  await at(page, 'login-submit').click();
}

export async function ready(page) {
  await at(page, 'status-online').click();
  await until('the server says ready', async () => (await at(page, 'status-online').getAttribute('aria-pressed')) === 'true');
}

// Types with the keyboard, key by key, and sends with Enter.
export async function say(page, text) {
  await at(page, 'composer').click();
  await page.keyboard.type(text);
  await page.keyboard.press('Enter');
}

// The transcript as the page shows it, from top to bottom, read in one go.
export function transcript(page) {
  return at(page, 'message').evaluateAll((bubbles) => bubbles.map((bubble) => ({
    seq: Number(bubble.dataset.seq),
    role: bubble.dataset.role,
    mark: bubble.dataset.mark ?? null,
    text: bubble.querySelector('[data-testid="message-text"]').innerText.trim(),
  })));
}

export function shows(page, text, timeout = patience) {
  return at(page, 'message').filter({ hasText: text }).first().waitFor({ timeout });
}

// The page as it is now in light, in dark and on a phone, kept with the output of the tests.
export async function pictures(page, name, kinds = ['light', 'dark', 'phone']) {
  mkdirSync(join(output, 'pictures'), { recursive: true });
  for (const kind of kinds) {
    if (kind === 'phone') await page.setViewportSize(phone);
    if (kind === 'dark') await page.emulateMedia({ colorScheme: 'dark', reducedMotion: 'reduce' });
    await page.screenshot({ path: join(output, 'pictures', `${name}-${kind}.png`) });
    if (kind === 'phone') await page.setViewportSize(wide);
    if (kind === 'dark') await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
  }
}

// What axe finds against WCAG A and AA, in light and in dark. The script goes in through the debugger, so that the
// page's own content security policy stays as strict as it is.
export async function violations(page, within) {
  const session = await page.context().newCDPSession(page);
  const evaluate = async (expression) => {
    const answer = await session.send('Runtime.evaluate', { expression, awaitPromise: true, returnByValue: true });
    if (answer.exceptionDetails) throw new Error(`axe: ${answer.exceptionDetails.exception?.description ?? answer.exceptionDetails.text}`);
    return answer.result.value;
  };
  await evaluate(`${axeSource};0`);
  const context = within ? JSON.stringify({ include: [within] }) : 'document';
  const found = [];
  for (const colorScheme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    const result = JSON.parse(await evaluate(`axe.run(${context}, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] })
      .then((r) => JSON.stringify({ passes: r.passes.length, violations: r.violations }))`));
    if (result.passes === 0) throw new Error('axe looked at nothing');
    for (const one of result.violations) for (const node of one.nodes) found.push(`${colorScheme}: ${one.id} ${node.target}: ${node.failureSummary}`);
  }
  await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
  await session.detach();
  return found;
}
