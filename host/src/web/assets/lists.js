// The agents, tools and models of the configuration, for lists to choose from. Asked for once a minute
// at most; never the place to learn anything else.
import { get } from './api.js';
import { h } from './dom.js';
import { brief } from './text.js';

let held = null, at = 0;
export async function lists() {
  if (held && Date.now() - at < 60000) return held;
  const [{ agents }, { tools }, { models }] = await Promise.all(['agents', 'tools', 'models'].map((it) => get(it)));
  at = Date.now();
  return (held = { agents, tools, models });
}
/** A labelled list to choose from. */
export const choose = (label, value, options, change, props = {}) => h('label.field', h('span', label), h('select', { value: value ?? '', ...props, on: { change: (event) => change(event.target.value) } }, options.map((it) => { const [v, t] = Array.isArray(it) ? it : [it, it]; return h('option', { value: v }, brief(t, 60)); })));
/** Puts values into the address, so that it can be sent to somebody. */
export function filter(route, values) {
  const q = new URLSearchParams(route.query);
  for (const [k, v] of Object.entries(values)) if (v) q.set(k, v); else q.delete(k);
  const text = q.toString();
  const to = location.hash.split('?')[0] + (text ? `?${text}` : '');
  if (to !== location.hash) { history.replaceState(null, '', to); dispatchEvent(new HashChangeEvent('hashchange')); }
}
let typed = 0;
/** A search field that goes into the address once somebody stops typing. */
export const search = (label, route, key = 'q') => h('label.field.grow', h('span', label), h('input', { type: 'search', value: route.query.get(key) ?? '', maxlength: 100, placeholder: 'Search  /', 'aria-label': label, on: { input: (event) => { const { value } = event.target; clearTimeout(typed); typed = setTimeout(() => filter(route, { [key]: value }), 150); } } }));
