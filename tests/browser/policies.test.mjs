// Rules that are tried on what happened, what is kept from use, and what the pages of upkeep do.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { api, axe, house, settle, visit } from './house.mjs';

settle();

test('other rules are tried on what happened', async () => {
  const { page, quiet, close, picture } = await visit('policies');
  await page.waitForSelector('tr >> text=cost-optimizer');
  await page.fill('.simulate textarea', 'policies:\n  default: { daily_budget_usd: 0.50, limit: { type: hard } }\n');
  await page.click('text=Simulate');
  await page.waitForSelector('.simulate + div .sums');
  const { requests, differences } = await api('policies/simulate', { method: 'POST', body: { since: '30d', config: 'policies:\n  default: { daily_budget_usd: 0.50, limit: { type: hard } }\n' } });
  assert.ok(requests.would_be.refused > requests.was.refused);
  assert.ok((await page.textContent('.simulate + div')).includes(`${requests.was.refused} → ${requests.would_be.refused}`));
  assert.ok(differences.length > 0);
  await page.waitForSelector('[aria-label="Differences, table"] .is-failed');
  assert.deepEqual(await axe(page), []);
  await page.locator('.simulate').scrollIntoViewIfNeeded();
  await picture('simulate');
  await page.fill('.simulate textarea', 'policies: [');
  await page.click('text=Simulate');
  await page.waitForSelector('.oops');
  await quiet(/4\d\d/);
  await close();
});

test('a verdict is read where it was given', async () => {
  const { page, go, quiet, close } = await visit('policies');
  await page.click(`[aria-label^="Last verdicts"] a:has-text("${house.made.refused}") >> nth=0`);
  await page.waitForSelector('.pane');
  await go(`runs/${house.made.moved}?tab=why`);
  await page.waitForSelector('.opinions >> text=cost-optimizer');
  assert.match(await page.textContent('.pane'), /claude-haiku-5-5/);
  await quiet();
  await close();
});

test('what is kept from use is used again', async () => {
  const { page, quiet, close } = await visit('doctor');
  await page.click('[aria-label="Reset openai-eu"]');
  await page.waitForSelector('text=Nothing is kept from use');
  assert.deepEqual((await api('breakers')).breakers.filter((it) => it.state === 'open'), []);
  await quiet();
  await close();
});

test('a route is explained, the configuration is checked, the index is made anew; nothing is started', async () => {
  const before = (await api('runs?limit=200')).runs.length;
  const { page, quiet, close } = await visit('doctor');
  await page.selectOption('main form select >> nth=0', 'architect');
  await page.fill('main form textarea', 'Say what it would cost.');
  await page.click('text=Explain >> nth=-1');
  await page.waitForSelector('.preview .candidates .yes >> text=claude-code:claude-opus-5-5');
  await page.click('text=Validate configuration');
  await page.waitForSelector('.toast >> text=valid');
  await page.click('text=Rebuild index');
  await page.click('dialog .danger');
  await page.waitForSelector('.toast >> text=events in');
  assert.equal((await api('runs?limit=200')).runs.length, before);
  assert.deepEqual(await axe(page), []);
  await quiet();
  await close();
});

test('costs are kept as a file, with the sums of the page', async () => {
  const { page, quiet, close } = await visit('costs');
  const wanted = page.waitForEvent('download');
  await page.click('[aria-label="Save agent as CSV"]');
  const chunks = [];
  for await (const it of await (await wanted).createReadStream()) chunks.push(it);
  const csv = Buffer.concat(chunks).toString();
  for (const agent of ['backend-dev', 'architect', 'reviewer']) assert.ok(csv.includes(agent), csv);
  await quiet();
  await close();
});
