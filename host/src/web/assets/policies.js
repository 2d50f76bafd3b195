// Who is asked before a request and what they said, and what other rules would have said to the same
// requests. Never changes a rule: trying is all that happens here.
import { box, brief, chip, count, empty, h, long, money, oops, runLink, send, state, table, target, top, usd, word } from './ui.js';
import { draw } from './stage.js';
import { verdicts } from './why.js';

const tried = { since: '30d', config: '', busy: false, error: null, said: null };
async function simulate(event) {
  event.preventDefault();
  Object.assign(tried, { busy: true, error: null }); draw();
  try { tried.said = await send('POST', 'policies/simulate', { since: tried.since || '30d', ...(tried.config.trim() && { config: tried.config }) }); } catch (error) { tried.error = error; }
  tried.busy = false; draw();
}

const course = (it) => (it?.target ? target(it.target) : 'refused');
const sum = (it) => money({ usd_micros: it.usd_micros, at_least: it.at_least > 0, unknown: it.unknown });
function result(it) {
  const less = it.spend.was.usd_micros === null || it.spend.would_be.usd_micros === null ? null : it.spend.was.usd_micros - it.spend.would_be.usd_micros;
  const pairs = (map) => Object.entries(map ?? {}).map(([name, v]) => ({ name, ...v }));
  return h('div', h('.sums.wide', h('div', h('span.dim.small', 'Decisions'), h('b', count(it.decisions)), h('span.dim.small', `${count(it.same)} the same`)), h('div', h('span.dim.small', 'Refused'), h('b', `${it.requests.was.refused} → ${it.requests.would_be.refused}`), h('span.dim.small', `rerouted ${it.requests.was.rerouted} → ${it.requests.would_be.rerouted}`)), h('div', h('span.dim.small', 'Spent'), h('b', sum(it.spend.was), ' → ', sum(it.spend.would_be)), h('span.dim.small', less === null ? 'not all is known' : [usd(Math.abs(less)), less >= 0 ? ' less' : ' more']))),
    h('.grid', ['by_target', 'by_agent'].map((k) => box(word(k).replace('by', 'By'), { key: k }, table(word(k), [[k === 'by_agent' ? 'Agent' : 'Target', (row) => brief(row.name, 60), 'grow'], ['Was', (row) => sum(row.was), 'num'], ['Would be', (row) => sum(row.would_be), 'num']], pairs(it[k]), { key: (row) => row.name })))),
    it.differences.length ? table('Differences', [['Run', (d) => runLink(d.run_id)], ['Agent', (d) => brief(d.agent, 40)], ['Change', (d) => state(typeof d.change === 'string' ? d.change : 'warn', word(typeof d.change === 'string' ? d.change : JSON.stringify(d.change)))], ['Was', (d) => brief(course(d.was), 60)], ['Would be', (d) => brief(course(d.would_be), 60), 'grow']], it.differences) : empty('Nothing would have been different.'),
    it.faults?.map((f) => h('p.bad', long(JSON.stringify(f), 200))), h('details.behind', h('summary', 'How this is reckoned'), h('ul', it.method.map((m) => h('li.small', brief(m, 400))))));
}

const ANSWERS = { as_configured: ['ok', 'answers'], yes: ['ok', 'answers'], no: ['problem', 'does not answer'] };
const CHAIN = [['#', (it) => it.place, 'num'], ['Policy', (it) => [h('b', brief(it.policy, 40)), h('div.dim.small', brief(it.component?.summary ?? '', 160))], 'grow'], ['Answers', (it) => [state(...(ANSWERS[it.answers] ?? ['warn', word(it.answers)])), it.why && h('div.bad.small', long(it.why, 200)), it.problems?.map((p) => h('div.warn.small', long(p.message ?? JSON.stringify(p), 200)))]], ['Counts', (it) => (it.required ? 'required' : 'may be left out')], ['Asked in', (it) => it.phases.map((p) => chip(p))], ['Nobody there', (it) => word(it.when_unattended)], ['Component', (it) => (it.component ? h('span', { title: it.component.sha256 }, `${brief(it.component.version ?? '', 20)} `, h('code', brief(it.component.sha256 ?? '', 12))) : '–')]];

const view = (data) => [
  top('Policies', 'asked in this order; the strictest answer wins'),
  box('Chain', { key: 'chain', n: data.policies.length }, data.policies.length ? table('Policies', CHAIN, data.policies, { key: (it) => it.place }) : empty('No policies are asked. Hard limits hold without them.')),
  box('What if?', { key: 'simulate' }, h('form.simulate', { on: { submit: simulate } }, h('label.field', h('span', 'Over the last'), h('select', { value: tried.since, on: { change: (event) => { tried.since = event.target.value; } } }, [['1d', '24 hours'], ['7d', '7 days'], ['30d', '30 days'], ['90d', '90 days']].map(([v, t]) => h('option', { value: v }, t)))), h('label.field.grow', h('span', 'policies.yaml to try; left empty, the one in force'), h('textarea.mono', { rows: 3, spellcheck: 'false', placeholder: 'policies:\n  default: { daily_budget_usd: 5, limit: { type: hard } }', value: tried.config, on: { input: (event) => { tried.config = event.target.value; } } })), h('button.btn.primary', { disabled: tried.busy }, tried.busy ? 'Judging…' : 'Simulate')), tried.error && oops(tried.error), tried.said && result(tried.said)),
  box('Last verdicts', { key: 'verdicts' }, data.verdicts.length ? verdicts(data.verdicts) : empty('Nobody was asked yet.')),
];
export const page = { name: 'policies', title: 'Policies', skeleton: 8, load: (_, get) => get('policies'), view, wants: (event) => event.type.startsWith('policy.') && 1000 };
