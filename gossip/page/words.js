'use strict';
// Figures, times and bytes in words; and strange text so that one can see what it is.

const PREVIEW = 160;
const WHOLE = 10000;

const plainNumber = new Intl.NumberFormat('en');
const shortNumber = new Intl.NumberFormat('en', { maximumSignificantDigits: 3 });
const clock = new Intl.DateTimeFormat('en-GB', { timeStyle: 'medium' });
const dayAndClock = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'medium' });

const count = (number) => plainNumber.format(number);

function many(number, one, more = one + 's') {
  return `${count(number)} ${number === 1 ? one : more}`;
}

function bytes(number) {
  const units = ['B', 'KiB', 'MiB', 'GiB'];
  const power = number < 1024 ? 0 : Math.min(3, Math.floor(Math.log2(number) / 10));
  return `${shortNumber.format(number / 1024 ** power)} ${units[power]}`;
}

/** A span of time in one or two units. */
function span(seconds) {
  if (seconds < 0.9995) return `${shortNumber.format(seconds * 1000)} ms`;
  if (seconds < 60) return `${shortNumber.format(seconds)} s`;
  const units = [[86400, 'd'], [3600, 'h'], [60, 'min'], [1, 's']];
  const first = units.findIndex(([size]) => seconds >= size);
  const [[large, name], [small, rest]] = units.slice(first);
  const over = Math.floor((seconds % large) / small);
  return `${Math.floor(seconds / large)} ${name}${over ? ` ${over} ${rest}` : ''}`;
}

/** A stamp, which is in microseconds since 1970: the time where it is of today, with the day where not. */
function time(stamp) {
  const date = new Date(stamp / 1000);
  if (Number.isNaN(date.getTime())) return 'beyond all calendars';
  return (date.toDateString() === new Date().toDateString() ? clock : dayAndClock).format(date);
}

/** What cannot be seen, or moves what is around it: controls, marks of direction, spaces at the ends and unusual ones. */
const UNSEEN = /^ +| +$|[\p{C}\p{Zl}\p{Zp}]|(?! )\p{Zs}/gu;

function nameOf(unseen) {
  if (unseen.startsWith(' ')) return '·'.repeat(unseen.length);
  const code = unseen.codePointAt(0).toString(16).toUpperCase().padStart(4, '0');
  return { '\n': '\\n', '\r': '\\r', '\t': '\\t', '\0': '\\0' }[unseen] || `U+${code}`;
}

const shown = new WeakMap();

/** The text, up to `most` characters of it, with names in the place of what cannot be seen; `lines` leaves line breaks. */
function showText(element, text, most = PREVIEW, lines = false) {
  if (shown.get(element) === text) return;
  shown.set(element, text);
  const part = text.slice(0, most).replace(/[\ud800-\udbff]$/, '');
  const nodes = [];
  let end = 0;
  for (const match of part.matchAll(UNSEEN)) {
    if (lines && match[0] === '\n') continue;
    nodes.push(part.slice(end, match.index), html('span', { class: 'unseen' }, nameOf(match[0])));
    end = match.index + match[0].length;
  }
  nodes.push(part.slice(end));
  if (part.length < text.length) {
    nodes.push(html('span', { class: 'unseen' }, `… and ${many(text.length - part.length, 'character')} more`));
  }
  element.replaceChildren(...nodes);
}

/** The value of an entry in short. */
function showValue(element, entry) {
  if (entry.value === '') return showNote(element, 'empty');
  if (entry.value !== undefined) return showText(element, entry.value);
  return showNote(element, `binary, ${bytes(bytesOf(entry).length)}`);
}

function showNote(element, note) {
  shown.delete(element);
  element.replaceChildren(html('span', { class: 'unseen' }, note));
}

function bytesOf(entry) {
  return Uint8Array.from(atob(entry.base64), (character) => character.charCodeAt(0));
}

/** Sixteen bytes a line, as hexadecimal numbers. */
function dump(all, most = 512) {
  const lines = [];
  for (let at = 0; at < Math.min(all.length, most); at += 16) {
    const line = [...all.subarray(at, Math.min(at + 16, most))].map((byte) => byte.toString(16).padStart(2, '0'));
    lines.push(`${at.toString(16).padStart(4, '0')}  ${line.join(' ')}`);
  }
  if (all.length > most) lines.push(`and ${many(all.length - most, 'byte')} more`);
  return lines.join('\n');
}
