// What is configured and whether everything is in order, with what to do where it is not, and a form
// that explains where a request would go. Starts nothing; the only things it does are said on the button.
import { box, brief, button, chip, clock, confirm, count, duration, empty, h, lists, long, many, oops, part, send, short, state, table, toast, top, usd, word } from './ui.js';
import { draw, soon } from './stage.js';
import { fields } from './newrun.js';
import { preview } from './why.js';

const asked = { form: {}, busy: false, error: null, said: null };
async function explain(event) {
  event.preventDefault();
  Object.assign(asked, { busy: true, error: null }); draw();
  try { asked.said = await send('POST', 'route', Object.fromEntries(Object.entries(asked.form).filter(([, v]) => v))); } catch (error) { asked.error = error; }
  asked.busy = false; draw();
}
const act = async (path, body, say) => { try { toast(say(await send('POST', path, body))); } catch (error) { toast(error.message, 'bad'); } soon(0); };
const reset = (it) => act('breakers/reset', { key: it.key }, () => `${it.key} is used again`);
const price = (n) => (n === null || n === undefined ? h('span.dim', 'unknown') : usd(n));

async function load(_, get) {
  const [doctor, { breakers }, all] = await Promise.all([get('doctor'), get('breakers'), lists()]);
  return { doctor, breakers, all };
}

function view({ doctor, breakers, all }) {
  asked.form.agent ??= all.agents[0]?.name;
  const bad = doctor.checks.filter((it) => it.verdict !== 'ok');
  const areas = [...new Set(doctor.checks.map((it) => it.area))];
  const check = (it) => h('li', state(it.verdict, ''), h('div', long(it.message ?? '', 200), it.fix && h('div.dim.small', 'Fix: ', long(it.fix, 200))));
  return [
    top('Config & Doctor', null, state(doctor.healthy ? 'ok' : 'problem', doctor.healthy ? 'healthy' : many(bad.filter((it) => it.verdict === 'problem').length, 'problem')), h('.actions.end', button('Validate configuration', () => act('config/validate', {}, (it) => (it.valid ? 'The configuration is valid.' : `Not valid: ${it.message ?? many(it.diagnostics?.length ?? 0, 'mistake')}`))), button('Rebuild index', () => confirm('Rebuild the index?', 'It is made anew from the record. The pages go on meanwhile, and nothing is lost.', 'Rebuild', async () => { const it = await send('POST', 'index/rebuild', {}); toast(`${count(it.events)} events in ${duration(it.duration_ms)}`); })))),
      box('Health', { key: 'health', n: bad.length ? `${bad.length} to look at` : undefined }, h('.columns', areas.map((area) => h('div', { key: area }, h('h3', word(area)), h('ul.checks', doctor.checks.filter((it) => it.area === area).map(check)))))),
    h('.grid', { key: 'grid' }, box('Kept from use', { key: 'breakers', n: breakers.length || undefined }, breakers.length ? h('ul.needs', breakers.map((it) => h('li.need', { key: it.key }, state(it.state, ''), h('div', h('b', brief(it.key, 80)), ' ', chip(word(it.scope)), h('div.dim.small', `${word(it.state)} since ${clock(it.opened_at)} · ${word(it.code)}, ${it.failures} in a row · ${it.until ? `until ${clock(it.until, true)}` : it.state === 'half_open' ? 'the next request tries it' : 'until it is reset'}`)), button('Reset', () => reset(it), { class: 'btn small', 'aria-label': `Reset ${brief(it.key, 80)}` })))) : empty('Nothing is kept from use.')),
        box('Explain a route', { key: 'route' }, h('form', { on: { submit: explain } }, fields(asked.form, all, draw, false), h('.actions', h('button.btn.primary', { disabled: asked.busy }, asked.busy ? 'Asking…' : 'Explain'))), asked.error && oops(asked.error), asked.said && preview(asked.said))),
    box('Agents', { key: 'agents', n: all.agents.length }, table('Agents', [['Agent', (it) => h('a', { href: `#/runs?agent=${part(it.name)}` }, brief(it.name, 60))], ['Preferred', (it) => brief(it.preferred, 80)], ['Then', (it) => it.fallback_chain.map((t) => chip(t))], ['Task types', (it) => Object.entries(it.task_types ?? {}).map(([k, v]) => chip(`${k} → ${v}`)), 'grow']], all.agents, { key: (it) => it.name })),
    box('Tools', { key: 'tools', n: all.tools.length }, table('Tools', [['Tool', (it) => brief(it.name, 60)], ['State', (it) => state(it.available ? 'ok' : 'problem', it.available ? 'found' : 'not found')], ['Binary', (it) => h('code', brief(it.path ?? it.binary, 100))], ['Adapter', (it) => brief(it.adapter, 60)], ['Models', (it) => it.models.map((m) => chip(m)), 'grow']], all.tools, { key: (it) => it.name })),
    box('Models', { key: 'models', n: all.models.length, aside: h('span.dim.small', 'US$ per million tokens') }, table('Models', [['Model', (it) => [brief(it.name, 80), it.deprecated && chip('deprecated')], 'grow'], ['Provider', (it) => brief(it.provider, 40)], ['Context', (it) => short(it.context_window), 'num'], ...['input', 'output', 'cache_read', 'cache_write'].map((k) => [word(k), (it) => price(it.micro_usd_per_million_tokens?.[k]), 'num'])], all.models, { key: (it) => it.name })),
  ];
}
export const page = { name: 'doctor', title: 'Config & Doctor', skeleton: 12, load, view, wants: (event) => /^(breaker|config)\./.test(event.type) };
