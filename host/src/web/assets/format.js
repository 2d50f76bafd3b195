// Numbers, money and times as people read them. What is not known is said to be so; it is never zero.
const GROUPED = new Intl.NumberFormat('en-US');
let skew = 0;

/** The server's clock minus ours, in milliseconds. */
export const setClock = (text) => { const at = Date.parse(text); if (at) skew = at - Date.now(); };
export const now = () => Date.now() + skew;

export const count = (n) => (n === null || n === undefined ? 'unknown' : GROUPED.format(n));
/** Big numbers in three digits: 1.24M. */
export function short(n) {
  if (n === null || n === undefined) return 'unknown';
  for (const [at, mark] of [[1e9, 'B'], [1e6, 'M'], [1e3, 'k']]) if (n >= at) return `${Number((n / at).toPrecision(3))}${mark}`;
  return String(n);
}

/** Micro-dollars as dollars; small sums with as many digits as they need. */
export function dollars(micros) {
  if (micros === null || micros === undefined) return 'unknown';
  const size = Math.abs(micros) / 1e6;
  const digits = size === 0 || size >= 1 ? 2 : size >= 0.01 ? 3 : size >= 0.0001 ? 4 : 6;
  const text = size.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
  return `${micros < 0 ? '−' : ''}$${digits === 6 ? text.replace(/0{1,3}$/, '') : text}`;
}

export function duration(ms) {
  if (ms === null || ms === undefined) return 'unknown';
  if (ms < 1000) return `${Math.max(0, Math.round(ms))} ms`;
  const sec = Math.floor(ms / 1000);
  if (sec < 60) return `${sec} s`;
  if (sec < 3600) return `${Math.floor(sec / 60)}m ${String(sec % 60).padStart(2, '0')}s`;
  const hours = Math.floor(sec / 3600);
  return hours < 48 ? `${hours}h ${String(Math.floor(sec / 60) % 60).padStart(2, '0')}m` : `${Math.floor(hours / 24)} days`;
}

export function bytes(n) {
  if (n === null || n === undefined) return 'unknown';
  for (const [at, mark] of [[1 << 30, 'GiB'], [1 << 20, 'MiB'], [1024, 'KiB']]) if (n >= at) return `${(n / at).toFixed(1)} ${mark}`;
  return `${n} B`;
}

/** A duration that still grows: whole seconds. */
export const sofar = (ms) => (ms < 1000 ? '0 s' : duration(ms));

const two = (n) => String(n).padStart(2, '0');
/** The time of day, and the day when it is another one. Local time. */
export function clock(text, seconds = false) {
  const at = new Date(text);
  if (!text || Number.isNaN(at.getTime())) return 'unknown';
  const time = `${two(at.getHours())}:${two(at.getMinutes())}${seconds ? `:${two(at.getSeconds())}` : ''}`;
  const same = at.toDateString() === new Date(now()).toDateString();
  return same ? time : `${at.toLocaleDateString('en-GB', { day: 'numeric', month: 'short' })} ${time}`;
}

export function ago(text) {
  const ms = now() - Date.parse(text);
  if (Number.isNaN(ms)) return 'unknown';
  if (ms < 60000) return 'just now';
  if (ms < 3600000) return `${Math.floor(ms / 60000)} min ago`;
  if (ms < 86400000) return `${Math.floor(ms / 3600000)} h ago`;
  return `${Math.floor(ms / 86400000)} d ago`;
}
export const many = (n, one, more = `${one}s`) => `${count(n)} ${n === 1 ? one : more}`;
