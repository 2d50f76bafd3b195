// Asks for a new run: who, what, where and for how much at most; shows where it would go before anything
// is spent. One dialog is one request: sent twice, it is done once.
import { ask, brief, button, choose, h, lists, oops, open, questions, send, toast } from './ui.js';
import { soon } from './stage.js';
import { preview } from './why.js';

/** What a reason would do for a request that was refused, if anything. */
const reasonFor = ({ code, details }) => (code === 'budget_exceeded' ? 'Go beyond the limit, because' : code === 'denied' && details.reasons?.some((it) => it.code === 'justification_required') ? 'Go ahead, because' : null);
const clean = (form) => Object.fromEntries(Object.entries(form).filter(([, v]) => v !== '' && v?.length !== 0));

/** The fields of a request, for a new run and for one that is only explained. */
export function fields(form, all, redraw, full = true) {
  const set = (key) => (v) => { form[key] = v; if (key === 'agent' || key === 'tool') redraw(); };
  const agent = all.agents.find((it) => it.name === form.agent);
  const models = all.tools.find((it) => it.name === form.tool)?.models ?? all.models.map((it) => it.name);
  const text = (label, key, props) => h('label.field', h('span', label), h('input', { value: form[key] ?? '', ...props, on: { input: (event) => set(key)(event.target.value) } }));
  return [
    h('.row.fields', choose('Agent', form.agent, all.agents.map((it) => it.name), set('agent'), { required: true }), choose('Task type', form.task_type, [['', 'None'], ...Object.keys(agent?.task_types ?? {})], set('task_type'))),
    h('label.field', h('span', 'Prompt'), h('textarea', { rows: full ? 6 : 3, required: true, maxlength: 1000000, value: form.prompt ?? '', on: { input: (event) => set('prompt')(event.target.value) } })),
    h('.row.fields', choose('Tool', form.tool, [['', 'Let the agent choose'], ...all.tools.map((it) => [it.name, it.available ? it.name : `${it.name} (not here)`])], set('tool')), choose('Model', form.model, [['', 'Let the agent choose'], ...models], set('model')),
      full && text('Most it may cost, US$', 'max_cost_usd', { inputmode: 'decimal', pattern: '[0-9]+([.][0-9]+)?', placeholder: 'No cap of its own' }), full && text('Stop after', 'timeout', { placeholder: '30m' })),
  ];
}

export async function openNewRun(given = {}) {
  let all;
  try { all = await lists(); } catch (error) { toast(error.message, 'bad'); return; }
  const form = { agent: all.agents[0]?.name, ...given };
  let error = null, seen = null, busy = '', key = crypto.randomUUID();
  const doing = async (name, act) => {
    if (!form.prompt?.trim()) { it.dialog.querySelector('textarea').focus(); toast('The prompt is empty.', 'bad'); return; }
    busy = name; error = null; it.redraw();
    try { await act(); } catch (caught) { error = caught; if (caught.code === 'key_reused') key = crypto.randomUUID(); }
    busy = ''; it.redraw();
    it.dialog.querySelector('[role=alert]')?.scrollIntoView({ block: 'nearest' });
  };
  const look = () => doing('look', async () => { seen = await send('POST', 'route', clean(form)); });
  const go = (more = {}) => doing('go', async () => {
    const done = await (await ask('runs', { method: 'POST', body: { ...clean(form), ...more }, headers: { 'idempotency-key': key } })).json();
    it.close();
    toast(`${done.run_id} ${done.state === 'queued' ? 'waits for a slot' : 'is starting'}`);
    location.hash = `#/runs/${done.run_id}`;
    soon(0);
  });
  let why = '';
  const beyond = () => reasonFor(error) && h('label.field', h('span', `${reasonFor(error)} (recorded)`), h('.row', h('input', { name: 'why', maxlength: 500, on: { input: (event) => { why = event.target.value; } } }), button('Go ahead with this reason', () => { if (why.trim()) { key = crypto.randomUUID(); go({ force: error.code === 'budget_exceeded', justification: why.trim() }); } }, { class: 'btn danger' })));
  const it = open('New run', () => h('form', { on: { submit: (event) => { event.preventDefault(); go(); } } }, fields(form, all, () => it.redraw()),
    error && (error.code === 'needs_confirmation' ? questions(error, () => go({ consent: true }), !!busy) : [oops(error), beyond()]), !error && seen && preview(seen),
    h('.actions', button(busy === 'look' ? 'Looking…' : 'Preview the route', look, { disabled: !!busy }), h('button.btn.primary', { disabled: !!busy }, busy === 'go' ? 'Starting…' : `Run ${brief(form.agent ?? '', 30)}`))), { wide: true });
  it.dialog.querySelector('textarea').focus();
}
