// A house in which nothing happened yet: no runs, no board. Every page says what it is for; and what the
// pages weigh, where they come from, and that nothing foreign is asked for.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { axe, house, PAGES, settle, visit } from './house.mjs';
import { bare } from './atlas.mjs';

settle({ prepare: bare });

for (const theme of ['light', 'dark']) {
  test(`every page of an empty house in ${theme}`, async () => {
    const { page, go, quiet, close, picture } = await visit('now', { theme });
    for (const name of PAGES) {
      await go(name);
      assert.deepEqual(await axe(page), [], name);
      assert.ok(!/undefined|NaN|\[object/.test(await page.textContent('main')), name);
      await picture(`empty-${name}-${theme}`);
    }
    for (const [name, said] of [['now', 'Nothing runs.'], ['runs', 'Nothing ran yet'], ['costs', 'Nothing ran in this time'], ['initiatives', 'specifications/'], ['board', 'work/collaboration/'], ['policies', 'Nobody was asked yet']]) { await go(name); await page.waitForSelector(`main >> text=${said}`); }
    await quiet();
    await close();
  });
}

test('the first run is asked for from the empty page, and shows up everywhere', async () => {
  const { page, go, quiet, close } = await visit('now');
  await page.click('text=Start a run');
  await page.fill('dialog textarea', 'Say hello.');
  await page.click('dialog button.primary');
  await page.waitForSelector('[data-run][data-status="done"]');
  const run = await page.getAttribute('[data-run]', 'data-run');
  await page.waitForSelector('.log-row >> text=Hello.');
  await go('now');
  await page.waitForSelector(`main a[href="#/runs/${run}"]`);
  await go('runs');
  await page.waitForSelector(`tr[data-run="${run}"]`);
  await go('costs');
  await page.waitForSelector('[aria-label="By agent"] >> text=reviewer');
  await quiet();
  await close();
});

test('everything comes from the server itself, and little of it', async () => {
  const { page, go, quiet, close } = await visit('now');
  const asked = new Set();
  page.on('request', (request) => asked.add(request.url()));
  await page.reload();
  await page.waitForSelector('.now');
  for (const name of PAGES) await go(name);
  for (const url of asked) assert.ok(url.startsWith(`${house.ground.url}/`) || url.startsWith(house.ground.url.replace('http', 'ws')) || url.startsWith('data:'), `asked ${url}`);
  const files = [...asked].filter((url) => url.startsWith('http') && !url.includes('/api/'));
  let plain = 0, packed = 0;
  for (const url of files) { const body = Buffer.from(await page.evaluate((it) => fetch(it, { cache: 'reload' }).then((answer) => answer.text()), url)); plain += body.length; packed += gzipSync(body).length; }
  console.log(`${files.length} files, ${plain} bytes, ${packed} packed`);
  assert.ok(files.length > 10);
  // The origin's figure, for what goes over the wire; readable sources weigh more, and may not grow unseen.
  assert.ok(packed < 100 << 10, `${packed} bytes packed`);
  assert.ok(plain < Number(process.env.TOLLGATE_WEIGHT ?? 175000), `${plain} bytes`);
  await quiet();
  await close();
});

test('the token is nowhere but in this tab', async () => {
  const { page, close } = await visit('now');
  const urls = [];
  page.on('request', (request) => urls.push(request.url()));
  await page.reload();
  await page.waitForSelector('.now');
  assert.ok(urls.length > 3 && urls.every((url) => !url.includes(house.ground.token)));
  assert.ok(!(await page.evaluate(() => location.href + JSON.stringify(localStorage) + document.cookie)).includes(house.ground.token));
  assert.equal(await page.evaluate(() => sessionStorage.getItem('tollgate-token')), house.ground.token);
  await close();
});

test('the policy holds: no foreign script, no inline style, no HTML from text', async () => {
  const { page, close } = await visit('now');
  const answer = await fetch(`${house.ground.url}/`);
  const policy = answer.headers.get('content-security-policy');
  for (const part of ["default-src 'none'", "script-src 'self'", "style-src 'self'", "connect-src 'self'", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"]) assert.ok(policy.includes(part), part);
  if (policy.includes('require-trusted-types-for')) assert.equal(await page.evaluate(() => { try { document.createElement('div').innerHTML = '<b>x</b>'; return 'made'; } catch { return 'refused'; } }), 'refused');
  assert.equal(await page.locator('[style]:not(.meter i, .rail i, .log-tall, .log-rows)').count(), 0);
  await close();
});
