// The first page. Five questions: what runs, what needs me, what does it cost, what finished, and can I
// trust this page. Never decides what is urgent; the server's order stands.
import { begin, box, brief, button, clock, cost, count, dollars, duration, empty, fold, h, isMoney, legend, limitRow, long, many, meter, money, now, runLink, runState, shape, sofar, targetText, ticking, top, usd, when } from './ui.js';
import { live } from './live.js';
import { openNewRun } from './newrun.js';
import { cancel } from './acts.js';
import { draw } from './stage.js';

const FEED = 50;
let feed = [];
/** Keeps the last events for the feed; null forgets them. */
export function remember(events) { feed = events ? [...[...events].reverse(), ...feed].slice(0, FEED) : []; }

const finishedKey = 'tollgate-seen';
let seen = Number(sessionStorage.getItem(finishedKey) ?? 0);
const markSeen = (data) => { seen = data.as_of_seq; sessionStorage.setItem(finishedKey, seen); draw(); };

function card(run) {
  const c = cost(run.cost);
  const cap = run.cap_usd_micros;
  const quiet = run.quiet_ms !== null && run.quiet_ms > 300000;
  const parts = run.parts.total > 1 ? `${run.parts.done}/${run.parts.total} steps` : null;
  return h('li.card', { key: run.run_id, 'data-run': run.run_id, 'data-status': run.cancelling ? 'cancelling' : run.status },
    h('.line', shape(run.cancelling ? 'cancelling' : run.status), h('a.who', { href: `#/runs/${run.run_id}` }, brief(run.agent, 60)), h('span.end.elapsed', run.status === 'submitted' ? 'waiting ' : null, ticking(run.started_at))),
    h('.line.small', targetText(run.tool, run.model), parts && h('span.dim', parts), h('span.end.dim.mono', run.run_id.replace(/^RUN-/, ''))),
    cap ? meter({ cap, settled: c.micros ?? 0, reserved: Math.max(0, cap - (c.micros ?? 0)), percent: Math.round((100 * (c.micros ?? 0)) / cap), warn_percent: 80 }, 'cost of its cap') : h('.meter.none'),
    h('.line.small', run.status === 'submitted' ? h('span.dim', cap ? `${dollars(cap)} set aside` : 'nothing spent yet') : [cost(run.cost).micros === null ? h('span.dim', 'cost unknown') : money(run.cost), h('span.dim', cap ? `of ${dollars(cap)} cap` : 'no cap')],
      run.quiet_ms !== null && h('span', { class: quiet ? 'warn' : 'dim', title: 'since its last output' }, quiet ? 'quiet ' : 'output ', h('time', { 'data-since': new Date(now() - run.quiet_ms).toISOString() }, sofar(run.quiet_ms)), quiet ? null : ' ago'),
      button(run.cancelling ? 'Cancelling…' : 'Cancel', () => cancel(run), { class: 'btn small end', disabled: run.cancelling, 'aria-label': `Cancel ${run.run_id}` })));
}

const needLink = { orphans: '#/initiatives', board: '#/initiatives', budget: '#/costs', breaker: '#/doctor', record: '#/doctor', plugin: '#/plugins' };
const need = (it, i) => h('li', { key: `${it.kind}${it.run_id ?? it.title}${i}`, class: 'need' }, shape(it.kind), h('div', h('a', { href: it.run_id ? `#/runs/${it.run_id}` : needLink[it.kind] ?? '#/now' }, brief(it.title, 140)), h('.dim.small', long((it.detail ?? '').replace(`, until ${it.until}`, ''), 160), it.until && ` until ${clock(it.until)}`, it.at && [' · ', when(it.at)])));

const done = (run) => h('tr', { key: run.run_id, class: run.last_seq > seen ? 'fresh' : '' }, h('td', runState(run)), h('td', h('a.mono', { href: `#/runs/${run.run_id}` }, brief(run.run_id.replace(/^RUN-/, ''), 30))), h('td.grow', brief(run.agent, 40)), h('td.wide-only', targetText(run.tool, run.model)), h('td.num', duration(run.duration_ms)), h('td.num', money(run.cost)), h('td.num', when(run.finished_at)));

/** The first few; the rest is one click away. */
const few = (n, list, show, wrap) => [wrap(list.slice(0, n).map(show)), list.length > n && h('details.behind', { key: 'rest' }, h('summary', `${list.length - n} more`), wrap(list.slice(n).map(show)))];

