// The page of an object: its versions, what they differ in, and older events.

import { address, counts, differences, json, parse, Past, visible } from "./gh-store.js";
import { enlarging } from "./large.js";
import { changes, tree } from "./render.js";
import { button, compact, count, element, HERE, indented, load, minute, refill, REL, when } from "./text.js";

const OLDER = 50;
const LONGEST_ASKED = 20;
const COPY = "Copy JSON";

/**
 * @param prefix what stands before `#v12` in the address
 * @returns what shows versions
 */
export function start(prefix = "") {
  const page = document.querySelector("#object");
  const name = page.dataset.name;
  const past = "history" in page.dataset ? new Past(HERE, name) : null;
  const versions = new Versions(past, Number(page.dataset.version), prefix, tools(name, () => versions.shown));
  versions.start();
  if (past === null) return versions;
  older(past, page.dataset.issues, prefix);
  for (const figure of document.querySelectorAll("figure.plot")) enlarging(figure, past);
  return versions;
}

/**
 * @param shown tells the data that is shown, if it is not that of the page
 * @returns the button that copies
 */
function tools(name, shown) {
  const box = document.querySelector("#tools");
  const fold = (open) => () => {
    for (const each of document.querySelectorAll("#tree details")) each.open = open;
  };
  box.append(button("Expand all", fold(true)), button("Collapse all", fold(false)));
  const copying = button(COPY, async () => {
    try {
      const data = shown() ?? parse(await load(`api/objects/${address(name)}.json`)).data;
      await navigator.clipboard.writeText(`${indented(data)}\n`);
      copying.textContent = "Copied";
    } catch (error) {
      copying.textContent = "It could not be copied";
      console.warn(error);
    }
    copying.addEventListener("blur", () => (copying.textContent = COPY), { once: true });
  });
  if (navigator.clipboard) box.append(copying);
  box.hidden = false;
  return copying;
}

// --- versions --------------------------------------------------------------------------------------

class Versions {
  /**
   * @param past null where the site has no history
   * @param copying a button that can do nothing with a comparison
   */
  constructor(past, latest, prefix, copying) {
    this.past = past;
    this.copying = copying;
    this.prefix = prefix;
    this.latest = latest;
    this.bar = document.querySelector("#version");
    this.place = document.querySelector("#tree");
    this.now = [...this.place.childNodes];
    this.shown = undefined;
    this.turn = 0;
  }

  start() {
    addEventListener("hashchange", () => this.follow());
    if (location.hash) this.follow();
  }

  /** As a link would, but what has the focus keeps it. */
  go(to) {
    history.pushState(null, "", `${this.prefix}#${to}`);
    return this.follow();
  }

  /** Show what the address asks for. */
  async follow() {
    const anchor = location.hash.slice(this.prefix.length + 1);
    const asked = /^v(\d+)(?:\.\.v(\d+))?$/.exec(anchor);
    const turn = ++this.turn;
    if (!asked) {
      const malformed = anchor.startsWith("v") && !document.getElementById(anchor);
      return malformed ? this.say(`There is no such version: ${visible(compact(anchor, LONGEST_ASKED))}.`) : this.showLatest();
    }
    const [first, second] = [Number(asked[1]), asked[2] === undefined ? null : Number(asked[2])];
    const missing = asked.slice(1).find((each) => each !== undefined && (Number(each) < 1 || Number(each) > this.latest));
    if (missing !== undefined) return this.say(`There is no version ${missing.slice(0, LONGEST_ASKED)}.`);
    if (second === null && first === this.latest) return this.showLatest();
    if (this.past === null) return this.say("This site tells of the latest version alone.");
    try {
      const one = await this.past.version(first);
      const other = second === null ? null : await this.past.version(second);
      if (turn !== this.turn) return;
      if (one.event?.v !== first) return this.say(`Nothing is told of version ${first}.`);
      if (other !== null && other.event?.v !== second) return this.say(`Nothing is told of version ${second}.`);
      if (other === null) this.showVersion(first, one);
      else this.showDifference(first, second, one.data, other.data);
      document.querySelector("#data").scrollIntoView();
    } catch (error) {
      if (turn === this.turn) this.say("The history could not be read.");
      console.warn(error);
    }
  }

  mark(version) {
    document.querySelector("#timeline .shown")?.classList.remove("shown");
    document.getElementById(`v${version}`)?.classList.add("shown");
  }

  /**
   * Put something in the place of the data.
   * @param shown what there is to copy: undefined for the data of the page, null for nothing
   */
  fill(shown, ...nodes) {
    this.shown = shown;
    this.place.replaceChildren(...nodes);
    this.copying.hidden = shown === null;
    this.copying.textContent = COPY;
  }

