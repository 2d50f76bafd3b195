// A house in which nothing happened yet: no runs, no board. Every page says what it is for.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { axe, house, PAGES, settle, visit } from './house.mjs';
import { replies } from './speech.mjs';

settle({ prepare: async (ground) => {
  ground.tool('codex', replies('Hello.'));
  ground.configure({
    agents: { agents: { reviewer: { preferred_tool: 'codex', preferred_model: 'gpt-6.1-sol' } } },
    tools: { tools: { codex: { binary: 'codex', adapter: 'codex', models: ['gpt-6.1-sol'] } } },
    models: { models: { 'gpt-6.1-sol': {} } }, policies: { policies: { default: { daily_budget_usd: 5 } } },
  });
  ground.run(['config', 'trust']);
} });

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
