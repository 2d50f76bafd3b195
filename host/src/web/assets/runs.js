// The list of runs: dense, filtered by what stands in the address, older ones page by page. Never counts
// pages; the last run shown is where the next page begins.
import { begin, brief, button, chip, choose, count, duration, empty, filter, fold, get as ask, h, legend, lists, many, money, query, runLink, runState, search, table, targetText, ticking, toast, tokens, top, when } from './ui.js';
import { openNewRun } from './newrun.js';
import { current, draw } from './stage.js';

const PAGE = 50;
const STATUS = [['', 'Any state'], ['submitted', 'queued'], 'running', 'done', 'failed', 'cancelled'];
const asked = (route) => query({ ...Object.fromEntries(['status', 'agent', 'tool', 'model', 'initiative', 'task', 'q'].map((k) => [k, route.query.get(k)])), limit: PAGE });

async function load(route, get, before) {
  const [page, all] = await Promise.all([get(`runs?${asked(route)}`), lists()]);
  const last = page.runs.at(-1)?.run_id;
  const at = before?.of === asked(route) && before.paged ? before.runs.findIndex((run) => run.run_id === last) : -1;
  if (at >= 0) Object.assign(page, { runs: [...page.runs, ...before.runs.slice(at + 1)], next: before.next, paged: true });
  return { ...page, all, of: asked(route) };
}

async function older(data) {
  if (data.busy) return;
  data.busy = true; draw();
  try {
    const page = await ask(`runs?${data.of}&before=${data.next}`);
    Object.assign(data, { runs: [...data.runs, ...page.runs], next: page.next, paged: true });
  } catch (error) { toast(error.message, 'bad'); }
  data.busy = false; draw();
}

const COLUMNS = [
  ['State', runState],
  ['Run', (run) => runLink(run.run_id)],
  ['Agent', (run) => [h('span', brief(run.agent, 40)), run.workflow && chip(run.workflow.name), run.parts.total > 1 && h('span.dim', ` ${run.parts.done}/${run.parts.total}`)], 'grow'],
  ['Target', (run) => targetText(run.tool, run.model)],
  ['Duration', (run) => (run.finished_at ? duration(run.duration_ms) : ticking(run.started_at)), 'num'],
  ['Tokens', (run) => tokens(run.usage), 'num'],
  ['Cost', (run) => money(run.cost), 'num'],
  ['Started', (run) => when(run.started_at), 'num'],
];

function view(data, route) {
  const q = (k) => route.query.get(k) ?? '';
  const pickers = ['agent', 'tool', 'model'].map((k) => choose(k[0].toUpperCase() + k.slice(1), q(k), [['', `Any ${k}`], ...new Set([...data.all[`${k}s`].map((it) => it.name), q(k)].filter(Boolean))], (v) => filter(route, { [k]: v })));
  const more = ['initiative', 'task'].filter(q).map((k) => button(`${k}: ${brief(q(k), 40)} ×`, () => filter(route, { [k]: '' }), { class: 'btn small', 'aria-label': `Stop filtering by ${k}` }));
  return [
    top('Runs', [`${many(data.runs.length, 'run')}${data.next ? ' so far' : ''}${data.as_of_seq ? ` · as of event ${count(data.as_of_seq)}` : ''}`]),
    h('.filters', { key: 'filters', role: 'search' }, search('Search runs', route), choose('State', q('status'), STATUS, (v) => filter(route, { status: v })), pickers, more, [...route.query].length > 0 && button('Clear', () => filter(route, Object.fromEntries([...route.query.keys()].map((k) => [k, '']))), { class: 'link' })),
    data.runs.length ? table('Runs', COLUMNS, data.runs, { class: 'runs', key: (run) => run.run_id, row: (run) => ({ 'data-run': run.run_id, 'data-status': run.cancelling ? 'cancelling' : run.status, on: { click: (event) => { if (!event.target.closest('a, button') && !String(getSelection())) location.hash = `#/runs/${run.run_id}`; } } }) })
      : empty(location.hash.includes('?') ? 'No run is like that.' : 'Nothing ran yet. What runs, and what ran, shows up here.', button('Start a run', () => openNewRun())),
    h('.line', { key: 'more' }, legend(), data.next && h('span.end', button(data.busy ? 'Loading…' : 'Older', () => older(current().data), { disabled: data.busy }))),
  ];
}

export const page = {
  name: 'runs', title: 'Runs', skeleton: 14, load, view,
  fold(data, event) { const run = event.run_id && data.runs.find((it) => it.run_id === event.run_id); return run ? fold(run, event) : data.of === query({ limit: PAGE }) && begin(data.runs, event); },
  wants: (event) => !!event.run_id && (event.type === 'attempt.usage' ? 4000 : true),
};
