// Data and changes as elements: the same as the build makes of the latest version.

import { byCodePoint, isNumber, isRecord, json, visible, visibleBlock } from "./gh-store.js";
import { brief, compact, count, cut, dotted, element, lengthOf, members, REL } from "./text.js";
import { parts } from "./words.js";

const MOST_ITEMS = 100;
const MOST_KEYS = 400;
const MOST_ELEMENTS = 9000; // 3,000 plain values, three each
const DEEPEST = 12;
const FOLD = 600;
const LONGEST = 20000;
const IN_SIGHT = 36;
const MOST_TABLE_KEYS = 8;
const LINK = /^https?:\/\/[^\s"<>\\^`{|}]{1,2000}$/;

const more = (text) => element("span", { class: "more" }, text);
const bdi = (text, kind) => element("bdi", { class: kind }, text);
const named = (key) => visible(brief(key)) || '""';
const isNested = (value) => isRecord(value) || Array.isArray(value);
const sizeOf = (value) => (Array.isArray(value) ? value.length : Object.keys(value).length);

function words(value) {
  const size = sizeOf(value);
  return `${count(size)} ${Array.isArray(value) ? "item" : "key"}${size === 1 ? "" : "s"}`;
}

function scalar(value) {
  if (typeof value === "string") return string(value);
  return element("span", { class: isNumber(value) ? "num" : "lit" }, json(value));
}

function string(text) {
  if (text === "") return element("span", { class: "lit" }, '""');
  if (LINK.test(text) && visible(text) === text) return element("a", { href: text, rel: REL }, bdi(text));
  const length = lengthOf(text);
  if (length <= FOLD) return bdi(visibleBlock(text));
  const size = element("span", { class: "size" }, `${count(length)} characters`);
  return element(
    "details",
    { class: "text" },
    element("summary", {}, bdi(visibleBlock(cut(text, FOLD))), "… ", size),
    bdi(visibleBlock(cut(text, LONGEST))),
    ...(length > LONGEST ? [" ", more(`… ${count(length - LONGEST)} more characters in the JSON`)] : []),
  );
}

/** How many elements a scalar takes beside its own. */
function moreOf(value) {
  if (typeof value !== "string") return 0;
  return lengthOf(value) > FOLD ? 5 : value.startsWith("http") ? 1 : 0;
}

function columns(items) {
  if (!Array.isArray(items) || items.length < 2) return null;
  const keys = new Set();
  for (const item of items) {
    if (!isRecord(item) || sizeOf(item) === 0) return null;
    for (const [key, value] of members(item)) {
      if (isNested(value) || (typeof value === "string" && lengthOf(value) > FOLD)) return null;
      keys.add(key);
    }
    if (keys.size > MOST_TABLE_KEYS) return null;
  }
  return [...keys];
}

/** The parts that are open at first: breadth first, until so many lines are in sight. */
function opened(data) {
  const open = new Set();
  let lines = sizeOf(data);
  const waiting = [data];
  while (waiting.length) {
    const each = waiting.shift();
    for (const member of Array.isArray(each) ? each : members(each).map((pair) => pair[1])) {
      if (!isNested(member) || sizeOf(member) === 0) continue;
      const table = columns(member) !== null;
      const size = sizeOf(member) + (table ? 1 : 0);
      if (lines + size > IN_SIGHT) continue;
      lines += size;
      open.add(member);
      if (!table) waiting.push(member);
    }
  }
  return open;
}

/** An object as a tree. */
export function tree(data) {
  if (sizeOf(data) === 0) return element("p", { class: "none" }, "This object is empty.");
  const open = opened(data);
  let left = MOST_ELEMENTS;

  const lines = (each, level) => {
    const pairs = Array.isArray(each) ? each.map((item, index) => [String(index), item]) : members(each);
    const made = [];
    for (const [key, member] of pairs.slice(0, Array.isArray(each) ? MOST_ITEMS : MOST_KEYS)) {
      if (left <= 0) break;
      made.push(line(key, member, level));
    }
    if (made.length < pairs.length)
      made.push(element("li", { class: "more" }, `… ${count(pairs.length - made.length)} more in the JSON`));
    return made;
  };

  const line = (key, each, level) => {
    const name = bdi(named(key), "key");
    left -= 3;
    if (!isNested(each)) {
      left -= moreOf(each);
      return element("li", {}, name, ": ", scalar(each));
    }
    const size = element("span", { class: "size" }, words(each));
    if (sizeOf(each) === 0) return element("li", {}, name, ": ", size);
    left -= 4;
    if (level >= DEEPEST) return element("li", {}, name, ": ", size, " ", more("… more in the JSON"));
    const keys = columns(each);
    const inside = keys === null ? [element("ul", {}, ...lines(each, level + 1))] : table(key, each, keys);
    const summary = element("summary", {}, name, ": ", size);
    return element("li", {}, element("details", { open: open.has(each) }, summary, ...inside));
  };

  const table = (name, items, keys) => {
    const shown = items.slice(0, MOST_ITEMS);
    const numeric = new Set(keys.filter((key) => shown.every((item) => !Object.hasOwn(item, key) || isNumber(item[key]))));
    const right = (key) => ({ class: numeric.has(key) ? "right" : null });
    const head = keys.map((key) => element("th", { scope: "col", ...right(key) }, bdi(named(key))));
    const rows = [];
    left -= 4 + 2 * keys.length;
    for (const item of shown) {
      if (left <= 0) break;
      left -= 1 + 2 * keys.length + members(item).reduce((sum, pair) => sum + moreOf(pair[1]), 0);
      rows.push(element("tr", {}, ...keys.map((key) => element("td", right(key), Object.hasOwn(item, key) ? scalar(item[key]) : null))));
    }
    const body = element("table", {}, element("thead", {}, element("tr", {}, ...head)), element("tbody", {}, ...rows));
    const rest = items.length - rows.length;
    const made = [element("div", { class: "frame", tabindex: "0", role: "region", "aria-label": named(name) }, body)];
    if (rest) made.push(element("p", { class: "more" }, `… ${count(rest)} more in the JSON`));
    return made;
  };

  return element("ul", { class: "tree" }, ...lines(data, 1));
}

// --- changes ---------------------------------------------------------------------------------------

const MOST_CHANGES = 12;
const LONGEST_VALUE = 160;
const SHORT = 22;
const CONTEXT = 6;
const MOST_PARTS = 40;

const quoted = (value) => compact(value, LONGEST_VALUE) || '""';
const marked = (tag, text) => element(tag, {}, bdi(visible(cut(text, LONGEST_VALUE))));
const sign = (text) => element("span", { class: "sign" }, text);

/**
 * Changes as a list: what is rare first.
 * @param counts how often each path changed
 */
export function changes(found, counts = new Map(), most = MOST_CHANGES) {
  const highest = Math.max(1, ...counts.values());
  const rank = (each) => Math.floor((10 * (counts.get(each.p) ?? 0)) / highest);
  const shown = found.map((each) => ({ rank: rank(each), ...change(each) }));
  shown.sort((a, b) => a.rank - b.rank || a.wide - b.wide || byCodePoint(a.path, b.path));
  const lines = [];
  let left = MOST_PARTS;
  for (const each of shown.slice(0, most)) {
    const both = each.texts && left ? (parts(...each.texts) ?? []) : [];
    lines.push(changed(each, both, left));
    left = Math.max(left - both.length, 0);
  }
  if (shown.length > most) lines.push(element("li", { class: "more" }, `… ${count(shown.length - most)} more changes`));
  return element("ul", { class: "changes" }, ...lines);
}

function change(each) {
  let path = dotted(each.p);
  let texts = null;
  let [old, now] = [null, null];
  if (Object.hasOwn(each, "at")) {
    path = `${path}[${each.at}]`;
    [old, now] = [each.o, each.n].map((items) => (items.length ? items.map(quoted).join(", ") : null));
  } else {
    if (typeof each.o === "string" && typeof each.n === "string") texts = [each.o, each.n];
    if (Object.hasOwn(each, "o")) old = quoted(each.o);
    if (Object.hasOwn(each, "n")) now = quoted(each.n);
  }
  const wide = lengthOf(old ?? "") + lengthOf(now ?? "") + Math.floor(lengthOf(path) / 2) > 2 * SHORT;
  return { path, wide: wide ? 1 : 0, old, now, texts };
}

/**
 * A line of changes.
 * @param both the texts as one, where they are looked at word by word
 */
function changed({ path, wide, old, now }, both, most) {
  let values = [];
  if (old === null) values = [sign("+ added"), " ", marked("ins", now)];
  else if (now === null) values = [sign("− removed"), " ", marked("del", old)];
  else values = [marked("del", old), " ", sign("→"), " ", marked("ins", now)];
  const shown = both.length ? element("span", { class: "words" }, ...byWords(both, most)) : element("span", { class: "values" }, ...values);
  return element("li", { class: wide ? "wide" : null }, bdi(visible(path), "path"), " ", shown);
}

/** Two texts as one, with the words marked that changed. */
function byWords(found, most) {
  const shown = found.slice(0, most).flatMap((part, index) => {
    const space = index ? [" "] : [];
    if (part.same) return [...space, common(part.same, index === 0, index === found.length - 1)];
    const marks = [
      ...(part.gone ? [marked("del", compact(part.gone.trim(), LONGEST_VALUE))] : []),
      ...(part.come ? [marked("ins", compact(part.come.trim(), LONGEST_VALUE))] : []),
    ];
    return [...space, ...(marks.length === 2 ? [marks[0], " ", marks[1]] : marks)];
  });
  return found.length > most ? [...shown, " …"] : shown;
}

/** What is common, cut to some words beside those that changed. */
function common(same, first, last) {
  const before = first ? "" : same.slice(0, CONTEXT).join("");
  const after = last ? "" : same.slice(-CONTEXT).join("");
  const kept = (first ? 0 : CONTEXT) + (last ? 0 : CONTEXT);
  const text = same.length <= kept ? same.join("") : last ? `${before}…` : `${before}… ${after}`;
  return bdi(visible(text.trim()));
}
