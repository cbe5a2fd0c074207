// object.html: any object, where objects have no pages of their own. The address is `object.html#ID`, or `#ID#v12`.

import { address, nameOf, Past, parse, visible } from "./gh-store.js";
import { item, often, start as startObject } from "./object.js";
import { tree } from "./render.js";
import { element, HERE, load, minute, ROOT, when } from "./text.js";

const REL = "nofollow noopener noreferrer";
const SHOWN = 25;

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
    const past = new Past(HERE, name);
    await past.loadUntil(() => past.events.length >= SHOWN).catch(() => null);
    show(place, name, object, past);
  } catch (error) {
    if (object !== null) throw error;
    return missing(`There is no object ${visible(id || asked)}`);
  }
  return startObject(`#${asked}`);
}

function show(place, name, { data, meta }, past) {
  const { issues } = place.dataset;
  const id = visible(meta.object_id);
  document.title = `${id} · ${document.title}`;
  const title = element("h1", { class: "id" }, element("bdi", {}, id), " ", element("span", { class: "pill" }, `v${meta.version}`));
  const links = [issues ? element("a", { href: `${issues}${meta.issue_number}`, rel: REL }, `issue #${meta.issue_number}`) : `issue #${meta.issue_number}`];
  links.push(" · ", element("a", { href: new URL(`api/objects/${address(name)}.json`, ROOT).href }, "JSON"));
  const lead = element("p", { class: "lead" }, "Updated ", when(meta.updated_at), ` · created ${minute(meta.created_at)} · `, ...links);
  const head = element("div", { class: "bar" }, element("h2", { id: "data" }, "Data"), element("div", { class: "tools", id: "tools", hidden: true }));
  const left = element("div", { class: "left" }, element("section", { "aria-labelledby": "data" }, head,
    element("div", { id: "version", class: "note warn", role: "status" }), element("div", { class: "card", id: "tree" }, tree(data))));
  const told = past.older !== null;
  const columns = element("div", { class: told ? "columns" : "columns single", id: "object", "data-name": name,
    "data-version": meta.version, "data-history": told, "data-issues": issues ?? null }, left);
  if (told) {
    const shown = past.events.slice(-SHOWN);
    const prefix = `#${encodeURIComponent(meta.object_id)}`;
    const list = element("ol", { id: "timeline", reversed: true }, ...shown.toReversed().map((event) => item(event, often(past.events), issues, prefix)));
    columns.append(element("section", { class: "right", "aria-labelledby": "history" },
      element("div", { class: "bar" }, element("h2", { id: "history" }, "History")), list,
      element("p", { class: "pages", id: "older", "data-older": past.events.length - shown.length + 500 * past.older })));
  }
  const strays = "The history below does not lead to this data: comments were edited or deleted since.";
  place.replaceChildren(title, lead, ...(past.drift.length ? [element("p", { class: "note bad" }, strays)] : []), columns);
}

/** Lead the address of a page that an object does not have to where a script shows it. */
export async function lead() {
  const found = /^(.*\/)o\/(.+)\.html$/.exec(location.pathname);
  if (!found || new URL(found[1], location.href).href !== ROOT.href) return;
  const { pages } = JSON.parse(await load("index/meta.json"));
  if (pages) return;
  const object = parse(await load(`api/objects/${found[2]}.json`).catch(() => "null"));
  if (object) location.replace(new URL(`object.html#${encodeURIComponent(object.meta.object_id)}${location.hash}`, ROOT).href);
}
