'use strict';
// Changes as they come: taken as they are, read and shown a batch at a time, however many there are.

const MOST_SHOWN = 100;
const BATCH_MS = 200;

/** So many wait at most for their batch. */
const MOST_WAITING = 5000;

const POLL_SECONDS = 25;

const live = {
  source: null,
  /** The id to go on behind. */
  last: '',
  waiting: [],
  timer: 0,
  seen: 0,
  rows: [],
  paused: false,
  connected: false,
};

/** Begins to watch, or goes on; what is watched already stays so. */
function watch() {
  if (live.source) return;
  live.source = token.value ? polled(listing.prefix) : streamed(listing.prefix);
}

function stopWatching() {
  if (live.source) live.source.close();
  live.source = null;
  connected(false);
}

/** By EventSource, which comes back by itself where the connection ends. */
function streamed(prefix) {
  const source = new EventSource('/watch?' + watched(prefix));
  source.addEventListener('open', () => {
    connected(true);
    ownRequests += 1;
    listAgain();
  });
  source.addEventListener('error', () => {
    connected(false);
    ownRequests += 1;
    if (source.readyState !== EventSource.CLOSED) return;
    live.source = null; // refused, as where there are too many watchers: the next turn tries again
    listAgain();
  });
  for (const kind of ['put', 'delete', 'reset']) {
    source.addEventListener(kind, (event) => take(kind, event.lastEventId, event.data));
  }
  return source;
}

function watched(prefix) {
  return new URLSearchParams({ ...(prefix && { prefix }), ...(live.last && { since: live.last }) });
}

/** By long polls, as an EventSource cannot bring a token along. */
function polled(prefix) {
  const ending = new AbortController();
  const poll = async () => {
    listAgain();
    while (!ending.signal.aborted) {
      const seconds = live.last ? POLL_SECONDS : 0; // the first answer has the id to go on behind
      const text = await ask('/watch', [...watched(prefix), ['timeout', seconds]], ending.signal, POLL_SECONDS * 2000);
      connected(true);
      text.split('\n\n').forEach(takeBlock);
    }
  };
  poll().catch(() => {
    if (ending.signal.aborted) return;
    connected(false);
    live.source = null;
  });
  return { close: () => ending.abort() };
}

/** One event as it is sent: lines of `name: text`. */
function takeBlock(block) {
  const fields = new Map(block.split('\n').map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]));
  if (fields.has('id')) live.last = fields.get('id');
  if (fields.has('event')) take(fields.get('event'), live.last, fields.get('data'));
}

function take(kind, id, text) {
  live.last = id;
  live.waiting.push({ kind, id, text });
  if (live.waiting.length >= MOST_WAITING) takeBatch();
  else if (!live.timer) live.timer = setTimeout(() => requestAnimationFrame(takeBatch), BATCH_MS);
}

function takeBatch() {
  if (!live.waiting.length) return;
  clearTimeout(live.timer);
  live.timer = 0;
  const batch = live.waiting.map(({ kind, id, text }) => ({ kind, id, data: JSON.parse(text) }));
  live.waiting = [];
  live.seen += batch.length;
  live.rows = [...batch.slice(-MOST_SHOWN).reverse(), ...live.rows].slice(0, MOST_SHOWN);
  changeKeys(batch.filter(({ kind }) => kind !== 'reset'));
  if (batch.some(({ kind }) => kind === 'reset')) listAgain();
  showChanges();
}

function connected(is) {
  live.connected = is;
  showChanges();
}

function showChanges() {
  const such = listing.prefix ? ', of such keys' : '';
  const seen = live.seen ? `${many(live.seen, 'change')} since this page was opened${such}` : `nothing has changed yet${such}`;
  setText(byId('changes-state'), live.paused ? 'paused; the list stays as it is' : live.connected ? seen : 'not connected; trying again');
  byId('changes-state').classList.toggle('lively', live.connected && !live.paused);
  if (!live.paused) keepInStep(byId('change-rows'), live.rows, ({ id, kind }) => kind + id, makeChangeRow);
}

const SAID = { put: 'put', delete: 'gone', reset: 'some changes were missed here' };

function makeChangeRow({ kind, data }) {
  const what = html('span', { class: 'kind' }, SAID[kind]);
  const key = html('bdi', { class: 'key' }), value = html('bdi', { class: 'value' });
  if (data.key !== undefined) showText(key, data.key);
  if (kind === 'put') showValue(value, data);
  const when = html('time', { class: 'quiet' }, data.stamp ? time(data.stamp) : '');
  return html('li', { class: kind }, what, ' ', key, ' ', value, ' ', when);
}
