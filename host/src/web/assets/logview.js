// Shows a log of any length: only the lines in sight are on the page. Follows the end until somebody
// scrolls away. Never puts text on the page as anything but text.
import { ask, button, bytes, count, h, many, mendInside, open, part, save, toast } from './ui.js';
import { Log, looksBad } from './log.js';

const ROW = 20; // px, as in style.css

/** The place of a log on a page; it stays as it is while the page is drawn anew. */
export const logView = (attempt) => h('.log', { key: attempt, own: { id: `log-${attempt}`, mount: (node) => watch(node, attempt) } });

function watch(node, attempt) {
  let log = new Log(attempt, 'stdout');
  let follow = true, word = '', hits = [], at = -1, error = null, queued = 0, first = -1, drawnTo = -1, asking = new AbortController();
  const bar = h('.log-bar');
  const rows = h('.log-rows');
  const tall = h('.log-tall', rows);
  const view = h('.log-view', { tabindex: '0', role: 'region', 'aria-label': 'Log', on: { scroll: scrolled, dblclick: whole } }, tall);
  node.append(bar, view);

  function fill(row, i) {
    const line = log.lines[i];
    const kind = log.kinds[i];
    row.className = `log-row${hits[at] === i ? ' at' : ''}${looksBad(line) || kind === 'error' ? ' bad' : ''}`;
    row.firstChild.textContent = i + 1;
    const text = row.lastChild;
    text.textContent = '';
    if (kind.trim()) text.append(h('b.kind', kind));
    if (!word) { text.append(line); return; }
    const low = line.toLowerCase();
    let from = 0;
    for (let hit = low.indexOf(word); hit >= 0 && from < line.length; hit = low.indexOf(word, from)) { text.append(line.slice(from, hit), h('mark', line.slice(hit, hit + word.length))); from = hit + word.length; }
    text.append(line.slice(from));
  }

  function draw(force = false) {
    queued = 0;
    tall.style.height = `${log.lines.length * ROW}px`;
    if (follow) view.scrollTop = view.scrollHeight;
    const from = Math.max(0, Math.min(log.lines.length - 1, Math.floor(view.scrollTop / ROW) - 10));
    const to = Math.min(log.lines.length, from + Math.ceil(view.clientHeight / ROW) + 20);
    if (!force && from === first && to === drawnTo) return;
    while (rows.childElementCount < to - from) rows.append(h('.log-row', h('i'), h('span')));
    while (rows.childElementCount > to - from) rows.lastChild.remove();
    rows.style.transform = `translateY(${from * ROW}px)`;
    for (let i = from; i < to; i++) fill(rows.children[i - from], i);
    first = from; drawnTo = to;
  }
  const later = () => { queued ||= requestAnimationFrame(() => draw()); };

  function scrolled() {
    const atEnd = view.scrollTop + view.clientHeight >= view.scrollHeight - ROW;
    if (atEnd !== follow) { follow = atEnd && !log.complete ? true : atEnd && follow; tools(); }
    later();
  }
  function go(line) {
    follow = false;
    view.scrollTop = Math.max(0, line * ROW - view.clientHeight / 3);
    draw(true); tools();
  }
  function look(from = 0) {
    if (!from) hits = [];
    if (word) for (let i = from; i < log.lines.length; i++) if (log.lines[i].toLowerCase().includes(word)) hits.push(i);
  }
  function find(text) {
    word = text.toLowerCase(); look();
    at = word ? hits.findIndex((i) => i >= first + 10) : -1;
    if (at < 0 && hits.length) at = 0;
    if (hits.length) go(hits[at]); else draw(true);
    tools();
  }
  function step(by) { if (hits.length) { at = (at + by + hits.length) % hits.length; go(hits[at]); } }
  function nextError() {
    const here = follow ? -1 : Math.floor((view.scrollTop + view.clientHeight / 3) / ROW);
    const n = log.lines.length;
    for (let k = 1; k <= n; k++) { const i = (here + k + n) % n; if (looksBad(log.lines[i])) { go(i); return; } }
    toast('No line looks like an error.');
  }
  /** A line that is too wide for the page, whole. */
  function whole(event) {
    const i = Number(event.target.closest?.('.log-row')?.firstChild.textContent) - 1;
    if (log.lines[i] !== undefined) open(`Line ${i + 1}`, () => h('pre', log.lines[i]), { wide: true });
  }
  function turnTo(stream, readable) {
    asking.abort(); asking = new AbortController();
    if (stream !== log.stream) log = new Log(attempt, stream);
    log.clear(readable); follow = true; first = -1; look(); draw(true); tools(); read(asking);
  }
  async function raw() {
    try { const all = []; let offset = 0, more = true; while (more) { const r = await ask(`attempts/${part(attempt)}/log?stream=${log.stream}&offset=${offset}&limit=1048576`); all.push(await r.blob()); const next = Number(r.headers.get('x-log-next')); more = next > offset && next < Number(r.headers.get('x-log-size')); offset = next; } save(new Blob(all, { type: 'text/plain' }), `${attempt}.${log.stream}.log`); } catch (caught) { toast(caught.message, 'bad'); }
  }

  function tools() {
    const flip = (label, on, click, title) => button(label, click, { class: `btn small ${on ? 'on' : ''}`, 'aria-pressed': String(on), title });
    const n = log.lines.length;
    mendInside(bar, [
      h('input', { key: 'q', type: 'search', placeholder: 'Search in the log  /', 'aria-label': 'Search in the log', on: { input: (event) => find(event.target.value), keydown: (event) => { if (event.key === 'Enter') step(event.shiftKey ? -1 : 1); } } }),
      h('span', { key: 'n', class: 'hits', 'aria-live': 'polite' }, word ? `${hits.length ? at + 1 : 0}/${count(hits.length)}` : ''),
      h('span', { key: 'move', class: 'group' }, button('↑', () => step(-1), { class: 'btn small', 'aria-label': 'Previous match', disabled: !hits.length }), button('↓', () => step(1), { class: 'btn small', 'aria-label': 'Next match', disabled: !hits.length })),
      h('span', { key: 'e' }, button('Next error', nextError, { class: 'btn small' })),
      h('span', { key: 'io', class: 'group' }, ['stdout', 'stderr'].map((it) => flip(it, log.stream === it, () => turnTo(it, log.readable)))),
      h('span', { key: 'raw', class: 'group' }, flip('Readable', log.readable, () => turnTo(log.stream, true), 'What JSON lines say'), flip('Raw', !log.readable, () => turnTo(log.stream, false), 'As the tool wrote it')),
      h('span', { key: 'f' }, flip('Follow', follow, () => { follow = !follow; draw(true); tools(); })),
      h('span', { key: 'd' }, button('Save', raw, { class: 'btn small' })),
      h('span', { key: 's', class: `dim small end${error ? ' bad' : ''}` }, error?.message ?? `${many(n, 'line')} · ${bytes(log.size ?? 0)}${log.leftOut ? ` · ${bytes(log.leftOut)} left out` : ''}${log.cut ? ` · ${count(log.cut)} more in the file` : ''} · ${log.complete ? 'complete' : 'live'}`),
    ]);
  }

  /** Reads on for as long as the log is on the page: at once while there is more, else more and more seldom. */
  async function read(mine) {
    let pause = 300;
    while (node.isConnected && !mine.signal.aborted) {
      const before = log.lines.length;
      let came = false;
      try { came = document.hidden && log.lines.length > 0 ? false : await log.more(mine.signal); error = null; } catch (caught) { if (mine.signal.aborted) return; error = caught; }
      if (log.lines.length !== before) { look(before); draw(true); }
      tools();
      if (log.complete || ['not_kept', 'unknown_run', 'not_found'].includes(error?.code)) return;
      pause = came ? 300 : Math.min(1500, pause * 1.3);
      if (!came || log.next >= log.size) await new Promise((go_) => { setTimeout(go_, error ? 3000 : pause); });
    }
  }
  new ResizeObserver(() => draw(true)).observe(view);
  tools();
  read(asking);
}
