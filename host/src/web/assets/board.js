// The board: every task in the lane that its file stands in. Never moves a card that the file did not.
import { brief, button, choose, empty, filter, h, many, money, part, search, shape, state, top } from './ui.js';
import { draw } from './stage.js';
import { openTask, priority, rank } from './task.js';

const LANES = [['inbox'], ['assigned'], ['in_progress'], ['blocked'], ['done'], ['frozen', 'error']];
const FEW = 25;
const whole = new Set();

const card = (task) => h('li.task', { key: task.id, 'data-task': task.id, class: `is-${task.status}` }, h('.line', task.status === 'in_progress' && h('i.pulse', { title: 'somebody works on it' }), button(brief(task.title, 90), () => openTask(task.id), { class: 'link' })), h('.line.small.wrap', task.status === 'error' && state('error'), priority(task), task.runs.length > 0 && h('a.end', { href: `#/runs?task=${part(task.id)}`, title: many(task.runs.length, 'run') }, h('span.sr', many(task.runs.length, 'run'), ', '), money(task.cost))));

function lane(names, tasks) {
  const mine = tasks.filter((it) => names.includes(it.status)).sort((a, b) => rank(a) - rank(b) || a.id.localeCompare(b.id));
  const title = names[0] === 'frozen' ? 'Set aside' : names[0] === 'in_progress' ? 'In progress' : names[0][0].toUpperCase() + names[0].slice(1);
  const shown = whole.has(title) ? mine : mine.slice(0, FEW);
  const agents = [...new Set(shown.map((it) => it.agent ?? 'nobody'))].sort();
  return h('section.lane-col', { key: title, 'aria-label': title }, h('header', h('h2', shape(names[0]), title, h('span.n', mine.length))),
    !mine.length && empty('Nothing.'), agents.map((agent) => h('div', { key: agent }, names[0] !== 'inbox' && h('h3', brief(agent, 40)), h('ul', shown.filter((it) => (it.agent ?? 'nobody') === agent).map(card)))),
    mine.length > shown.length && button(`${mine.length - shown.length} more`, () => { whole.add(title); draw(); }, { class: 'btn quiet' }));
}

function view(data, route) {
  const q = (k) => route.query.get(k) ?? '';
  const text = q('q').toLowerCase();
  const agents = [...new Set(data.tasks.map((it) => it.agent).filter(Boolean))].sort();
  const tasks = data.tasks.filter((it) => (!q('agent') || it.agent === q('agent')) && (!q('priority') || it.priority === q('priority')) && (!text || `${it.title} ${it.id} ${it.specification ?? ''}`.toLowerCase().includes(text)));
  return [
    top('Board', many(tasks.length, 'task'), h('.filters.end', search('Search tasks', route), choose('Agent', q('agent'), [['', 'Any agent'], ...agents], (v) => filter(route, { agent: v })), choose('Priority', q('priority'), [['', 'Any priority'], 'critical', 'high', 'medium', 'normal', 'low'], (v) => filter(route, { priority: v })))),
    data.problems.length > 0 && h('p.warn', { key: 'problems' }, `${many(data.problems.length, 'file')} with mistakes. `, h('a', { href: '#/initiatives' }, 'What is wrong with them')),
    !data.tasks.length && empty(['There are no tasks. One is a YAML file in ', h('code', 'work/collaboration/inbox/'), '.']),
    data.tasks.length > 0 && h('.board', { key: 'board', tabindex: '0', role: 'region', 'aria-label': 'Lanes' }, LANES.map((names) => lane(names, tasks))),
  ];
}
export const page = { name: 'board', title: 'Board', skeleton: 10, load: (_, get) => get('tasks?include_done=true'), view, wants: (event) => event.type === 'run.finished' && 3000 };
