'use strict';
// The page's own turn: asks the node how it is, as long as somebody looks.

const TURN_SECONDS = 2;
const SEARCH_MS = 250;

let turning = 0;

async function turn() {
  clearTimeout(turning);
  turning = 0;
  const answers = await Promise.all([askStats(), askJson('/peers')]).catch(showTrouble);
  if (!document.hidden && !turning) turning = setTimeout(turn, TURN_SECONDS * 1000);
  if (!answers) return;
  const [stats, told] = answers;
  showNode(stats, peersOf(told));
  if (!document.hidden) watch();
}

function showNode(stats, peers) {
  const now = performance.now() / 1000;
  const name = stats.get('name');
  showText(byId('name'), name);
  setText(byId('identity'), `origin ${stats.get('origin')}, up for ${span(Number(stats.get('upTimeSecs')))}`);
  const [kind, sentence] = verdictOf(peers);
  if (document.body.classList.contains('out-of-touch')) say('This node answers again');
  showVerdict(kind, sentence);
  document.title = `${name}: ${sentence} · Gossipcar`;
  document.body.classList.remove('out-of-touch');
  byId('token-form').hidden = true;
  showPicture(peers);
  showPeerList(peers);
  countTraffic(stats, now);
  showTraffic(now);
  showFacts(stats);
}

function showVerdict(kind, sentence) {
  set(byId('verdict'), { class: `verdict ${kind}` });
  setText(byId('verdict'), sentence);
}

/** What was last known stays, and pales. */
function showTrouble(error) {
  const wanted = error instanceof TokenWanted;
  byId('token-form').hidden = !wanted;
  const sentence = wanted ? 'A token is needed' : 'This node does not answer';
  showVerdict(wanted ? 'warn' : 'bad', sentence);
  say(sentence);
  document.title = `${sentence} · Gossipcar`;
  document.body.classList.add('out-of-touch');
  if (wanted) stopWatching();
}

function onTokenGiven(event) {
  event.preventDefault();
  token.value = byId('token').value.trim();
  byId('token').value = '';
  stopWatching();
  turn();
}

/** Nobody looks: the node is left alone. */
function onVisibility() {
  clearTimeout(turning);
  turning = 0;
  if (document.hidden) stopWatching();
  else turn();
}

let searching = 0;

function onSearch() {
  clearTimeout(searching);
  searching = setTimeout(() => {
    Object.assign(listing, { prefix: byId('search').value, room: PAGE });
    stopWatching();
    live.rows = [];
    live.seen = 0;
    listAgain().then(() => say(byId('found').textContent));
    watch();
  }, SEARCH_MS);
}

function onPause() {
  live.paused = !live.paused;
  set(byId('pause'), { 'aria-pressed': String(live.paused) });
  showChanges();
}

byId('token-form').addEventListener('submit', onTokenGiven);
byId('search').addEventListener('input', onSearch);
byId('more').addEventListener('click', listMore);
byId('pause').addEventListener('click', onPause);
document.addEventListener('visibilitychange', onVisibility);
turn();
