// What a site of gh-store holds, for pages and programs: one module, which needs no other.
//
//   import { Site } from "https://ada.github.io/open-data/assets/gh-store.js";
//   const { data } = await new Site("https://ada.github.io/open-data/").get("cities/oslo");
//
// Numbers stay as they are stored, `__proto__` is a key like any other, and whatever an object holds is text.

/**
 * A JSON value. A number that JavaScript would change is an `Exact`.
 * @typedef {null | boolean | number | string | Exact | JsonArray | JsonObject} Json
 */

/** @typedef {Json[]} JsonArray */

/** @typedef {{ [key: string]: Json }} JsonObject */

/**
 * What the store knows about an object.
 * @typedef {object} Meta
 * @property {string} object_id
 * @property {number} issue_number
 * @property {string} created_at
 * @property {string} updated_at the time of the last applied event (UTC)
 * @property {number} version 1 for a new object
 */

/**
 * A difference between two versions: at a JSON pointer `p`, `o` was there before and `n` is there after. In a list, at
 * the index `at`, the items `o` were removed and the items `n` inserted.
 * @typedef {{ p: string, o?: Json, n?: Json, at?: number }} Change
 */

/**
 * An event in the history of an object.
 * @typedef {object} Told
 * @property {number} v the version after it
 * @property {string} t its time (UTC)
 * @property {string | null} by the login of who wrote it
 * @property {string} mode `create`, `append`, `replace`, `merge` or `patch`
 * @property {"applied" | "rejected" | "pending"} out
 * @property {number} c the comment that carries it
 * @property {number} i the issue of that comment
 * @property {string} [err] why it was rejected
 * @property {Json} [asked] what it asks for, where the data does not include it
 * @property {Change[]} ch what it changed; nothing for the first one
 */

// --- values ----------------------------------------------------------------------------------------

/** A number that JavaScript would change (`9.0`, or more than 15 digits): it stays as it is stored. */
export class Exact {
  /** @param {string} source its text in JSON */
  constructor(source) {
    /** @readonly */
    this.source = source;
  }

  /** The nearest number of JavaScript. */
  valueOf() {
    return Number(this.source);
  }

  toString() {
    return this.source;
  }

  toJSON() {
    return Number(this.source);
  }
}

const INTEGER = /^-?[0-9]+$/;
const SCALAR = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?|true|false|null|NaN|-?Infinity/y;
const MOST_DIGITS = 4300;
const DEEPEST_FILE = 1000;
const WORDS = new Map([["true", true], ["false", false], ["null", null]]);

/** JSON, or nearly JSON, that no store holds. */
class Unfit extends SyntaxError {}

/** @param {string} source @returns {number | Exact} */
function number(source) {
  const read = Number(source);
  return String(read) === source ? read : new Exact(source);
}

/**
 * The value of JSON text. Numbers stay as they are stored. Keys come in the order of JavaScript: those that are indices of a
 * list (`"7"`) first. No rule of a store depends on it, and what is shown has its keys in the order of their characters.
 * @param {string} text
 * @returns {Json}
 * @throws {SyntaxError} it is not JSON
 */
export function parse(text) {
  let at = 0;

  const fail = () => new SyntaxError(at < text.length ? `This is not JSON, at character ${at}.` : "This JSON ends too early.");

  const skip = () => {
    while (text.charCodeAt(at) <= 32 && " \t\n\r".includes(text[at])) at += 1;
  };

  /** @param {string} sign */
  const take = (sign) => {
    skip();
    if (text[at] !== sign) return false;
    at += 1;
    return true;
  };

  /** @returns {string} */
  const string = () => {
    if (text[at] !== '"') throw fail();
    let end = at;
    let slashes = 0;
    do {
      end = text.indexOf('"', end + 1);
      for (slashes = 0; text[end - 1 - slashes] === "\\"; ) slashes += 1;
    } while (slashes % 2); // this one is escaped
    if (end < 0) throw fail();
    const inside = text.slice(at + 1, end);
    try {
      const read = /[\\\x00-\x1f]/.test(inside) ? JSON.parse(`"${inside}"`) : inside;
      at = end + 1;
      return read;
    } catch {
      throw fail();
    }
  };

  /** @param {number} level @returns {Json} */
  const value = (level) => {
    if (level > DEEPEST_FILE) throw new Unfit("This JSON is nested too deep.");
    skip();
    if (take("{")) {
      /** @type {[string, Json][]} */
      const members = [];
      if (take("}")) return {};
      do {
        skip();
        const key = string();
        if (!take(":")) throw fail();
        members.push([key, value(level + 1)]);
      } while (take(","));
      if (!take("}")) throw fail();
      return Object.fromEntries(members);
    }
    if (take("[")) {
      /** @type {Json[]} */
      const items = [];
      if (take("]")) return items;
      do items.push(value(level + 1));
      while (take(","));
      if (!take("]")) throw fail();
      return items;
    }
    if (text[at] === '"') return string();
    SCALAR.lastIndex = at;
    const source = SCALAR.exec(text)?.[0];
    if (source === undefined) throw fail();
    at += source.length;
    const word = WORDS.get(source);
    if (word !== undefined) return word;
    if (source.endsWith("N") || source.endsWith("y")) throw new Unfit(`${source} is not valid JSON.`);
    if (source.length > MOST_DIGITS && source.replace("-", "").length > MOST_DIGITS && INTEGER.test(source))
      throw new Unfit("It contains a number with too many digits.");
    return number(source);
  };

  const read = value(0);
  skip();
  if (at < text.length) throw fail();
  return read;
}

/**
 * @param {unknown} value
 * @returns {value is number | Exact}
 */
export function isNumber(value) {
  return typeof value === "number" || value instanceof Exact;
}

/**
 * True for a JSON object: no list, no null, no number.
 * @param {unknown} value
 * @returns {value is JsonObject}
 */
export function isRecord(value) {
  return value !== null && typeof value === "object" && !Array.isArray(value) && !(value instanceof Exact);
}

/** @param {number | Exact} value */
function source(value) {
  if (value instanceof Exact) return value.source;
  if (!Number.isFinite(value)) throw new TypeError(`The number ${value} is not finite; JSON has no NaN and no Infinity.`);
  return String(value);
}

/** A number as Python writes it. @param {number | Exact} value */
function canonicalNumber(value) {
  const text = source(value);
  if (INTEGER.test(text)) return text === "-0" ? "0" : text;
  const read = Number(text);
  const [digits, exponent] = read.toExponential().split("e");
  if (Number(exponent) < -4 || Number(exponent) >= 16)
    return `${digits}e${exponent[0]}${exponent.slice(1).padStart(2, "0")}`;
  const plain = Object.is(read, -0) ? "-0" : String(read);
  return Number.isInteger(read) ? `${plain}.0` : plain;
}

