'use strict';
// Asking the node. Where it wants a token, the token goes with each request.

const PATIENCE_MS = 10000;

class TokenWanted extends Error {}

const token = {
  get value() { return sessionStorage.getItem('token') || ''; },
  set value(text) { sessionStorage.setItem('token', text); },
};

/** How many requests this page has made: they are no traffic. */
let ownRequests = 0;

/** The answer. Raises TokenWanted, or Error with the sentence that the node said. */
async function ask(path, parameters = {}, signal = undefined, patienceMs = PATIENCE_MS) {
  const query = new URLSearchParams(parameters).toString();
  const headers = token.value ? { Authorization: `Bearer ${token.value}` } : {};
  const patience = new AbortController();
  const timer = setTimeout(() => patience.abort(), patienceMs);
  if (signal) signal.addEventListener('abort', () => patience.abort());
  ownRequests += 1;
  try {
    const url = query ? `${path}?${query}` : path;
    const answer = await fetch(url, { headers, cache: 'no-store', signal: patience.signal });
    if (answer.status === 401) throw new TokenWanted();
    const text = await answer.text();
    if (!answer.ok) throw new Error(text.trim() || `status ${answer.status}`);
    return text;
  } finally {
    clearTimeout(timer);
  }
}

/** `/stats`: text by name. */
async function askStats() {
  const lines = (await ask('/stats')).split('\n').filter((line) => line.includes('='));
  return new Map(lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]));
}

async function askJson(path, parameters, signal) {
  return JSON.parse(await ask(path, parameters, signal));
}
