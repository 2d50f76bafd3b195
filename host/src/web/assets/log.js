// What an attempt wrote, piece by piece, as lines: terminal sequences gone, JSON lines made readable on
// wish. Never shows anything, never keeps more than it says.
import { ask, part } from './api.js';
import { plain } from './text.js';

const MOST = 400000; // lines that are kept
const WIDEST = 4000; // characters of a line that are kept
const INSIDE = ['message', 'content', 'delta', 'item', 'input', 'part', 'error', 'result', 'params', 'msg', 'event'];
const SAID = ['text', 'result', 'thinking', 'output', 'command', 'error', 'summary', 'content', 'message', 'aggregated_output', 'response'];
const TOLD = ['command', 'file_path', 'pattern', 'path', 'url', 'query', 'description'];

function said(it, depth, out) {
  if (typeof it === 'string' || depth > 6 || out.length > 40) return out;
  if (Array.isArray(it)) { it.forEach((one) => said(one, depth + 1, out)); return out; }
  if (it?.type === 'tool_use') { const told = TOLD.map((k) => it.input?.[k]).filter((v) => typeof v === 'string'); out.push(`▸ ${it.name} ${told.length ? told.join('  ') : JSON.stringify(it.input ?? {})}`); }
  else if (it && typeof it === 'object') for (const [k, v] of Object.entries(it)) { if (typeof v === 'string' && v && SAID.includes(k)) out.push(v); else if (INSIDE.includes(k)) said(v, depth + 1, out); }
  return out;
}

/** What it says in numbers and words, two levels deep. */
const facts = (it, depth = 0) => Object.entries(it).flatMap(([k, v]) => (['type', 'subtype', 'uuid'].includes(k) || v === null ? [] : typeof v === 'object' ? (depth || Array.isArray(v) ? [] : facts(v, 1)) : [`${k}=${v}`]));
/** A line of JSON as people read it; null when it is none. */
export function readable(line) {
  if (line[0] !== '{') return null;
  let it;
  try { it = JSON.parse(line); } catch { return null; }
  const kind = [it.type ?? it.event ?? it.kind, it.subtype].filter((w) => typeof w === 'string').join('.') || 'json';
  return { kind, text: said(it, 0, []).join('\n') || facts(it).join('  ') || line };
}

/** A log that grows. `more()` reads on and says whether anything came. */
export class Log {
  constructor(attempt, stream) { Object.assign(this, { attempt, stream }); this.clear(true); }
  clear(readable_) { Object.assign(this, { readable: readable_, lines: [], kinds: [], next: 0, size: null, leftOut: 0, complete: false, cut: 0, rest: '', decoder: new TextDecoder() }); }

  async more(signal) {
    const mine = this.decoder;
    const response = await ask(`attempts/${part(this.attempt)}/log?stream=${this.stream}&offset=${this.next}`, { signal });
    const bytes = await response.arrayBuffer();
    if (mine !== this.decoder) return false;
    const told = (name) => Number(response.headers.get(name) ?? 0);
    this.next = told('x-log-next');
    this.size = told('x-log-size');
    this.leftOut = told('x-log-left-out');
    this.complete = response.headers.get('x-log-complete') === 'true';
    const text = this.rest + this.decoder.decode(bytes, { stream: !this.complete });
    const lines = text.split('\n');
    this.rest = this.complete ? '' : lines.pop();
    if (this.complete && lines.at(-1) === '') lines.pop();
    lines.forEach((line) => this.add(line));
    return bytes.byteLength > 0;
  }

  add(raw) {
    const it = this.readable ? readable(raw) : null;
    if (!it) return this.push(raw, '');
    it.text.split('\n').forEach((line, i) => this.push(line, i ? ' ' : it.kind));
  }
  push(text, kind) {
    if (this.lines.length >= MOST) { this.cut += 1; return; }
    const line = plain(text.length > WIDEST ? `${text.slice(0, WIDEST)} … ${text.length - WIDEST} more characters` : text).replaceAll('\t', '    ');
    this.lines.push(line);
    this.kinds.push(kind);
  }
}
// A level at the beginning, or a word that is followed by what went wrong; not every sentence with the word in it.
export const looksBad = (line) => !line.startsWith('▸') && (/^\W*(?!no |0 )(\S+ )?(error|fatal|panic|traceback|failed|ERR!)\b|(?<!["'`\w])(error|fatal|exception|panicked|failure)\b[^"'`.]{0,32}:( |$)/i.test(line) || /\bFAILED\b/.test(line));