/** @param {string} text */
const ascii = (text) =>
  JSON.stringify(text).replace(/[^\x20-\x7e]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);

/**
 * The order of code points, which is not that of JavaScript.
 * @param {string} one
 * @param {string} other
 */
export function byCodePoint(one, other) {
  let at = 0;
  while (at < one.length && one[at] === other[at]) at += 1;
  const [here, there] = [one, other].map((text) => (at < text.length ? text.charCodeAt(at) : -1));
  const [a, b] = [here, there].map((unit) => (unit >= 0xe000 ? unit - 0x800 : unit >= 0xd800 ? unit + 0x2000 : unit));
  return a - b;
}

/**
 * How JSON is written.
 * @typedef {object} Style
 * @property {(value: number | Exact) => string} number
 * @property {(text: string) => string} string
 * @property {(keys: string[]) => string[]} keys
 * @property {string} comma
 * @property {string} colon
 */

/** @param {Json} value @param {Style} style @returns {string} */
function write(value, style) {
  if (isNumber(value)) return style.number(value);
  if (typeof value === "string") return style.string(value);
  if (Array.isArray(value)) return `[${value.map((item) => write(item, style)).join(style.comma)}]`;
  if (isRecord(value)) {
    const member = (/** @type {string} */ key) => `${style.string(key)}${style.colon}${write(value[key], style)}`;
    return `{${style.keys(Object.keys(value)).map(member).join(style.comma)}}`;
  }
  if (typeof value !== "boolean" && value !== null) throw new TypeError(`A value of type ${typeof value} is not JSON.`);
  return String(value);
}

/** @type {Style} */
const COMPACT = { number: source, string: JSON.stringify, keys: (keys) => keys, comma: ",", colon: ":" };
/** @type {Style} */
const DISPLAY = { ...COMPACT, keys: (keys) => keys.toSorted(byCodePoint), comma: ", ", colon: ": " };
/** @type {Style} */
const CANONICAL = { ...DISPLAY, number: canonicalNumber, string: ascii, comma: ",", colon: ":" };
/** As in the body of an issue; a NUL tells what is syntax. @type {Style} */
const STORED = { ...COMPACT, number: canonicalNumber, comma: ",\0", colon: ":\0" };

/**
 * Compact JSON text. Numbers are written as they are stored.
 * @param {Json} value
 * @returns {string}
 */
export function stringify(value) {
  return write(value, COMPACT);
}

/**
 * JSON on one line, for people: keys in order, and spaces.
 * @param {Json} value
 * @returns {string}
 */
export function json(value) {
  return write(value, DISPLAY);
}

/**
 * The one text of a JSON value: values are the same if their texts are. Checksums are made of it.
 * @param {Json} value
 * @returns {string}
 */
export function canonical(value) {
  return write(value, CANONICAL);
}

/** @param {object} holder @param {string | number} key @param {Json} value */
function define(holder, key, value) {
  Object.defineProperty(holder, key, { value, configurable: true, enumerable: true, writable: true });
}

/**
 * A member of a value, or undefined.
 * @param {Json | undefined} value
 * @param {string} key a key, or the index of an item
 * @returns {Json | undefined}
 */
function member(value, key) {
  if (Array.isArray(value)) return /^(?:0|[1-9][0-9]*)$/.test(key) ? value[Number(key)] : undefined;
  return isRecord(value) && Object.hasOwn(value, key) ? value[key] : undefined;
}

/** @template {Json} T @param {T} value @returns {T} */
function copy(value) {
  /** @type {any} */
  let made = value;
  if (Array.isArray(value)) made = value.map(copy);
  else if (isRecord(value)) made = Object.fromEntries(Object.entries(value).map(([key, each]) => [key, copy(each)]));
  return made;
}

/**
 * The JSON pointer to a member.
 * @param {string} pointer
 * @param {string} key
 */
export function below(pointer, key) {
  return `${pointer}/${key.replaceAll("~", "~0").replaceAll("/", "~1")}`;
}

/**
 * The keys of a JSON pointer.
 * @param {string} pointer
 */
export function keysOf(pointer) {
  return pointer.split("/").slice(1).map((key) => key.replaceAll("~1", "/").replaceAll("~0", "~"));
}

/**
 * What stands in a field, or undefined.
 * @param {Json | undefined} data
 * @param {string | string[]} field `a.b`, the JSON pointer `/a/0`, or keys
 * @returns {Json | undefined}
 */
export function fieldOf(data, field) {
  const keys = typeof field !== "string" ? field : field.startsWith("/") ? keysOf(field) : field ? field.split(".") : [];
  return keys.reduce(member, data);
}

const INVISIBLE =
  /[\x00-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufe00\ufeff\uffa0\ufff0-\uffff\ud800-\udfff\u{1d173}-\u{1d17a}\u{e0000}-\u{e0fff}]/gu;

/** @param {string} found */
function escaped(found) {
  const code = found.codePointAt(0) ?? 0;
  return code > 0xffff ? `\\u{${code.toString(16)}}` : `\\u${code.toString(16).padStart(4, "0")}`;
}

/**
 * Text on one line; what cannot be seen, or turns the text around it, as an escape.
 * @param {string} text
 */
export function visible(text) {
  return text.replace(INVISIBLE, escaped);
}

/**
 * The same, with its lines and tabs.
 * @param {string} text
 */
export function visibleBlock(text) {
  return text.replace(INVISIBLE, (found) => (found === "\n" || found === "\t" ? found : escaped(found)));
}

