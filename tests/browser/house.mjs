// The house that the browser tests live in: the real `tollgate serve` on a ground of its own, a real
// Chromium, and eyes for what must never happen. Never sleeps for luck: it waits for what is said.
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { after, afterEach, before } from 'node:test';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { atWork, furnish, until } from './atlas.mjs';
import { Ground } from './ground.mjs';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const ARTIFACTS = process.env.TOLLGATE_ARTIFACTS ?? fileURLToPath(new URL('./artifacts', import.meta.url));
const ASSETS = process.env.TOLLGATE_ASSETS; // pages from this folder instead of from the binary
export const PAGES = ['now', 'runs', 'costs', 'initiatives', 'board', 'policies', 'plugins', 'doctor'];
/** `worker` works until it is stopped, `quick` soon answers, `asked` is one that a policy asks about. */
export const house = { ground: null, made: {}, worker: 'backend-dev', quick: 'reviewer', asked: 'curator' };
let browser = null;
const open = new Set(); // pages of the test that runs

/** Gives a file of tests its server and its browser. `prepare` makes the ground; `begin` is done once it is served. */
export function settle({ prepare = async (ground) => { Object.assign(house.made, await furnish(ground)); }, begin } = {}) {
  before(async () => {
    mkdirSync(ARTIFACTS, { recursive: true });
    house.ground = new Ground();
    await prepare(house.ground);
    await house.ground.serve();
    await begin?.();
    browser = await chromium.launch({ executablePath: process.env.TOLLGATE_BROWSER ?? '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--no-first-run', '--disable-sync', ...(ASSETS ? ['--disable-features=LocalNetworkAccessChecks'] : [])] });
  });
  // A test that failed left its page open: what it looked like, and what it complained about.
  afterEach(async (t) => {
    for (const it of open) {
      await it.page.screenshot({ path: `${ARTIFACTS}/failed-${t.name.replaceAll(/\W+/g, '-')}.png` }).catch(() => {});
      console.log(`${t.name}: ${it.page.url().split('#')[1]} ${it.faults.join('; ')}`);
      await it.close();
    }
  });
  after(async () => { await browser?.close(); await house.ground?.leave(); });
}

/** Asks the server directly, as a script would. */
export async function ask(path, { method = 'GET', body, headers = {} } = {}) {
  return fetch(`${house.ground.url}/api/v1/${path}`, { method, headers: { authorization: `Bearer ${house.ground.token}`, ...(body && { 'content-type': 'application/json' }), ...headers }, body: body && JSON.stringify(body) });
}
export async function api(path, how = {}) {
  const response = await ask(path, how);
  assert.ok(response.ok, `${how.method ?? 'GET'} ${path}: ${response.status} ${response.ok ? '' : await response.text()}`);
  return response.json();
}
let keys = 0;
/** Asks for a run; the worker's goes on until it is cancelled. */
export const submit = (prompt = 'Say what you see.', agent = house.worker, more = {}) => api('runs', { method: 'POST', body: { agent, prompt, ...more }, headers: { 'idempotency-key': `browser-${process.pid}-${keys++}` } });
export const cancel = (run) => api(`runs/${run}/cancel`, { method: 'POST', body: {} });
/** Waits until nothing works any more. */
export const idle = () => until(async () => !(await api('overview')).running.length, 'something still works');
/** Cancels whatever still works, so that the next test finds all slots free. */
export async function rest() {
  for (const run of (await api('overview')).running) await ask(`runs/${run.run_id}/kill`, { method: 'POST', body: {} });
  await idle();
}
export { atWork, until };

// What a person never forgives: errors on the console, blocked styles or scripts, exceptions. A refusal
// that a test provokes is logged by the browser as a failed load; the test says so beforehand.
function watch(page, faults) {
  page.on('pageerror', (error) => faults.push(`exception: ${error}`));
  page.on('console', (message) => { if (['error', 'warning'].includes(message.type())) faults.push(`console: ${message.text()} ${message.location().url ?? ''}`); });
}

export async function context(options = {}) {
  const it = await browser.newContext(options);
  // Pages that are being written: their text is exchanged, the server's headers stay.
  if (ASSETS) await it.route((url) => url.pathname === '/' || url.pathname.startsWith('/assets/'), async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, body: readFileSync(join(ASSETS, new URL(route.request().url()).pathname.split('/').pop() || 'index.html')) });
  });
  return it;
}

/** A page that is open and alive. `faults` collects what went wrong; `quiet()` asserts that nothing did. */
export async function visit(path = 'now', { theme = 'light', width = 1440, height = 900, more = {} } = {}) {
  const its = await context({ viewport: { width, height }, colorScheme: theme, ...more });
  const page = await its.newPage();
  const faults = [];
  page.setDefaultTimeout(15000);
  watch(page, faults);
  await page.addInitScript(() => {
    window.violations = []; window.shift = 0;
    addEventListener('securitypolicyviolation', (event) => window.violations.push(`${event.violatedDirective} ${event.sourceFile}:${event.lineNumber}`));
    new PerformanceObserver((list) => { for (const it of list.getEntries()) if (!it.hadRecentInput) window.shift += it.value; }).observe({ type: 'layout-shift', buffered: true });
  });
  await page.goto(`${house.ground.url}/#k=${house.ground.token}`);
  const go = async (to) => { await page.evaluate((hash) => { location.hash = hash; }, `#/${to}`); await page.waitForFunction((hash) => location.hash === hash && document.querySelector('main[aria-busy=false] h1'), `#/${to}`).catch((error) => { throw new Error(`${to}: ${error.message}\n${faults.join('\n')}`); }); };
  await page.waitForSelector('html[data-live=live]');
  if (path !== 'now') await go(path);
  await page.waitForSelector('main[aria-busy=false] h1');
  const quiet = async (allowed = /^$/) => {
    assert.deepEqual(await page.evaluate(() => window.violations), [], 'the content policy was violated');
    assert.deepEqual(faults.filter((it) => !allowed.test(it)), []);
  };
  const seen = { page, faults, go, quiet, close: () => { open.delete(seen); return its.close(); }, picture: (name) => picture(page, name) };
  open.add(seen);
  return seen;
}
/** A picture, once nothing moves any more. */
export async function picture(page, name) {
  await page.evaluate(() => Promise.all(document.getAnimations().filter((it) => it.effect.getTiming().iterations !== Infinity).map((it) => it.finished.catch(() => {}))));
  await page.screenshot({ path: `${ARTIFACTS}/${name}.png` });
}

/** Rules of WCAG 2.1 AA and good practice that this page breaks, in short. */
export async function axe(page) {
  if (!(await page.evaluate(() => !!window.axe))) {
    // The content policy forbids scripts of others; the debugger is not bound by it.
    const session = await page.context().newCDPSession(page);
    await session.send('Runtime.evaluate', { expression: AXE });
    await session.detach();
  }
  return page.evaluate(async () => {
    const found = await window.axe.run(document, { resultTypes: ['violations'] });
    return found.violations.flatMap((it) => it.nodes.map((node) => `${it.id}: ${node.target} ${node.failureSummary.split('\n')[1]?.trim()} ${node.html.slice(0, 120)}`));
  });
}