  say(text) {
    this.mark(null);
    this.fill(undefined, ...this.now);
    refill(this.bar, element("span", {}, text), this.toLatest());
  }

  showLatest() {
    this.mark(null);
    refill(this.bar);
    this.fill(undefined, ...this.now);
  }

  showVersion(version, { data, event }) {
    const previous = button("Previous", () => this.go(`v${version - 1}`));
    const next = button("Next", () => this.go(`v${version + 1}`));
    previous.disabled = version === 1;
    this.fill(data, tree(data));
    const text = `Version ${count(version)} of ${count(this.latest)}, ${minute(event.t)}`;
    refill(this.bar, element("span", {}, text), previous, next, this.comparing(version), this.toLatest());
    this.mark(version);
  }

  showDifference(one, other, before, after) {
    const found = differences(before, after);
    this.fill(null, found.length ? changes(found, new Map(), 400) : element("p", { class: "none" }, "They do not differ."));
    const swap = button("Swap", () => this.go(`v${other}..v${one}`));
    refill(this.bar, element("span", {}, `From version ${count(one)} to ${count(other)}`), swap, this.comparing(one), this.toLatest());
    this.mark(other);
  }

  /** Show data from elsewhere. */
  showOther(data, ...told) {
    this.turn += 1;
    this.mark(null);
    this.fill(data, tree(data));
    this.bar.replaceChildren(...told, this.toLatest(`Version ${count(this.latest)}, as of this page`));
    document.querySelector("#data").scrollIntoView();
  }

  comparing(version) {
    const field = element("input", { type: "number", min: 1, max: this.latest, placeholder: "compare with…", "aria-label": `Compare version ${version} with version` });
    field.addEventListener("change", () => {
      if (field.reportValidity() && field.value) this.go(`v${version}..v${Number(field.value)}`);
    });
    return field;
  }

  toLatest(text = "Latest version") {
    return button(text, () => {
      history.pushState(null, "", location.pathname + location.search + this.prefix);
      this.turn += 1;
      this.showLatest();
      document.querySelector("#tools button").focus({ preventScroll: true });
      document.querySelector("#data").scrollIntoView();
    });
  }
}

// --- older events ----------------------------------------------------------------------------------

function older(past, issues, prefix) {
  const list = document.querySelector("#timeline");
  const place = document.querySelector("#older");
  let left = Number(place?.dataset.older ?? 0);
  if (!left) return;
  const showMore = button("", async () => {
    const shown = list.children.length;
    try {
      await past.loadUntil(() => past.events.length >= shown + OLDER);
    } catch (error) {
      console.warn(error);
      place.append(" They could not be read.");
      return;
    }
    const first = often(past.events);
    const next = past.events.slice(Math.max(past.events.length - shown - OLDER, 0), past.events.length - shown);
    list.append(...next.reverse().map((event) => item(event, first, issues, prefix)));
    left -= next.length;
    if (!left) list.children[shown].querySelector("a")?.focus({ preventScroll: true });
    label();
  });
  const label = () => {
    showMore.textContent = `Show ${Math.min(left, OLDER)} older ${left === 1 ? "event" : "events"}`;
    place.replaceChildren(...(left > 0 ? [showMore, element("span", {}, `${count(left)} are left`)] : []));
  };
  label();
}

/** How often each path changed. */
export function often(events) {
  const found = new Map();
  for (const event of events) for (const each of event.ch) found.set(each.p, (found.get(each.p) ?? 0) + 1);
  return found;
}

/** An event of the timeline. */
export function item(event, counted, issues, prefix = "") {
  const applied = counts(event);
  const kind = { rejected: "bad", pending: "warn" }[event.out];
  const pills = applied ? [element("a", { class: "pill", href: `${prefix}#v${event.v}` }, `v${event.v}`), " "] : [];
  if (kind) pills.push(element("span", { class: `pill ${kind}` }, event.out), " ");
  const who = element("span", {}, event.mode, ...(event.by ? [" by ", element("bdi", {}, visible(event.by))] : []));
  const time = issues
    ? element("a", { href: `${issues}${event.i}#issuecomment-${event.c}`, rel: REL }, when(event.t))
    : when(event.t);
  const head = element("div", { class: "head" }, ...pills, who, " ", element("span", { class: "when" }, time));
  const made = element("li", { id: applied ? `v${event.v}` : null, class: event.out }, head);
  if (event.err !== undefined) made.append(element("p", { class: "reason" }, element("bdi", {}, visible(event.err))));
  if (!applied) made.append(element("p", { class: "asked" }, "asked for ", element("bdi", {}, visible(compact(json(event.asked), 640)))));
  if (event.ch.length) made.append(changes(event.ch, counted));
  else if (applied && event.mode !== "create") made.append(element("p", { class: "none" }, "Nothing changed."));
  return made;
}
