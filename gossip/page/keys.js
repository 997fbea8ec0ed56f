'use strict';
// The keys that begin as asked, page by page, kept in step with what changes.

const PAGE = 50;
const MOST_ASKED = 10000;

/** A key that takes more than this in a query cannot be named in one. */
const NAMEABLE = 6000;

const listing = {
  prefix: '',
  /** What is shown: {key, entry}, in the order of the keys. */
  rows: [],
  goesOn: false,
  /** How many rows there may be: a page more each time that more is asked for. */
  room: PAGE,
  asking: new AbortController(),
  problem: '',
};

/** Asks anew for what is shown. */
async function listAgain() {
  const page = await askPage({ prefix: listing.prefix, limit: listing.room });
  if (!page) return;
  listing.rows = rowsOf(page);
  listing.goesOn = page.next !== null;
  showKeys();
}

/** Asks for the page behind what is shown: behind the last key that can be named, as others are too long for a query. */
async function listMore() {
  const from = listing.rows.map(({ key }) => encodeURIComponent(key).length <= NAMEABLE).lastIndexOf(true);
  const unnamed = listing.rows.length - 1 - from;
  const limit = Math.min(MOST_ASKED, PAGE + unnamed);
  const page = await askPage({ prefix: listing.prefix, limit, ...(from < 0 ? {} : { after: listing.rows[from].key }) });
  if (!page) return;
  const before = listing.rows.length;
  listing.rows = [...listing.rows.slice(0, from + 1), ...rowsOf(page)];
  listing.goesOn = page.next !== null && listing.rows.length > before;
  listing.room = Math.min(MOST_ASKED, Math.max(listing.room + PAGE, listing.rows.length));
  showKeys();
  say(byId('found').textContent);
}

/** A page, or null where it does not come, or is not wanted any more. */
async function askPage(parameters) {
  listing.asking.abort();
  const asking = listing.asking = new AbortController();
  try {
    const page = await askJson('/keys', { values: 1, ...parameters }, asking.signal);
    listing.problem = '';
    return asking.signal.aborted ? null : page;
  } catch (error) {
    if (!asking.signal.aborted) {
      listing.problem = error instanceof TokenWanted ? '' : `not listed: ${error.message}`;
      showKeys();
    }
    return null;
  }
}

const rowsOf = (page) => page.keys.map((key) => ({ key, entry: page.entries[key] }));

/** Takes in changes, oldest first: in place where they are shown, or would be. */
function changeKeys(changes) {
  for (const { kind, data } of changes) {
    if (!data.key.startsWith(listing.prefix)) continue;
    const at = placeOfKey(data.key);
    const there = at < listing.rows.length && listing.rows[at].key === data.key;
    if (kind === 'delete') listing.rows.splice(at, there ? 1 : 0);
    else if (there) listing.rows[at] = { key: data.key, entry: data };
    else if (at < listing.rows.length || !listing.goesOn) listing.rows.splice(at, 0, { key: data.key, entry: data });
  }
  if (listing.rows.length > listing.room) {
    listing.rows.length = listing.room;
    listing.goesOn = true;
  }
  if (listing.goesOn && listing.rows.length < listing.room / 2) listAgain(); // so many were deleted
  showKeys();
}

/** Where this key is among the rows, or belongs. */
function placeOfKey(key) {
  let low = 0, high = listing.rows.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (isBefore(listing.rows[middle].key, key)) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Keys are in the order of their UTF-8 bytes; JavaScript's own, of UTF-16, has surrogates before U+E000. */
function isBefore(a, b) {
  let at = 0;
  while (at < a.length && a[at] === b[at]) at += 1;
  return rank(a.charCodeAt(at)) < rank(b.charCodeAt(at));
}

function rank(unit) {
  if (Number.isNaN(unit)) return -1;
  return unit >= 0xd800 && unit < 0xe000 ? unit + 0x10000 : unit;
}

function showKeys() {
  keepInStep(byId('key-rows'), listing.rows, ({ key }) => key, makeKeyRow, updateKeyRow);
  byId('more').hidden = !listing.goesOn;
  const such = listing.prefix ? 'such ' : '';
  const number = many(listing.rows.length, `${such}key`);
  const found = listing.goesOn ? `the first ${number}` : listing.rows.length ? number : `no ${such}key is in the map`;
  setText(byId('found'), listing.problem || found);
}

function makeKeyRow() {
  const row = html('li', {}, html('details', {}, html('summary', {}, html('bdi', { class: 'key' }), ' ',
    html('bdi', { class: 'value' }), ' ', html('time', { class: 'quiet' })), html('div', { class: 'whole' })));
  row.firstChild.addEventListener('toggle', () => showWhole(row.firstChild));
  return row;
}

const entryOf = new WeakMap();

function updateKeyRow(row, { key, entry }) {
  const details = row.firstChild;
  const [name, value, when] = details.firstChild.children;
  const before = entryOf.get(details);
  if (before && before.entry === entry) return;
  entryOf.set(details, { key, entry });
  showText(name, key);
  showValue(value, entry);
  setText(when, time(entry.stamp));
  if (details.open) showWhole(details);
}

/** All there is to know of an entry, put together when somebody looks. */
function showWhole(details) {
  const whole = details.lastChild;
  if (!details.open) return whole.replaceChildren();
  const { key, entry } = entryOf.get(details);
  const name = html('pre'), value = html('pre');
  showText(name, key, WHOLE, true);
  if (entry.value === undefined) value.append(dump(bytesOf(entry)));
  else showText(value, entry.value, WHOLE, true);
  const size = entry.value === undefined ? bytesOf(entry).length : new TextEncoder().encode(entry.value).length;
  const facts = [['Key', name], [`Value, ${bytes(size)}`, value], ['Written', time(entry.stamp)], ['By', entry.origin],
    ['Expires', entry.expiry ? time(entry.expiry) : 'never'], ['Type', entry.contentType || 'none given']];
  whole.replaceChildren(html('dl', {}, ...facts.map(([term, told]) => html('div', {}, html('dt', {}, term), html('dd', {}, told)))));
}