/** @param {string} text @returns {Promise<string>} */
async function sha256(text) {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

// --- the fold --------------------------------------------------------------------------------------

const MODES = ["append", "replace", "merge", "patch"];
const MAX_TEXT = 65_536;
const MAX_WRITTEN = 4 * MAX_TEXT;
const MAX_DEPTH = 100;

/** @typedef {"ConcurrentUpdateError" | "InvalidObject" | "InvalidUpdate" | "ValueTooLarge"} Kind */

/** An event that changes nothing, and why. */
export class Rejected extends Error {
  /**
   * @param {Kind} kind the name of the error in Python
   * @param {string} message
   */
  constructor(kind, message) {
    super(message);
    this.name = "Rejected";
    this.kind = kind;
  }
}

/** @param {string} message */
const invalid = (message) => new Rejected("InvalidUpdate", message);

/** False for an object of a class, such as a date. @param {object} value */
function isPlain(value) {
  const above = Object.getPrototypeOf(value);
  return Array.isArray(value) || above === null || Object.getPrototypeOf(above) === null;
}

/** What is wrong with a value, or null. @param {unknown} value @returns {Rejected | null} */
function faultOf(value) {
  const wrong = (/** @type {string} */ why) => new Rejected("InvalidObject", why);
  let level = [value];
  let parts = 0;
  for (let depth = 0; level.length; depth += 1) {
    parts += level.length;
    if (parts > MAX_TEXT) return new Rejected("ValueTooLarge", "The value has more parts than characters fit.");
    /** @type {unknown[]} */
    const below = [];
    for (const item of level) {
      if (typeof item === "string") {
        if (!item.isWellFormed()) return wrong("A string contains a lone surrogate, which UTF-8 cannot encode.");
      } else if (Array.isArray(item) || isRecord(item)) {
        if (!isPlain(item)) return wrong(`A value of type ${item.constructor?.name} is not JSON.`);
        if (depth === MAX_DEPTH) return wrong(`The value is nested more than ${MAX_DEPTH} levels deep.`);
        if (!Array.isArray(item) && !Object.keys(item).every((key) => key.isWellFormed()))
          return wrong("A key contains a lone surrogate, which UTF-8 cannot encode.");
        for (const each of Object.values(item)) below.push(each);
      } else if (isNumber(item)) {
        const finite = item instanceof Exact ? INTEGER.test(item.source) || Number.isFinite(Number(item.source)) : Number.isFinite(item);
        if (!finite) return wrong(`The number ${item} is not finite; JSON has no NaN and no Infinity.`);
      } else if (item !== null && typeof item !== "boolean") return wrong(`A value of type ${typeof item} is not JSON.`);
    }
    level = below;
  }
  return null;
}

/**
 * The state after an event: as every processor of a store folds it.
 *
 * Neither the state nor the event is changed; the result shares parts with them.
 * @param {{ version: number, data: JsonObject }} state
 * @param {{ mode: string, data: Json, expected_version?: number | Exact | null }} event
 * @returns {{ version: number, data: JsonObject }}
 * @throws {Rejected} the event changes nothing
 */
export function fold({ version, data: old }, { mode, data, expected_version: expected }) {
  if (expected != null && expected !== version)
    throw new Rejected("ConcurrentUpdateError", `Expected version ${expected}, but the object is at version ${version}.`);
  if (!MODES.includes(mode)) throw invalid(`Its update_mode is not one of ${MODES.join(", ")}.`);
  const fault = faultOf(data);
  if (fault) throw invalid(fault.message);
  const now = mode === "patch" ? patched(old, data) : combined(mode, old, data);
  const size = lengthOf(written(now, true));
  if (size > MAX_TEXT)
    throw new Rejected("ValueTooLarge", `The object would take ${size} characters as written; the limit is ${MAX_TEXT}.`);
  return { version: version + 1, data: now };
}

/** @param {string} mode @param {JsonObject} old @param {Json} data */
function combined(mode, old, data) {
  if (!isRecord(data)) throw invalid(`_data is not a JSON object, as ${mode} requires.`);
  if (mode === "replace") return data;
  return mode === "append" ? append(old, data) : merge(old, data);
}

/** @param {JsonObject} old @param {JsonObject} data @returns {JsonObject} */
function append(old, data) {
  const made = { ...old };
  for (const [key, value] of Object.entries(data)) {
    const before = member(old, key);
    define(made, key, isRecord(value) && isRecord(before) ? append(before, value) : value);
  }
  return made;
}

/** RFC 7396. @param {JsonObject} old @param {JsonObject} data @returns {JsonObject} */
function merge(old, data) {
  const made = { ...old };
  for (const [key, value] of Object.entries(data)) {
    const before = member(old, key);
    if (value === null) delete made[key];
    else define(made, key, isRecord(value) ? merge(isRecord(before) ? before : {}, value) : value);
  }
  return made;
}

/** JSON as a store writes it: nothing in it notifies anybody. @param {Json} value */
function written(value, body = false) {
  let text = write(value, STORED);
  if (body && isRecord(value) && Object.keys(value).length) {
    const member = (/** @type {[string, Json]} */ [key, each]) => `${JSON.stringify(key)}:\0${write(each, STORED)}`;
    text = `{\n${Object.entries(value).map(member).join(",\n")}\n}`;
  }
  const escape = (/** @type {string} */ sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, "0")}`;
  return text
    .replaceAll("![", "\\u0021[")
    .replace(/([^\0[])(\[+)/g, (_, before, brackets) => before + "\\u005b".repeat(brackets.length))
    .replaceAll("\0", "")
    .replace(/[&@#<`]/g, escape)
    .replaceAll("](", "\\u005d(")
    .replaceAll("GH-", "\\u0047H-")
    .replaceAll("://", ":\\u002f/")
    .replace(/(gh)-(?=\p{Nd})/giu, "$1\\u002d")
    .replace(/w(ww\.)/gi, (found, rest) => escape(found) + rest);
}

/** In code points, as Python counts. @param {string} text */
const lengthOf = (text) => text.length - (text.match(/[\ud800-\udbff][\udc00-\udfff]/g)?.length ?? 0);

// --- patches: RFC 6902, in bounded work --------------------------------------------------------------

/** @param {JsonObject} old @param {Json} operations @returns {JsonObject} */
function patched(old, operations) {
  if (!Array.isArray(operations)) throw invalid("A patch is an array of operations (RFC 6902).");
  const steps = operations.map(readOperation);
  /** @type {Json} */
  let data = copy(old);
  let total = 0;
  for (const step of steps) {
    total += writtenBy(step, data);
    if (total > MAX_WRITTEN)
      throw new Rejected("ValueTooLarge", `The patch writes more than ${MAX_WRITTEN} characters in all.`);
    data = APPLY[step.op](step, data);
  }
  if (!isRecord(data)) throw invalid("The result of the patch is not a JSON object.");
  const fault = faultOf(data);
  if (fault) throw fault;
  return data;
}

/** @typedef {{ op: string, path: string[], from: Json | undefined, value: Json | undefined }} Operation */

/** @param {Json} operation @returns {Operation} */
function readOperation(operation) {
  const op = member(operation, "op");
  if (typeof op !== "string" || !Object.hasOwn(APPLY, op)) throw invalid("The patch is malformed: its op is unknown.");
  const path = pointer(member(operation, "path"));
  return { op, path, from: member(operation, "from"), value: member(operation, "value") };
}

/** The keys of the pointer of an operation. @param {Json | undefined} path @returns {string[]} */
function pointer(path) {
  if (typeof path !== "string" || /^[^/]|~(?![01])/.test(path)) throw invalid(`The patch is malformed: ${inText(path)} is not a path.`);
  return keysOf(path);
}

/** @param {Json | undefined} value */
const inText = (value) => (value === undefined ? "nothing" : json(value).slice(0, 100));

/** @param {Operation} step @returns {Json} */
function valueOf({ op, value }) {
  if (value === undefined) throw invalid(`The patch does not apply: ${op} has no value.`);
  return value;
}

/** @param {string[]} path */
const notThere = (path) => invalid(`The patch does not apply: there is no /${path.join("/").slice(0, 100)}.`);

