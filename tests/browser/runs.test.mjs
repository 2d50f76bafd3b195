// A run from its request to its end, as a person sees it: asked for, watched, stopped, tried again; what
// a policy asks; and how soon what happens is on the screen.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { api, axe, cancel, house, rest, settle, submit, visit } from './house.mjs';

settle();
const status = (page, run, wanted) => page.waitForSelector(`[data-run="${run}"][data-status="${wanted}"]`);
const opened = async (page, but) => { await page.waitForFunction((old) => /^#\/runs\/RUN-/.test(location.hash) && location.hash.slice(7) !== old, but); return page.evaluate(() => location.hash.slice(7)); };
const fill = async (page, agent, prompt) => { await page.selectOption('dialog select >> nth=0', agent); await page.fill('dialog textarea', prompt); };

test('a run is asked for, watched and cancelled', async () => {
  const { page, quiet, close, picture } = await visit('now');
  await page.keyboard.press('n');
  await fill(page, house.worker, 'Look around and say what you see.');
  await page.click('dialog >> text=Preview the route');
  await page.waitForSelector('.preview .candidates .yes');
  assert.deepEqual(await axe(page), []);
  await picture('new-run');
  await page.click('dialog button.primary');
  const run = await opened(page);
  await page.waitForSelector('.log-row');
  await status(page, run, 'running');
  assert.equal((await api(`runs/${run}`)).invocations[0].agent, house.worker);
  await page.click('.actions >> text=Cancel');
  await status(page, run, 'cancelled');
  await page.waitForSelector('.actions >> text=Retry');
  const told = await api(`runs/${run}`);
  assert.equal(told.status, 'cancelled');
  assert.equal(told.invocations[0].attempts[0].tree_empty, true, 'nothing of it is left');
  await page.waitForFunction(() => document.querySelector('.log-bar')?.textContent.includes('complete'));
  await picture('cancelled');
  await quiet();
  await close();
});

test('killing asks first; then it is gone, and can be tried again', async () => {
  const { run_id: run } = await submit('To be killed.');
  const { page, quiet, close } = await visit(`runs/${run}`);
  await status(page, run, 'running');
  await page.click('.actions >> text=Kill');
  await page.waitForSelector('dialog >> text=Its processes get no time');
  assert.deepEqual(await axe(page), []);
  await page.click('dialog >> text=Keep it');
  assert.equal((await api(`runs/${run}`)).status, 'running', 'no is no');
  await page.click('.actions >> text=Kill');
  await page.click('dialog >> text=Kill it');
  await status(page, run, 'cancelled');
  const [attempt] = (await api(`runs/${run}`)).invocations[0].attempts;
  assert.ok(attempt.signals_sent.some((it) => JSON.stringify(it).includes('KILL')), JSON.stringify(attempt.signals_sent));
  await page.click('.actions >> text=Retry');
  await page.waitForSelector('dialog >> text=asked again');
  await page.click('dialog .primary');
  await page.waitForFunction(() => !document.querySelector('dialog'));
  await page.waitForFunction(() => document.querySelector('[data-run][data-status="running"]'));
  const after = await page.getAttribute('[data-run][data-status="running"]', 'data-run');
  await cancel(after);
  await status(page, after, 'cancelled');
  await quiet();
  await close();
});

test('the same dialog sent twice makes one run', async () => {
  const { page, close } = await visit('now');
  const keys = [], before = (await api('runs?limit=200')).runs.length;
  // The first answer is lost on the way, as on a bad line; the request was heard.
  await page.route('**/api/v1/runs', async (route) => { if (route.request().method() !== 'POST') return route.continue(); keys.push(route.request().headers()['idempotency-key']); if (keys.length > 1) return route.continue(); await route.fetch(); return route.abort(); });
  await page.click('#new');
  await fill(page, house.quick, 'Only once, please.');
  await page.click('dialog button.primary');
  await page.waitForSelector('dialog .oops');
  await page.click('dialog button.primary');
  await opened(page);
  assert.equal(keys.length, 2);
  assert.equal(keys[0], keys[1]);
  assert.equal((await api('runs?limit=200')).runs.length, before + 1);
  await close();
});

test('a policy asks, and is answered', async () => {
  // What this agent spent so far is near its soft limit.
  assert.ok((await api('budgets')).limits.find((it) => it.limit === 'curator-day').percent >= 80);
  const { page, quiet, close, picture } = await visit('now');
  await page.click('#new');
  await fill(page, house.asked, 'Sort the guide once more.');
  await page.click('dialog button.primary');
  await page.waitForSelector('.asks blockquote');
  assert.match(await page.textContent('.asks'), /budget/);
  assert.deepEqual(await axe(page), []);
  await picture('approval');
  await page.click('text=Approve and go ahead');
  const run = await opened(page);
  await status(page, run, 'done');
  const { requests } = await api(`runs/${run}/why`);
  assert.ok(requests[0].policies.some((it) => it.answer && it.ruling === 'ask'), 'the answer is on record');
  await quiet(/409/);
  await close();
});

test('a policy wants a reason, and gets one', async () => {
  const { page, quiet, close, picture } = await visit('now');
  await page.click('#new');
  await fill(page, 'architect', 'Rewrite everything from scratch. '.repeat(16000));
  await page.click('dialog button.primary');
  await page.waitForSelector('dialog .oops');
  await picture('reason-wanted');
  await page.fill('dialog input[name=why]', 'The board decided so.');
  await page.click('dialog >> text=Go ahead with this reason');
  const run = await opened(page);
  await status(page, run, 'running');
  assert.equal((await api(`runs/${run}/why`)).requests[0].justification, 'The board decided so.');
  await cancel(run);
  await status(page, run, 'cancelled');
  await quiet(/403/);
  await close();
});

test('what happens is on the screen within 150 ms, 95 times of 100', async () => {
  await rest();
  const { page, close } = await visit('runs');
  // Every state that a row of the table comes to, with the time at which it was painted.
  await page.evaluate(() => {
    window.seen = [];
    const known = new Map([...document.querySelectorAll('tr[data-run]')].map((it) => [it.dataset.run, it.dataset.status]));
    new MutationObserver(() => {
      const fresh = [...document.querySelectorAll('tr[data-run]')].filter((it) => known.get(it.dataset.run) !== it.dataset.status).map((it) => { known.set(it.dataset.run, it.dataset.status); return { run: it.dataset.run, status: it.dataset.status }; });
      if (!fresh.length) return;
      requestAnimationFrame(() => { const port = new MessageChannel(); port.port1.onmessage = () => { const at = Date.now(); for (const it of fresh) window.seen.push({ ...it, at }); }; port.port2.postMessage(0); });
    }).observe(document.querySelector('main'), { subtree: true, childList: true, attributeFilter: ['data-status'] });
  });
  const runs = [];
  for (let i = 0; i < 20; i++) {
    const { run_id: run } = await submit(`Number ${i}`, i % 2 ? house.quick : house.worker);
    runs.push(run);
    if (i % 2 === 0) { await status(page, run, 'running'); await cancel(run); }
    await status(page, run, i % 2 ? 'done' : 'cancelled');
  }
  const seen = await page.evaluate(() => new Promise((tell) => { setTimeout(() => requestAnimationFrame(() => tell(window.seen)), 100); }));
  // When the record says that it happened.
  const SAYS = { 'run.submitted': 'submitted', 'attempt.started': 'running', 'run.cancel_requested': 'cancelling', 'run.finished': 'over' };
  const times = {};
  for (const run of runs) for (const event of (await api(`runs/${run}/events?limit=500`)).events) {
    const it = seen.find((one) => one.run === run && (one.status === SAYS[event.type] || (SAYS[event.type] === 'over' && ['done', 'cancelled'].includes(one.status))));
    if (it) (times[event.type] ??= []).push(it.at - Date.parse(event.ts));
  }
  const tell = (name, list) => { list.sort((a, b) => a - b); const at = (share) => list[Math.min(list.length - 1, Math.floor(list.length * share))]; console.log(`event to pixel, ${name}: n=${list.length} p50=${at(0.5)} ms p95=${at(0.95)} ms max=${list.at(-1)} ms`); return at(0.95); };
  for (const [name, list] of Object.entries(times)) tell(name, list);
  const all = Object.values(times).flat();
  const p95 = tell('all', all);
  assert.ok(all.length >= 40, `only ${all.length} changes were seen`);
  assert.ok(p95 < Number(process.env.TOLLGATE_LATENCY_MS ?? 150), `p95 is ${p95} ms`);
  await close();
});

test('filters stand in the address, and older runs follow', async () => {
  while ((await api('runs?limit=200')).runs.length < 56) await Promise.all([1, 2, 3, 4].map((it) => submit(`More of it ${it}`, house.quick)));
  const { page, go, quiet, close } = await visit('runs');
  await page.selectOption('.filters select >> nth=0', 'done');
  await page.waitForFunction(() => location.hash.includes('status=done') && [...document.querySelectorAll('tr[data-status]')].every((it) => it.dataset.status === 'done'));
  await page.fill('.filters [type=search]', 'no such thing at all');
  await page.waitForSelector('text=No run is like that');
  await page.click('text=Clear');
  await page.waitForFunction(() => !location.hash.includes('?') && document.querySelector('tr[data-status]'));
  await go('runs?status=failed');
  assert.equal(await page.inputValue('.filters select >> nth=0'), 'failed');
  await page.waitForFunction((run) => document.querySelector(`tr[data-run="${run}"]`) && [...document.querySelectorAll('tr[data-status]')].every((it) => it.dataset.status === 'failed'), house.made.failed);
  await go('runs');
  await page.waitForFunction(() => document.querySelectorAll('tr[data-run]').length === 50);
  await page.click('button:has-text("Older")');
  await page.waitForSelector(`tr[data-run="${house.made.wide}"]`);
  const ids = await page.evaluate(() => [...document.querySelectorAll('tr[data-run]')].map((it) => it.dataset.run));
  assert.ok(ids.length >= 56);
  assert.equal(new Set(ids).size, ids.length, 'no run is shown twice');
  await quiet();
  await close();
});
