// The versions of an object, from its files: any is the latest one with later changes undone.

import { address, Exact, isRecord, json, keysOf, load, parse } from "./text.js";

const counts = (event) => !Object.hasOwn(event, "asked");

function define(holder, key, value) {
  Object.defineProperty(holder, key, { value, configurable: true, enumerable: true, writable: true });
}

function copy(value) {
  if (Array.isArray(value)) return value.map(copy);
  if (!isRecord(value)) return value;
  const made = {};
  for (const key of Object.keys(value)) define(made, key, copy(value[key]));
  return made;
}

function undo(data, changes) {
  for (const change of changes) {
    const keys = keysOf(change.p);
    const last = keys.pop();
    const holder = keys.reduce((value, key) => value[key], data);
    if (Object.hasOwn(change, "at")) holder[last].splice(change.at, change.n.length, ...copy(change.o));
    else if (Object.hasOwn(change, "o")) define(holder, last, copy(change.o));
    else delete holder[last];
  }
}

export const at = (data, keys) =>
  keys.reduce((value, key) => (isRecord(value) && Object.hasOwn(value, key) ? value[key] : undefined), data);

/** Where two states differ, as the events of a history tell it. */
export function differences(old, now, path = "") {
  const found = [];
  for (const key of new Set([...Object.keys(old), ...Object.keys(now)])) {
    const here = `${path}/${key.replaceAll("~", "~0").replaceAll("/", "~1")}`;
    const [was, is] = [Object.hasOwn(old, key), Object.hasOwn(now, key)];
    const [before, after] = [was ? old[key] : undefined, is ? now[key] : undefined];
    if (was && is && isRecord(before) && isRecord(after)) found.push(...differences(before, after, here));
    else if (Array.isArray(before) && Array.isArray(after)) found.push(...splice(before, after, here));
    else if (!was || !is || json(before) !== json(after))
      found.push({ p: here, ...(was ? { o: before } : {}), ...(is ? { n: after } : {}) });
  }
  return found;
}

function splice(old, now, p) {
  const [before, after] = [old, now].map((items) => items.map(json));
  const shortest = Math.min(before.length, after.length);
  let head = 0;
  while (head < shortest && before[head] === after[head]) head += 1;
  let tail = 0;
  while (tail < shortest - head && before.at(-1 - tail) === after.at(-1 - tail)) tail += 1;
  const [o, n] = [old.slice(head, old.length - tail), now.slice(head, now.length - tail)];
  return o.length || n.length ? [{ p, at: head, o, n }] : [];
}

export class Past {
  constructor(name) {
    this.name = name;
    /** The events that are here, oldest first. */
    this.events = [];
    this.older = null;
    this.drift = [];
  }

  /** Load the next older file; false if there is none. */
  async loadOlder() {
    if (this.older === 0) return false;
    const file = this.older === null ? this.name : `${this.name}~${this.older}`;
    const part = parse(await load(`api/history/${address(file)}.json`));
    this.older = this.older === null ? part.older : this.older - 1;
    this.drift = part.drift ?? this.drift;
    this.events.unshift(...part.events);
    return true;
  }

  async loadUntil(enough) {
    while (!enough() && (await this.loadOlder()));
  }

  async all() {
    await this.loadUntil(() => false);
    return this.events;
  }

  async latest() {
    this.text ??= await load(`api/objects/${address(this.name)}.json`);
    return parse(this.text);
  }

  /** The data at a version, and the event that made it. */
  async version(version) {
    const isHere = () => this.events.some((event) => counts(event) && event.v <= version);
    await this.loadUntil(isHere);
    const { data } = await this.latest();
    undo(data, this.drift);
    const made = this.events.findLast((event) => counts(event) && event.v <= version);
    for (const event of this.events.toReversed()) if (counts(event) && event.v > version) undo(data, event.ch);
    return { data, event: made };
  }

  /** A numeric field over time: seconds since the epoch, and values. */
  async series(pointer) {
    await this.all();
    const keys = keysOf(pointer);
    const [times, values] = [[], []];
    const add = (event, value) => {
      const number = value instanceof Exact ? Number(value.source) : value;
      if (typeof number !== "number") return;
      times.push(Date.parse(event.t) / 1000);
      values.push(number);
    };
    let begun = false;
    for (const event of this.events.filter(counts)) {
      if (!begun) add(event, at((await this.version(event.v)).data, keys));
      begun = true;
      for (const change of event.ch) {
        if (Object.hasOwn(change, "at") || !(pointer === change.p || pointer.startsWith(`${change.p}/`))) continue;
        add(event, at(change.n, keys.slice(keysOf(change.p).length)));
      }
    }
    return [times, values];
  }
}

export { counts };
