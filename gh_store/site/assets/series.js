// The numeric fields of an object over time.

import { below, counts, isNumber, isRecord } from "./gh-store.js";

const LARGEST = 1e300; // beyond it nothing can be drawn

/**
 * The numeric fields, as far as events are read: JSON pointer -> seconds since the epoch, and values. Lists are passed by:
 * their items have no lasting place.
 */
export async function numbers(past) {
  const found = new Map();
  const add = (time, path, value) => {
    if (isRecord(value)) {
      for (const [key, member] of Object.entries(value)) add(time, below(path, key), member);
    } else if (isNumber(value) && Math.abs(Number(value)) < LARGEST) {
      if (!found.has(path)) found.set(path, [[], []]);
      const [times, values] = found.get(path);
      times.push(time);
      values.push(Number(value));
    }
  };
  const told = past.events.filter(counts);
  const time = (event) => Date.parse(event.t) / 1000;
  if (past.older === 0 && told.length) add(time(told[0]), "", (await past.version(told[0].v)).data);
  for (const event of told)
    for (const change of event.ch) if (!Object.hasOwn(change, "at")) add(time(event), change.p, change.n);
  return found;
}

/** One field, from the first event on. */
export async function series(past, pointer) {
  await past.all();
  return (await numbers(past)).get(pointer) ?? [[], []];
}
