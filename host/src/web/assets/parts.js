// Small pieces that every page is made of: states, costs, times, boxes, bars, tables. Never asks the
// server, never keeps anything.
import { h, s } from './dom.js';
import * as f from './format.js';
import { cost as costOf, isMoney, scopeOf } from './shape.js';
import { brief, plain } from './text.js';

// Every state has a shape of its own, so that none is told by colour alone.
const SHAPES = {
  running: 'M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2Zm-2 3.2 5 2.8-5 2.8Z', queued: 'M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2Zm0 1.6a4.4 4.4 0 1 1 0 8.8 4.4 4.4 0 0 1 0-8.8Z',
  done: 'M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2Zm3.3 4.6-4 4.1-2.6-2.5 1-1 1.6 1.5 3-3.1Z', failed: 'M5.5 2h5L14 5.5v5L10.5 14h-5L2 10.5v-5Zm.3 3-.9.9L7.1 8l-2.2 2.1.9.9L8 8.9l2.2 2.1.9-.9L8.9 8l2.2-2.1-.9-.9L8 7.1Z',
  cancelled: 'M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2ZM5 7.3h6v1.4H5Z', warn: 'M8 1.8 14.6 13.6H1.4ZM7.3 6v4h1.4V6Zm0 5v1.4h1.4V11Z', lost: 'M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2Zm-.7 8.6h1.4V12H7.3Zm-1.9-4C5.4 5.1 6.5 4.2 8 4.2s2.6.9 2.6 2.3c0 1.6-1.9 1.7-1.9 3H7.3c0-2.2 1.8-2.2 1.8-3 0-.6-.4-.9-1.1-.9s-1.1.4-1.1 1Z',
};
const LIKE = {
  submitted: 'queued', starting: 'running', cancelling: 'cancelled', in_progress: 'running', blocked: 'warn', inbox: 'queued', assigned: 'queued', error: 'failed', frozen: 'cancelled', timed_out: 'failed', over_budget: 'failed',
  implemented: 'done', planned: 'queued', draft: 'queued', deprecated: 'cancelled', ok: 'done', problem: 'failed', note: 'lost', warning: 'warn', open: 'failed', half_open: 'warn', closed: 'done', proceed: 'done', pass: 'done', allow: 'done', deny: 'failed', denied: 'failed',
  refuse: 'failed', refused: 'failed', reroute: 'warn', rerouted: 'warn', ask: 'lost', asked: 'lost', confirm: 'lost', warned: 'warn', fault: 'failed', orphans: 'lost', board: 'warn', quiet: 'lost', budget: 'warn', breaker: 'warn', record: 'failed', plugin: 'warn',
};
const kindOf = (state) => (SHAPES[state] ? state : LIKE[state] ?? 'lost');
const WORDS = { submitted: 'queued', in_progress: 'in progress', timed_out: 'timed out', over_budget: 'over budget', half_open: 'half open' };
export const word = (state) => WORDS[state] ?? String(state ?? 'unknown').replaceAll('_', ' ');
export const shape = (state) => s('svg', { class: `shape is-${kindOf(state)}`, viewBox: '0 0 16 16', 'aria-hidden': 'true' }, s('path', { d: SHAPES[kindOf(state)], 'fill-rule': 'evenodd' }));
/** A state: shape and word. */
export const state = (it, said) => h('span', { class: `state is-${kindOf(it)}` }, shape(it), said ?? word(it));
export const runState = (run) => state(run.cancelling && !run.finished_at ? 'cancelling' : run.status);

const BASIS = { billed: 'billed: an invoice or a metered account tells it', reported: 'reported by the tool', imputed: 'imputed: tokens times list prices', estimated: 'an estimate', unknown: 'nobody told' };
/** Money, with ≥ for a lower bound and ~ for imputed. Unknown stays unknown. */
export function money(it) {
  const c = costOf(it);
  if (c.micros === null) return h('span.money.dim', { title: 'Nobody told what it cost; it is not zero' }, 'unknown');
  const least = c.atLeast || c.unknown > 0;
  const exact = c.micros % 1000 && `$${(c.micros / 1e6).toFixed(6)}`;
  const said = [exact, c.basis && BASIS[c.basis], least && 'at least: a part is unknown or still to come', c.unknown && `${f.many(c.unknown, 'attempt')} of unknown cost`].filter(Boolean).join('; ');
  return h('span.money', { title: said || null }, least && h('span.mark', '≥'), (c.basis === 'imputed' || c.basis === 'estimated') && h('span.mark', '~'), f.dollars(c.micros));
}
export const usd = (micros, atLeast) => money({ usd_micros: micros, at_least: atLeast });
export const legend = () => h('p.legend', h('b', '~'), ' imputed from tokens and prices  ', h('b', '≥'), ' at least  ', h('b', 'unknown'), ' nobody told, never zero');
/** Tokens, with ≥ where they are a lower bound. */
export const tokens = (usage) => h('span', { class: usage?.total_tokens == null ? 'dim' : null, title: usage?.total_tokens == null ? 'Nobody told' : `${f.count(usage.total_tokens)} tokens` }, usage?.exactness === 'at_least' && h('span.mark', '≥'), f.short(usage?.total_tokens ?? null));
export const when = (text) => (text ? h('time', { datetime: text, title: `${new Date(text).toLocaleString()}`, 'data-ago': text }, f.ago(text)) : h('span.dim', '–'));
/** A duration that goes on while it is looked at. */
export const ticking = (since) => h('time', { 'data-since': since }, f.sofar(f.now() - Date.parse(since)));
setInterval(() => {
  for (const it of document.querySelectorAll('[data-since]')) it.textContent = f.sofar(f.now() - Date.parse(it.dataset.since));
  for (const it of document.querySelectorAll('[data-ago]')) it.textContent = f.ago(it.dataset.ago);
}, 1000);

