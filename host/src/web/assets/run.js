// One run: when it did what, what it says, why it went where it went, and what it cost. Never shows a
// state that the record does not have.
import { box, brief, button, chip, clock, dollars, duration, empty, fold, h, legend, long, many, money, part, plain, runState, short, state, table, targetText, ticking, tokens, when, word } from './ui.js';
import * as act from './acts.js';
import { logView } from './logview.js';
import { timeline } from './timeline.js';
import { why } from './why.js';

const TABS = [['log', 'Live log'], ['why', 'Why this target'], ['attempts', 'Attempts and cost'], ['events', 'Raw events']];
const EVENTS = 500;
const tabOf = (route, run) => (TABS.some(([it]) => it === route.query.get('tab')) ? route.query.get('tab') : run.finished_at && !attemptsOf(run).length ? 'why' : 'log');

async function load(route, get) {
  const id = part(route.id);
  const run = await get(`runs/${id}`);
  const tab = tabOf(route, run);
  const told = tab === 'why' ? await get(`runs/${id}/why`) : null;
  const signalled = run.invocations.some((inv) => inv.attempts.some((it) => it.signals_sent?.length));
  const events = tab === 'events' || signalled ? await get(`runs/${id}/events?limit=${EVENTS}`) : null;
  return { run, told, events };
}

const attemptsOf = (run) => run.invocations.flatMap((inv) => inv.attempts.map((it) => ({ ...it, id: `${inv.invocation_id}.a${it.n}`, inv })));

function log(run, route) {
  const all = attemptsOf(run);
  const wanted = all.find((it) => it.id === route.query.get('attempt')) ?? all.findLast((it) => ['running', 'cancelling', 'starting'].includes(it.state)) ?? all.findLast((it) => it.spawned) ?? all.at(-1);
  if (!wanted) return empty('Nothing was started, so nothing was said.', h('a', { href: `#/runs/${part(run.run_id)}?tab=why` }, 'Why not'));
  if (!wanted.spawned && wanted.state === 'queued') return empty('It has not started yet.', 'Its log shows up here when it does.');
  const to = (it) => `#/runs/${part(run.run_id)}?tab=log&attempt=${it.id}`;
  return h('div', all.length > 1 && h('nav.picks', { key: 'picks', 'aria-label': 'Attempts' }, all.map((it) => h('a', { href: to(it), key: it.id, 'aria-current': it.id === wanted.id ? 'true' : null }, state(it.state, it.id.split('.').slice(1).join('.')), h('span.dim.small', brief(it.inv.step ?? it.tool, 24))))), logView(wanted.id));
}

const COLUMNS = [
  ['Attempt', (it) => h('span.mono', it.id.split('.').slice(1).join('.'))], ['State', (it) => [state(it.state), it.failure_code && h('code', brief(it.failure_code, 40)), it.lost_reason && h('code', brief(it.lost_reason, 40))]],
  ['Target', (it) => [targetText(it.tool, it.model), it.served_model && it.served_model !== it.model && chip(`served ${it.served_model}`)]], ['Exit', (it) => it.signal ?? it.exit_code ?? '–', 'num'], ['Duration', (it) => (it.duration_ms !== null ? duration(it.duration_ms) : it.started_at ? ticking(it.started_at) : '–'), 'num'],
  ['In', (it) => short(it.usage?.input_tokens), 'num'], ['Out', (it) => short(it.usage?.output_tokens), 'num'], ['Cached', (it) => short(it.usage?.cache_read_tokens), 'num'], ['Cost', (it) => money(it.cost), 'num'],
  ['Set aside', (it) => (it.budget?.reserved ? money({ usd_micros: it.budget.reserved.uusd }) : '–'), 'num'], ['Over', (it) => (it.budget?.overrun_usd_micros ? h('span.bad', dollars(it.budget.overrun_usd_micros)) : '–'), 'num'], ['Tree', (it) => (it.state === 'queued' ? '–' : it.tree_empty ? 'empty' : it.tree_empty === false && it.duration_ms === null ? 'alive' : 'unknown')],
];
const INV = [['Request', (it) => h('span.mono', it.invocation_id.split('.').pop())], ['Step', (it) => brief(it.step ?? '–', 40)], ['Agent', (it) => brief(it.agent, 40), 'grow'], ['Follows', (it) => it.follows?.join(', ') || '–'], ['Tokens', (it) => tokens(it.usage), 'num'], ['Cost', (it) => money(it.cost), 'num'], ['Took', (it) => (it.duration_ms === null ? '–' : duration(it.duration_ms)), 'num']];

