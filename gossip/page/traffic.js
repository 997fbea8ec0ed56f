'use strict';
// What goes on: rates out of counters that only grow, as lines over the last two minutes; and this node's figures.

const SHOWN_SECONDS = 120;
const WIDTH = 240, HEIGHT = 56;

/** Each line's name, and the counters that it adds up. */
const LINES = {
  requests: { title: 'Requests', counters: ['nGoodHttpReqs', 'nBadHttpReqs'], unit: 'requests' },
  in: { title: 'Entries from peers', counters: ['nEntriesIn'], unit: 'entries' },
  out: { title: 'Entries to peers', counters: ['nEntriesOut'], unit: 'entries' },
};

/** By line: [seconds, rate], the rate null where it is not known. */
const samples = { requests: [], in: [], out: [] };
let lastCounted = null;

/** Takes in the counters as they are now, in seconds of this page's own clock. */
function countTraffic(stats, now) {
  const counted = { now, origin: stats.get('origin'), own: ownRequests };
  for (const [line, { counters }] of Object.entries(LINES)) {
    counted[line] = counters.reduce((sum, name) => sum + Number(stats.get(name)), 0);
  }
  counted.requests -= counted.own;
  const before = lastCounted;
  lastCounted = counted;
  const goesOn = before && before.origin === counted.origin && now - before.now < 3 * TURN_SECONDS;
  for (const line of Object.keys(LINES)) {
    const rate = goesOn ? Math.max(0, (counted[line] - before[line]) / (now - before.now)) : null;
    samples[line].push([now, rate]);
    while (samples[line][0][0] < now - SHOWN_SECONDS) samples[line].shift();
  }
}

function showTraffic(now) {
  keepInStep(byId('sparklines'), Object.keys(LINES), (line) => line, makeSparkline, (element, line) => {
    const rates = samples[line].map(([, rate]) => rate).filter((rate) => rate !== null);
    const latest = rates[rates.length - 1], peak = Math.max(0, ...rates);
    const [head, picture] = element.children;
    setText(head.lastChild.firstChild, rateWords(latest));
    const top = Math.max(1, peak);
    const pieces = piecesOf(samples[line], now, top);
    set(picture.children[0], { d: pieces.map(areaUnder).join('') });
    set(picture.children[1], { d: pieces.map(lineThrough).join('') });
    const said = `${LINES[line].title}: now ${rateWords(latest)} a second, at most ${rateWords(peak)} in the last two minutes`;
    set(picture, { 'aria-label': said });
    setText(element.lastChild, `at most ${rateWords(peak)}/s`);
  });
}

const rateWords = (rate) => (rate === undefined ? '–' : rate < 10 ? shortNumber.format(Math.round(rate * 10) / 10) : count(Math.round(rate)));

function makeSparkline(line) {
  const head = html('p', { class: 'spark-head' }, html('span', {}, LINES[line].title),
    html('span', {}, html('b', {}, '0'), '/s'));
  const picture = svg('svg', { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: 'none', role: 'img' },
    svg('path', { class: 'area' }), svg('path', { class: 'line' }));
  return html('div', { class: `spark ${line}` }, head, picture, html('p', { class: 'quiet' }));
}

/** The points of the picture, in pieces that hang together. */
function piecesOf(points, now, top) {
  const pieces = [[]];
  for (const [at, rate] of points) {
    if (rate === null) pieces.push([]);
    else pieces[pieces.length - 1].push([WIDTH * (1 - (now - at) / SHOWN_SECONDS), HEIGHT - 2 - (rate / top) * (HEIGHT - 6)]);
  }
  return pieces.filter((piece) => piece.length);
}

const lineThrough = (piece) => 'M' + piece.map(([x, y]) => `${x.toFixed(1)} ${y.toFixed(1)}`).join('L');

function areaUnder(piece) {
  return `${lineThrough(piece)}L${piece[piece.length - 1][0].toFixed(1)} ${HEIGHT}L${piece[0][0].toFixed(1)} ${HEIGHT}z`;
}

function showFacts(stats) {
  const number = (name) => Number(stats.get(name));
  const last = stats.get('lastExchangeSecsAgo');
  const travel = (name) => (number('nEntriesIn') ? span(number(name)) : '–');
  const facts = [
    ['Entries held', count(number('entries'))],
    ['Keys and values', bytes(number('bytes'))],
    ['Half arrive within', travel('travelSecsP50')],
    ['99 of 100 within', travel('travelSecsP99')],
    ['Last exchange', last === 'never' ? 'never' : `${span(Number(last))} ago`],
    ['Faults with peers', count(number('nPeerFaults'))],
    ['Fingerprint', stats.get('fingerprint')],
  ];
  keepInStep(byId('facts'), facts, ([name]) => name, ([name]) => html('div', {}, html('dt', {}, name), html('dd')),
    (element, [, value]) => setText(element.lastChild, value));
}
