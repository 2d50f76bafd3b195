// The log view with more lines than anybody can read: few elements, smooth scrolling, true search,
// hostile lines as text.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ask, axe, cancel, house, settle, submit, visit } from './house.mjs';
import { LINES } from './atlas.mjs';

settle();
const text = async (id, stream = 'stdout') => { let all = '', offset = 0; for (;;) { const r = await ask(`attempts/${id}/log?stream=${stream}&offset=${offset}&limit=1048576`); all += await r.text(); offset = Number(r.headers.get('x-log-next')); if (offset >= Number(r.headers.get('x-log-size'))) return all; } };

test('ten thousand lines scroll smoothly, and search counts them right', async () => {
  const it = { run: house.made.wide, id: `${house.made.wide}.i1.a1` };
  it.said = await text(it.id);
  const { page, quiet, close } = await visit(`runs/${it.run}?tab=log&attempt=${it.id}`);
  const lines = it.said.split('\n').length - 1;
  assert.equal(lines, LINES);
  await page.click('.log-bar >> text=Raw');
  await page.waitForFunction((n) => Number(document.querySelector('.log-bar > :last-child').textContent.split(' ')[0].replaceAll(',', '')) >= n, lines);
  assert.ok(await page.locator('.log-row').count() < 200, 'only lines in sight are on the page');
  const frames = await page.evaluate(async () => {
    const view = document.querySelector('.log-view');
    const work = [], gaps = [];
    let last = 0;
    for (let i = 0; i < 90; i++) {
      const at = await new Promise((f) => requestAnimationFrame(f));
      if (last) gaps.push(at - last);
      last = at;
      const from = performance.now();
      view.scrollTop = (view.scrollHeight * ((i * 37) % 90)) / 90;
      view.dispatchEvent(new Event('scroll'));
      await new Promise((f) => requestAnimationFrame(f));
      void view.offsetHeight;
      work.push(performance.now() - from);
    }
    gaps.sort((a, b) => a - b);
    const shown = document.querySelectorAll('.log-row').length;
    return { median: gaps[45], p95: gaps[Math.floor(gaps.length * 0.95)], shown };
  });
  console.log(`log of ${lines} lines: two frames take ${frames.median.toFixed(1)} ms (median), ${frames.p95.toFixed(1)} ms (p95)`);
  assert.ok(frames.shown > 10);
  if (!process.env.TOLLGATE_BUSY) assert.ok(frames.median < 36, `${frames.median} ms for two frames`);
  const word = it.said.split('\n')[3].replaceAll(/[^\w ]/g, ' ').trim().split(/ +/).sort((a, b) => b.length - a.length)[0].toLowerCase();
  await page.fill('.log-bar [type=search]', word);
  const expected = it.said.split('\n').filter((line) => line.replaceAll(/\x1b\[[0-9;]*m/g, '').toLowerCase().includes(word)).length;
  await page.waitForFunction((n) => Number(document.querySelector('.hits').textContent.split('/')[1]?.replaceAll(',', '')) >= n, expected);
  await page.waitForSelector('.log-row mark');
  const first = await page.textContent('.hits');
  await page.click('[aria-label="Next match"]');
  await page.waitForFunction((was) => document.querySelector('.hits').textContent !== was, first);
  await quiet();
  await close();
});

test('hostile lines are text', async () => {
  const { page, quiet, close, picture } = await visit(`runs/${house.made.wide}`);
  await page.fill('.log-bar [type=search]', 'onerror');
  await page.waitForSelector('.log-row.at');
  const line = await page.textContent('.log-row.at');
  assert.match(line, /<img src=x onerror=alert\(1\)> ⟨U\+202E⟩gnp\.exe⟨U\+202C⟩ red bell link <script>window\.violations/);
  assert.equal(await page.locator('main img, main script').count(), 0);
  assert.ok(!/[\u001b\u0007\u202e]/.test(await page.textContent('main')));
  await picture('hostile');
  await quiet();
  await close();
});

test('what a model answers and what a person asked is text on every tab', async () => {
  const { page, go, quiet, close } = await visit(`runs/${house.made.hostile}`);
  await page.waitForSelector('.log-row >> text=<img src=x');
  for (const tab of ['log', 'why', 'attempts', 'events']) {
    await go(`runs/${house.made.hostile}?tab=${tab}`);
    await page.waitForSelector(`.tabs a[aria-current=true][href$="tab=${tab}"]`);
    await page.waitForFunction(() => !document.querySelector('.pane')?.textContent.startsWith('Loading'));
    assert.equal(await page.locator('main img, main script').count(), 0, tab);
    assert.ok(!/[\u001b\u0007\u202e]/.test(await page.textContent('main')), tab);
  }
  assert.notEqual(await page.title(), 'title');
  await quiet();
  await close();
});

test('a log grows while it is watched; scrolling away stops following, and following catches up', async () => {
  const { run_id: run } = await submit('Tell me what you do.');
  const { page, quiet, close, picture } = await visit(`runs/${run}`);
  const count = () => page.evaluate(() => Number(document.querySelector('.log-bar > :last-child').textContent.split(' ')[0].replaceAll(',', '')));
  const more = (n) => page.waitForFunction((than) => Number(document.querySelector('.log-bar > :last-child')?.textContent.split(' ')[0].replaceAll(',', '')) > than, n);
  await more(26);
  const atEnd = () => page.evaluate(() => { const it = document.querySelector('.log-view'); return it.scrollTop + it.clientHeight >= it.scrollHeight - 20; });
  assert.ok(await atEnd());
  await more(await count());
  assert.ok(await atEnd(), 'it follows');
  await picture('log-live');
  await page.locator('.log-view').hover();
  await page.mouse.wheel(0, -5000);
  await page.waitForFunction(() => document.querySelector('.log-view').scrollTop === 0);
  await page.waitForSelector('.log-bar [aria-pressed=false] >> text=Follow');
  await more(await count());
  assert.equal(await page.evaluate(() => document.querySelector('.log-view').scrollTop), 0, 'it stays where the reader is');
  await page.click('.log-bar >> text=Follow');
  assert.ok(await atEnd());
  await cancel(run);
  await page.waitForFunction(() => document.querySelector('.log-bar')?.textContent.includes('complete'));
  await quiet();
  await close();
});

test('stderr, and the next error', async () => {
  const { page, quiet, close } = await visit(`runs/${house.made.failed}`);
  await page.waitForSelector('.log-row >> text=reading the nightly logs');
  await page.click('.log-bar >> text=stderr');
  await page.waitForSelector('.log-row >> text=3 logs are older');
  await page.click('.log-bar >> text=Next error');
  await page.waitForSelector('.log-row.bad >> text=fatal: cannot read logs/nightly.db');
  assert.equal(await page.locator('.log-row.bad').count(), 1);
  await page.click('.log-bar >> text=stdout');
  await page.waitForSelector('.log-row >> text=reading the nightly logs');
  assert.deepEqual(await axe(page), []);
  await quiet();
  await close();
});