/** Text of any length: what is too long is folded up. */
export function long(value, most = 160) {
  const text = plain(value ?? '');
  if (text.length <= most) return text;
  return h('details.long', h('summary', brief(text, most)), h('span', text.slice(0, 20000)));
}
export const runLink = (id, more = {}) => h('a.mono', { href: `#/runs/${encodeURIComponent(id)}`, ...more }, brief(id, 40));
export const targetText = (tool, model) => h('span.target', { title: tool ? `${tool}:${model}` : null }, tool ? [brief(tool, 40), h('i', brief(model ?? '', 60))] : h('span.dim', 'not decided'));
export const button = (label, click, props = {}) => h('button', { type: 'button', class: 'btn', ...props, on: { click } }, label);
export const chip = (text, props = {}) => h('span.chip', { ...props }, brief(text, 60));
/** The head of a page, with what there is to say about the whole. */
export const top = (title, note, ...more) => h('.top', { key: 'top' }, h('h1', { tabindex: '-1' }, title), note && h('p.dim', note), more);
export const empty = (text, more) => h('p.empty', text, more && [h('br'), more]);

/** A box of a page: a heading, what it says beside it, and its content. */
export const box = (title, props, ...kids) => h('section', { class: `box ${props?.class ?? ''}`, key: props?.key, 'aria-label': title }, h('header', h('h2', title, props?.n !== undefined && h('span.n', props.n)), props?.aside), ...kids);
export const oops = (error) => h('.oops', { key: 'oops', role: 'alert' }, shape('failed'), h('div', h('b', long(error.message, 300)), error.fix?.length > 0 && h('ul', error.fix.map((it) => h('li', long(it, 300)))), error.details?.diagnostics?.map((it) => h('p', brief(`${it.file?.split('/').pop()}:${it.line}: ${it.message}`, 300), it.fix && h('span.dim', ` · ${brief(it.fix, 200)}`))), error.code && h('code', error.code)));
export const skeleton = (n = 3) => h('.skeleton', { 'aria-hidden': 'true' }, Array.from({ length: n }, () => h('i')));

/** A table. `columns`: [heading, cell(row), class]. Scrolls sideways by itself when it must. */
export const table = (label, columns, rows, props = {}) => h('div', { class: `scroll ${props.class ?? ''}`, tabindex: '0', role: 'region', 'aria-label': `${label}, table` }, h('table',
  h('thead', h('tr', columns.map(([title, , cls]) => h('th', { scope: 'col', class: cls }, title)))),
  h('tbody', rows.map((row, i) => h('tr', { key: props.key?.(row) ?? i, ...props.row?.(row) }, columns.map(([, cell, cls]) => h('td', { class: cls }, cell(row))))))));

/** How much of a limit is gone: what is settled, hatched what is only set aside, and the mark to warn at. */
export function meter(it, label) {
  const full = Math.max(it.cap, it.settled + it.reserved, 1);
  const share = (n) => `${Math.min(100, (100 * n) / full)}%`;
  const level = it.percent >= 100 ? 'over' : it.percent >= (it.warn_percent ?? 80) ? 'near' : 'fine';
  return h('div', { class: `meter is-${level}`, role: 'meter', 'aria-label': label, 'aria-valuemin': 0, 'aria-valuemax': 100, 'aria-valuenow': Math.min(100, it.percent ?? 0), 'aria-valuetext': `${it.percent} percent` }, h('i.used', { vars: { width: share(it.settled) } }), h('i.held', { vars: { left: share(it.settled), width: share(it.reserved) } }), it.warn_percent && h('i.tick', { vars: { left: share((it.cap * it.warn_percent) / 100) } }));
}
export const amount = (metric, n) => (n === null || n === undefined ? 'unknown' : isMoney(metric) ? f.dollars(n) : f.short(n));
/** A limit with everything that matters about it. */
export const limitRow = (it) => h('.limit', { key: `${it.limit}${it.run ?? ''}` },
  h('.line', h('b', brief(it.limit, 40)), h('span.dim', `${it.kind} · ${it.period} · ${scopeOf(it.scope)}`), h('span.end', amount(it.metric, it.settled), it.reserved > 0 && h('span.held-text', { title: 'set aside for what runs' }, ` + ${amount(it.metric, it.reserved)}`), h('span.dim', ` / ${amount(it.metric, it.cap)}${isMoney(it.metric) ? '' : ` ${it.metric}`}`))),
  meter(it, `limit ${it.limit}`),
  h('.line.small', h('span', { class: it.percent >= 100 ? 'bad' : it.percent >= it.warn_percent ? 'warn' : 'dim' }, `${it.percent ?? '?'}%`), it.per_hour != null && h('span.dim', `${amount(it.metric, it.per_hour)}/h`), it.reached_at ? h('span.warn.end', `reaches limit at ${f.clock(it.reached_at)}`) : it.resets_at && h('span.dim.end', `resets ${f.clock(it.resets_at)}`)));
