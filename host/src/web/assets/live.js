// The live channel: one WebSocket that comes back by itself and goes on where it stopped, so that each
// event arrives once and in order. Never asks for data; whoever listens does.
import { token } from './api.js';

const LONGEST = 5000;
const listeners = new Set();
let socket = null;
let last = null; // number of the last event that was handed on
let wait = 250;
let timer = 0;
let status = { state: 'connecting', since: Date.now(), retryAt: null };

/** f({type: 'events'|'board'|'resync'|'state', …}) */
export const onLive = (f) => { listeners.add(f); };
export const live = () => status;
export const lastSeq = () => last;
const tell = (message) => listeners.forEach((f) => f(message));

function become(state, retryAt = null) {
  status = { state, since: state === status.state ? status.since : Date.now(), retryAt };
  tell({ type: 'state', ...status });
}

function take(message) {
  if (message.type === 'hello') {
    wait = 250;
    last ??= message.seq;
    become('live');
  } else if (message.type === 'events') {
    const fresh = message.events.filter((event) => last === null || event.seq > last);
    last = Math.max(last ?? 0, message.seq);
    if (fresh.length) tell({ type: 'events', events: fresh });
  } else if (message.type === 'resync') {
    last = message.seq;
    tell({ type: 'resync' });
  } else if (message.type === 'board') tell({ type: 'board' });
}

function lost(event) {
  if (event.target !== socket) return;
  socket = null;
  if (event.code === 4401) return become('refused');
  const pause = wait * (0.75 + Math.random() / 2);
  wait = Math.min(wait * 2, LONGEST / 1.25);
  become('lost', Date.now() + pause);
  timer = setTimeout(connect, pause);
}

/** Connects, or does so at once instead of later. */
export function connect() {
  clearTimeout(timer);
  if (socket || !token()) return;
  socket = new WebSocket(`${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/api/v1/live`);
  socket.onopen = (event) => event.target.send(JSON.stringify({ token: token(), ...(last !== null && { since: last }) }));
  socket.onmessage = (event) => { if (event.target === socket) take(JSON.parse(event.data)); };
  socket.onclose = lost;
}
export const retryNow = () => { wait = 250; connect(); };
addEventListener('online', retryNow);
