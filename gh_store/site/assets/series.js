// A numeric field of an object over time.

import { counts, fieldOf, isNumber, keysOf } from "./gh-store.js";

/** Seconds since the epoch, and values. */
export async function series(past, pointer) {
  await past.all();
  const keys = keysOf(pointer);
  const [times, values] = [[], []];
  const add = (event, value) => {
    if (!isNumber(value)) return;
    times.push(Date.parse(event.t) / 1000);
    values.push(Number(value));
  };
  let begun = false;
  for (const event of past.events.filter(counts)) {
    if (!begun) add(event, fieldOf((await past.version(event.v)).data, keys));
    begun = true;
    for (const change of event.ch) {
      if (Object.hasOwn(change, "at") || !(pointer === change.p || pointer.startsWith(`${change.p}/`))) continue;
      add(event, fieldOf(change.n, keys.slice(keysOf(change.p).length)));
    }
  }
  return [times, values];
}
