// What it cost, by day, agent, model, tool and initiative, what limits are left, and what was saved.
// Never adds up by itself: the sums are the server's.
import { box, brief, button, choose, count, download, duration, empty, filter, h, legend, limitRow, lists, many, part, query, short, table, toast, top, usd } from './ui.js';
import { bars, columns } from './charts.js';

const GROUPS = ['agent', 'model', 'tool', 'initiative'];
const SPANS = [['7', 'Last 7 days'], ['30', 'Last 30 days'], ['90', 'Last 90 days'], ['all', 'Everything']];
const since = (days) => (days === 'all' ? '' : new Date(Date.now() - (Number(days) - 1) * 864e5).toISOString().slice(0, 10));
const asked = (route, group) => query({ group, since: since(route.query.get('days') ?? '30'), agent: route.query.get('agent') });

async function load(route, get) {
  const [all, budgets, days, ...groups] = await Promise.all([lists(), get('budgets'), ...['day', ...GROUPS].map((it) => get(`costs?${asked(route, it)}`))]);
  return { all, budgets, days, groups: Object.fromEntries(GROUPS.map((it, i) => [it, groups[i]])) };
}
async function file(route, group, format) {
  try { await download(`costs?${asked(route, group)}&format=${format}`, `tollgate-costs-${group}.${format}`); } catch (error) { toast(error.message, 'bad'); }
}

function view({ all, budgets, days, groups }, route) {
  const total = days.totals;
  const sum = (name, value, note) => h('div', h('span.dim.small', name), h('b', value), h('span.dim.small', note));
  const saved = (group) => [button('CSV', () => file(route, group, 'csv'), { class: 'link', 'aria-label': `Save ${group} as CSV` }), button('JSON', () => file(route, group, 'json'), { class: 'link', 'aria-label': `Save ${group} as JSON` })];
  const link = { agent: (it) => `#/runs?agent=${part(it)}`, model: (it) => `#/runs?model=${part(it)}`, tool: (it) => `#/runs?tool=${part(it)}`, initiative: (it) => `#/runs?initiative=${part(it)}` };
  return [
    top('Costs', [`${many(total.invocations, 'request')}, ${many(total.attempts, 'attempt')}`], h('.filters.end', choose('Time', route.query.get('days') ?? '30', SPANS, (v) => filter(route, { days: v })), choose('Agent', route.query.get('agent') ?? '', [['', 'Any agent'], ...all.agents.map((it) => it.name)], (v) => filter(route, { agent: v })))),
    h('.sums.wide', { key: 'sums' }, sum('Spent', usd(total.cost_usd_micros, total.cost_at_least || total.unknown_cost_attempts > 0), total.unknown_cost_attempts ? `${many(total.unknown_cost_attempts, 'attempt')} of unknown cost` : 'all known'), sum('Saved against preferred', usd(total.saved_usd_micros), `${count(total.compared_attempts)} compared, ${count(total.not_compared_attempts)} could not be`), sum('A request, on average', usd(total.average_usd_micros), duration(total.mean_duration_ms)), sum('Tokens', `${total.tokens_at_least ? '≥' : ''}${short(total.total_tokens)}`, `${short(total.cache_read_tokens)} from caches`)),
    h('.grid', { key: 'grid' }, box('By day', { key: 'day', class: 'full', aside: saved('day') }, days.groups.length ? columns('Cost by day', days.groups, since(route.query.get('days') ?? '30')) : empty('Nothing ran in this time.'), legend()),
      GROUPS.map((it) => box(`By ${it}`, { key: it, aside: saved(it) }, groups[it].groups.length ? bars(`Cost by ${it}`, it[0].toUpperCase() + it.slice(1), groups[it].groups, link[it]) : empty('Nothing yet.'))),
      ), h('.grid', { key: 'limits' }, box('Limits', { key: 'limits', n: budgets.limits.length || undefined }, budgets.limits.length ? budgets.limits.map(limitRow) : empty('No limits are configured.')),
      box('Set aside now', { key: 'held', n: budgets.reservations.length || undefined }, budgets.reservations.length ? table('Reservations', [['Attempt', (it) => h('a.mono', { href: `#/runs/${it.attempt.split('.')[0]}` }, brief(it.attempt, 40))], ['Agent', (it) => brief(it.agent, 40), 'grow'], ['Set aside', (it) => usd(it.reserved.usd_micros), 'num'], ['Used', (it) => usd(it.used_at_least?.usd_micros ?? null, true), 'num']], budgets.reservations, { key: (it) => it.attempt }) : empty('Nothing runs.'), budgets.not_exact?.attempts > 0 && h('p.dim.small', `${many(budgets.not_exact.attempts, 'attempt')} since ${budgets.not_exact.since} could not be counted exactly.`))),
    h('p.dim.small', { key: 'method' }, 'Savings: ', brief(days.savings_method ?? '', 300)),
  ];
}

export const page = { name: 'costs', title: 'Costs', skeleton: 8, load, view, wants: (event) => event.type === 'run.finished' && 2000 };
