// Shows one page at a time: loads what it needs, keeps the old while the new is on its way, and loads
// anew when events say so. Never empties a page that had something to show.
import { get, Problem } from './api.js';
import { h, mendInside } from './dom.js';
import { setClock } from './format.js';
import { live } from './live.js';
import { oops, skeleton } from './parts.js';
import { brief } from './text.js';

const SOONEST = 200; // ms between two loads because of events
const EVERY = 15000;
const kept = new Map(); // what a page knew when it was left, by address
let now = null;
let main, shown = () => {};

export const onShown = (f) => { shown = f; };
export const current = () => now;

/** Goes to a page. The same page with other filters keeps what it shows until the answer is there. */
export function show(page, route) {
  const before = now?.page === page ? now.data : null;
  now?.abort?.abort();
  clearTimeout(now?.timer);
  const fresh = now?.page !== page || now?.route.id !== route.id;
  now = { page, route, data: kept.get(route.address) ?? (now?.route.id === route.id ? before : null), at: kept.get(route.address)?.loadedAt ?? null, error: null, loading: false, again: false, loaded: 0 };
  main ??= document.getElementById('main');
  if (fresh) { scrollTo(0, 0); page.enter?.(route); }
  draw();
  if (fresh) { main.classList.remove('enter'); requestAnimationFrame(() => main.classList.add('enter')); }
  return load();
}

export function draw() {
  if (!now) return;
  const { page, route, data } = now;
  let { error } = now, body = null;
  try { body = data && page.view(data, route); } catch (caught) { error = caught; console.error(caught); }
  const known = !!body;
  body ??= [h('.top', h('h1', { tabindex: '-1' }, page.heading?.(route) ?? page.title)), error ? null : skeleton(page.skeleton ?? 6)];
  const gone = live().state !== 'live' || error;
  main.classList.toggle('stale', !!(gone && data));
  main.setAttribute('aria-busy', String(!data && !error));
  mendInside(main, (known ? [error && oops(error), body] : [body, error && oops(error), error && page.lost?.(route, error)]).flat(3).filter(Boolean));
  document.title = `${brief(page.heading?.(route) ?? page.title, 60)} · Tollgate`;
  shown(now);
}

/** Asks for everything anew; what was there stays until the answer has come. */
export async function load() {
  const here = now;
  if (!here) return;
  if (here.loading) { here.again = true; return; }
  clearTimeout(here.timer);
  Object.assign(here, { loading: true, again: false, loaded: performance.now(), abort: new AbortController() });
  try {
    const data = await here.page.load(here.route, (path) => get(path, here.abort.signal), here.data);
    if (now !== here) return;
    if (data.now) setClock(data.now);
    Object.assign(here, { data, error: null });
    Object.assign(data, { loadedAt: Date.now() });
    kept.set(here.route.address, data);
    if (kept.size > 40) kept.delete(kept.keys().next().value);
  } catch (error) {
    if (now !== here || error.name === 'AbortError') return;
    if (!(error instanceof Problem)) console.error(error);
    here.error = error;
  } finally {
    here.loading = false;
    if (now === here) { draw(); plan(here.again ? SOONEST : EVERY); }
  }
}

function plan(ms) {
  clearTimeout(now.timer);
  const at = performance.now() + ms;
  now.due = at;
  now.timer = setTimeout(() => { if (!document.hidden) load(); }, ms);
}

/** Loads soon: at once when the last load was long ago, else when it is time. */
export function soon(ms = SOONEST) {
  if (!now) return;
  if (document.hidden) { now.loaded = -Infinity; return; }
  const wait = Math.max(0, now.loaded + ms - performance.now());
  if (now.loading) now.again = true;
  else if (wait === 0) load();
  else if (!now.due || now.due > performance.now() + wait) plan(wait);
}
/** Nothing is shown any more, and nothing is asked. */
export function leave() { clearTimeout(now?.timer); now?.abort?.abort(); now = null; }
export const forget = () => kept.clear();
document.addEventListener('visibilitychange', () => { if (!document.hidden && now) soon(1000); });

/** Events of the live channel: first what they say by themselves, then the full answer. One that comes
 * before the first answer may not be in it. */
export function happened(events) {
  if (!now) return;
  let drawn = false, wanted = null;
  for (const event of events) {
    drawn = (now.data && now.page.fold?.(now.data, event)) || drawn;
    const ms = now.page.wants?.(event, now.route);
    if (ms !== undefined && ms !== false) wanted = Math.min(wanted ?? Infinity, ms === true ? SOONEST : ms);
  }
  if (drawn && !document.hidden) draw();
  if (wanted !== null) soon(wanted);
}
