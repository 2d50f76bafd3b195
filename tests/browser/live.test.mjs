// The live channel when the server goes and comes back: each event once, in order, and old data marked
// as old for as long as it is.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { api, axe, cancel, context, house, picture, rest, settle, submit, until, visit } from './house.mjs';

settle();
const seqs = (page) => page.evaluate(() => [...document.querySelectorAll('.feed li')].map((it) => Number(it.dataset.seq)));

for (const signal of ['SIGTERM', 'SIGKILL']) {
  test(`after ${signal} and a restart no event is lost and none comes twice`, async () => {
    const { page, quiet, close, picture: take } = await visit('now');
    await page.click('.feed summary');
    const { run_id: run } = await submit('Before the restart.');
    await page.waitForSelector(`.card[data-run="${run}"][data-status="running"]`);
    await page.waitForSelector('.feed li');
    const first = (await seqs(page)).at(-1);
    await house.ground.restart({ signal, meanwhile: async () => {
      await page.waitForSelector('html[data-live=lost]');
      assert.ok(await page.locator('main.stale').count(), 'what is old is marked');
      assert.ok(await page.locator('.now').count(), 'and still there');
      await take(`disconnected-${signal}`);
      // What happens while nobody serves has to be told afterwards.
      house.ground.run(['run', 'cancel', run]);
    } });
    await page.waitForSelector('html[data-live=live]', { timeout: 20000 });
    await page.waitForFunction(() => !document.querySelector('main.stale'));
    await page.waitForFunction((id) => [...document.querySelectorAll('.feed li')].some((it) => it.textContent.includes(id) && it.textContent.includes('run.finished')), run);
    const seen = await seqs(page);
    assert.equal(new Set(seen).size, seen.length, 'none came twice');
    const all = [...seen].sort((a, b) => a - b);
    for (let i = 1; i < all.length; i++) assert.equal(all[i], all[i - 1] + 1, `nothing between ${all[i - 1]} and ${all[i]} is missing`);
    assert.deepEqual(seen, all.reverse(), 'newest first');
    assert.ok(seen.includes(first) || seen.length === 50, 'what was before is still told');
    await page.waitForSelector(`tr:has-text("${run.slice(4)}") .is-cancelled`);
    await quiet(/WebSocket|ERR_CONNECTION|Failed to (load|fetch)/);
    await close();
  });
}

test('with a new key the page says to open the new link, and takes it', async () => {
  const { page, close } = await visit('runs');
  await house.ground.restart({ newKey: true });
  await page.waitForSelector('.gate input', { timeout: 20000 });
  assert.match(await page.textContent('.gate'), /new link/);
  assert.equal(await page.evaluate(() => sessionStorage.getItem('tollgate-token')), null);
  assert.deepEqual(await axe(page), []);
  await picture(page, 'new-key');
  await page.fill('#token', `${house.ground.url}/#k=${house.ground.token}`);
  await page.keyboard.press('Enter');
  await page.waitForSelector('html[data-live=live]');
  await page.waitForSelector('tr[data-run]');
  assert.equal(await page.evaluate(() => location.hash), '#/runs', 'and goes on where it was');
  await close();
});

test('when too much was missed, everything is loaded anew', async () => {
  const its = await context();
  // A page that was asleep for long, as far as the server can tell: it asks for what nobody has.
  await its.addInitScript(() => { let lied = false; const { send } = WebSocket.prototype; WebSocket.prototype.send = function lie(text) { const said = JSON.parse(text); if (!lied) { lied = true; said.since = 999999999; } return send.call(this, JSON.stringify(said)); }; });
  const page = await its.newPage();
  await page.goto(`${house.ground.url}/#k=${house.ground.token}`);
  await page.waitForSelector('.toast >> text=loaded anew');
  await page.waitForSelector('html[data-live=live]');
  const { run_id: run } = await submit('After that.');
  await page.waitForSelector(`[data-run="${run}"]`);
  await its.close();
});

test('what happens while the first answer is on its way is not missed', async () => {
  const { page, quiet, close } = await visit('now');
  const { run_id: run } = await submit('Over before the page is there.');
  await page.waitForSelector(`.card[data-run="${run}"][data-status="running"]`);
  const heard = () => page.evaluate(async () => (await import('/assets/live.js')).lastSeq());
  let asked = 0;
  await page.route(`**/api/v1/runs/${run}`, async (route) => {
    asked += 1;
    if (asked > 1) { await route.continue(); return; }
    const old = await route.fetch();
    await cancel(run);
    const { events } = await until(async () => { const all = await api(`runs/${run}/events?limit=500`); return all.events.some((it) => it.type === 'run.finished') && all; }, 'the run is not over');
    await until(async () => await heard() >= events.at(-1).seq, 'the page did not hear of it');
    await route.fulfill({ response: old });
  });
  await page.evaluate((to) => { location.hash = to; }, `#/runs/${run}`);
  // Sooner than a page asks again by itself.
  await page.waitForSelector(`[data-run="${run}"][data-status="cancelled"]`, { timeout: 8000 });
  assert.ok(asked > 1);
  await quiet();
  await close();
});

test('two tabs see the same', async () => {
  await rest();
  const [one, two] = [await visit('runs'), await visit('now')];
  const { run_id: run } = await submit('For two.');
  await Promise.all([one, two].map(({ page }) => page.waitForSelector(`[data-run="${run}"]`)));
  await two.page.click(`[data-run="${run}"] >> text=Cancel`);
  await one.page.waitForSelector(`[data-run="${run}"][data-status="cancelled"]`);
  await one.close(); await two.close();
});

test('many pages later the first still hears', async () => {
  const { page, go, close } = await visit('now');
  for (let i = 0; i < 6; i++) for (const name of ['runs', 'costs', 'now']) await go(name);
  const { run_id: run } = await submit('Still there?');
  await page.waitForSelector(`.card[data-run="${run}"]`);
  await cancel(run);
  await page.waitForFunction((id) => !document.querySelector(`.card[data-run="${id}"]`), run);
  await close();
});
