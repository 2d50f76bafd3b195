// Every page, in both themes, on a desk and on a phone: it opens, it is accessible, it says nothing on
// the console, it fits, it does not jump.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { api, axe, context, house, PAGES, settle, submit, until, visit } from './house.mjs';

settle({ begin: async () => {
  // Several at work, one that waits, some with a cap of their own.
  for (const [prompt, agent, more] of [['Round once, at the end.', 'backend-dev', { max_cost_usd: '1.50' }], ['Design a demo.', 'architect', { max_cost_usd: '2.00' }], ['Read the callers.', 'backend-dev', {}], ['Watch the tests.', 'tester', {}], ['And the refund.', 'backend-dev', {}], ['Numbers without gaps.', 'backend-dev', { max_cost_usd: '0.80' }]]) await submit(prompt, agent, more);
  await until(async () => (await api('overview')).running.filter((it) => it.status === 'running').length >= 4, 'they did not start');
} });
const TABS = ['log', 'why', 'attempts', 'events'];

for (const theme of ['light', 'dark']) {
  test(`without a token in ${theme}`, async () => {
    const its = await context({ colorScheme: theme });
    const page = await its.newPage();
    await page.goto(house.ground.url);
    await page.waitForSelector('.gate input');
    assert.deepEqual(await axe(page), []);
    await page.fill('#token', house.ground.token);
    await page.keyboard.press('Enter');
    await page.waitForSelector('.now');
    assert.equal(await page.evaluate(() => location.hash), '#/now');
    await its.close();
  });
}

for (const [width, height] of [[360, 800], [768, 1024], [1440, 900], [2560, 1440]]) for (const theme of ['light', 'dark']) {
  test(`every page at ${width} px in ${theme}`, async () => {
    const { page, go, quiet, close, picture } = await visit('now', { width, height, theme });
    for (const name of [...PAGES, ...TABS.map((it) => `runs/${house.made.flow}?tab=${it}`)]) {
      await go(name);
      await page.waitForFunction(() => !document.querySelector('.pane')?.textContent.startsWith('Loading'));
      assert.deepEqual(await axe(page), [], name);
      assert.equal(await page.locator('main h1').count(), 1, name);
      assert.equal(await page.locator('nav a[aria-current=page]').count(), 1, name);
      assert.ok(!/undefined|NaN|\[object/.test(await page.textContent('main')), name);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      assert.ok(wide <= 0, `${name} is ${wide} px too wide`);
      if (width === 360) {
        const small = await page.evaluate(() => [...document.querySelectorAll('button, select, input:not([type=checkbox], [type=radio]), nav a')].filter((it) => it.checkVisibility() && it.getBoundingClientRect().height < 43.5).map((it) => `${it.tagName} ${it.className} ${it.textContent.slice(0, 30)} ${it.getBoundingClientRect().height}`));
        assert.deepEqual(small, [], `${name} has targets that a thumb misses`);
      }
      await picture(`${name.replace(/^runs.*=/, 'run-')}-${theme}-${width}`);
    }
    assert.ok(await page.evaluate(() => window.shift) < 0.25, 'the layout jumped');
    await quiet();
    await close();
  });
}

test('a run that is none says so, and what there is', async () => {
  const { page, quiet, close, picture } = await visit('runs');
  await page.evaluate(() => { location.hash = '#/runs/RUN-20991231-999'; });
  await page.waitForSelector('.oops >> text=there is no run RUN-20991231-999');
  assert.equal(await page.locator('main h1').count(), 1);
  assert.deepEqual(await axe(page), []);
  await picture('no-such-run');
  await page.click('main >> text=All runs');
  await page.waitForSelector('tr[data-run]');
  await quiet(/404/);
  await close();
});

test('a run that was refused says by whom and why', async () => {
  const { page, quiet, close, picture } = await visit(`runs/${house.made.refused}`);
  await page.waitForSelector('.pane >> text=is more than $0.50: a reason is needed');
  assert.deepEqual(await axe(page), []);
  await picture('refused');
  await quiet();
  await close();
});

test('costs are stacked by how they are known, and the table says the same', async () => {
  const { page, quiet, close } = await visit('costs');
  const { totals } = await api('costs?group=day');
  for (const basis of ['reported', 'imputed']) assert.ok(totals[`${basis}_usd_micros`] > 0, basis);
  const heights = await page.locator('.chart g rect:not(.hover)').evaluateAll((all) => all.map((it) => [it.getAttribute('class'), Number(it.getAttribute('height'))]));
  assert.deepEqual(heights.map(([name]) => name), ['basis-reported', 'basis-imputed']);
  const drawn = heights[0][1] / heights[1][1], told = totals.reported_usd_micros / totals.imputed_usd_micros;
  assert.ok(Math.abs(drawn / told - 1) < 0.01, `${drawn} is not ${told}`);
  await page.click('.chart summary');
  await page.waitForSelector('.chart th >> text=Imputed');
  await page.waitForSelector('[aria-label="By initiative"] >> text=Billing you can trust');
  await quiet();
  await close();
});

test('an address that is none goes to the first page', async () => {
  const { page, close } = await visit('runs');
  await page.evaluate(() => { location.hash = '#/nowhere'; });
  await page.waitForFunction(() => location.hash === '#/now');
  await close();
});

test('back and forward, and pages that are kept', async () => {
  const { page, go, close } = await visit('now');
  await go('runs'); await go('costs');
  await page.goBack();
  await page.waitForSelector('h1:has-text("Runs")');
  const empty = await page.evaluate(async () => { history.forward(); await new Promise((f) => addEventListener('hashchange', f, { once: true })); return !document.querySelector('.sums'); });
  assert.equal(empty, false, 'a page that was there before shows what it knew at once');
  await close();
});

test('the theme is chosen and kept', async () => {
  const { page, close } = await visit('now', { theme: 'light' });
  const paper = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const light = await paper();
  await page.click('[aria-label^=Theme]'); await page.click('[aria-label^=Theme]');
  assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), 'dark');
  assert.notEqual(await paper(), light);
  await page.reload();
  await page.waitForSelector('.now');
  assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), 'dark');
  await close();
});

test('page changes take less than 200 ms', async () => {
  const { page, go, close } = await visit('now');
  for (const name of PAGES) await go(name);
  const times = [];
  for (const name of [...PAGES, ...PAGES]) times.push(await page.evaluate(async (to) => { const from = performance.now(); location.hash = `#/${to}`; await new Promise((f) => addEventListener('hashchange', () => requestAnimationFrame(() => setTimeout(f)), { once: true })); return performance.now() - from; }, name));
  times.sort((a, b) => a - b);
  const p95 = times[Math.floor(times.length * 0.95)];
  console.log(`page change p95 ${p95.toFixed(0)} ms`);
  assert.ok(p95 < Number(process.env.TOLLGATE_PAGE_MS ?? 200), `${p95} ms`);
  await close();
});
