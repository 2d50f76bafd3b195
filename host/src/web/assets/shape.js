// The border: answers in the several shapes that the record's documents have are made into one. Never
// makes up a value; what is missing stays null.
/** A cost: {micros, basis, atLeast, unknown}. */
export function cost(it) {
  const micros = it?.usd_micros ?? null;
  return { micros, basis: micros === null ? 'unknown' : it.basis ?? null, atLeast: !!it?.at_least, unknown: it?.unknown ?? 0 };
}
export const isMoney = (metric) => metric === 'usd' || metric === 'microusd' || metric === 'usd_billed';
const END = { done: 'done', cancelled: 'cancelled' };

/** What an event says about a run that is shown; the full answer follows. True when something changed. */
export function fold(run, event) {
  if (!run || run.run_id !== event.run_id || event.seq <= run.last_seq) return false;
  run.last_seq = event.seq;
  const one = (run.parts?.total ?? 1) === 1;
  const data = event.data ?? {};
  if (event.type === 'run.cancel_requested' || event.type === 'attempt.cancel_requested') run.cancelling = true;
  else if (event.type === 'routing.decided' && one) Object.assign(run, { tool: data.tool, model: data.model });
  else if (event.type === 'attempt.started') run.status = 'running';
  else if (event.type === 'attempt.usage' && one && data.cost) run.cost = data.cost;
  else if (event.type === 'run.finished' && one) Object.assign(run, { status: END[data.outcome] ?? 'failed', cancelling: false, finished_at: event.at, duration_ms: data.duration_ms ?? run.duration_ms });
  else return false;
  return true;
}

/** Puts a run on top of a list as soon as it is asked for. */
export function begin(list, event) {
  if (event.type !== 'run.submitted' || list.some((run) => run.run_id === event.run_id)) return false;
  list.unshift({ run_id: event.run_id, status: 'submitted', agent: event.data?.agent, tool: null, model: null, parts: { total: 1, done: 0 }, started_at: event.at, quiet_ms: null, last_seq: event.seq });
  return true;
}

/** Where a limit counts, in words. */
export const scopeOf = (scope) => (typeof scope === 'string' ? scope : Object.entries(scope ?? {}).filter(([, v]) => v).map(([k, v]) => `${k} ${v}`).join(', ')) || 'everything';
export const target = (it) => (it?.tool ? `${it.tool}:${it.model}` : 'none');
/** What a policy said: its word, its reasons and its facts, in both shapes. */
export function opinion(it) {
  const verdict = it.verdict ?? it;
  const decision = verdict?.decision;
  const says = it.says ?? decision?.kind ?? (typeof decision === 'string' ? decision : typeof it.verdict === 'string' ? it.verdict : null);
  return { policy: it.policy, says: it.fault ? 'fault' : says ?? 'nothing', reasons: verdict?.reasons ?? (it.reason ? [{ message: it.reason }] : []), facts: verdict?.facts ?? [], fault: it.fault, required: it.required, about: it.about };
}
