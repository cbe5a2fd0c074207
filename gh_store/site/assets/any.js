// object.html: any object, where objects have no pages of their own. The address is `object.html#ID`, or `#ID#v12`.

import { address, counts, nameOf, Past, parse, visible } from "./gh-store.js";
import { item, often, start as startObject } from "./object.js";
import { plots } from "./plots.js";
import { tree } from "./render.js";
import { numbers } from "./series.js";
import { collectionOf, count, element, HERE, load, minute, REL, ROOT, when } from "./text.js";

const SHOWN = 25;
const PIECE = 500; // events in an older file

export async function start() {
  const place = document.querySelector("#any");
  const asked = location.hash.slice(1).split("#")[0];
  addEventListener("hashchange", () => location.hash.slice(1).split("#")[0] !== asked && location.reload());
  const missing = (text) => place.replaceChildren(element("h1", {}, text));
  if (!asked) return missing("Which object?");
  let object = null;
  let id = "";
  try {
    id = decodeURIComponent(asked);
    const name = await nameOf(id);
    object = await HERE.get(id);
    const past = "history" in place.dataset ? await begun(name) : null;
    await show(place, name, object, past, `#${asked}`);
  } catch (error) {
    if (object !== null) throw error;
    return missing(`There is no object ${visible(id || asked)}`);
  }
  return startObject(`#${asked}`);
}

/** The newest events of an object; null if they cannot be read. */
async function begun(name) {
  const past = new Past(HERE, name);
  await past.loadUntil(() => past.events.length >= SHOWN).catch((error) => console.warn(error));
  return past.older === null ? null : past;
}

async function show(place, name, { data, meta }, past, prefix) {
  const { issues } = place.dataset;
  const id = visible(meta.object_id);
  const collection = collectionOf(meta.object_id);
  document.title = `${id} · ${document.title}`;
  const crumbs = element("a", { href: new URL(`index.html?in=${encodeURIComponent(collection)}`, ROOT).href }, element("bdi", {}, visible(collection)));
  if (collection) document.querySelector(".crumbs")?.append(" / ", crumbs);
  const title = element("h1", { class: "id" }, element("bdi", {}, id), " ", element("span", { class: "pill" }, `v${meta.version}`));
  const author = past?.events.findLast(counts)?.by;
  const who = author ? [" by ", element("bdi", {}, visible(author))] : [];
  const file = (folder) => new URL(`api/${folder}/${address(name)}.json`, ROOT).href;
  const links = [issues ? element("a", { href: `${issues}${meta.issue_number}`, rel: REL }, `issue #${meta.issue_number}`) : `issue #${meta.issue_number}`];
  links.push(" · ", element("a", { href: file("objects") }, "JSON"));
  if (past) links.push(" · ", element("a", { href: file("history") }, "history as JSON"));
  const lead = element("p", { class: "lead" }, "Updated ", when(meta.updated_at), ...who, ` · created ${minute(meta.created_at)} · `, ...links);
  const head = element("div", { class: "bar" }, element("h2", { id: "data" }, "Data"), element("div", { class: "tools", id: "tools", hidden: true }));
  const left = element("div", { class: "left" }, element("section", { "aria-labelledby": "data" }, head,
    element("div", { id: "version", class: "note warn", role: "status" }), element("div", { class: "card", id: "tree" }, tree(data))));
  const columns = element("div", { class: past ? "columns" : "columns single", id: "object", "data-name": name, "data-version": meta.version,
    "data-collection": encodeURIComponent(collection), "data-history": past !== null, "data-issues": issues ?? null }, left);
  if (past) {
    left.append(...(await overTime(past)));
    columns.append(history(past, issues, prefix));
  }
  const none = past ? [] : [element("p", { class: "none" }, "This snapshot has no history. `gh-store snapshot --history` makes one that has.")];
  place.replaceChildren(title, lead, ...notes(past), columns, ...none);
}

/** What is not as the data says. */
function notes(past) {
  const strays = "The history below does not lead to this data: comments were edited or deleted since.";
  const pending = (past?.events ?? []).filter((event) => event.out === "pending" && !counts(event)).length;
  const waits = `${pending} ${pending === 1 ? "update is" : "updates are"} pending, and not part of this data yet.`;
  return [
    ...(past?.drift.length ? [element("p", { class: "note bad" }, strays)] : []),
    ...(pending ? [element("p", { class: "note warn" }, waits)] : []),
  ];
}

/** Plots of the events that are read: of a long history, the newest. */
async function overTime(past) {
  const found = plots(await numbers(past));
  if (!found.length) return [];
  const newest = `Of the newest ${count(past.events.length)} events. A plot that was enlarged shows all.`;
  const head = [element("h2", { id: "plots" }, "Over time"), past.older ? element("p", { class: "none" }, newest) : null];
  return [element("section", { "aria-labelledby": "plots", id: "over-time" }, ...head, element("div", { class: "plots" }, ...found))];
}

function history(past, issues, prefix) {
  const all = past.events.length + PIECE * past.older;
  const told = element("h2", { id: "history" }, "History ", element("small", {}, `${count(all)} ${all === 1 ? "event" : "events"}`));
  const shown = past.events.slice(-SHOWN).reverse();
  const list = element("ol", { id: "timeline", reversed: true }, ...shown.map((event) => item(event, often(past.events), issues, prefix)));
  const none = element("p", { class: "none" }, "Nothing is told of the past of this object.");
  return element("section", { class: "right", "aria-labelledby": "history" }, element("div", { class: "bar" }, told), all ? list : none,
    element("p", { class: "pages", id: "older", "data-older": all - shown.length }));
}

/** Lead the address of a page that an object does not have to where a script shows it. */
export async function lead() {
  const [begin, end, path] = [`${ROOT.pathname}o/`, ".html", location.pathname];
  if (!path.startsWith(begin) || !path.endsWith(end)) return;
  const { pages } = JSON.parse(await load("index/meta.json"));
  if (pages) return;
  const object = parse(await load(`api/objects/${path.slice(begin.length, -end.length)}.json`).catch(() => "null"));
  if (object) location.replace(new URL(`object.html#${encodeURIComponent(object.meta.object_id)}${location.hash}`, ROOT).href);
}
