// Text, numbers and elements: the same rules as in the pages that the build makes.

export const ROOT = new URL("../", import.meta.url);

const INVISIBLE =
  /[\x00-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufe00\ufeff\uffa0\ufff0-\uffff\ud800-\udfff\u{1d173}-\u{1d17a}\u{e0000}-\u{e0fff}]/gu;

const escaped = (found) => {
  const code = found.codePointAt(0);
  return code > 0xffff ? `\\u{${code.toString(16)}}` : `\\u${code.toString(16).padStart(4, "0")}`;
};

/** Text on one line; what cannot be seen, or turns the text around it, as an escape. */
export const visible = (text) => text.replace(INVISIBLE, escaped);

/** The same, with its lines and tabs. */
export const visibleBlock = (text) =>
  text.replace(INVISIBLE, (found) => (found === "\n" || found === "\t" ? found : escaped(found)));

/** Text as it is searched: without case, and without the marks on letters. */
export const folded = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();

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

/** A time stamp in words (UTC). */
export const minute = (stamp) =>
  `${Number(stamp.slice(8, 10))} ${MONTHS[Number(stamp.slice(5, 7)) - 1]} ${stamp.slice(0, 4)}, ${stamp.slice(11, 16)}`;

export const when = (stamp) => element("time", { datetime: stamp }, minute(stamp));

export const address = (name) => name.split("/").map(encodeURIComponent).join("/");

export const count = (number) => number.toLocaleString("en");

/** A number that JavaScript would change: it stays as it is stored. */
export class Exact {
  constructor(source) {
    this.source = source;
  }
}

/** JSON whose numbers stay as they are stored, where the browser tells their text. */
export const parse = (text) =>
  JSON.parse(text, (key, value, context) =>
    typeof value === "number" && context?.source !== undefined && String(value) !== context.source
      ? new Exact(context.source)
      : value,
  );

export const isNumber = (value) => typeof value === "number" || value instanceof Exact;

export const isRecord = (value) => value !== null && typeof value === "object" && !Array.isArray(value) && !(value instanceof Exact);

/** The members of an object in one order, whatever the engine thinks of keys that are numbers. */
export const members = (value) => Object.keys(value).sort().map((key) => [key, value[key]]);

/** A value as JSON on one line. The same text for the same value. */
export function json(value) {
  if (value instanceof Exact) return value.source;
  if (Array.isArray(value)) return `[${value.map(json).join(", ")}]`;
  if (isRecord(value)) return `{${members(value).map(([key, member]) => `${JSON.stringify(key)}: ${json(member)}`).join(", ")}}`;
  return JSON.stringify(value);
}

export const keysOf = (pointer) =>
  pointer.split("/").slice(1).map((key) => key.replaceAll("~1", "/").replaceAll("~0", "~"));

/** A JSON pointer as people write paths. */
export const dotted = (pointer) =>
  keysOf(pointer).map((key) => (key.includes(".") || key === "" ? JSON.stringify(key) : key)).join(".");

export async function load(path) {
  const answer = await fetch(new URL(path, ROOT));
  if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
  return answer.text();
}
