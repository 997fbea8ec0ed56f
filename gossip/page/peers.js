'use strict';
// The peers: what there is to say of each, as a list, and of all together.

const MOST_LISTED = 200;

/** What may be true of a peer: the shape of its mark, and the words for it. */
const STATES = {
  same: { shape: 'circle', words: 'in agreement' },
  other: { shape: 'diamond', words: 'differing' },
  leaving: { shape: 'square', words: 'leaving' },
  silent: { shape: 'cross', words: 'not heard' },
};

/** The peers and the addresses where nobody was heard, in one order that stays. */
function peersOf(told) {
  const heard = told.peers.map((peer) => ({ ...peer, name: peer.address || peer.origin, state: stateOf(peer) }));
  const silent = told.notHeard.map((address) => ({ name: address, state: 'silent' }));
  const order = new Intl.Collator('en', { numeric: true });
  const all = [...heard, ...silent].sort((a, b) => order.compare(a.name, b.name));
  return all.map((peer, index) => ({ ...peer, number: index + 1 }));
}

function stateOf(peer) {
  if (peer.leaving) return 'leaving';
  return peer.agrees ? 'same' : 'other';
}

const inState = (peers, state) => peers.filter((peer) => peer.state === state).length;

/** How it stands with all of them: what kind of news that is, and a sentence. */
function verdictOf(peers) {
  const same = inState(peers, 'same'), other = inState(peers, 'other'), silent = inState(peers, 'silent');
  const heard = same + other;
  if (!peers.length) return ['plain', 'No peers yet'];
  if (!heard) return ['warn', silent ? `Nobody heard at ${many(silent, 'address', 'addresses')}` : 'All peers are leaving'];
  const missing = silent ? `, ${many(silent, 'address', 'addresses')} silent` : '';
  if (other) return ['warn', `${count(same)} of ${many(heard, 'peer')} ${same === 1 ? 'agrees' : 'agree'}${missing}`];
  const all = heard === 1 ? 'The peer agrees' : `All ${count(heard)} peers agree`;
  return [silent ? 'warn' : 'good', all + missing];
}

function agrees(peer) {
  if (peer.state === 'leaving') return 'leaving';
  if (peer.state === 'silent') return 'not heard';
  return `${peer.agrees ? 'yes' : 'no'}, for ${span(peer.agreesSinceSecs)}`;
}

function offset(peer) {
  if (peer.clockOffsetMs == null) return '–';
  return `${peer.clockOffsetMs < 0 ? '−' : '+'}${span(Math.abs(peer.clockOffsetMs) / 1000)}`;
}

const roundTrip = (peer) => (peer.roundTripMs == null ? '–' : span(peer.roundTripMs / 1000));
const heardAgo = (peer) => (peer.lastExchangeSecsAgo === undefined ? '–' : span(peer.lastExchangeSecsAgo));

function showPeerList(peers) {
  keepInStep(byId('peer-rows'), peers.slice(0, MOST_LISTED), (peer) => peer.name, makePeerRow, updatePeerRow);
  const more = byId('peers-more');
  more.hidden = peers.length <= MOST_LISTED;
  setText(more, `and ${count(peers.length - MOST_LISTED)} more, see /peers`);
  byId('peer-list').hidden = !peers.length;
  byId('alone').hidden = peers.length > 0;
}

function makePeerRow(peer) {
  const row = html('tr', {},
    html('th', { scope: 'row' }, html('div', {}, html('span', { class: 'tag' }), addressOf(peer))),
    html('td'), html('td', { class: 'number' }), html('td', { class: 'number' }), html('td', { class: 'number wide' }));
  row.addEventListener('pointerenter', () => pointAt(peer.name, true));
  row.addEventListener('pointerleave', () => pointAt(peer.name, false));
  return row;
}

/** May break in front of the port, rather than anywhere. */
function addressOf({ name }) {
  const end = name.includes(':') ? name.lastIndexOf(':') : name.length;
  return html('span', { class: 'address' }, name.slice(0, end), html('wbr'), name.slice(end));
}

function updatePeerRow(row, peer) {
  set(row, { class: peer.state });
  const [name, ...cells] = row.children;
  setText(name.querySelector('.tag'), String(peer.number));
  [agrees(peer), roundTrip(peer), heardAgo(peer), offset(peer)].forEach((text, index) => setText(cells[index], text));
}
