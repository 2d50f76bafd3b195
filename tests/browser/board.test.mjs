// Work on the board: a priority is changed, a change of somebody else is not overwritten, orphans are
// given a home and it is taken back.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { api, axe, house, settle, visit } from './house.mjs';

settle();

test('a priority is changed, and the file has it', async () => {
  const { tasks } = await api('tasks?include_done=true');
  const task = tasks.find((it) => it.editable && it.priority !== 'low' && it.specification);
  const { page, quiet, close } = await visit(`board?q=${encodeURIComponent(task.id)}`);
  await page.selectOption(`[data-task="${task.id}"] select`, 'low');
  await page.waitForSelector('.toast.is-fine');
  const after = await api(`tasks/${encodeURIComponent(task.id)}`);
  assert.equal(after.priority, 'low');
  assert.match(after.text, /^# Written by hand; comments stay\.$/m);
  assert.match(after.text, /^priority: low # see the meeting of Monday$/m);
  await page.waitForSelector(`[data-task="${task.id}"] .priority.is-low`);
  await quiet();
  await close();
});

test('what somebody else changed is not overwritten', async () => {
  const { tasks } = await api('tasks?include_done=true');
  const task = tasks.find((it) => it.editable && it.priority !== 'high' && it.priority !== 'critical' && it.specification);
  const { page, close } = await visit(`board?q=${encodeURIComponent(task.id)}`);
  // The page does not hear of the change: its answer is held back, as a slow network would.
  await page.route('**/api/v1/tasks?**', (route) => route.abort());
  await api(`tasks/${encodeURIComponent(task.id)}/priority`, { method: 'PATCH', body: { priority: 'critical' }, headers: { 'if-match': `"${task.etag}"` } });
  await page.selectOption(`[data-task="${task.id}"] select`, 'high');
  await page.waitForSelector('.toast.is-bad >> text=in the meantime');
  await page.unroute('**/api/v1/tasks?**');
  assert.equal((await api(`tasks/${encodeURIComponent(task.id)}`)).priority, 'critical');
  await close();
});

test('what is at work cannot be changed, and says why', async () => {
  const { tasks } = await api('tasks?include_done=true');
  const task = tasks.find((it) => it.status === 'in_progress');
  const { page, close } = await visit(`board?q=${encodeURIComponent(task.id)}`);
  assert.ok(await page.isDisabled(`[data-task="${task.id}"] select`));
  assert.match(await page.getAttribute(`[data-task="${task.id}"] .priority`, 'title'), /in progress/);
  await page.click(`[data-task="${task.id}"] .link`);
  await page.waitForSelector('dialog pre');
  assert.deepEqual(await axe(page), []);
  await close();
});

test('orphans get a home, and it can be taken back', async () => {
  const before = await api('initiatives');
  const orphan = before.orphans.find((it) => it.editable);
  const { page, quiet, close, picture } = await visit('initiatives');
  const row = page.locator('section[aria-label="Tasks without a specification"] tr', { has: page.locator('button:has-text("Assign"):not([disabled])') }).first();
  await row.locator('button:has-text("Assign")').click();
  await page.waitForSelector('dialog .tree');
  assert.deepEqual(await axe(page), []);
  await picture('assign');
  const spec = before.initiatives.flatMap((it) => it.specifications)[0];
  await page.fill('dialog [type=search]', spec.title);
  await page.check('dialog .option input >> nth=0');
  await page.waitForSelector('dialog .preview b');
  await page.click('dialog button.primary');
  await page.waitForSelector('.toast >> text=Assigned');
  await page.waitForFunction((n) => Number(document.querySelector('section[aria-label="Tasks without a specification"] .n')?.textContent ?? 0) === n - 1, before.orphans.length);
  const after = await api('initiatives');
  assert.equal(after.orphans.length, before.orphans.length - 1);
  await page.click('.toast button');
  await page.waitForFunction((n) => Number(document.querySelector('section[aria-label="Tasks without a specification"] .n')?.textContent) === n, before.orphans.length);
  assert.equal((await api('initiatives')).orphans.length, before.orphans.length, 'the files are as they were');
  await quiet();
  await close();
});

test('several orphans at once', async () => {
  const { orphans, initiatives } = await api('initiatives');
  const { page, close } = await visit('initiatives');
  const boxes = page.locator('section[aria-label="Tasks without a specification"] input:not(:disabled)');
  await boxes.nth(0).check(); await boxes.nth(1).check();
  await page.click('text=Assign 2 selected');
  await page.check('dialog .option input >> nth=0');
  await page.click('dialog button.primary');
  await page.waitForSelector('.toast >> text=2 assigned');
  assert.equal((await api('initiatives')).orphans.length, orphans.length - 2);
  await close();
});

test('a specification is read, and its HTML stays text', async () => {
  const { page, quiet, close } = await visit('initiatives');
  await page.click('.spec > summary >> nth=0');
  await page.click('text=Read the specification >> nth=0');
  await page.waitForSelector('.md');
  assert.equal(await page.locator('.md img, .md script, .md iframe, .md [onerror], .md a:not([href^=http])').count(), 0);
  assert.deepEqual(await axe(page), []);
  await quiet();
  await close();
});

test('a file that somebody else changes is on the page at once', async () => {
  const { page, quiet, close } = await visit('board');
  house.ground.write('work/collaboration/inbox/2026-11-23T0800-new.yaml', 'id: 2026-11-23T0800-new\ntitle: "Come from an editor"\nagent: curator\nstatus: new\nartefacts: []\n');
  await page.waitForSelector('[data-task="2026-11-23T0800-new"]');
  await quiet();
  await close();
});

test('a file that cannot be read is named with its mistake and what to do', async () => {
  const { page, quiet, close } = await visit('board');
  await page.click('text=What is wrong with them');
  const row = page.locator('.need', { hasText: 'inbox/2026-11-20T0900-torn.yaml:3' });
  await row.waitFor();
  assert.match(await row.textContent(), /Invalid YAML.*Fix:/);
  await quiet();
  await close();
});