function trust(data) {
  const t = data.trust;
  const behind = (t.durable_seq ?? 0) - (t.index_seq ?? 0);
  const fine = live().state === 'live' && !t.illegal_events && !t.missing_events && behind < 50 && !t.index_problem;
  const fact = (bad, ...said) => h('span', { class: bad ? 'bad' : 'dim' }, said);
  return h('section.box.trust', { key: 'trust', 'aria-label': 'Can I trust this page?' }, h('h2', 'Can I trust this page?'), h('span', { class: `state is-${fine ? 'done' : 'warn'}` }, shape(fine ? 'done' : 'warn'), fine ? 'Yes' : 'With care'),
    fact(live().state !== 'live', `connection ${live().state}`), fact(false, t.durable_seq ? `recorded up to event ${count(t.durable_seq)}` : 'nothing recorded yet'), fact(behind > 50, behind ? `shown ${behind} events behind` : `shown ${duration(t.index_lag_ms)} later`), fact(t.illegal_events > 0, `${count(t.illegal_events ?? null)} impossible events`), t.missing_events > 0 && fact(true, `${many(t.missing_events, 'event')} cannot be read`), t.index_problem && fact(true, long(t.index_problem)),
    h('span.dim.end.wide-only', `${brief(t.version, 20)} · ${t.log ? `log ${brief(t.log, 12)} · ` : ''}${brief(t.state_dir, 60)}`));
}

function view(data) {
  const { running, needs, cost: money_, finished } = data;
  const fresh = finished.filter((run) => run.last_seq > seen).length;
  return [
    top('Now', [`${many(running.filter((it) => it.status === 'running').length, 'run')} at work`, running.some((it) => it.status === 'submitted') && `, ${running.filter((it) => it.status === 'submitted').length} waiting`, data.as_of_seq > 0 && ` · as of event ${count(data.as_of_seq)}`]),
    trust(data),
    h('.now', { key: 'now' },
      h('.col',
        box('What is running?', { key: 'running', n: running.length, aside: h('a', { href: '#/runs?status=running' }, 'All') }, running.length ? h('ul.cards', running.map(card)) : empty('Nothing runs.', button('Start a run', () => openNewRun()))),
        box('What finished?', { key: 'finished', n: fresh ? `${fresh} new` : undefined, aside: fresh ? button('Mark as seen', () => markSeen(data), { class: 'link' }) : h('a', { href: '#/runs' }, 'All') }, finished.length ? h('.scroll', { tabindex: '0', role: 'region', 'aria-label': 'Finished, table' }, h('table.tight', h('thead.sr', h('tr', ['State', 'Run', 'Agent', 'Target', 'Duration', 'Cost', 'Finished'].map((it, i) => h('th', { scope: 'col', class: i === 3 ? 'wide-only' : null }, it)))), h('tbody', finished.map(done)))) : empty('Nothing has finished yet.')),
        h('details.box.feed', { key: 'feed' }, h('summary', h('h2', 'Activity'), h('span.dim.small', feed.length ? `last ${many(feed.length, 'event')}` : 'events show up here as they happen')), h('ol', feed.map((it) => h('li', { key: it.seq, 'data-seq': it.seq }, h('time.dim.mono', { datetime: it.at }, clock(it.at, true)), h('span.mono', brief(it.type, 40)), it.run_id ? runLink(it.run_id) : h('span'), h('span.dim.num', it.seq)))))),
      h('.col.side',
        box('What needs me?', { key: 'needs', n: needs.length || undefined }, needs.length ? few(6, needs, need, (all) => h('ul.needs', all)) : empty('Nothing. Everything goes its way.')),
        box('What is it costing?', { key: 'cost', aside: h('a', { href: '#/costs' }, 'Costs') },
          h('.sums', h('div', h('span.dim.small', 'Today'), h('b', usd(money_.today.usd_micros, money_.today.at_least || money_.today.unknown > 0))), h('div', h('span.dim.small', 'This month'), h('b', usd(money_.month.usd_micros, money_.month.at_least || money_.month.unknown > 0)))),
          few(3, [...money_.limits].sort((a, b) => isMoney(b.metric) - isMoney(a.metric) || b.percent - a.percent), limitRow, (all) => h('div', all)), !money_.limits.length && empty('No limits are configured.'), legend()))),
  ];
}

const isRun = (type) => /^(run|attempt|workflow|budget|breaker|routing)\./.test(type);
export const page = {
  name: 'now', title: 'Now', skeleton: 8, load: (_, get) => get('overview'), view,
  fold(data, event) {
    data.as_of_seq = Math.max(data.as_of_seq, event.seq);
    let changed = !!document.querySelector('.feed[open]');
    changed = begin(data.running, event) || changed;
    for (const run of [...data.running, ...data.finished]) changed = fold(run, event) || changed;
    return changed;
  },
  wants: (event) => isRun(event.type) && (event.type === 'attempt.usage' ? 3000 : true),
};
