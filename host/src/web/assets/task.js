// One task: its file as it stands, its runs, and what can be done to it. Never saves over a change that
// it has not seen: every change names the version that it is of.
import { brief, button, get, h, money, oops, open, part, plain, runLink, send, state, toast, when, word } from './ui.js';
import { soon } from './stage.js';

const PRIORITIES = ['critical', 'high', 'medium', 'normal', 'low'];
const ORDER = new Map(PRIORITIES.map((it, i) => [it, i]));
export const rank = (it) => ORDER.get(it.priority) ?? 9;

async function setPriority(task, list) {
  const priority = list.value;
  try {
    Object.assign(task, await send('PATCH', `tasks/${part(task.id)}/priority`, { priority }, { 'if-match': `"${task.etag}"` }));
    toast(`Priority of ${brief(task.title, 60)} is now ${priority}`);
  } catch (error) {
    list.value = task.priority;
    toast(error.code === 'precondition_failed' ? 'Somebody changed this task in the meantime; here it is as it is now.' : error.message, 'bad');
  }
  soon(0);
}
/** A list to change the priority with; says why when it cannot be changed. */
export const priority = (task) => h('label.priority', { class: `is-${task.priority}`, title: task.editable ? null : task.why_not }, h('span.sr', `Priority of ${brief(task.title, 60)}`), h('select', { value: task.priority, disabled: !task.editable, on: { change: (event) => setPriority(task, event.target) } }, PRIORITIES.map((it) => h('option', { value: it }, word(it)))));

const MOVES = { start: ['inbox', 'assigned', 'blocked'], complete: ['in_progress'], freeze: ['inbox', 'assigned', 'blocked', 'in_progress'] };

export function openTask(id) {
  let task = null, error = null, summary = '';
  const load = () => get(`tasks/${part(id)}`).then((said) => { task = said; }, (caught) => { error = caught; }).finally(() => it.redraw());
  const move = async (verb) => {
    error = null;
    try { await send('POST', `tasks/${part(id)}/${verb}`, { ...(summary && { summary }) }, { 'if-match': `"${task.etag}"` }); toast(`${verb === 'freeze' ? 'Frozen' : verb === 'start' ? 'Started' : 'Completed'}: ${brief(task.title, 60)}`); soon(0); } catch (caught) { error = caught; }
    await load();
  };
  const it = open('Task', () => [
    error && oops(error), !task && !error && h('p.dim', 'Loading…'),
    task && [h('h3', brief(task.title, 300)), h('.line', state(task.status), h('span', brief(task.agent ?? 'nobody', 40)), priority(task), h('span.end', money(task.cost))),
      !task.editable && task.why_not && h('p.dim.small', `It cannot be changed: ${brief(task.why_not, 200)}.`),
      h('dl.facts', h('div', h('dt', 'File'), h('dd.mono', brief(task.path, 200))), h('div', h('dt', 'Specification'), h('dd', brief(task.specification ?? 'none', 200))), task.feature && h('div', h('dt', 'Feature'), h('dd', brief(task.feature, 200))), h('div', h('dt', 'Changed'), h('dd', when(task.updated_at))), h('div', h('dt', 'Runs'), h('dd', task.runs.length ? task.runs.slice(0, 8).map((run) => [runLink(run, { on: { click: () => it.close() } }), ' ']) : 'none'))),
      h('pre', { tabindex: '0', 'aria-label': 'The file' }, plain(task.text ?? '').slice(0, 100000)),
      task.status === 'in_progress' && h('label.field', h('span', 'What came of it, to complete it'), h('input', { on: { input: (event) => { summary = event.target.value; } } })),
      h('.actions', Object.entries(MOVES).filter(([, from]) => from.includes(task.status)).map(([verb]) => button(verb[0].toUpperCase() + verb.slice(1), () => move(verb), { class: verb === 'freeze' ? 'btn quiet' : 'btn' })))],
  ].filter(Boolean), { wide: true });
  load();
}
