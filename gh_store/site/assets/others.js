// The same path of several objects of a collection, side by side and on one scale.

import { Past, visible } from "./gh-store.js";
import { inWords } from "./numbers.js";
import { line, scaleOf } from "./plots.js";
import { series } from "./series.js";
import { dotted, element, HERE, load, pageOf } from "./text.js";

const MOST = 6;
const TRIED = 18; // objects that are looked at: of most of a collection, nobody keeps numbers

/** Plots of one path: of this object, and of those of its collection that have the longest history. */
export async function others(pointer, collection, name) {
  const found = await beside(pointer, collection, name).catch((error) => console.warn(error));
  if (!found) return element("p", { class: "none" }, "They could not be read.");
  if (found.length < 2) return element("p", { class: "none" }, `No other object of ${visible(collection)} has numbers here.`);
  const { pages } = JSON.parse(await load("index/meta.json"));
  const scale = scaleOf(found.flatMap((each) => each.times), found.flatMap((each) => each.values));
  const drawn = found.map(({ id, name: its, times, values }) => {
    const shown = element("bdi", {}, visible(id.slice(collection.length + 1)));
    const link = its === name ? shown : element("a", { href: pageOf(id, its, pages) }, shown);
    const caption = element("figcaption", {}, link, " ", element("b", {}, inWords(values.at(-1))));
    return element("figure", { class: "other" }, caption, line(visible(id), times, values, scale));
  });
  const told = `${dotted(pointer)} of ${collection}, on one scale: ${inWords(scale.low)} to ${inWords(scale.high)}`;
  return element("section", { "aria-label": "Compared" }, element("p", { class: "scale" }, element("bdi", {}, visible(told))), element("div", { class: "plots" }, ...drawn));
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
