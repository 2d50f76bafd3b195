// Gives orphans a home: a tree to choose from, with what fits on top, and what will come of it before it
// is done. Keeps the last choice for a repeat and an undo. Never overwrites what somebody else changed.
import { brief, button, chip, h, oops, open, part, plain, send, toast, word } from './ui.js';
import { draw, soon } from './stage.js';

const UNDO = 30000, REPEAT = 300000;
let done = null; // {tasks: [after], at}
let choice = null; // {spec, feature, at}
export const last = () => done && Date.now() - done.at < UNDO;

const change = (task, spec, feature) => send('PATCH', `tasks/${part(task.id)}/specification`, { specification: spec, ...(feature && { feature }) }, { 'if-match': `"${task.etag}"` });
export async function undo() {
  try { for (const task of done.tasks) await send('DELETE', `tasks/${part(task.id)}/specification`, {}, { 'if-match': `"${task.etag}"` }); toast('The last assignment was taken back.'); } catch (error) { toast(`It cannot be taken back here: ${error.message}`, 'bad'); }
  done = null; soon(0);
}

const words = (text) => new Set(plain(text).toLowerCase().split(/[^\p{L}\p{N}]+/u).filter((it) => it.length > 3));
/** How much a specification has to do with the tasks: words they share, and the same agent at work. */
function fit(spec, tasks) {
  const own = words(`${spec.title} ${spec.id} ${spec.initiative}`);
  return tasks.reduce((n, it) => n + [...words(it.title)].filter((w) => own.has(w)).length * 2 + (spec.tasks.some((other) => other.agent === it.agent) ? 0.5 : 0), 0);
}

export function assign(tasks, data) {
  let text = '', error = null, busy = false, to = choice && Date.now() - choice.at < REPEAT ? choice : null;
  const specs = data.initiatives.flatMap((it) => it.specifications.map((spec) => ({ ...spec, under: it.title, home: it.id })));
  const ranked = specs.map((spec) => [fit(spec, tasks), spec]).filter(([n]) => n >= 2).sort((a, b) => b[0] - a[0]).slice(0, 3).map(([, spec]) => spec);
  const is = (spec, feature) => to?.spec.specification_path === spec.specification_path && to?.feature?.id === feature?.id;
  const option = (spec, feature, label, more) => h('label.option', { key: `${spec.specification_path}${feature?.id ?? ''}${more ?? ''}` }, h('input', { type: 'radio', name: 'home', checked: is(spec, feature), on: { change: () => { to = { spec, feature }; it.redraw(); } } }), h('span', brief(label, 100)), more && chip(more));
  const tree = (spec, more) => [option(spec, null, spec.features?.length ? spec.title : `${spec.title} (as a whole)`, more), h('.features', spec.features?.map((feature) => option(spec, feature, feature.title)))];
  const matches = (spec) => !text || JSON.stringify([spec.title, spec.under, spec.features]).toLowerCase().includes(text);
  async function go() {
    busy = true; error = null; it.redraw();
    const changed = [];
    try {
      for (const task of tasks) changed.push(await change(task, to.spec.specification_path, to.feature?.id));
      it.close();
    } catch (caught) { error = caught.code === 'precondition_failed' ? Object.assign(caught, { message: 'Somebody changed this task in the meantime. The page has it anew; look, and assign again.' }) : caught; busy = false; it.redraw(); }
    if (changed.length) { choice = { ...to, at: Date.now() }; done = { tasks: changed, at: Date.now() }; setTimeout(draw, UNDO + 50); toast(`${changed.length === 1 ? 'Assigned' : `${changed.length} assigned`} to ${to.spec.title}`, 'fine', { label: 'Undo', run: undo, ms: UNDO }); }
    soon(0);
  }
  const it = open(tasks.length === 1 ? 'Assign a task' : `Assign ${tasks.length} tasks`, () => [
    h('ul.context', tasks.slice(0, 5).map((task) => h('li', h('b', brief(task.title, 200)), h('span.dim.small', ` ${brief(task.agent ?? '', 40)} · ${word(task.priority)}`))), tasks.length > 5 && h('li.dim', `and ${tasks.length - 5} more`)),
    h('input', { type: 'search', placeholder: 'Search specifications and features', 'aria-label': 'Search specifications and features', on: { input: (event) => { text = event.target.value.toLowerCase(); it.redraw(); } } }),
    h('.tree', { role: 'radiogroup', 'aria-label': 'Where to' }, !text && ranked.map((spec) => tree(spec, 'suggested')), data.initiatives.map((initiative) => { const mine = specs.filter((spec) => spec.home === initiative.id && matches(spec) && (text || !ranked.includes(spec))); return mine.length > 0 && h('details', { key: initiative.id, open: true }, h('summary', brief(initiative.title, 100)), mine.map((spec) => tree(spec))); })),
    data.problems.length > 0 && h('p.dim.small', `${data.problems.length} files could not be read and are not offered.`),
    h('p.preview', to ? ['Will appear under: ', h('b', brief(to.spec.under ?? to.spec.initiative, 60)), ' › ', h('b', brief(to.spec.title, 80)), to.feature && [' › ', h('b', brief(to.feature.title, 80))]] : 'Choose where it belongs.'),
    error && oops(error), h('.actions', button('Not now', () => it.close()), button(busy ? 'Assigning…' : 'Assign', go, { class: 'btn primary', disabled: !to || busy })),
  ]);
}
