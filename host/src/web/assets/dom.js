// Makes elements and mends what is shown into what should be shown, so that focus, scrolling and what
// somebody typed stay. The only file that creates elements; never parses HTML, never sets a style attribute.
import { plain } from './text.js';

const SVG = 'http://www.w3.org/2000/svg';

/** An HTML element: 'tag.class', its properties if any, and what is in it. Text is made harmless. */
export const h = (name, ...kids) => build((tag) => document.createElement(tag), name, kids);
/** An SVG element. */
export const s = (name, ...kids) => build((tag) => document.createElementNS(SVG, tag), name, kids);

function build(make, name, kids) {
  const [tag, ...classes] = name.split('.');
  const node = make(tag || 'div');
  const props = kids[0]?.constructor === Object ? kids.shift() : null;
  if (classes.length || props?.class) node.setAttribute('class', [...classes, props?.class ?? ''].join(' ').trim());
  for (const [name, value] of Object.entries(props ?? {})) if (value !== undefined && value !== null && (value !== false || name === 'checked')) put(node, name, value);
  for (const kid of kids.flat(4)) {
    if (kid === null || kid === undefined || kid === false) continue;
    node.append(kid instanceof Node ? kid : plain(kid));
  }
  if (node.told !== undefined) node.value = node.told;
  return node;
}

function put(node, name, value) {
  if (name === 'class') return;
  if (name === 'on') listen(node, value);
  else if (name === 'vars') paint(node, value);
  else if (name === 'value' && node.nodeName !== 'OPTION' && node.nodeName !== 'LI') node.told = String(value);
  else if (name === 'checked') node.checked = node.ticked = value;
  else if (name === 'own') Object.assign(node, { own: value }).setAttribute('data-own', value.id);
  else if (name === 'key') node.mark = String(value);
  else node.setAttribute(name, value === true ? '' : plain(value));
}

/** Styles through the CSS object model, which the content policy allows. */
function paint(node, vars) {
  for (const [name, value] of Object.entries(vars)) node.style.setProperty(name, value);
  node.vars = vars;
}

function heard(event) { this.heard[event.type]?.(event); }
function listen(node, handlers) {
  for (const type of Object.keys(handlers)) if (!node.heard?.[type]) node.addEventListener(type, heard);
  node.heard = { ...node.heard, ...handlers };
}

const alike = (a, b) => a.nodeType === b.nodeType && a.nodeName === b.nodeName && a.mark === b.mark && a.own?.id === b.own?.id;

/** Makes `old` like `fresh` with as few changes as possible; returns what stands there now. */
export function mend(old, fresh) {
  if (!alike(old, fresh)) { old.replaceWith(fresh); settle(fresh); return fresh; }
  if (old.nodeType !== 1) { if (old.data !== fresh.data) old.data = fresh.data; return old; }
  if (old.own) return old;
  attributes(old, fresh);
  if (fresh.heard) listen(old, fresh.heard);
  if (fresh.vars) paint(old, fresh.vars);
  mendInside(old, [...fresh.childNodes]);
  if (fresh.told !== undefined && fresh.told !== old.told) { old.told = fresh.told; if (old !== document.activeElement || old.nodeName === 'SELECT') old.value = fresh.told; }
  if (fresh.ticked !== undefined && fresh.ticked !== old.ticked) old.checked = old.ticked = fresh.ticked;
  return old;
}

function attributes(old, fresh) {
  for (const { name, value } of fresh.attributes) if (name !== 'style' && name !== 'open' && old.getAttribute(name) !== value) old.setAttribute(name, value);
  for (const { name } of [...old.attributes]) if (name !== 'style' && name !== 'open' && !fresh.hasAttribute(name)) old.removeAttribute(name);
}

/** Makes the children of `old` like those wanted; those with a key are recognised by it. */
export function mendInside(old, wanted) {
  const kids = wanted.flat(4).filter((kid) => kid instanceof Node);
  const kept = new Set(kids.map((kid) => kid.mark));
  const known = new Map();
  for (const child of [...old.childNodes]) {
    if (child.mark === undefined) continue;
    if (kept.has(child.mark)) known.set(child.mark, child); else child.remove();
  }
  let at = old.firstChild;
  for (const kid of kids) {
    let match = kid.mark === undefined ? at : known.get(kid.mark);
    if (match && kid.mark === undefined && match.mark !== undefined) match = null;
    if (match && match !== at) old.insertBefore(match, at);
    if (match) at = mend(match, kid).nextSibling;
    else { old.insertBefore(kid, at); settle(kid); }
  }
  while (at) { const next = at.nextSibling; at.remove(); at = next; }
}

/** Elements that look after themselves are told once that they are on the page. */
function settle(node) {
  if (node.nodeType !== 1) return;
  if (node.own) node.own.mount(node);
  for (const it of node.querySelectorAll('[data-own]')) it.own?.mount(it);
}