/** Where a path ends: what holds it, and the key or index there. @param {string[]} path @param {Json} data */
function placeOf(path, data) {
  const holder = path.slice(0, -1).reduce((each, key) => found([key], each), data);
  const key = path[path.length - 1];
  if (isRecord(holder)) return { holder, key };
  if (!Array.isArray(holder) || !/^(?:-|0|[1-9][0-9]*)$/.test(key)) throw notThere(path);
  return { holder, at: key === "-" ? holder.length : Number(key) };
}

/** @param {string[]} path @param {Json} data @returns {Json} */
function found(path, data) {
  const value = path.reduce(member, /** @type {Json | undefined} */ (data));
  if (value === undefined) throw notThere(path);
  return value;
}

/** @param {string[]} path @param {Json} data @param {Json} value @returns {Json} */
function add(path, data, value) {
  if (!path.length) return value;
  const { holder, key, at } = placeOf(path, data);
  if (at === undefined) define(holder, key, value);
  else if (at > holder.length) throw notThere(path);
  else holder.splice(at, 0, value);
  return data;
}

/** @param {string[]} path @param {Json} data @returns {Json} */
function remove(path, data) {
  if (!path.length) throw invalid("The patch does not apply: it would remove the whole object.");
  found(path, data);
  const { holder, key, at } = placeOf(path, data);
  if (at === undefined) delete holder[key];
  else holder.splice(at, 1);
  return data;
}

/** @type {Record<string, (step: Operation, data: Json) => Json>} */
const APPLY = {
  add: (step, data) => add(step.path, data, copy(valueOf(step))),
  remove: ({ path }, data) => remove(path, data),
  replace(step, data) {
    const value = copy(valueOf(step));
    if (!step.path.length) return value;
    found(step.path, data);
    const { holder, key, at } = placeOf(step.path, data);
    define(holder, at ?? key, value);
    return data;
  },
  copy: ({ path, from }, data) => add(path, data, copy(found(pointer(from), data))),
  move({ path, from }, data) {
    const before = pointer(from);
    const inside = before.every((key, at) => key === path[at]);
    if (inside && path.length > before.length) throw invalid("The patch does not apply: it would move a value into itself.");
    const value = found(before, data);
    return inside ? data : add(path, remove(before, data), value);
  },
  test(step, data) {
    const value = found(step.path, data);
    if (!same(value, valueOf(step))) throw invalid(`The patch does not apply: its test fails, for ${inText(value)}.`);
    return data;
  },
};

/** Equal as RFC 6902 says: numbers by value. @param {Json} one @param {Json} other @returns {boolean} */
function same(one, other) {
  if (isNumber(one) && isNumber(other)) {
    const [here, there] = [one, other].map(source).map((text) => (INTEGER.test(text) ? BigInt(text) : Number(text)));
    return here == there;
  }
  if (Array.isArray(one) && Array.isArray(other))
    return one.length === other.length && one.every((item, at) => same(item, other[at]));
  if (isRecord(one) && isRecord(other)) {
    const keys = Object.keys(one);
    return keys.length === Object.keys(other).length && keys.every((key) => Object.hasOwn(other, key) && same(one[key], other[key]));
  }
  return one === other;
}

/** How many characters an operation writes. @param {Operation} step @param {Json} data */
function writtenBy({ op, path, from, value }, data) {
  let copied = op === "add" || op === "replace" ? value : undefined;
  if (op === "copy" || (op === "move" && typeof from === "string" && path.length > from.split("/").length - 1)) {
    try {
      copied = found(pointer(from), data);
    } catch {
      return 0; // what applies it says what is wrong
    }
  }
  if (copied === undefined) return 0;
  if (depthOf(copied) > MAX_DEPTH - path.length) throw invalid(`The patch nests values more than ${MAX_DEPTH} levels deep.`);
  return lengthOf(written(copied));
}

/** @param {Json} value @returns {number} */
function depthOf(value) {
  if (!Array.isArray(value) && !isRecord(value)) return 0;
  let deepest = 0;
  for (const each of Object.values(value)) deepest = Math.max(deepest, depthOf(each));
  return 1 + deepest;
}

// --- events ----------------------------------------------------------------------------------------

const ZERO_WIDTH = "\ufeff\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069";
const BLANK = new RegExp(`[\\s\\x1c-\\x1f\\x85${ZERO_WIDTH}]`);
const FENCE = /^(`{3,}|~{3,})([^`]*)$/;
const NESTING = /"(?:[^"\\]+|\\[^])*(?:"|\\?$)|[^[\]{}"]+/g;

/**
 * An event, as the comment says it.
 * @typedef {object} StoreEvent
 * @property {"append" | "replace" | "merge" | "patch"} mode
 * @property {Json} data an object; the operations of a patch
 * @property {number | Exact | null} expected_version the version that the object must be at
 * @property {string | null} event_id the same for each repetition of the event
 * @property {number | Exact} attempt 2 or more if it may have been posted before
 * @property {boolean} initial true for what an object begins with
 * @property {JsonObject} meta `_meta` as it was written
 */

/** Text without blanks around it. @param {string} text */
function trimmed(text) {
  let [from, to] = [0, text.length];
  while (from < to && BLANK.test(text[from])) from += 1;
  while (to > from && BLANK.test(text[to - 1])) to -= 1;
  return text.slice(from, to);
}

/** True if JSON text is nested deeper than this, be it valid or not. @param {string} text @param {number} most */
function nestedDeeper(text, most) {
  let depth = 0;
  for (const sign of text.replace(NESTING, "")) {
    depth += sign === "[" || sign === "{" ? 1 : -1;
    if (depth > most) return true;
  }
  return false;
}

/** JSON of a comment or a body. @param {string} text @param {number} most @returns {Json} */
function parseBounded(text, most) {
  const inner = trimmed(text);
  if (nestedDeeper(inner, most)) throw new Unfit(`It is nested more than ${MAX_DEPTH} levels deep.`);
  return parse(inner);
}

/** The text in a fenced block, if that is all there is. @param {string} text */
function unfenced(text) {
  const lines = text.split("\n");
  const fence = FENCE.exec(lines[0].replace(/\r+$/, ""));
  const last = lines.length > 1 ? lines[lines.length - 1].replace(/^(?:[^\S\ufeff]|[\x1c-\x1f\x85])+/, "") : "";
  if (!fence || !last.startsWith(fence[1]) || [...last].some((sign) => sign !== last[0])) return text;
  return /^[ \t]*(?:json)?[ \t]*$/i.test(fence[2]) ? trimmed(lines.slice(1, -1).join("\n")) : text;
}

/** @param {Json | undefined} value */
const isCount = (value) => isNumber(value) && /^[0-9]+$/.test(source(value));

