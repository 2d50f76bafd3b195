// When each request of a run waited, ran and was told to stop, as one picture. Never guesses a time: a
// signal whose time is not known stands at the end of its attempt.
import { brief, clock, duration, h, now, s } from './ui.js';

const at = (text) => Date.parse(text);
const hatch = () => s('defs', s('pattern', { id: 'hatch', width: 6, height: 6, patternUnits: 'userSpaceOnUse', patternTransform: 'rotate(45)' }, s('rect', { width: 2.5, height: 6, class: 'stripe' })));

function row(inv, attempt, from, span, signals) {
  const end = attempt.started_at ? at(attempt.started_at) + (attempt.duration_ms ?? Math.max(0, now() - at(attempt.started_at))) : inv.finished_at ? at(inv.finished_at) : now();
  const x = (ms) => `${Math.max(0, Math.min(100, (100 * (ms - from)) / span)).toFixed(3)}%`;
  const w = (a, b) => `${Math.max(0.25, (100 * (Math.min(b, from + span) - a)) / span).toFixed(3)}%`;
  const first = inv.attempts[0] === attempt;
  const queued = first ? at(inv.started_at) : null;
  const started = attempt.started_at ? at(attempt.started_at) : end;
  const label = `${inv.invocation_id.split('.').pop()}.a${attempt.n}`;
  const said = `${label}: ${attempt.state}${attempt.started_at ? `, ran ${duration(end - started)}` : ', not started'}${queued !== null ? `, waited ${duration(started - queued)}` : ''}`;
  return h('.lane', { key: label },
    h('span.lane-name', { title: `${inv.agent} → ${attempt.tool}:${attempt.model}` }, h('b.mono', label), brief(inv.step ?? inv.agent, 30)),
    s('svg', { role: 'img', 'aria-label': said, height: 24 }, hatch(), s('title', said),
      queued !== null && started > queued && s('rect.queued', { x: x(queued), width: w(queued, started), y: 6, height: 12, rx: 3 }),
      attempt.started_at && s('rect', { class: `span is-${attempt.state}`, x: x(started), width: w(started, end), y: 4, height: 16, rx: 3 }),
      signals.map((it, i) => s('g.signal', s('title', `${it.name}${it.at ? ` at ${clock(it.at, true)}` : ''}`), s('line', { x1: x(it.at ? at(it.at) : end), x2: x(it.at ? at(it.at) : end), y1: 0, y2: 24 }), s('circle', { cx: x(it.at ? at(it.at) : end), cy: 3 + i * 3, r: 3 })))),
    h('span.num.dim.small', attempt.started_at ? duration(end - started) : '–'));
}

/** `events` may hold the signals with their times. */
export function timeline(run, events = []) {
  const from = at(run.started_at);
  const span = Math.max(50, (run.finished_at ? at(run.finished_at) : now()) - from);
  const told = events.filter((it) => it.type === 'attempt.signalled');
  const rows = run.invocations.flatMap((inv) => inv.attempts.map((attempt) => {
    const mine = told.filter((it) => inv.invocation_id.endsWith(`.${it.inv}`) && it.att === attempt.n);
    const signals = mine.length ? mine.map((it) => ({ name: it.data.signal ?? 'signal', at: it.ts })) : (attempt.signals_sent ?? []).map((it) => ({ name: it.signal ?? it.sig ?? String(it), at: it.at }));
    return row(inv, attempt, from, span, signals);
  }));
  return h('.timeline', rows, h('.lane.axis.dim.small', { 'aria-hidden': 'true' }, h('span'), h('span.line', clock(run.started_at, true), h('span', `+${duration(span / 2)}`), h('span', run.finished_at ? `+${duration(span)}` : 'now')), h('span')));
}