const PANES = {
  log: ({ run }, route) => log(run, route),
  why: ({ told }) => (told ? why(told) : empty('Loading…')),
  attempts: ({ run }) => [box('Requests', { key: 'inv' }, table('Requests', INV, run.invocations, { key: (it) => it.invocation_id })), box('Attempts', { key: 'att' }, table('Attempts', COLUMNS, attemptsOf(run), { key: (it) => it.id })), legend()],
  events: ({ events }) => (events ? [table('Raw events', [['Seq', (it) => it.seq, 'num'], ['At', (it) => clock(it.ts, true)], ['Type', (it) => h('span.mono', brief(it.type, 40))], ['Part', (it) => [it.inv, it.att && `a${it.att}`].filter(Boolean).join('.') || '–'], ['By', (it) => brief(it.actor ? `${it.actor.name} via ${it.actor.via}` : '–', 40)], ['Data', (it) => h('details.long.mono', h('summary', brief(JSON.stringify(it.data), 90)), h('pre', plain(JSON.stringify(it, null, 1)).slice(0, 20000))), 'grow']], events.events, { key: (it) => it.seq }), events.next && h('p.dim', `The first ${EVENTS}; the export has all.`)] : empty('Loading…')),
};

/** Those that say the same are said once. */
function warnings(list) {
  const said = new Map();
  for (const it of list) { const facts = (Array.isArray(it.facts) ? it.facts : Object.entries(it.facts ?? {})).map((pair) => [pair].flat().join('=')).join('  '); const key = `${it.code} ${facts}`; said.set(key, { code: it.code, facts, n: (said.get(key)?.n ?? 0) + 1 }); }
  return [...said.values()].map((it) => h('li', state('warn', brief(word(it.code), 60)), it.n > 1 && h('span.dim', ` × ${it.n}`), ' ', h('span.dim.small', brief(it.facts, 200))));
}

function view(data, route) {
  const { run } = data;
  const active = !run.finished_at && ['running', 'submitted'].includes(run.status);
  const tab = tabOf(route, run);
  const first = run.invocations[0];
  const fact = (name, ...value) => h('div', h('dt', name), h('dd', value));
  const command = `tollgate run ${active ? 'logs -f' : 'show'} ${run.run_id}`;
  return [
    h('.top', { key: 'top', 'data-run': run.run_id, 'data-status': run.cancelling && active ? 'cancelling' : run.status }, h('div', h('h1', { tabindex: '-1', class: 'mono' }, brief(run.run_id, 40)), runState(run)),
      h('.actions', active && button(run.cancelling ? 'Cancelling…' : 'Cancel', () => act.cancel(run), { disabled: run.cancelling }), active && button('Kill', () => act.cancel(run, true), { class: 'btn danger' }), !active && button('Retry', () => act.retry(run)), button('Copy command', () => act.copy(command, command)), act.exports(run.run_id), !active && button('Delete content', () => act.forget(run), { class: 'btn quiet' }))),
    h('dl.facts.strip', { key: 'facts' }, fact('Agent', brief(run.agent, 60)), fact('Target', targetText(run.tool, run.model)), fact('Cost', money(run.cost)), fact('Tokens', tokens(run.usage)), fact('Duration', run.finished_at ? duration(run.duration_ms) : ticking(run.started_at)), fact('Started', when(run.started_at)), run.workflow && fact('Workflow', brief(run.workflow.name, 60)), run.tasks?.length > 0 && fact('Tasks', run.tasks.map((it) => h('a', { href: `#/board?q=${part(it)}` }, brief(it, 60))))),
    h('p.because.dim', { key: 'because' }, first?.reason && ['Went there because: ', long(first.reason.message.replace('>=', '≥'), 200)], first?.fell_back?.map((it) => [' · ', word(it.code ?? 'it failed'), ', so ', brief(`${it.tool}:${it.model}`, 80), ' took over'])),
    run.warnings?.length > 0 && h('ul.warnings', { key: 'warnings' }, warnings(run.warnings)),
    (run.missing_events > 0 || run.record_warnings?.length > 0) && h('p.warn', { key: 'missing' }, run.missing_events > 0 && `${many(run.missing_events, 'event')} of this run cannot be read. `, run.record_warnings.map((it) => long(it, 200))),
    attemptsOf(run).length > 0 && box('Timeline', { key: 'timeline' }, timeline(run, data.events?.events)),
    h('nav.tabs', { key: 'tabs', 'aria-label': 'Parts of this run' }, TABS.map(([it, label]) => h('a', { href: `#/runs/${part(run.run_id)}?tab=${it}`, 'aria-current': it === tab ? 'true' : null }, label))),
    h('.pane', { key: tab }, PANES[tab](data, route)),
  ];
}

export const page = {
  lost: () => h('p', { key: 'lost' }, 'It may be in another state directory, or the link is of another machine. ', h('a', { href: '#/runs' }, 'All runs')),
  name: 'run', title: 'Run', heading: (route) => route.id, load, view,
  fold: (data, event) => { const changed = fold(data.run, event); if (changed && event.type === 'run.cancel_requested') for (const inv of data.run.invocations) for (const it of inv.attempts) if (it.state === 'running') it.state = 'cancelling'; return changed; },
  wants: (event, route) => event.run_id === route.id && (event.type === 'attempt.usage' ? 1500 : true),
};