/**
 * The event in a comment, or null for conversation.
 *
 * What is nearly an event is conversation here: it changes nothing either way.
 * @param {string | { body?: string | null }} comment its text, or the comment as GitHub's API tells it
 * @returns {StoreEvent | null}
 * @throws {Rejected} it is malformed
 */
export function event(comment) {
  const inner = unfenced(trimmed(typeof comment === "string" ? comment : comment.body ?? ""));
  if (!inner.startsWith("{")) return null;
  let value;
  try {
    value = parseBounded(inner, MAX_DEPTH + 1); // the envelope is one level
  } catch (error) {
    if (error instanceof Unfit) throw invalid(error.message);
    return null;
  }
  if (!isRecord(value)) return null;
  const full = Object.hasOwn(value, "_data");
  const begun = member(value, "data");
  const older = !full && member(value, "type") === "initial_state" && isRecord(begun);
  /** @type {Json} */
  const data = full ? value._data : older ? begun ?? null : value;
  const meta = full ? member(value, "_meta") ?? null : {};
  const type = full ? member(value, "type") ?? null : older ? "initial_state" : null;
  const fault = faultOf(data) ?? faultOf(meta);
  if (fault) throw invalid(fault.message);
  if (!isRecord(meta)) throw invalid("_meta is not a JSON object.");
  if (full) checkEvent(data, meta, type);
  const [expected, id, attempt] = ["expected_version", "event_id", "attempt"].map((key) => member(meta, key));
  return {
    mode: /** @type {any} */ (member(meta, "update_mode") ?? "append"),
    data,
    expected_version: isNumber(expected) ? expected : null,
    event_id: typeof id === "string" ? id : null,
    attempt: isNumber(attempt) ? attempt : 1,
    initial: type === "initial_state",
    meta,
  };
}

/** @param {Json} data @param {JsonObject} meta @param {Json} type */
function checkEvent(data, meta, type) {
  if (type !== null && type !== "update" && type !== "initial_state") throw invalid("Its type is unknown.");
  const mode = member(meta, "update_mode");
  if (typeof mode !== "string" || !MODES.includes(mode)) throw invalid(`Its update_mode is not one of ${MODES.join(", ")}.`);
  if (mode !== "patch" && !isRecord(data)) throw invalid(`_data is not a JSON object, as ${mode} requires.`);
  for (const key of ["client_version", "timestamp", "event_id"])
    if (Object.hasOwn(meta, key) && typeof meta[key] !== "string") throw invalid(`Its ${key} is not a string.`);
  for (const key of ["attempt", "expected_version"]) {
    const told = Object.hasOwn(meta, key) ? meta[key] : 1;
    if (!isCount(told) || Number(told) < 1) throw invalid(`Its ${key} is not a positive integer.`);
  }
  if (type !== "initial_state") return;
  if (mode === "patch") throw invalid("An initial state cannot be a patch.");
  if (Object.hasOwn(meta, "continues") && !continues(meta.continues)) throw invalid("_meta.continues is malformed.");
}

/** @param {Json} told */
function continues(told) {
  const counts = ["issue", "comment", "comments", "version"].map((key) => member(told, key));
  const time = member(told, "time");
  const isTime = typeof time === "string" && /T.*(?:Z|[-+]\d\d:\d\d)$/.test(time) && !Number.isNaN(Date.parse(time));
  return isTime && counts.every((each) => isCount(each) && Number(each) < 10 ** 18);
}

// --- versions --------------------------------------------------------------------------------------

/**
 * True if the data of an object includes an event: it was neither rejected nor is it pending.
 * @param {Told} event
 */
export function counts(event) {
  return !Object.hasOwn(event, "asked");
}

/** Undo the changes of an event. @param {JsonObject} data its own copy @param {Change[]} changes */
function undo(data, changes) {
  for (const change of changes) {
    const keys = keysOf(change.p);
    const last = /** @type {string} */ (keys.pop());
    const holder = /** @type {JsonObject} */ (fieldOf(data, keys));
    const list = holder[last];
    if (change.at !== undefined && Array.isArray(list) && Array.isArray(change.n))
      list.splice(change.at, change.n.length, .../** @type {Json[]} */ (copy(change.o ?? [])));
    else if (change.o !== undefined) define(holder, last, copy(change.o));
    else delete holder[last];
  }
}

/**
 * Where two versions differ, as the events of a history tell it.
 * @param {JsonObject} old
 * @param {JsonObject} now
 * @param {string} path a JSON pointer to both
 * @returns {Change[]}
 */
export function differences(old, now, path = "") {
  /** @type {Change[]} */
  const found = [];
  for (const key of new Set([...Object.keys(old), ...Object.keys(now)])) {
    const p = below(path, key);
    const [before, after] = [member(old, key), member(now, key)];
    if (isRecord(before) && isRecord(after)) found.push(...differences(before, after, p));
    else if (Array.isArray(before) && Array.isArray(after)) found.push(...splice(before, after, p));
    else if (before === undefined || after === undefined || canonical(before) !== canonical(after))
      found.push({ p, ...(before === undefined ? {} : { o: before }), ...(after === undefined ? {} : { n: after }) });
  }
  return found;
}

/** @param {Json[]} old @param {Json[]} now @param {string} p @returns {Change[]} */
function splice(old, now, p) {
  const [before, after] = [old, now].map((items) => items.map(canonical));
  const shortest = Math.min(before.length, after.length);
  let head = 0;
  while (head < shortest && before[head] === after[head]) head += 1;
  let tail = 0;
  while (tail < shortest - head && before[before.length - 1 - tail] === after[after.length - 1 - tail]) tail += 1;
  const [o, n] = [old.slice(head, old.length - tail), now.slice(head, now.length - tail)];
  return o.length || n.length ? [{ p, at: head, o, n }] : [];
}

/** The past of an object, read file by file as far as it is asked for. Any version is the data with later changes undone. */
export class Past {
  /** @type {number | null} */
  #older = null;
  /** @type {Change[]} */
  #drift = [];
  /** @type {string | undefined} */
  #text;
  #turn = Promise.resolve();

  /**
   * @param {Site} site
   * @param {string} name the name of the object in addresses
   */
  constructor(site, name) {
    this.site = site;
    this.name = name;
    /**
     * The events that were read, oldest first.
     * @type {Told[]}
     */
    this.events = [];
  }

  /** How many older files there are; null before the first was read. */
  get older() {
    return this.#older;
  }

  /** From what the history leads to, to the data. Empty, unless comments were edited or deleted. */
  get drift() {
    return this.#drift;
  }

  /**
   * Read files until there are events enough, or no more.
   * @param {() => boolean} enough
   */
  loadUntil(enough) {
    this.#turn = this.#turn.catch(() => {}).then(() => this.#load(enough)); // one after the other
    return this.#turn;
  }

