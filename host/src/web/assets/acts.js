// What can be done to a run: cancel, kill, try again, copy, export. Asks first where it cannot be
// undone. Never pretends: what is shown comes from the record.
import { announce, ask, button, confirm, download, h, oops, open, part, questions, send, toast } from './ui.js';
import { soon } from './stage.js';

export async function cancel(run, kill = false) {
  const stop = async () => {
    await send('POST', `runs/${part(run.run_id)}/${kill ? 'kill' : 'cancel'}`, {});
    announce(`${run.run_id}: asked to stop`);
    soon(0);
  };
  if (kill) return confirm(`Kill ${run.run_id}?`, 'Its processes get no time to put away what they hold. Cancel asks politely first and becomes firm by itself.', 'Kill it', stop);
  try { await stop(); } catch (error) { toast(error.message, 'bad'); soon(0); }
}

/** Tries again; what a policy asks is put to whoever pressed the button. */
export function retry(run) {
  let error = null, busy = false;
  const over = ['failed', 'cancelled'].includes(run.status);
  const go = async (more) => {
    busy = true; it.redraw();
    try {
      const done = await send('POST', `runs/${part(run.run_id)}/retry`, { ...(!over && { force: true }), ...more });
      it.close();
      toast(`Trying again: ${done.run_id}`);
      location.hash = `#/runs/${done.run_id}`;
      soon(0);
    } catch (caught) { error = caught; busy = false; it.redraw(); }
  };
  const it = open(`Retry ${run.run_id}`, () => [
    h('p', over ? 'The last request is asked again, with the configuration as it is now.' : 'It was done already; asking again spends money again.'),
    error && (error.code === 'needs_confirmation' ? questions(error, () => go({ consent: true }), busy) : oops(error)),
    error?.code !== 'needs_confirmation' && h('.actions', button('Not now', () => it.close()), button('Retry', () => go({}), { class: 'btn primary', disabled: busy })),
  ]);
}

export async function copy(text, what) {
  try { await navigator.clipboard.writeText(text); toast(`${what} copied`); } catch { toast('The browser does not let this page copy.', 'bad'); }
}

const FORMATS = [['json', 'JSON', 'json'], ['jsonl', 'Events', 'jsonl'], ['origin-jsonl', 'Origin’s events', 'jsonl'], ['yaml', 'run.yaml', 'yaml'], ['otlp', 'OpenTelemetry', 'json']];
export const exports = (id) => h('details.pop', h('summary.btn', 'Export'), h('.menu', FORMATS.map(([format, name, ending]) => button(name, async (event) => {
  event.target.closest('details').open = false;
  try { await download(`runs/${part(id)}/export?format=${format}`, `${id}.${format === 'json' || format === 'yaml' ? '' : `${format}.`}${ending}`); } catch (error) { toast(error.message, 'bad'); }
}, { class: '' }))));

export const forget = (run) => confirm(`Delete what ${run.run_id} said?`, 'Prompts, logs and answers are removed from the disk. The record of what ran and what it cost stays.', 'Delete', async () => {
  const { removed } = await (await ask(`runs/${part(run.run_id)}/content`, { method: 'DELETE' })).json();
  toast(`${removed} files removed`);
  soon(0);
});
