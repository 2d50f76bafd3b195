// Asks the server. Keeps the token for this tab only, sends it as a header, and turns refusals into
// Problems. Never puts the token into an address, and never asks twice by itself.
const KEY = 'tollgate-token';
let held = null;
let refused = () => {};

/** Takes the token out of the address, where it must not stay, or out of this tab's memory. */
export function findToken() {
  const given = /^#k=([\w.~+/=-]+)/.exec(location.hash)?.[1];
  if (given) { setToken(given); history.replaceState(null, '', `${location.pathname}#/now`); }
  try { held ??= sessionStorage.getItem(KEY); } catch { /* storage is off: it lasts until the page is left */ }
  return held;
}
export function setToken(token) {
  held = token;
  try { if (token) sessionStorage.setItem(KEY, token); else sessionStorage.removeItem(KEY); } catch { /* as above */ }
}
export const token = () => held;
export const onRefused = (f) => { refused = f; };

/** What the server says when it does not do it. `code` is stable, `fix` says what to do. */
export class Problem extends Error {
  constructor(status, said) {
    super(said.detail || said.title || `the server answered ${status}`);
    Object.assign(this, { status, code: said.code ?? 'unknown', fix: said.fix ?? [], details: said.details ?? {} });
  }
}

async function problem(response) {
  let said = {};
  try { said = await response.json(); } catch { /* not ours: the status has to do */ }
  if (response.status === 401) refused();
  return new Problem(response.status, said);
}

/** The response itself; refusals are thrown. */
export async function ask(path, { method = 'GET', body, headers = {}, signal } = {}) {
  const asked = { method, signal, headers: { authorization: `Bearer ${held}`, ...headers }, cache: 'no-store', credentials: 'omit' };
  if (method !== 'GET') Object.assign(asked, { body: JSON.stringify(body ?? {}), headers: { ...asked.headers, 'content-type': 'application/json' } });
  let response;
  try { response = await fetch(`/api/v1/${path}`, asked); } catch (error) {
    if (error.name === 'AbortError') throw error;
    throw new Problem(0, { detail: 'The server cannot be reached.', code: 'unreachable', fix: ['is `tollgate serve` running?'] });
  }
  if (!response.ok) throw await problem(response);
  return response;
}
export const get = async (path, signal) => (await ask(path, { signal })).json();
export const send = async (method, path, body, headers) => (await ask(path, { method, body, headers })).json();
/** Part of an address, safe inside a path. */
export const part = encodeURIComponent;
export const query = (values) => new URLSearchParams(Object.entries(values).filter(([, v]) => v !== '' && v !== null && v !== undefined)).toString();

/** Saves an answer as a file; the token stays in the header. */
export async function download(path, name) {
  save(await (await ask(path)).blob(), name);
}
export function save(blob, name) {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}
