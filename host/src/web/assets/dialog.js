// Dialogs, toasts and what is read aloud. The browser's own <dialog> keeps the focus inside and gives it
// back. Never decides anything; it asks and hands the answer on.
import { h, mendInside } from './dom.js';
import { button, oops } from './parts.js';
import { brief } from './text.js';

let aloud;
/** Tells people who listen; nothing is seen. */
export function announce(text) {
  aloud ??= document.getElementById('aloud');
  aloud.textContent = '';
  requestAnimationFrame(() => { aloud.textContent = brief(text, 300); });
}

/** A short word in the corner. It goes by itself; errors stay longer. */
export function toast(text, kind = 'fine', action) {
  const it = h('div', { class: `toast is-${kind}` }, h('span', brief(text, 300)), action && button(action.label, () => { action.run(); it.remove(); }));
  document.getElementById('toasts').append(it);
  announce(text);
  setTimeout(() => it.remove(), action?.ms ?? (kind === 'bad' ? 9000 : 4500));
}

/**
 * Opens a dialog. `view()` gives what is inside, `it.redraw()` shows it anew, `it.close()` ends it.
 * Esc, the cross and a click beside it close it as well.
 */
export function open(title, view, { wide = false, onClose } = {}) {
  const body = h('.inside');
  const cross = button('', () => dialog.close(), { class: 'btn icon cross', 'aria-label': 'Close' });
  const dialog = h('dialog', { class: wide ? 'wide' : '', 'aria-label': brief(title, 120), on: {
    close: () => { dialog.remove(); onClose?.(); },
    mousedown: (event) => { if (event.target === dialog) dialog.close(); },
  } }, h('header', h('h2', brief(title, 120)), cross), body);
  const it = { dialog, redraw: () => mendInside(body, [view(it)].flat().filter(Boolean)), close: () => dialog.close() };
  document.body.append(dialog);
  it.redraw();
  dialog.showModal();
  const first = body.querySelector('[autofocus], input, select, textarea, button, a[href]');
  (first ?? cross).focus();
  return it;
}

/** Asks before something that cannot be undone; `act` may be refused, which is shown. */
export function confirm(title, text, label, act) {
  let error = null, busy = false;
  const it = open(title, () => [
    h('p', text), error && oops(error),
    h('.actions', button('Keep it', () => it.close()), button(label, async () => {
      busy = true; it.redraw();
      try { await act(); it.close(); } catch (caught) { error = caught; busy = false; it.redraw(); }
    }, { class: 'btn danger', disabled: busy })),
  ]);
}

/** Questions of policies, with a button that answers yes. */
export const questions = (problem, approve, busy) => h('.asks', { role: 'alert' },
  h('h3', 'A policy asks before this goes ahead'),
  (problem.details.questions ?? []).map((q) => h('blockquote', h('cite', brief(q.policy, 60)), q.title && h('b', brief(q.title, 300)), h('p', brief(q.text ?? q.detail ?? '', 2000)))),
  button('Approve and go ahead', approve, { class: 'btn primary', disabled: busy }));
