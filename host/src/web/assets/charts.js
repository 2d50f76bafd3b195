// Bars: columns over time, coloured by how the money is known, and ranked bars. Each has a table with
// the same numbers behind it. Never draws what is unknown as zero.
import { brief, count, dollars, duration, h, s, short, table, usd } from './ui.js';

const BASES = ['billed', 'reported', 'imputed'];
/** A sum by how it is known, from the ground up; the rest is a bound that nobody vouches for. */
function partsOf(row) {
  const known = BASES.map((it) => [it, row[`${it}_usd_micros`] ?? 0]);
  return [...known, ['unknown', (row.cost_usd_micros ?? 0) - known.reduce((sum, [, uusd]) => sum + uusd, 0)]].filter(([, uusd]) => uusd > 0);
}
const least = (row) => row.cost_at_least || row.unknown_cost_attempts > 0;
const behind = (label, name, rows) => h('details.behind', h('summary', 'Table'), table(label, [[name, (it) => brief(it.title ?? it.name ?? 'none', 60), 'grow'], ['Requests', (it) => count(it.invocations), 'num'], ['Failed', (it) => count(it.failed), 'num'], ['Tokens', (it) => short(it.total_tokens), 'num'], ['Mean time', (it) => duration(it.mean_duration_ms), 'num'], ['Cost', (it) => usd(it.cost_usd_micros, least(it)), 'num'], ...BASES.map((b) => [b[0].toUpperCase() + b.slice(1), (it) => usd(it[`${b}_usd_micros`]), 'num']), ['Unknown', (it) => count(it.unknown_cost_attempts), 'num'], ['Saved', (it) => usd(it.saved_usd_micros), 'num']], rows, { key: (it) => it.name }));

const DAY = 864e5;
/** Every day from the first that was asked for to the last, and a fortnight at least. */
function filled(rows, since) {
  const last = Math.max(Date.parse(rows.at(-1).name), since ? Date.parse(new Date().toISOString().slice(0, 10)) : 0);
  const first = Math.min(Date.parse(since || rows[0].name), last - 13 * DAY);
  const known = new Map(rows.map((it) => [it.name, it]));
  return Array.from({ length: Math.min(400, (last - first) / DAY + 1) }, (_, i) => new Date(last - i * DAY).toISOString().slice(0, 10)).reverse().map((name) => known.get(name) ?? { name });
}
const dayName = (name) => new Date(`${name}T12:00`).toLocaleDateString('en-GB', { day: 'numeric', month: 'short' });

export function columns(label, rows, since) {
  const days = filled(rows, since);
  const most = Math.max(1, ...days.map((it) => it.cost_usd_micros ?? 0));
  const tall = 168, wide = 100 / Math.max(days.length, 1), every = Math.ceil(days.length / (innerWidth < 760 ? 4 : 12));
  const used = BASES.filter((b) => days.some((it) => it[`${b}_usd_micros`]));
  return h('.chart',
    h('.key', used.map((b) => h('span', h(`i.swatch.basis-${b}`), b)), days.some((it) => least(it)) && h('span', h('i.swatch.basis-unknown'), 'some unknown')),
    s('svg', { role: 'img', 'aria-label': `${label}: ${days.length} days, at most ${dollars(most)} a day`, height: tall + 26 },
      s('defs', s('pattern', { id: 'stripes', width: 6, height: 6, patternUnits: 'userSpaceOnUse', patternTransform: 'rotate(45)' }, s('rect.basis-imputed-back', { width: 6, height: 6 }), s('rect.basis-imputed-line', { width: 2.5, height: 6 }))),
      [1, 0.5].map((part) => [s('line.grid', { x1: 0, x2: '100%', y1: 8 + tall * (1 - part), y2: 8 + tall * (1 - part) }), s('text.axis', { x: 0, y: 5 + tall * (1 - part) + 14 }, dollars(most * part))]), s('line.grid', { x1: 0, x2: '100%', y1: tall + 8, y2: tall + 8 }),
      days.map((it, i) => {
        const height = it.cost_usd_micros ? Math.max(1.5, (tall * it.cost_usd_micros) / most) : 0, y = tall + 8 - height;
        let foot = tall + 8;
        const x = `${(i * wide + wide * 0.16).toFixed(2)}%`, width = `${(wide * 0.68).toFixed(2)}%`;
        return s('g', s('title', `${it.name}: ${least(it) ? '≥ ' : ''}${it.invocations ? [dollars(it.cost_usd_micros), ...partsOf(it).map(([basis, uusd]) => `${basis} ${dollars(uusd)}`)].join(', ') : 'nothing ran'}`), s('rect.hover', { x: `${(i * wide).toFixed(2)}%`, width: `${wide.toFixed(2)}%`, y: 0, height: tall + 8 }),
          partsOf(it).map(([basis, uusd]) => { const part = (height * uusd) / it.cost_usd_micros; foot -= part; return s(`rect.basis-${basis}`, { x, width, y: foot, height: part }); }),
          it.unknown_cost_attempts > 0 && s('circle.basis-unknown', { cx: `${((i + 0.5) * wide).toFixed(2)}%`, cy: y - 5, r: 2.5 }),
          (days.length - 1 - i) % every === 0 && s('text.axis', { x: `${((i + 0.5) * wide).toFixed(2)}%`, y: tall + 23, 'text-anchor': 'middle' }, dayName(it.name)));
      })), behind(label, 'Day', rows));
}

export function bars(label, name, rows, link) {
  const most = Math.max(1, ...rows.map((it) => it.cost_usd_micros ?? 0));
  return h('.bars', rows.slice(0, 8).map((it) => h('.bar', { key: it.name ?? '' }, h('span', link ? h('a', { href: link(it.name ?? '') }, brief(it.title ?? it.name ?? 'none', 40)) : brief(it.name ?? 'none', 40)), h('span.rail', h('i', { vars: { width: `${(100 * (it.cost_usd_micros ?? 0)) / most}%` } })), h('span.num', usd(it.cost_usd_micros, least(it))))), behind(label, name, rows));
}
