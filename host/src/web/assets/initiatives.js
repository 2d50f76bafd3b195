// What the work is for: initiatives, their specifications and features, the tasks, how far they are and
// what they cost; tasks that belong nowhere; files that cannot be read. Never edits a specification.
import { box, brief, button, chip, empty, get as ask, h, long, many, money, oops, open, part, runLink, search, state, table, top, word } from './ui.js';
import { assign, last, undo } from './assign.js';
import { draw } from './stage.js';
import { markdown } from './markdown.js';
import { openTask } from './task.js';

const picked = new Set();

const progress = (it) => h('span.progress', { title: `${it.done} of ${many(it.total ?? it.task_count ?? 0, 'task')} done; ${it.progress_basis === 'manual' ? 'set by hand in the file' : 'done 1, in progress ½, blocked ¼'}` }, h('span.rail', h('i', { vars: { width: `${it.progress}%` } })), h('b', `${it.progress}%`), it.progress_basis === 'manual' && chip('by hand'));
const tally = (tasks) => { const by = {}; for (const it of tasks) by[it.status] = (by[it.status] ?? 0) + 1; return `${many(tasks.length, 'task')}${tasks.length ? ` (${Object.entries(by).map(([k, v]) => `${v} ${word(k)}`).join(', ')})` : ''}`; };

function openSpec(path) {
  let doc = null, error = null;
  const it = open(path.split('/').pop(), () => (error ? oops(error) : doc ? [h('p.dim.mono.small', brief(doc.path, 200)), h('dl.facts', Object.entries(doc.front_matter ?? {}).filter(([, v]) => typeof v !== 'object').map(([k, v]) => h('div', h('dt', brief(k, 40)), h('dd', brief(v, 200))))), h('.md', markdown(doc.text))] : h('p.dim', 'Loading…')), { wide: true });
  ask(`specs/${path.split('/').map(part).join('/')}`).then((said) => { doc = said; }, (caught) => { error = caught; }).finally(() => it.redraw());
}

const taskRow = (it) => h('li', { key: it.id }, state(it.status), button(brief(it.title, 120), () => openTask(it.id), { class: 'link' }), h('span.dim.small.end', brief(it.agent ?? '', 30)));
function spec(it) {
  const loose = it.tasks.filter((task) => !it.features?.some((feature) => feature.id === task.feature || feature.title === task.feature));
  return h('details.spec', { key: it.specification_path }, h('summary', state(it.status), h('b', brief(it.title, 100)), it.stale && chip('stale', { title: 'nothing of it changed for long' }), h('span.dim.small', tally(it.tasks)), progress(it)),
    h('.line.small', button('Read the specification', () => openSpec(it.specification_path), { class: 'link' }), h('span.dim.mono', brief(it.specification_path, 100))),
    it.features?.map((feature) => { const mine = it.tasks.filter((task) => task.feature === feature.id || task.feature === feature.title); return h('div', { key: feature.id }, h('h4', state(feature.status), brief(feature.title, 100), h('span.dim.small', many(mine.length, 'task'))), h('ul.tasks', mine.map(taskRow))); }),
    loose.length > 0 && h('div', { key: '-' }, it.features?.length > 0 && h('h4.dim', 'Without a feature'), h('ul.tasks', loose.map(taskRow))));
}

function view(data, route) {
  const word_ = (route.query.get('q') ?? '').toLowerCase();
  const has = (it) => !word_ || JSON.stringify([it.title, it.id, it.tasks?.map((task) => task.title)]).toLowerCase().includes(word_);
  const shown = data.initiatives.map((it) => ({ ...it, specifications: it.title.toLowerCase().includes(word_) ? it.specifications : it.specifications.filter(has) })).filter((it) => it.specifications.length || !word_);
  const orphans = data.orphans.filter(has);
  for (const id of picked) if (!data.orphans.some((it) => it.id === id)) picked.delete(id);
  const chosen = data.orphans.filter((it) => picked.has(it.id));
  return [
    top('Initiatives', [`${many(data.initiatives.length, 'initiative')}, ${many(data.initiatives.reduce((n, it) => n + it.spec_count, 0), 'specification')}, ${many(data.orphans.length, 'orphan')}`, data.problems.length > 0 && h('span.warn', `, ${many(data.problems.length, 'file')} with mistakes`)], h('.filters.end', search('Search initiatives', route))),
    box('Portfolio', { key: 'all' }, shown.map((it) => h('details.initiative', { key: it.id, open: true }, h('summary', state(it.status), h('span.grow', h('b', brief(it.title, 100)), chip(it.priority)), h('span.small.dim.wide-only', `${it.done}/${it.total} done`), h('span.small.dim.wide-only', many(it.runs, 'run')), h('span.num.small', money(it.cost)), progress(it)), it.specifications.map(spec), h('a.small.spec', { href: `#/runs?initiative=${part(it.id)}` }, `Show its ${many(it.runs, 'run')}`))), !shown.length && empty(word_ ? 'Nothing is called so.' : ['No specification names an initiative yet. One is a Markdown file in ', h('code', 'specifications/'), ' whose front matter says ', h('code', 'initiative'), '.'])),
    box('Tasks without a specification', { key: 'orphans', n: data.orphans.length || undefined, aside: [last() && button('Undo last', undo, { class: 'link' }), button(`Assign ${chosen.length || ''} selected`, () => assign(chosen, data), { class: 'btn small', disabled: !chosen.length })] },
      orphans.length ? table('Orphans', [
        [h('span.sr', 'Select'), (it) => h('input', { type: 'checkbox', disabled: !it.editable, checked: picked.has(it.id), 'aria-label': `Select ${brief(it.title, 60)}`, on: { change: (event) => { if (event.target.checked) picked.add(it.id); else picked.delete(it.id); draw(); } } })],
        ['State', (it) => state(it.status)], ['Task', (it) => button(brief(it.title, 120), () => openTask(it.id), { class: 'link' }), 'grow'], ['Agent', (it) => brief(it.agent ?? '', 40)], ['Priority', (it) => word(it.priority)], ['Runs', (it) => (it.runs[0] ? runLink(it.runs[0]) : '–')], ['Cost', (it) => money(it.cost), 'num'],
        [h('span.sr', 'Action'), (it) => button('Assign', () => assign([it], data), { class: 'btn small', disabled: !it.editable, title: it.why_not, 'aria-label': `Assign ${brief(it.title, 60)}` })],
      ], orphans, { key: (it) => it.id, class: 'tools' }) : empty(data.has_tasks === false ? 'There are no tasks.' : 'Every open task belongs to a specification.')),
    data.problems.length > 0 && box('Files with mistakes', { key: 'problems', n: data.problems.length, class: 'is-bad' }, h('ul.needs', data.problems.map((it) => h('li.need', state(it.severity === 'warning' ? 'warn' : 'problem', ''), h('div', h('b.mono', brief(it.path, 200), it.line && `:${it.line}`), ' ', long(it.message, 200), it.fix && h('div.dim.small', 'Fix: ', long(it.fix, 200))))))),
  ];
}

export const page = { name: 'initiatives', title: 'Initiatives', skeleton: 10, load: (_, get) => get('initiatives'), view, wants: (event) => event.type === 'run.finished' && 3000 };