  /** @param {() => boolean} enough */
  async #load(enough) {
    while (this.#older !== 0 && !enough()) {
      const file = this.#older === null ? this.name : `${this.name}~${this.#older}`;
      const text = await this.site.load(`api/history/${address(file)}.json`, `history of ${this.name}`);
      const part = /** @type {any} */ (parse(text));
      this.#drift = part.drift ?? this.#drift;
      this.#older = this.#older === null ? Number(part.older) : this.#older - 1;
      this.events.unshift(...part.events);
    }
  }

  /** All events, oldest first. */
  async all() {
    await this.loadUntil(() => false);
    return this.events;
  }

  /**
   * The data at a version, and the event that made it; the event is undefined where nothing is told of it.
   * @param {number} version
   * @returns {Promise<{ data: JsonObject, event: Told | undefined }>}
   */
  async version(version) {
    const isMade = (/** @type {Told} */ event) => counts(event) && event.v <= version;
    await this.loadUntil(() => this.events.some(isMade));
    this.#text ??= await this.site.load(`api/objects/${address(this.name)}.json`, `object ${this.name}`);
    const { data } = /** @type {any} */ (parse(this.#text));
    undo(data, this.#drift);
    for (const event of this.events.toReversed()) if (counts(event) && event.v > version) undo(data, event.ch);
    return { data, event: this.events.findLast(isMade) };
  }
}

// --- a site ----------------------------------------------------------------------------------------

const SEGMENT = /^[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9_-])?$/;
const RESERVED = /^(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\..*)?$/;

/**
 * The name of an object in the addresses of a site: its id, where that is fit for every file system and server.
 * @param {string} id
 * @returns {Promise<string>}
 * @throws {NotFound} no object can have this id
 */
export async function nameOf(id) {
  if (!id.isWellFormed()) throw new NotFound("No object has an id with a lone surrogate.");
  const segments = id.split("/");
  const isPlain = (/** @type {string} */ each) => SEGMENT.test(each) && !RESERVED.test(each) && !/\.(?:json|html)$/.test(each);
  if (id.length <= 120 && segments.length <= 4 && segments.every(isPlain)) return id;
  const strip = (/** @type {string} */ text) => text.replace(/^-+|-+$/g, "");
  const slug = strip(strip(id.replace(/[^A-Za-z0-9]+/g, "-")).slice(0, 40)).toLowerCase();
  return `~${slug}-${(await sha256(id)).slice(0, 16)}`;
}

/**
 * A name as a part of an address.
 * @param {string} name
 */
export function address(name) {
  return name.split("/").map(encodeURIComponent).join("/");
}

/** There is no such object, version or file. */
export class NotFound extends Error {
  /** @param {string} message */
  constructor(message) {
    super(message);
    this.name = "NotFound";
  }
}

/** The JSON files of a site. Each call reads them anew, as far as the browser's cache lets it. */
export class Site {
  /** @param {string | URL} url its address; by default that of the site which this module comes from */
  constructor(url = new URL("../", import.meta.url)) {
    const begin = new URL(url, globalThis.document?.baseURI);
    if (!/(?:\/|\.html)$/.test(begin.pathname)) begin.pathname += "/";
    /** @readonly */
    this.url = new URL(".", begin);
  }

  /**
   * The text of a file.
   * @param {string} path from the root of the site
   * @param {string} what it is, for the message of an error
   * @returns {Promise<string>}
   * @throws {NotFound} there is no such file
   */
  async load(path, what = path) {
    const answer = await fetch(new URL(path, this.url));
    if (answer.status === 404) throw new NotFound(`There is no ${what}.`);
    if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
    return answer.text();
  }

  /**
   * An object: its data, and what the store knows about it.
   * @param {string} id
   * @returns {Promise<{ data: JsonObject, meta: Meta }>}
   * @throws {NotFound} there is no such object
   */
  async get(id) {
    const text = await this.load(`api/objects/${address(await nameOf(id))}.json`, `object ${id}`);
    return /** @type {any} */ (parse(text));
  }

  /**
   * The events of an object, oldest first.
   * @param {string} id
   * @returns {Promise<Told[]>}
   * @throws {NotFound} there is no such object, or the site has no history
   */
  async history(id) {
    return new Past(this, await nameOf(id)).all();
  }

  /**
   * The data of an object at a version, and the event that made it.
   * @param {string} id
   * @param {number} version
   * @returns {Promise<{ data: JsonObject, event: Told }>}
   * @throws {NotFound} there is no such version, or nothing is told of it
   */
  async at(id, version) {
    const { data, event } = await new Past(this, await nameOf(id)).version(version);
    if (event?.v !== version) throw new NotFound(`There is no version ${version} of ${id}.`);
    return { data, event };
  }

  /**
   * The latest 200 changes of all objects, newest first. Without history it is told when objects changed last.
   * @returns {Promise<{ t: string, id: string, name: string, v: number, by?: string | null, mode?: string, out?: string,
   *   c?: number, i?: number, fields?: string[], changed?: number }[]>}
   */
  async changes() {
    return /** @type {any} */ (parse(await this.load("api/changes.json")));
  }

  /**
   * All objects, sorted by id.
   * @returns {Promise<{ id: string, name: string, version: number, updated_at: string }[]>}
   */
  async list() {
    return /** @type {any} */ (parse(await this.load("api/index.json"))).objects;
  }
}

// --- GitHub, as it is now --------------------------------------------------------------------------

const LEAST_LEFT = 10;
const PAUSE = 60_000;
const LONGEST_PAUSE = 3_600_000; // GitHub's limits are for an hour
const PAGE = 100;
const TITLE = "Stored Object: ";
const CHECKPOINT =
  / \[v([1-9][0-9]{0,8}) ([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z) ([0-9]{1,18})\/([0-9]{1,6}) ([0-9a-f]{8})(?: after ([0-9]{1,10})@([0-9]{1,18}))?( retired)?\]$/;
const SEAL = /^([1-9][0-9]{0,9}) v([1-9][0-9]{0,8}) ([0-9]{1,18})\/([0-9]{1,6}) ([0-9a-f]{24})(?: since [0-9TZ:-]{20})?$/;
const HASHED = /^sha256-[0-9a-f]{32}$/i;
const MOST_LABEL = 50;
const MEMBERS = ["OWNER", "MEMBER", "COLLABORATOR"];

/** GitHub is not asked before a time: too few requests are left for this address, or it wants a pause. */
export class Limited extends Error {
  /** @param {number} until milliseconds since the epoch */
  constructor(until) {
    super(`GitHub is asked again after ${new Date(until).toISOString()}.`);
    this.name = "Limited";
    this.until = until;
  }
}

/**
 * An object as it was committed last.
 * @typedef {object} LiveObject
 * @property {string} id
 * @property {number} version
 * @property {JsonObject | null} data null for an object that was deleted
 * @property {number} pending how many comments came since: at most so many updates wait
 * @property {boolean} deleted
 * @property {number} number the issue that holds it
 * @property {string[]} labels of that issue
 * @property {string} updated_at the time of the last applied event, or of the deletion (UTC)
 * @property {number} watermark the last comment that the version includes, or passed by
 */

/**
 * What would come of the pending updates of an object: a guess, for a page cannot ask who may write.
 * @typedef {object} Preview
 * @property {string} id
 * @property {number} version
 * @property {JsonObject} data
 * @property {number} pending how many updates it includes that are not committed
 * @property {string[]} rejected why others would be rejected
 */

/** A store on GitHub, asked without a token: 60 requests an hour and address. The browser's cache answers for a minute. */
export class Live {
  /**
   * @param {object} store
   * @param {string} store.repository `owner/name`
   * @param {string} [store.api] the address of the REST API
   * @param {string[]} [store.users] logins that may write besides those with write permission (`access.users`)
   * @param {string} [store.base_label] as in the settings of the store
   * @param {string} [store.uid_prefix] as in the settings of the store
   */
  constructor({ repository, api = "https://api.github.com", users = ["github-actions[bot]"], base_label = "stored-object", uid_prefix = "UID:" }) {
    if (!/^[\w.-]+\/[\w.-]+$/.test(repository)) throw new TypeError(`${repository} is not the name of a repository.`);
    this.repository = repository;
    this.api = api.replace(/\/+$/, "");
    this.base_label = base_label.toLowerCase();
    this.uid_prefix = uid_prefix;
    this.standing = [repository.split("/")[0], ...users.map((login) => login.replace(/^@/, ""))].map((login) => login.toLowerCase());
    /** GitHub is not asked before this time (milliseconds since the epoch). A page may keep it for the next one. */
    this.until = 0;
    /** True if more has changed than the last list shows. */
    this.more = false;
  }

  /**
   * The objects whose issues changed since a time, as they were committed last; the last changed first. One request, which
   * tells of at most 100 issues. What nobody with write permission vouches for is left out.
   * @param {Date | string} since
   * @returns {Promise<LiveObject[]>}
   * @throws {Limited}
   */
  async changed(since) {
    const from = new Date(new Date(since).getTime() - 1000).toISOString().replace(/\.[0-9]+/, ""); // whole seconds lie on both sides
    const { body: issues, more } = await this.#ask(`issues?state=all&sort=updated&direction=desc&per_page=${PAGE}&since=${from}`);
    this.more = more;
    const heads = (await Promise.all(issues.map((/** @type {any} */ issue) => this.#head(issue)))).filter((head) => head !== null);
    /** @type {Map<string, typeof heads[0]>} */
    const first = new Map();
    for (const head of heads) {
      const rival = first.get(head.object.id);
      if (!rival || head.rank < rival.rank || (head.rank === rival.rank && head.object.number < rival.object.number))
        first.set(head.object.id, head);
    }
    return heads.filter((head) => first.get(head.object.id) === head).map((head) => head.object);
  }

  /**
   * What would come of the pending updates, if all count whose authors seem to be members. One request, which tells of the first
   * 100 comments since the last applied event.
   * @param {LiveObject} object
   * @returns {Promise<Preview>}
   * @throws {Limited}
   * @throws {NotFound} the object was deleted
   */
  async preview({ id, version, data, number, updated_at, watermark }) {
    if (data === null) throw new NotFound(`${id} was deleted.`);
    const { body: comments } = await this.#ask(`issues/${number}/comments?per_page=${PAGE}&since=${updated_at}`);
    let state = { version, data };
    let pending = 0;
    const rejected = [];
    const seen = new Set();
    let begun = watermark > 0;
    for (const [at, comment] of comments.entries()) {
      const repeats = at > 0 && comment.body === comments[at - 1].body && comment.user?.login === comments[at - 1].user?.login;
      if (!this.#seemsToCount(comment) || repeats) continue;
      try {
        const said = event(comment);
        if (said === null) continue;
        const again = said.event_id !== null && seen.has(said.event_id) && Number(said.attempt) > 1;
        if (said.event_id !== null) seen.add(said.event_id);
        if (comment.id <= watermark || again) continue;
        if (said.initial && begun) throw invalid("The object has its initial state already.");
        begun = true;
        if (said.initial) continue; // it is the state
        state = fold(state, said);
        pending += 1;
      } catch (error) {
        if (!(error instanceof Rejected)) throw error;
        if (comment.id > watermark) rejected.push(error.message);
      }
    }
    return { id, ...state, pending, rejected };
  }

  /** @param {any} comment */
  #seemsToCount(comment) {
    return MEMBERS.includes(comment.author_association) || this.standing.includes(comment.user?.login?.toLowerCase());
  }

  /** @param {string} path @returns {Promise<{ body: any, more: boolean }>} */
  async #ask(path) {
    if (Date.now() < this.until) throw new Limited(this.until);
    const answer = await fetch(`${this.api}/repos/${this.repository}/${path}`, {
      credentials: "omit", referrerPolicy: "no-referrer", headers: { accept: "application/vnd.github+json" },
    });
    const told = (/** @type {string} */ name) => Number(answer.headers.get(name) ?? NaN);
    if (told("x-ratelimit-remaining") < LEAST_LEFT) this.until = told("x-ratelimit-reset") * 1000 || Date.now() + PAUSE;
    this.until = Math.max(this.until, retryAfter(answer.headers.get("retry-after") ?? ""));
    if (answer.status === 403 || answer.status === 429) {
      this.until = Math.max(this.until, Date.now() + PAUSE);
      throw new Limited(this.until);
    }
    if (!answer.ok) throw new Error(`GitHub answered ${answer.status}.`);
    return { body: await answer.json(), more: /rel="next"/.test(answer.headers.get("link") ?? "") };
  }

  /**
   * The object that an issue holds, if title, body and labels fit, and somebody vouches for it: the seal, or an author who
   * may always write. Where nothing is sealed, the labels do, which only members put on.
   * @param {any} issue
   */
  async #head(issue) {
    /** @type {{ name: string, description: string | null }[]} */
    const labels = issue.labels;
    const names = labels.map((label) => label.name.toLowerCase());
    const deleted = names.includes("archived");
    if (issue.pull_request || !(deleted || names.includes(this.base_label)) || !issue.title.startsWith(TITLE)) return null;
    const found = CHECKPOINT.exec(issue.title);
    if (!found || !isDate(found[2])) return null;
    const id = issue.title.slice(TITLE.length, found.index);
    const [time, checksum, retired] = [found[2], found[5], found[8] !== undefined];
    const [version, watermark, comments, after, last] = [1, 3, 4, 6, 7].map((at) => (found[at] === undefined ? null : whole(found[at])));
    const uids = await this.#uidLabels(id, labels);
    const data = readBody(issue.body);
    if (!uids.length || data === null) return null;
    /** @type {Json[]} */
    const told = [id, version, time, watermark, comments];
    const continued = after === null ? null : [after, last];
    const checked = [...told, data, ...(continued ? [continued] : []), ...(retired ? ["retired"] : [])];
    if ((await sha256(canonical(checked))).slice(0, 8) !== checksum) return null;
    const sealed = uids.map((label) => SEAL.exec(label.description ?? "")).find(Boolean);
    const named = sealed !== undefined && Number(sealed?.[1]) === issue.number;
    const proved = [issue.number, id, version, version === 1 ? null : time, watermark, comments, continued, data];
    const fits =
      named && [version, watermark, comments].every((each, at) => String(each) === String(whole(sealed?.[at + 2] ?? ""))) &&
      (await sha256(canonical(proved))).slice(0, 24) === sealed?.[5];
    const standing = this.standing.includes(issue.user?.login?.toLowerCase());
    const outranked = sealed !== undefined && !named && continued === null;
    const begins = watermark === 0 && !named && (continued !== null || issue.comments === 0); // it is still being filled
    if (begins || outranked || !(fits || standing || sealed === undefined)) return null;
    /** @type {LiveObject} */
    const object = {
      id,
      version: Number(version),
      data: deleted ? null : data,
      pending: Math.max(issue.comments - Number(comments), 0),
      deleted,
      number: issue.number,
      labels: labels.map((label) => label.name),
      updated_at: deleted ? (issue.closed_at ?? time) : version === 1 && !continued ? issue.created_at : time,
      watermark: Number(watermark),
    };
    return { object, rank: (deleted ? 4 : 0) + (named ? 0 : standing ? 1 : 2) }; // of those that claim an id, the lowest has it
  }

  /** The labels that stand for an id. @param {string} id @param {{ name: string, description: string | null }[]} labels */
  async #uidLabels(id, labels) {
    const plain = this.uid_prefix + id;
    const fits = lengthOf(plain) <= MOST_LABEL && !id.includes(",") && !HASHED.test(id);
    const hashed = `${this.uid_prefix}sha256-${(await sha256(id)).slice(0, 32)}`;
    return labels.filter((label) => (fits && label.name === plain) || label.name === hashed);
  }
}

/** The time that a header `retry-after` names, in seconds from now or as a date; 0 if it names none. @param {string} text */
function retryAfter(text) {
  const at = /^[0-9]+$/.test(text) ? Date.now() + Number(text) * 1000 : Date.parse(text);
  return Number.isNaN(at) ? 0 : Math.min(at, Date.now() + LONGEST_PAUSE);
}

/** True for a time that a calendar has. @param {string} text */
function isDate(text) {
  const at = Date.parse(text);
  return !Number.isNaN(at) && new Date(at).toISOString() === text.replace("Z", ".000Z");
}

/** A whole number in a title. @param {string} digits */
const whole = (digits) => number(String(BigInt(digits)));

/** The data in a body, or null. @param {string | null} body */
function readBody(body) {
  try {
    const data = parseBounded(body ?? "", MAX_DEPTH);
    return isRecord(data) && faultOf(data) === null ? data : null;
  } catch {
    return null;
  }
}

// --- elements --------------------------------------------------------------------------------------

const MOST_ROWS = 100;
const Base = /** @type {typeof HTMLElement} */ (globalThis.HTMLElement ?? class {});

/** @param {Json} value */
const inWords = (value) => visibleBlock(typeof value === "string" ? value : json(value));

/** Text that turns nothing around it. @param {string} text */
function isolated(text) {
  const made = document.createElement("bdi");
  made.textContent = text;
  return made;
}

/**
 * An element that shows something of a site, as text. What stands between its tags stays until it is there; `data-state`
 * says whether it is `shown` or `missing`.
 */
class Shown extends Base {
  #turn = 0;

  connectedCallback() {
    this.#refresh();
  }

  attributeChangedCallback() {
    if (this.isConnected) this.#refresh();
  }

  /** The site that it is of. */
  get from() {
    return new Site(this.getAttribute("site") ?? undefined);
  }

  async #refresh() {
    const turn = ++this.#turn;
    await null; // once, however many attributes are set
    if (turn !== this.#turn) return;
    /** @type {Node | null} */
    let made = null;
    try {
      made = await this.made();
    } catch (error) {
      if (!(error instanceof NotFound)) console.warn(error);
    }
    if (turn !== this.#turn) return;
    if (made !== null) this.replaceChildren(made);
    this.dataset.state = made === null ? "missing" : "shown";
  }

  /** @returns {Promise<Node | null>} */
  async made() {
    return null;
  }
}

/** `<gh-store-object site="URL" object="ID" field="a.b">`: an object, or a field of it, as text. A field is `a.b` or `/a/0`. */
export class GhStoreObject extends Shown {
  static observedAttributes = ["site", "object", "field"];

  async made() {
    const { data } = await this.from.get(this.getAttribute("object") ?? "");
    const value = fieldOf(data, this.getAttribute("field") ?? "");
    return value === undefined ? null : isolated(inWords(value));
  }
}

/** `<gh-store-list site="URL" collection="NAME" fields="a,b.c" limit="10">`: the first objects of a collection, as a table. */
export class GhStoreList extends Shown {
  static observedAttributes = ["site", "collection", "fields", "limit"];

  async made() {
    const site = this.from;
    const collection = this.getAttribute("collection");
    const fields = (this.getAttribute("fields") ?? "").split(",").map((field) => field.trim()).filter(Boolean);
    const limit = Math.max(1, Math.min(Number(this.getAttribute("limit")) || 10, MOST_ROWS));
    const isIn = (/** @type {string} */ id) => collection === null || (id.includes("/") ? id.slice(0, id.indexOf("/")) : "") === collection;
    const listed = (await site.list()).filter(({ id }) => isIn(id)).slice(0, limit);
    const rows = await Promise.all(listed.map(async ({ id }) => ({ id, data: fields.length ? (await site.get(id)).data : {} })));
    const table = document.createElement("table");
    const heading = (/** @type {string} */ text, /** @type {string} */ scope) => {
      const made = document.createElement("th");
      made.scope = scope;
      made.append(isolated(visible(text)));
      return made;
    };
    table.createTHead().insertRow().append(...["Object", ...fields].map((name) => heading(name, "col")));
    const body = table.createTBody();
    for (const { id, data } of rows) {
      const row = body.insertRow();
      row.append(heading(id, "row"));
      for (const value of fields.map((field) => fieldOf(data, field)))
        row.insertCell().append(isolated(value === undefined ? "" : inWords(value)));
    }
    return table;
  }
}

for (const [name, element] of Object.entries({ "gh-store-object": GhStoreObject, "gh-store-list": GhStoreList }))
  if (globalThis.customElements && !customElements.get(name)) customElements.define(name, element); // once, from whichever site
