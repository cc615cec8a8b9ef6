// Elements. Whatever comes from the data goes into text nodes: nothing here parses HTML.
function element(tag, properties, ...children) {
  const made = document.createElement(tag);
  for (const [key, value] of Object.entries(properties || {})) {
    if (value === null || value === undefined || value === false) continue;
    if (key === "on") for (const [event, act] of Object.entries(value)) made.addEventListener(event, act);
    else if (key === "style") for (const [name, to] of Object.entries(value)) made.style.setProperty(name, to);
    else made.setAttribute(key, value === true ? "" : String(value));
  }
  return append(made, children);
}

function append(parent, children) {
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false) continue;
    parent.append(child instanceof Node ? child : document.createTextNode(String(child)));
  }
  return parent;
}

const span = (name, ...children) => element("span", { class: name }, ...children);
const paragraph = (...children) => element("p", {}, ...children);

// A word of the data: a name, a code. Isolated, so that no direction mark in it reaches its
// neighbours; what cannot be seen is named.
function word(text, name = "") {
  return element("bdi", { class: name || null }, visible(text));
}

const HIDDEN = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]/g;

function visible(text) {
  const parts = [];
  let end = 0;
  for (const found of text.matchAll(HIDDEN)) {
    parts.push(text.slice(end, found.index), hiddenMark(found[0]));
    end = found.index + 1;
  }
  parts.push(text.slice(end));
  return parts;
}

const codeOf = (mark) => "U+" + mark.codePointAt(0).toString(16).toUpperCase().padStart(4, "0");
const hiddenMark = (mark) => span("hidden-mark", codeOf(mark));

// The same as a string, where there can be no elements: in a menu, in an attribute.
const legible = (text) => text.replace(HIDDEN, codeOf);
