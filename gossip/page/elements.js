'use strict';
// Elements, made and kept in step. What comes from the node becomes text or a number, never markup.

const SVG = 'http://www.w3.org/2000/svg';

const byId = (id) => document.getElementById(id);

/** An element of HTML with these attributes, and these elements or texts in it. */
function html(name, attributes = {}, ...inside) {
  return filled(document.createElement(name), attributes, inside);
}

/** The same for SVG. */
function svg(name, attributes = {}, ...inside) {
  return filled(document.createElementNS(SVG, name), attributes, inside);
}

function filled(element, attributes, inside) {
  set(element, attributes);
  element.append(...inside);
  return element;
}

/** Attributes that differ are set; null takes one away. */
function set(element, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null) element.removeAttribute(name);
    else if (element.getAttribute(name) !== String(value)) element.setAttribute(name, value);
  }
}

/** Touched only where it differs, so that what a person has selected stays so. */
function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** For those who hear the page: said once, and seldom, as it breaks into what they are at. */
function say(sentence) {
  setText(byId('said'), sentence);
}

const kept = new WeakMap();

/** Keeps the children of `parent` in step with `items`: one child a key, in this order, made once and updated after. */
function keepInStep(parent, items, keyOf, make, update = () => {}) {
  const before = kept.get(parent) || new Map();
  const now = new Map(items.map((item) => [keyOf(item), item]));
  for (const [key, child] of before) {
    if (!now.has(key)) child.remove();
  }
  let place = parent.firstElementChild;
  for (const [key, item] of now) {
    const child = before.get(key) || make(item);
    update(child, item);
    if (child === place) place = place.nextElementSibling;
    else parent.insertBefore(child, place);
    now.set(key, child);
  }
  kept.set(parent, now);
}
