// What stands around every page: the way to the others with what waits there, today's money, and
// whether the page is alive. Never shows data of a page.
import { get, token } from './api.js';
import { h, mendInside, s } from './dom.js';
import * as f from './format.js';
import { live, retryNow } from './live.js';
import { button, meter, usd } from './parts.js';
import { isMoney } from './shape.js';
import { current } from './stage.js';
import { openHelp } from './keys.js';
import { brief } from './text.js';

const ICONS = {
  now: 'M3 12h4l2.5-7 4 14 2.5-7h5', runs: 'M4 6h16M4 12h16M4 18h10', costs: 'M5 20V11m5 9V5m5 15v-7m5 7V8', initiatives: 'M4 5h7M4 5v14h7M4 12h7m3-9h6v4h-6zm0 7h6v4h-6zm0 7h6v4h-6z', board: 'M4 4h4v16H4zm6 0h4v10h-4zm6 0h4v13h-4z',
  policies: 'M12 3l7 3v5c0 5-3 8-7 10-4-2-7-5-7-10V6zM9 12l2 2 4-4', plugins: 'M9 3v5M15 3v5M6 8h12v4a6 6 0 0 1-12 0zM12 18v3', doctor: 'M12 21C5 16 3 12 3 8.8A4.8 4.8 0 0 1 12 6a4.8 4.8 0 0 1 9 2.8C21 12 19 16 12 21zM7 12h3l1.500-3 2 5 1.500-2h2',
};
export const icon = (d) => s('svg.icon', { viewBox: '0 0 24 24', 'aria-hidden': 'true' }, s('path', { d }));
const THEMES = { auto: ['Theme: as the system', 'M12 3a9 9 0 1 0 0 18zM12 3v18a9 9 0 0 0 0-18'], light: ['Theme: light', 'M12 7a5 5 0 1 0 0 10 5 5 0 0 0 0-10zM12 1v3m0 16v3M1 12h3m16 0h3M4.200 4.200l2.100 2.100m11.400 11.400 2.100 2.100M4.200 19.800l2.100-2.100M17.700 6.300l2.100-2.100'], dark: ['Theme: dark', 'M20 14.500A8.500 8.500 0 0 1 9.500 4a8.500 8.500 0 1 0 10.500 10.500z'] };
let pulse = null, pages = [], timer = 0;

export const begin = (list) => { pages = list; draw(); };

/** What the shell shows of the whole, from whoever asked last. */
export function feel(overview) { pulse = overview; draw(); }
export async function refresh() {
  clearTimeout(timer);
  try { if (token() && !document.hidden && current()?.page.name !== 'now') feel(await get('overview')); } catch { /* the light below says that nobody answers */ }
  timer = setTimeout(refresh, 10000);
}
export const refreshSoon = () => { clearTimeout(timer); timer = setTimeout(refresh, 400); };

function badge(name) {
  const n = { now: pulse?.needs.length, runs: pulse?.running.length, initiatives: pulse?.needs.filter((it) => it.kind === 'orphans').length && Number.parseInt(pulse.needs.find((it) => it.kind === 'orphans').title, 10) }[name];
  const said = { now: `${n} need you`, runs: `${n} at work`, initiatives: `${n} orphans` }[name];
  return n > 0 ? h('span', { class: `badge is-${name}`, title: said }, n, h('span.sr', ` (${said})`)) : null;
}

const theme = () => document.documentElement.dataset.theme ?? 'auto';
function turn() {
  const next = { auto: 'light', light: 'dark', dark: 'auto' }[theme()];
  if (next === 'auto') delete document.documentElement.dataset.theme; else document.documentElement.dataset.theme = next;
  try { localStorage.setItem('tollgate-theme', next); } catch { /* for this page only, then */ }
  draw();
}

const LIGHT = { live: 'Live', connecting: 'Connecting', lost: 'Disconnected', refused: 'Token refused' };
function light() {
  const it = live();
  const late = it.state === 'lost' || (it.state === 'connecting' && Date.now() - it.since > 3000);
  document.documentElement.dataset.live = it.state;
  return h('div', { class: `light is-${it.state}`, role: 'status' }, h('i'), h('span', LIGHT[it.state]), late && current()?.data && h('span.dim', `as of ${f.clock(current().data.loadedAt, true)}`), it.state === 'lost' && button('Retry', retryNow, { class: 'link' }));
}

export function draw() {
  const here = current()?.page.name ?? '';
  const list = pages.map((page, i) => h('li', { key: page.name }, h('a', { href: `#/${page.name}`, 'aria-current': here === page.name || (here === 'run' && page.name === 'runs') ? 'page' : null, title: `${page.title} (${i + 1})` }, icon(ICONS[page.name]), h('span', page.title), badge(page.name))));
  mendInside(document.getElementById('nav'), [h('ul', list)]);
  const limit = pulse?.cost.limits.find((it) => isMoney(it.metric) && it.period === 'day') ?? pulse?.cost.limits[0];
  const [said, d] = THEMES[theme()];
  mendInside(document.getElementById('foot'), [
    pulse && h('a.today', { href: '#/costs' }, h('span', 'Today'), usd(pulse.cost.today.usd_micros, pulse.cost.today.at_least), limit && isMoney(limit.metric) && h('span.dim', ` / ${f.dollars(limit.cap)}`), limit && meter(limit, `limit ${brief(limit.limit, 40)}`)),
    h('.row', light(), button(icon(d), turn, { class: 'btn icon', 'aria-label': said, title: said }), button('?', openHelp, { class: 'btn icon', 'aria-label': 'Keyboard shortcuts', title: 'Keyboard shortcuts (?)' })),
  ]);
}
