// Everything with the keyboard alone: pages, search, dialogs, and where the focus is.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { api, axe, house, PAGES, rest, settle, visit } from './house.mjs';

settle();
const focus = (page) => page.evaluate(() => { const it = document.activeElement; return `${it.tagName.toLowerCase()}#${it.id} ${it.getAttribute('type') ?? ''} ${it.getAttribute('aria-label') ?? it.textContent.slice(0, 30)}`; });

test('numbers go to pages, and only when nobody types', async () => {
  const { page, close } = await visit('now');
  for (const [i, name] of PAGES.entries()) { await page.keyboard.press(String(i + 1)); await page.waitForFunction((hash) => location.hash === hash, `#/${name}`); }
  await page.keyboard.press('2');
  await page.waitForSelector('main[aria-busy=false] [type=search]');
  await page.keyboard.press('/');
  assert.match(await focus(page), /search/);
  await page.keyboard.type('3');
  await page.waitForFunction(() => location.hash.includes('q=3'));
  assert.match(await page.evaluate(() => location.hash), /^#\/runs/);
  await page.keyboard.press('Escape');
  assert.doesNotMatch(await focus(page), /search/);
  await close();
});

test('dialogs take the focus, keep it, and give it back', async () => {
  const { page, quiet, close } = await visit('now');
  await page.focus('#new');
  await page.keyboard.press('Enter');
  await page.waitForSelector('dialog[open]');
  for (let i = 0; i < 24; i++) { await page.keyboard.press('Tab'); assert.ok(await page.evaluate(() => document.activeElement === document.body || !!document.activeElement.closest('dialog')), 'the focus left the dialog'); }
  await page.keyboard.press('Escape');
  await page.waitForFunction(() => !document.querySelector('dialog'));
  assert.match(await focus(page), /#new/);
  await page.keyboard.press('?');
  await page.waitForSelector('dialog .keys');
  assert.deepEqual(await axe(page), []);
  await page.keyboard.press('Escape');
  await quiet();
  await close();
});

test('the first tab stop skips to the content, and focus is seen', async () => {
  const { page, close } = await visit('now');
  await page.evaluate(() => document.activeElement.blur());
  await page.keyboard.press('Tab');
  assert.match(await focus(page), /Skip/);
  await page.keyboard.press('Enter');
  assert.match(await focus(page), /main#main/);
  await page.keyboard.press('Tab');
  const outline = await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle);
  assert.notEqual(outline, 'none');
  await close();
});

test('what somebody types and where they are stays while the page goes on', async () => {
  const { page, close } = await visit('doctor');
  await page.fill('main textarea', 'half a senten');
  // Coming back to the tab loads everything anew.
  await Promise.all([page.waitForResponse('**/api/v1/doctor'), page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')))]);
  assert.equal(await page.inputValue('main textarea'), 'half a senten');
  assert.equal(await page.evaluate(() => document.activeElement.tagName), 'TEXTAREA');
  await close();
});

test('nothing moves for those who want no motion', async () => {
  const { page, close } = await visit('board', { more: { reducedMotion: 'reduce' } });
  const moving = await page.evaluate(() => document.getAnimations().filter((it) => it.playState === 'running').length);
  assert.equal(moving, 0);
  await close();
});

test('a run is asked for, watched and cancelled without a mouse', async () => {
  await rest();
  const { page, quiet, close } = await visit('now');
  const tab = async (wanted, most = 60) => { for (let i = 0; i < most; i++) { if (wanted.test(await focus(page))) return; await page.keyboard.press('Tab'); } assert.fail(`the focus never came to ${wanted}`); };
  await page.keyboard.press('n');
  await page.waitForSelector('dialog[open]');
  assert.match(await focus(page), /textarea/, 'what has to be typed comes first');
  await page.keyboard.type('Say what you see.');
  await page.keyboard.press('Shift+Tab'); await page.keyboard.press('Shift+Tab');
  await page.keyboard.type(house.worker);
  await tab(/^button.* Run backend-dev/);
  await page.keyboard.press('Enter');
  await page.waitForFunction(() => /^#\/runs\/RUN-/.test(location.hash));
  const run = await page.evaluate(() => location.hash.slice(7));
  await page.waitForSelector(`[data-run="${run}"][data-status="running"]`);
  await tab(/^button.* Cancel$/);
  await page.keyboard.press('Enter');
  await page.waitForSelector(`[data-run="${run}"][data-status="cancelled"]`);
  assert.equal((await api(`runs/${run}`)).status, 'cancelled');
  await quiet();
  await close();
});
