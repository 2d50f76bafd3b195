// Puts it all together: token, addresses, live channel, keys. Never shows anything itself but the page
// for those who come without a token.
import { findToken, onRefused, setToken } from './api.js';
import { announce, toast } from './dialog.js';
import { h, mendInside } from './dom.js';
import { bind, openHelp } from './keys.js';
import { connect, lastSeq, onLive, retryNow } from './live.js';
import * as shell from './shell.js';
import * as stage from './stage.js';
import { openNewRun } from './newrun.js';
import { page as now, remember } from './now.js';
import { page as runs } from './runs.js';
import { page as run } from './run.js';
import { page as costs } from './costs.js';
import { page as initiatives } from './initiatives.js';
import { page as board } from './board.js';
import { page as policies } from './policies.js';
import { page as plugins } from './plugins.js';
import { page as doctor } from './doctor.js';

const PAGES = [now, runs, costs, initiatives, board, policies, plugins, doctor];

function route() {
  const [path, query = ''] = location.hash.slice(2).split('?');
  const [name, id] = path.split('/');
  const page = name === 'runs' && id ? run : PAGES.find((it) => it.name === name);
  let clean = id;
  try { clean = id && decodeURIComponent(id); } catch { /* shown as it came */ }
  return page ? { page, id: clean, query: new URLSearchParams(query), address: location.hash } : null;
}

function go() {
  if (location.hash.startsWith('#k=')) { findToken(); start(); }
  const to = route();
  if (!to) { history.replaceState(null, '', '#/now'); return go(); }
  const other = stage.current()?.page !== to.page;
  document.body.classList.remove('menu');
  stage.show(to.page, to);
  if (other) announce(to.page.title);
  shell.draw();
}

function gate(why) {
  stage.leave();
  const field = h('input', { id: 'token', name: 'token', type: 'password', autocomplete: 'off', spellcheck: 'false', required: true });
  const take = (event) => { event.preventDefault(); const said = event.target.elements.token.value.trim(); if (said) { setToken(said.replace(/^.*#k=/, '')); start(); go(); } };
  document.body.classList.add('gated');
  mendInside(document.getElementById('main'), [h('.gate', h('.barrier', { 'aria-hidden': 'true' }), h('h1', 'This page needs a token'),
    h('p', why ?? 'Everything here belongs to whoever started the server.', ` Open the ${why ? 'new ' : ''}link that `, h('code', 'tollgate serve'), ' printed; it ends in ', h('code', '#k=…'), '.'),
    h('form', { on: { submit: take } }, h('label', { for: 'token' }, 'Or paste the token, or the whole link'), h('.row', field, h('button.btn.primary', 'Open'))),
    h('p.dim.small', 'It stays in this tab and is gone when you close it.'))]);
  document.title = 'Tollgate';
}

let started = false;
function start() {
  document.body.classList.remove('gated');
  if (started) { retryNow(); return; }
  started = true;
  shell.begin(PAGES);
  shell.refresh();
  connect();
}

function heard(message) {
  if (message.type === 'events') {
    remember(message.events);
    stage.happened(message.events);
    if (message.events.some((it) => it.type.startsWith('run.') || it.type === 'attempt.started')) shell.refreshSoon();
    for (const it of message.events) if (it.type === 'run.finished') announce(`${it.run_id} ${it.data?.outcome ?? 'finished'}`);
    document.documentElement.dataset.seq = lastSeq();
  } else if (message.type === 'board') stage.soon(0);
  else if (message.type === 'resync') { stage.forget(); remember(null); stage.soon(0); toast('Some events were missed; everything was loaded anew.'); }
  else {
    if (message.state === 'lost' || message.state === 'live') announce(message.state === 'live' ? 'Connected' : 'Disconnected; what is shown may be out of date');
    shell.draw(); stage.draw(); if (message.state === 'live') stage.soon(); if (message.state === 'refused') refused();
  }
}
function refused() {
  setToken(null);
  gate('The server has a new key, so the old link opens nothing any more.');
}

PAGES.forEach((page, i) => bind(String(i + 1), page.title, () => { location.hash = `#/${page.name}`; }));
bind('/', 'Search on this page', () => document.querySelector('main [type=search]')?.focus());
bind('n', 'New run', () => openNewRun());
bind('?', 'This list', openHelp);
bind('Esc', 'Close a dialog, leave a field', () => {});
onRefused(refused);
onLive(heard);
stage.onShown((it) => { if (it.page === now && it.data) shell.feel(it.data); });
addEventListener('hashchange', go);
document.getElementById('menu').addEventListener('click', (event) => event.currentTarget.setAttribute('aria-expanded', document.body.classList.toggle('menu')));
document.getElementById('new').addEventListener('click', () => openNewRun());
document.addEventListener('click', (event) => { const skip = event.target.closest('[href="#main"]'); if (skip) { event.preventDefault(); document.getElementById('main').focus(); } });
if (findToken()) { start(); go(); } else gate();
