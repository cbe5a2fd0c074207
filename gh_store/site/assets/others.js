// The same path of several objects of a collection, side by side and on one scale.

import { address, Past, visible } from "./gh-store.js";
import { series } from "./series.js";
import { count, dotted, element, HERE, load, ROOT } from "./text.js";

const MOST = 6;
const TRIED = 18; // objects that are looked at: of most of a collection, nobody keeps numbers
const [WIDTH, HEIGHT, EDGE] = [300, 90, 4];
const SVG = "http://www.w3.org/2000/svg";

/** Plots of one path: of this object, and of those of its collection that have the longest history. */
export async function others(pointer, collection, name) {
  const found = await beside(pointer, collection, name).catch((error) => console.warn(error));
  if (!found) return element("p", { class: "none" }, "They could not be read.");
  if (found.length < 2) return element("p", { class: "none" }, `No other object of ${visible(collection)} has numbers here.`);
  const times = found.flatMap((each) => each.times);
  const values = found.flatMap((each) => each.values);
  const [begin, end, low, high] = [least(times), most(times), least(values), most(values)];
  const drawn = found.map((each) => {
    const id = element("bdi", {}, visible(each.id.slice(collection.length + 1)));
    const link = each.name === name ? id : element("a", { href: new URL(`o/${address(each.name)}.html`, ROOT).href }, id);
    const latest = element("b", {}, told(each.values.at(-1)));
    return element("figure", { class: "other" }, element("figcaption", {}, link, " ", latest), line(each, begin, end, low, high));
  });
  const scale = `${dotted(pointer)} of ${collection}, on one scale: ${told(low)} to ${told(high)}`;
  return element("section", { "aria-label": "Compared" }, element("p", { class: "scale" }, element("bdi", {}, visible(scale))), element("div", { class: "plots" }, ...drawn));
}

async function beside(pointer, collection, name) {
  const { objects } = JSON.parse(await load("api/index.json"));
  const theirs = objects.filter((each) => each.id.startsWith(`${collection}/`) && each.version > 1);
  const own = theirs.filter((each) => each.name === name);
  const tried = theirs.filter((each) => each.name !== name).sort((a, b) => b.version - a.version).slice(0, TRIED);
  const found = [];
  for (const each of [...own, ...tried]) {
    if (found.length === MOST) break;
    const [times, values] = await series(new Past(HERE, each.name), pointer).catch(() => [[], []]);
    if (values.length > 1) found.push({ ...each, times, values });
  }
  return found;
}

const least = (numbers) => numbers.reduce((a, b) => Math.min(a, b));
const most = (numbers) => numbers.reduce((a, b) => Math.max(a, b));
const told = (number) => (Number.isInteger(number) ? count(number) : Number(number.toPrecision(6)).toLocaleString("en", { maximumSignificantDigits: 6 }));

function line({ id, times, values }, begin, end, low, high) {
  const across = (time) => (((time - begin) / (end - begin || 1)) * WIDTH).toFixed(1);
  const up = (value) => (HEIGHT - EDGE - ((value - low) / (high - low || 1)) * (HEIGHT - 2 * EDGE)).toFixed(1);
  const shape = (tag, attributes) => {
    const made = document.createElementNS(SVG, tag);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    return made;
  };
  const svg = shape("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", role: "img", "aria-label": `${visible(id)} over time` });
  const base = low < 0 && high > 0 ? up(0) : HEIGHT - 0.5;
  svg.append(
    shape("line", { class: "base", x1: 0, x2: WIDTH, y1: base, y2: base }),
    shape("polyline", { points: times.map((time, index) => `${across(time)},${up(values[index])}`).join(" ") }),
  );
  return svg;
}
