// Shows Markdown by a list of what is allowed: headings, paragraphs, lists, tables, quotes, code, rules,
// emphasis, links to the web. Anything else, raw HTML and pictures too, stays the text that it is.
import { brief, h } from './ui.js';

const INLINE = /(`+)([^`]+?)\1|\*\*(.+?)\*\*|__(.+?)__|(?<!\w)[*_](?=\S)(.+?)(?<=\S)[*_](?!\w)|~~(.+?)~~|(!?)\[([^\]]*)\]\(([^)\s]*)[^)]*\)/;
function inline(text, depth = 0) {
  const out = [];
  for (let rest = text; rest;) {
    const m = depth < 6 ? INLINE.exec(rest) : null;
    if (!m) { out.push(rest); break; }
    out.push(rest.slice(0, m.index));
    rest = rest.slice(m.index + m[0].length);
    if (m[1]) out.push(h('code', m[2]));
    else if (m[3] ?? m[4]) out.push(h('strong', inline(m[3] ?? m[4], depth + 1)));
    else if (m[5]) out.push(h('em', inline(m[5], depth + 1)));
    else if (m[6]) out.push(h('del', inline(m[6], depth + 1)));
    else if (!m[7] && /^https?:\/\//i.test(m[9])) out.push(h('a', { href: m[9], rel: 'noopener noreferrer', target: '_blank', title: brief(m[9], 200) }, inline(m[8], depth + 1)));
    else out.push(m[0]);
  }
  return out;
}

const cells = (line) => line.trim().replace(/^\||\|$/g, '').split('|').map((it) => it.trim());
const ITEM = /^(\s*)([-*+]|\d{1,9}[.)])\s+(.*)$/;
function list(lines) {
  const [, indent, mark] = ITEM.exec(lines[0]);
  const items = [];
  while (lines.length) {
    const m = ITEM.exec(lines[0]);
    if (m && m[1].length <= indent.length + 1) { items.push([m[3]]); lines.shift(); }
    else if (m) items.at(-1).push(list(lines));
    else if (/^\s+\S/.test(lines[0])) items.at(-1)[0] += ` ${lines.shift().trim()}`;
    else break;
    if (m && m[1].length < indent.length) { items.pop(); lines.unshift(m[0]); break; }
  }
  return h(/\d/.test(mark) ? 'ol' : 'ul', items.map(([text, ...more]) => h('li', inline(text.replace(/^\[ \]\s/, '☐ ').replace(/^\[x\]\s/i, '☑ ')), more)));
}

function block(lines) {
  const line = lines[0];
  let m;
  if (!line.trim()) { lines.shift(); return null; }
  if ((m = /^\s*(```|~~~)/.exec(line))) {
    lines.shift();
    const code = [];
    while (lines.length && !lines[0].trim().startsWith(m[1])) code.push(lines.shift());
    lines.shift();
    return h('pre', { tabindex: '0' }, h('code', code.join('\n')));
  }
  if ((m = /^(#{1,6})\s+(.*)$/.exec(line))) { lines.shift(); return h(`h${Math.min(6, m[1].length + 2)}`, inline(m[2])); }
  if (/^\s*([-*_])\s*(\1\s*){2,}$/.test(line)) { lines.shift(); return h('hr'); }
  if (/^>/.test(line)) { const said = []; while (/^>/.test(lines[0] ?? '')) said.push(lines.shift().replace(/^>\s?/, '')); return h('blockquote', markdown(said.join('\n'))); }
  if (ITEM.test(line)) return list(lines);
  if (line.includes('|') && /^[\s|:-]*-[\s|:-]*$/.test(lines[1] ?? '')) {
    const head = cells(lines.shift());
    lines.shift();
    const rows = [];
    while (lines[0]?.includes('|')) rows.push(cells(lines.shift()));
    return h('.scroll', { tabindex: '0', role: 'region', 'aria-label': 'Table' }, h('table', h('thead', h('tr', head.map((it) => h('th', { scope: 'col' }, inline(it))))), h('tbody', rows.map((row) => h('tr', row.map((it) => h('td', inline(it))))))));
  }
  const said = [];
  do said.push(lines.shift()); while (lines.length && lines[0].trim() && !/^(#{1,6}\s|>|\s*```|\s*[-*+]\s)/.test(lines[0]));
  return h('p', inline(said.join(' ')));
}

/** The elements of a text; at most 400 kB of it. */
export function markdown(text) {
  const lines = text.slice(0, 400000).split(/\r?\n/);
  const out = [];
  while (lines.length) out.push(block(lines));
  return out.filter(Boolean);
}
