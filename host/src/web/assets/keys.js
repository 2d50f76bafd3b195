// The keyboard: one table that both works and is shown by `?`. Never takes keys from who is typing.
import { open } from './dialog.js';
import { h } from './dom.js';

const table = []; // [key, what it does, action]
export const bind = (key, does, action) => { table.push([key, does, action]); };

export function openHelp() {
  open('Keyboard shortcuts', () => h('dl.keys', table.filter(([, does]) => does).map(([key, does]) => h('div', h('dt', key.split(' ').map((it) => h('kbd', it))), h('dd', does)))));
}

const typing = (it) => it.matches?.('input:not([type=checkbox]), textarea, select, [contenteditable]');
addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === 'Escape' && typing(event.target) && !document.querySelector('dialog[open]')) { event.target.blur(); return; }
  if (typing(event.target) || document.querySelector('dialog[open]')) return;
  const found = table.find(([key]) => key.split(' ').includes(event.key));
  if (!found) return;
  event.preventDefault();
  found[2](event);
});
