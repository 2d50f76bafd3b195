// The components that are loaded: what they are, what they may take, and how they behaved. Never loads,
// removes or grants anything; that is the command line's.
import { box, brief, bytes, chip, count, duration, empty, h, long, short, state, table, top } from './ui.js';

const COLUMNS = [
  ['Component', (it) => [h('b', brief(it.id, 60)), h('span.dim.small', ` ${brief(it.version ?? '', 20)}`), it.summary && h('div.dim.small', brief(it.summary, 160)), it.problem && h('div.bad.small', long(it.problem, 200))], 'grow'],
  ['State', (it) => state(it.loaded ? 'ok' : 'problem', it.loaded ? 'loaded' : 'not loaded')], ['From', (it) => brief(it.source.replace(/^built-in .*/, 'built-in'), 60)], ['Used by', (it) => (it.used_by?.length ? it.used_by.map((u) => chip(u)) : h('span.dim', 'nobody'))],
  ['Grants', (it) => (it.grants?.length ? it.grants.map((g) => h('div.small', brief(g, 80))) : h('span.dim', 'nothing')), 'grow'],
  ['Limits', (it) => h('span.small.dim', `${duration(it.limits.call_ms)} · ${short(it.limits.fuel)} fuel · ${bytes(it.limits.memory_bytes)}`)],
  ['Not recognised', (it) => h('span', { class: it.unrecognised_lines ? 'warn' : 'dim' }, count(it.unrecognised_lines)), 'num'], ['Traps', (it) => h('span', { class: it.traps ? 'bad' : 'dim' }, count(it.traps)), 'num'],
  ['Digest', (it) => (it.sha256 ? h('code.mono', { title: it.sha256 }, brief(it.sha256, 9)) : '–')], ['Size', (it) => (it.size === null ? '–' : bytes(it.size)), 'num'],
];
// A policy is asked in phases, reads no lines, and has no size of its own.
const POLICY = COLUMNS.filter(([name]) => !['Not recognised', 'Size'].includes(name)).map(([name, ...more]) => [name === 'Used by' ? 'Asked in' : name, ...more]);
const view = (data) => [top('Plugins', 'sandboxed; each line that no adapter understood, and each trap, is counted'),
  [['adapter', 'Adapters'], ['policy', 'Policies']].map(([kind, title]) => { const mine = data.plugins.filter((it) => it.kind === kind); return box(title, { key: kind, n: mine.length }, mine.length ? table(title, kind === 'policy' ? POLICY : COLUMNS, mine, { key: (it) => `${it.id}${it.source}` }) : empty('None.')); })];
export const page = { name: 'plugins', title: 'Plugins', skeleton: 8, load: (_, get) => get('plugins'), view, wants: (event) => /^(policy\.(loaded|rejected)|config\.)/.test(event.type) && 1000 };
