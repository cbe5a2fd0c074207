// What GitHub says since the snapshot was taken. Only pages that were made with `--live` ask.

import { Limited, Live, nameOf, visible } from "./gh-store.js";
import { button, compact, count, element, load } from "./text.js";

const KEPT = "gh-store-live";
const MOST_REASONS = 3;
const LONGEST_REASON = 200;
const place = document.querySelector("#live");

/** @param versions what shows versions of the object of the page, if it has one */
export async function start(versions) {
  const page = document.querySelector("#object");
  if (!versions && !document.querySelector("#search")) return;
  const { live: told } = JSON.parse(await load("index/meta.json"));
  const live = new Live(told);
  live.until = kept(told.api);
  try {
    const changed = await live.changed(told.time);
    if (versions) await object(live, changed, page.dataset.name, Number(page.dataset.version), versions);
    else index(changed.filter(isOf(told)), told.time, live.more);
  } catch (error) {
    if (!(error instanceof Limited)) console.warn(error);
  }
  keep(told.api, live.until);
}

/** True for the objects that the snapshot is of. */
function isOf({ prefix, labels }) {
  const has = (object, name) => object.labels.some((each) => each.toLowerCase() === name.toLowerCase());
  return (object) => object.id.startsWith(prefix) && labels.every((name) => has(object, name));
}

/** Until when GitHub wants a pause: the next page has to know. */
function kept(api) {
  try {
    const [of, until] = JSON.parse(localStorage.getItem(KEPT) ?? "[]");
    return of === api ? Number(until) : 0;
  } catch {
    return 0; // a browser that keeps nothing
  }
}

function keep(api, until) {
  try {
    if (until > Date.now()) localStorage.setItem(KEPT, JSON.stringify([api, until]));
    else localStorage.removeItem(KEPT);
  } catch {
    // as above
  }
}

const plural = (number, word) => `${count(number)} ${word}${number === 1 ? "" : "s"}`;

function index(changed, time, more) {
  const newer = changed.filter((each) => each.updated_at > time).length;
  const waiting = changed.filter((each) => each.pending && !each.deleted).length;
  const parts = [];
  if (newer) parts.push(`${plural(newer, "object")} changed on GitHub since this site was made`);
  if (waiting) parts.push(`${plural(waiting, "object")} may have pending updates`);
  if (parts.length) place.append(`${more ? "At least " : ""}${parts.join("; ")}.`);
}

async function object(live, changed, name, version, versions) {
  let now = null;
  for (const each of changed) if ((await nameOf(each.id)) === name) now = each;
  if (!now) return;
  if (now.deleted) return place.append("This object was deleted on GitHub.");
  const parts = [];
  if (now.version > version) {
    const show = () => versions.showOther(now.data, element("span", {}, `Version ${count(now.version)}, as GitHub has it`));
    parts.push(element("span", {}, `GitHub has version ${count(now.version)}`), button("Show it", show));
  }
  if (now.pending) {
    const mark = element("span", { class: "pill warn" }, "pending");
    const what = now.pending === 1 ? "an update" : "updates";
    parts.push(mark, element("span", {}, `${plural(now.pending, "comment")} on GitHub may be ${what}`), previewing(live, now, versions));
  }
  place.append(...parts);
}

/** A button that asks what would come of the pending updates. */
function previewing(live, now, versions) {
  const asking = button("Preview", async () => {
    asking.disabled = true;
    try {
      const { data, version, pending, rejected } = await live.preview(now);
      const told = `Version ${count(version)}, if ${plural(pending, "pending update")} ${pending === 1 ? "counts" : "count"}`;
      const vain = rejected.length ? [element("span", {}, ...reasons(rejected))] : [];
      if (pending) versions.showOther(data, element("span", { class: "pill warn" }, "pending"), element("span", {}, told), ...vain);
      else asking.replaceWith(...(vain.length ? vain : ["None of them seems to be an update."]));
    } catch (error) {
      asking.replaceWith(error instanceof Limited ? "GitHub wants a pause: try again later." : "GitHub could not be asked.");
      if (!(error instanceof Limited)) console.warn(error);
    }
    keep(live.api, live.until);
    asking.disabled = false;
  });
  return asking;
}

/** Which updates would come to nothing, and why. */
function reasons(rejected) {
  const shown = rejected.slice(0, MOST_REASONS).map((reason) => element("bdi", {}, visible(compact(reason, LONGEST_REASON))));
  const more = rejected.length > shown.length ? [` And ${count(rejected.length - shown.length)} more.`] : [];
  return [`${plural(rejected.length, "update")} would be rejected: `, ...shown.flatMap((each, at) => (at ? [" ", each] : [each])), ...more];
}
