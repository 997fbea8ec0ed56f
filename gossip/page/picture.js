'use strict';
// The picture of the peers: this node in the middle, each peer as far out as its round trip is long. What a peer holds is
// told by colour, shape and line; how lately it was heard by the strength of the line.

const INNER = 84, OUTER = 158, RIM = 184;
const MOST_NUMBERED = 24;

/** The powers of ten, in milliseconds, that the rings are at. Only ever widened, so that nothing jumps to and fro. */
const scale = { low: Infinity, high: -Infinity };

const markOf = new Map();

function showPicture(peers) {
  const drawn = peers.slice(0, MOST_LISTED);
  widen(drawn);
  showRings(drawn.length > 0);
  const size = drawn.length <= MOST_NUMBERED ? 12 : Math.max(3.5, Math.min(9, 440 / drawn.length));
  const placed = drawn.map((peer, index) => ({ ...peer, size, ...placeOf(peer, index, drawn.length) }));
  keepInStep(byId('links'), placed.filter((peer) => peer.state !== 'silent'), (peer) => peer.name, () => svg('line'), updateLink);
  keepInStep(byId('marks'), placed, (peer) => peer.name, makeMark, updateMark);
  showShare(peers);
  showLegend(peers);
  set(byId('picture'), { 'aria-label': summary(peers) });
}

function widen(peers) {
  for (const { roundTripMs } of peers) {
    if (roundTripMs == null) continue;
    const power = Math.log10(Math.max(roundTripMs, 0.1));
    scale.low = Math.min(scale.low, Math.floor(power));
    scale.high = Math.max(scale.high, Math.ceil(power), scale.low + 1);
  }
}

function radiusAt(power) {
  return INNER + ((power - scale.low) / (scale.high - scale.low)) * (OUTER - INNER);
}

function showRings(anybody) {
  const rings = [];
  for (let power = scale.low; power <= scale.high; power += 1) rings.push(power);
  const labelled = anybody && rings.length ? rings.map((power) => [radiusAt(power), span(10 ** power / 1000)]) : [];
  const plain = [[INNER, ''], [(INNER + OUTER) / 2, ''], [OUTER, '']];
  keepInStep(byId('rings'), labelled.length ? labelled : plain, ([radius, label]) => `${radius} ${label}`, ([radius, label]) =>
    svg('g', {}, svg('circle', { r: radius }), svg('text', { y: -radius + 3 }, label)));
}

/** Where a peer is: evenly spread, none at the top, where the rings are labelled. */
function placeOf(peer, index, all) {
  const angle = ((index + 0.5) / all) * 2 * Math.PI - Math.PI / 2;
  const known = peer.state !== 'silent' && peer.roundTripMs != null;
  const radius = known ? radiusAt(Math.log10(Math.max(peer.roundTripMs, 0.1))) : RIM;
  return { x: radius * Math.cos(angle), y: radius * Math.sin(angle) };
}

function updateLink(line, peer) {
  const strength = Math.max(0.15, 1 - peer.lastExchangeSecsAgo / 60);
  set(line, { class: peer.state, x2: peer.x.toFixed(1), y2: peer.y.toFixed(1) });
  line.style.strokeOpacity = strength.toFixed(2);
  line.style.strokeWidth = (0.75 + 1.75 * strength ** 3).toFixed(2);
}

function makeMark(peer) {
  const mark = svg('g', {}, svg('title'), svg('path'), svg('text', { y: 4 }));
  markOf.set(peer.name, mark);
  return mark;
}

function updateMark(mark, peer) {
  const [title, path, number] = mark.children;
  set(mark, { class: `mark ${peer.state}` });
  mark.style.transform = `translate(${peer.x.toFixed(1)}px, ${peer.y.toFixed(1)}px)`;
  set(path, { d: SHAPES[STATES[peer.state].shape](peer.size) });
  setText(number, peer.size === 12 && peer.state !== 'silent' ? String(peer.number) : '');
  setText(title, `${peer.name}: agrees ${agrees(peer)}, round trip ${roundTrip(peer)}, heard ${heardAgo(peer)} ago`);
}

/** Outlines of about one weight. */
const SHAPES = {
  circle: (r) => `M${-r} 0a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0z`,
  diamond: (r) => `M0 ${-1.3 * r}L${1.3 * r} 0L0 ${1.3 * r}L${-1.3 * r} 0z`,
  square: (r) => `M${-r} ${-r}h${2 * r}v${2 * r}h${-2 * r}z`,
  cross: (r) => `M${-r / 2} ${-r / 2}L${r / 2} ${r / 2}M${r / 2} ${-r / 2}L${-r / 2} ${r / 2}`,
};

function showShare(peers) {
  const same = inState(peers, 'same'), heard = same + inState(peers, 'other');
  setText(byId('share'), heard ? count(same) : 'alone');
  setText(byId('share-of'), heard ? `of ${count(heard)} agree` : '');
  set(byId('picture'), { class: heard ? (same === heard ? 'all-same' : 'not-all') : 'alone' });
}

function showLegend(peers) {
  const there = Object.entries(STATES).filter(([state]) => inState(peers, state));
  keepInStep(byId('legend'), there, ([state]) => state, ([state, { shape, words }]) =>
    html('span', {}, svg('svg', { viewBox: '-9 -9 18 18', 'aria-hidden': 'true', class: `mark ${state}` },
      svg('path', { d: SHAPES[shape](6) })), words));
}

/** The picture for those who do not see it; the list beside it has the rest. */
function summary(peers) {
  const parts = Object.entries(STATES).map(([state, { words }]) => [inState(peers, state), words]);
  const said = parts.filter(([number]) => number).map(([number, words]) => `${count(number)} ${words}`);
  return said.length ? `${many(peers.length, 'peer')} around this node: ${said.join(', ')}` : 'This node, with no peers';
}

/** Shows which mark a row of the list belongs to. */
function pointAt(name, on) {
  const mark = markOf.get(name);
  if (mark) mark.classList.toggle('pointed-at', on);
}
