// Small plots: the same as the build draws.

import { byCodePoint, visible } from "./gh-store.js";
import { inWords } from "./numbers.js";
import { count, day, dotted, element } from "./text.js";

const MOST = 8;
const [WIDTH, HEIGHT, EDGE] = [300, 90, 4];
const STRETCHES = 150;
const SVG = "http://www.w3.org/2000/svg";

const least = (numbers) => numbers.reduce((a, b) => Math.min(a, b));
const most = (numbers) => numbers.reduce((a, b) => Math.max(a, b));

/** From where to where a plot goes. */
export const scaleOf = (times, values) => ({ begin: least(times), end: most(times), low: least(values), high: most(values) });

/** The fields that changed most, drawn. */
export function plots(found) {
  const changed = [...found].filter(([, [times]]) => times.length > 1);
  changed.sort(([a, [one]], [b, [other]]) => other.length - one.length || byCodePoint(a, b));
  return changed.slice(0, MOST).sort(([a], [b]) => byCodePoint(a, b)).map(([pointer, series]) => plot(pointer, ...series));
}

/** A field over time, drawn. */
export function plot(pointer, times, values) {
  const path = visible(dotted(pointer));
  const { low, high } = scaleOf(times, values);
  const date = (time) => element("span", {}, day(new Date(time * 1000).toISOString()));
  return element(
    "figure", { class: "card plot", "data-path": encodeURIComponent(pointer) },
    element("figcaption", {}, element("bdi", { class: "path" }, path), " ", element("b", {}, inWords(values.at(-1)))),
    line(path, times, values),
    element("p", { class: "dates" }, date(times[0]), " ", date(times.at(-1))),
    element("p", { class: "range" }, element("span", {}, `${inWords(low)} to ${inWords(high)}`), " ", element("span", {}, `${count(values.length)} values`)),
  );
}

function shape(tag, attributes) {
  const made = document.createElementNS(SVG, tag);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

/** A line of values over time. */
export function line(label, times, values, { begin, end, low, high } = scaleOf(times, values)) {
  const short = (number) => String(Number(number.toPrecision(4)));
  const across = (time) => short(((time - begin) / (end - begin || 1)) * WIDTH);
  const up = (value) => short(HEIGHT - EDGE - ((value - low) / (high - low || 1)) * (HEIGHT - 2 * EDGE));
  const points = thinned(times, values).map((at) => `${across(times[at])},${up(values[at])}`).join(" ");
  const base = low < 0 && high > 0 ? up(0) : HEIGHT - 0.5;
  const svg = shape("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", role: "img", "aria-label": `${label} over time` });
  svg.append(
    shape("polygon", { class: "area", points: `${across(times[0])},${base} ${points} ${across(times.at(-1))},${base}` }),
    shape("line", { class: "base", x1: 0, x2: WIDTH, y1: base, y2: base }),
    shape("polyline", { points }),
  );
  return svg;
}

/** No more points than can be seen, by index: of each stretch of time the first, lowest, highest and last. */
function thinned(times, values) {
  if (times.length <= 2 * STRETCHES) return [...times.keys()];
  const span = times.at(-1) - times[0] || 1;
  const stretches = Map.groupBy(times.keys(), (at) => Math.floor(((times[at] - times[0]) * STRETCHES) / span));
  const kept = new Set();
  for (const stretch of stretches.values()) {
    const sorted = stretch.toSorted((a, b) => values[a] - values[b]);
    for (const at of [stretch[0], sorted[0], sorted.at(-1), stretch.at(-1)]) kept.add(at);
  }
  return [...kept].sort((a, b) => a - b);
}
