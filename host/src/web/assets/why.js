// Why a request went where it went: the targets that were weighed, what each policy said, and what
// followed. The same pieces explain a request that was only tried out. Never weighs anything itself.
import { box, brief, chip, clock, count, dollars, h, isMoney, long, meter, opinion, runLink, shape, short, state, table, target, usd, word } from './ui.js';

const reason = (it) => (it ? h('span', h('code', brief(it.code ?? '', 40)), ' ', long((it.message ?? '').replace('>=', '≥'), 200)) : null);

/** The targets, with what was wrong with those not taken. */
export function candidates(list, told = []) {
  const estimate = (it) => { const of = told.find((t) => t.tool === it.tool && t.model === it.model); return of ? of.estimate_uusd ?? null : undefined; };
  return h('ol.candidates', list.map((it) => h('li', { class: it.rejected ? 'no' : 'yes' }, shape(it.rejected ? 'cancelled' : 'done'), h('div', h('b', brief(target(it), 100)), ' ', chip(word(it.origin)), h('.small', it.rejected ? reason(it.rejected) : 'taken')), h('span.end.num.small.dim', { title: 'what it would set aside' }, estimate(it) === undefined ? '' : ['est. ', usd(estimate(it))]))));
}

/** What each policy said; those that passed without a word are folded into one line. */
export function opinions(list) {
  const all = list.map(opinion);
  const loud = all.filter((it) => !['pass', 'allow'].includes(it.says) || it.reasons.length);
  const quiet = [...new Set(all.filter((it) => !loud.includes(it)).map((it) => it.policy))];
  return h('ul.opinions',
    loud.map((it) => h('li', state(it.says, word(it.says)), h('div', h('b', brief(it.policy, 60)), it.about && h('span.dim.small', ` about ${target(it.about)}`), it.required === false && chip('may be left out'), it.fault && h('.bad.small', long(it.fault, 300)), it.reasons.map((r) => h('.small', reason(r))), it.facts.length > 0 && h('.dim.small.mono', it.facts.map(([k, v]) => `${brief(k, 40)}=${brief(v, 60)}`).join('  '))))),
    quiet.length > 0 && h('li', state('pass', 'pass'), h('div', quiet.map((it) => brief(it, 40)).join(', '))));
}

const judged = (it) => h('.judged', h('.line.small', h('b', brief(it.phase, 20)), state(it.ruling), it.by && h('span', 'by ', brief(it.by, 40)), it.answer && chip(`answered ${typeof it.answer === 'string' ? it.answer : JSON.stringify(it.answer)}`), h('span.dim.end', clock(it.at, true))), opinions(it.opinions));

function move(it) {
  const d = it.data ?? {};
  return h('li', state('reroute', word(it.kind)), ' ', d.from ? `${target(d.from)} → ${target(d.to)} ` : '', reason(d.reason) ?? h('code', brief(JSON.stringify(d), 200)));
}

/** The answer to `why`, for each request of a run. */
export const why = (doc) => doc.requests.map((it) => {
  const last = it.decided.at(-1);
  return box(it.invocation_id.split('.').pop(), { key: it.invocation_id, class: 'why', aside: h('span.dim.small', [it.agent, it.task_type, it.prompt_tokens != null && `${count(it.prompt_tokens)} prompt tokens`].filter(Boolean).map((t) => brief(t, 60)).join(' · ')) },
    last ? h('p.because', h('b', brief(target(last), 100)), ' because ', reason(last.reason)) : h('p.dim', 'Nothing was decided.'),
    h('.halves', h('div', h('h3', 'Targets'), it.decided.map((d) => candidates(d.candidates ?? [], it.targets_told ?? []))), h('div', h('h3', 'Policies'), it.policies.length ? it.policies.map(judged) : h('p.dim', 'None was asked.'))),
    it.limits_told?.length > 0 && h('div', h('h3', 'Limits at that moment'), it.limits_told.map((l) => h('.limit', h('.line.small', h('b', brief(l.name, 40)), h('span.dim', `${brief(l.scope, 40)} · ${l.period}`), h('span.end', `wanted ${isMoney(l.metric) ? dollars(l.wanted) : short(l.wanted)}`)), meter({ ...l, percent: Math.round((100 * (l.settled + l.reserved)) / (l.cap || 1)) }, l.name)))),
    (it.moves.length > 0 || it.limit_events.length > 0) && h('div', h('h3', 'What followed'), h('ul.opinions', it.moves.map(move), it.limit_events.map((e) => h('li', state('warn', word(e.kind)), ' ', h('code', brief(JSON.stringify(e.data), 200)))))));
});

/** The answer to a request that was only tried out. */
export function preview(doc) {
  const d = doc.decision;
  const refusal = doc.refusal?.error;
  return h('.preview',
    h('.line', state({ run: 'done', ask: 'ask', refuse: 'refuse' }[doc.would] ?? 'done', { run: 'would run', ask: 'a policy would ask', refuse: 'would be refused' }[doc.would]), h('b', brief(target(d.target), 100)), h('span.end.small', 'sets aside ', usd(doc.reserve_usd_micros ?? null))),
    h('p.small', reason(d.reason), d.prompt_tokens != null && h('span.dim', ` · about ${count(d.prompt_tokens)} tokens`)),
    refusal && h('p.bad', long(refusal.message, 300), refusal.hints?.map((it) => h('span.dim', ` · ${brief(it, 200)}`))),
    candidates(d.candidates, doc.policies?.request?.targets ?? []), opinions(doc.policies?.opinions ?? []),
    doc.warnings?.map((it) => h('p.warn.small', long(it.message ?? it, 300))));
}

/** Verdicts over all runs, the newest first. */
export const verdicts = (list) => table('Last verdicts', [['When', (it) => clock(it.at, true)], ['Ruling', (it) => state(it.ruling)], ['By', (it) => brief(it.by ?? '–', 40)], ['Run', (it) => (it.run_id ? runLink(it.run_id) : '–')], ['Phase', (it) => brief(it.phase, 20)], ['Opinions', (it) => h('details.long', h('summary', (it.opinions ?? []).map(opinion).filter((o) => o.says !== 'pass').map((o) => `${brief(o.policy, 30)}: ${word(o.says)}`).join(', ') || 'all pass'), opinions(it.opinions ?? [])), 'grow']], list, { key: (it) => `${it.invocation_id}${it.at}${it.phase}` });
