// Text and elements: the same rules as in the pages that the build makes.

import { address, byCodePoint, isRecord, json, keysOf, Site } from "./gh-store.js";

/** This site. */
export const HERE = new Site();

export const ROOT = HERE.url;

/** What links to elsewhere say of themselves. */
export const REL = "nofollow noopener noreferrer";

const LONGEST_NAME = 160;

/** The collection of an object: its id before the first `/`, or nothing. */
export const collectionOf = (id) => (id.includes("/") ? id.slice(0, id.indexOf("/")) : "");

/** Text as it is searched: without case (ß is SS, and a sigma is one), and without the marks on letters. */
export const folded = (text) =>
  text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase().toUpperCase().toLowerCase().replaceAll("ς", "σ");

/** An element. Children are nodes, or text, which never becomes markup. */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === true) made.setAttribute(name, "");
    else if (value !== false && value != null) made.setAttribute(name, value);
  }
  made.append(...children.filter((child) => child != null));
  return made;
}

/** A button. While its action is under way, it does nothing more; it is not disabled, for then it would lose the focus. */
export function button(text, action) {
  const made = element("button", { type: "button" }, text);
  let busy = false;
  made.addEventListener("click", async () => {
    if (busy) return;
    busy = true;
    try {
      await action();
    } finally {
      busy = false;
    }
  });
  return made;
}

/** Fill a place. A button in it that had the focus gives it to the one with its name, or to the first that can be used. */
export function refill(place, ...nodes) {
  const focused = place.contains(document.activeElement) ? document.activeElement.textContent : null;
  place.replaceChildren(...nodes);
  if (focused === null) return;
  const usable = [...place.querySelectorAll("button:not(:disabled)")];
  (usable.find((each) => each.textContent === focused) ?? usable[0])?.focus({ preventScroll: true });
}

const MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");

/** A time stamp as a date in words (UTC). */
export const day = (stamp) => `${Number(stamp.slice(8, 10))} ${MONTHS[Number(stamp.slice(5, 7)) - 1]} ${stamp.slice(0, 4)}`;

/** With the time. */
export const minute = (stamp) => `${day(stamp)}, ${stamp.slice(11, 16)}`;

export const when = (stamp) => element("time", { datetime: stamp }, minute(stamp));

/** How long a text is, in characters as Python counts them. */
export const lengthOf = (text) => [...text].length;

/** The first characters of a text. */
export const cut = (text, most) => (text.length <= most ? text : [...text].slice(0, most).join(""));

/** A value on one line, cut; a string without its quotation marks. */
export function compact(value, most) {
  const text = typeof value === "string" ? value : json(value);
  return lengthOf(text) <= most ? text : `${cut(text, most - 1)}…`;
}

export const count = (number) => number.toLocaleString("en");

/** The members of an object in one order, whatever the engine thinks of keys that are numbers. */
export const members = (value) => Object.keys(value).sort(byCodePoint).map((key) => [key, value[key]]);

/** JSON on lines, as it is pasted: keys in order, numbers as they are stored. */
export function indented(value, margin = "") {
  const inner = `${margin}  `;
  const lines = (signs, each) => (each.length ? `${signs[0]}\n${each.map((line) => inner + line).join(",\n")}\n${margin}${signs[1]}` : signs);
  if (Array.isArray(value)) return lines("[]", value.map((item) => indented(item, inner)));
  if (isRecord(value)) return lines("{}", members(value).map(([key, each]) => `${JSON.stringify(key)}: ${indented(each, inner)}`));
  return json(value);
}

/** A key or a path, cut where it is long. */
export const brief = (name) => compact(name, LONGEST_NAME);

/** A JSON pointer as people write paths, cut where it is long. */
export const dotted = (pointer) =>
  brief(keysOf(pointer).map((key) => (key.includes(".") || key === "" ? JSON.stringify(key) : key)).join("."));

/** Where an object is shown. `pages`: whether each has a page of its own. */
export const pageOf = (id, name, pages) =>
  new URL(pages ? `o/${address(name)}.html` : `object.html#${encodeURIComponent(id)}`, ROOT).href;

/** The text of a file of this site. */
export const load = (path) => HERE.load(path);
