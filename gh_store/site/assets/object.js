// The page of an object: its versions, what they differ in, older events, and large plots.

import { address, counts, differences, json, Past, visible } from "./gh-store.js";
import { changes, compact, tree } from "./render.js";
import { series } from "./series.js";
import { button, count, element, HERE, load, minute, refill, ROOT, when } from "./text.js";

const OLDER = 50;
const MOST_DIGITS = 20;
const REL = "nofollow noopener noreferrer";

/**
 * @param prefix what stands before `#v12` in the address
 * @returns what shows versions
 */
export function start(prefix = "") {
  const page = document.querySelector("#object");
  const name = page.dataset.name;
  tools(name);
  const past = new Past(HERE, name);
  const versions = new Versions(past, Number(page.dataset.version), prefix);
  if (!("history" in page.dataset)) return versions;
  versions.start();
  older(past, page.dataset.issues, prefix);
  for (const figure of document.querySelectorAll("figure.plot")) enlarging(figure, past);
  return versions;
}

function tools(name) {
  const box = document.querySelector("#tools");
  const fold = (open) => () => {
    for (const each of document.querySelectorAll("#tree details")) each.open = open;
  };
  box.append(button("Expand all", fold(true)), button("Collapse all", fold(false)));
  if (navigator.clipboard) {
    const copying = button("Copy JSON", async () => {
      const text = await load(`api/objects/${address(name)}.json`);
      await navigator.clipboard.writeText(text);
      copying.textContent = "Copied";
      copying.addEventListener("blur", () => (copying.textContent = "Copy JSON"), { once: true });
    });
    box.append(copying);
  }
  box.hidden = false;
}

// --- versions --------------------------------------------------------------------------------------

class Versions {
  constructor(past, latest, prefix) {
    this.past = past;
    this.prefix = prefix;
    this.latest = latest;
    this.bar = document.querySelector("#version");
    this.place = document.querySelector("#tree");
    this.now = [...this.place.childNodes];
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
    const asked = /^#v(\d+)(?:\.\.v(\d+))?$/.exec(location.hash.slice(this.prefix.length));
    const turn = ++this.turn;
    if (!asked) return this.showLatest();
    const [first, second] = [Number(asked[1]), asked[2] === undefined ? null : Number(asked[2])];
    const missing = asked.slice(1).find((each) => each !== undefined && (Number(each) < 1 || Number(each) > this.latest));
    if (missing !== undefined) return this.say(`There is no version ${missing.slice(0, MOST_DIGITS)}.`);
    if (second === null && first === this.latest) return this.showLatest();
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

  say(text, ...more) {
    this.mark(null);
    this.place.replaceChildren(...this.now);
    refill(this.bar, element("span", {}, text), ...more, this.toLatest());
  }

  showLatest() {
    this.mark(null);
    refill(this.bar);
    this.place.replaceChildren(...this.now);
  }

  showVersion(version, { data, event }) {
    const previous = button("Previous", () => this.go(`v${version - 1}`));
    const next = button("Next", () => this.go(`v${version + 1}`));
    previous.disabled = version === 1;
    this.place.replaceChildren(tree(data));
    const text = `Version ${count(version)} of ${count(this.latest)}, ${minute(event.t)}`;
    refill(this.bar, element("span", {}, text), previous, next, this.comparing(version), this.toLatest());
    this.mark(version);
  }

  showDifference(one, other, before, after) {
    const found = differences(before, after);
    const none = element("p", { class: "none" }, "They do not differ.");
    this.place.replaceChildren(found.length ? changes(found, new Map(), 400) : none);
    const swap = button("Swap", () => this.go(`v${other}..v${one}`));
    refill(this.bar, element("span", {}, `From version ${count(one)} to ${count(other)}`), swap, this.comparing(one), this.toLatest());
    this.mark(other);
  }

  /** Show data from elsewhere. */
  showOther(data, ...told) {
    this.turn += 1;
    this.mark(null);
    this.place.replaceChildren(tree(data));
    this.bar.replaceChildren(...told, this.toLatest(`Version ${count(this.latest)}, as of this page`));
    document.querySelector("#data").scrollIntoView();
  }

  comparing(version) {
    const field = element("input", { type: "number", min: 1, max: this.latest, placeholder: "compare with…", "aria-label": `Compare version ${version} with version` });
    field.addEventListener("change", () => {
      if (field.value) this.go(`v${version}..v${Number(field.value)}`);
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

// --- plots -----------------------------------------------------------------------------------------

function enlarging(figure, past) {
  const small = figure.querySelector("svg");
  const path = figure.querySelector(".path").textContent;
  const { name, collection } = document.querySelector("#object").dataset;
  let chart = null;
  const labelled = (text) => {
    toggle.textContent = text;
    toggle.setAttribute("aria-label", `${text} ${path}`);
  };
  const compare = button("Compare with others", async () => {
    const { others } = await import("./others.js");
    figure.append(await others(figure.dataset.path, collection, name));
    toggle.focus();
    compare.remove();
  });
  const toggle = button("Enlarge", async () => {
    if (chart) {
      chart.destroy();
      chart = null;
      figure.querySelector(".chart").remove();
      compare.remove();
      figure.querySelector(".range ~ *")?.remove();
    } else {
      chart = await draw(figure, past).catch((error) => console.warn(error));
    }
    figure.classList.toggle("large", Boolean(chart));
    small.toggleAttribute("hidden", Boolean(chart));
    figure.querySelector(".dates").hidden = Boolean(chart);
    labelled(chart ? "Reduce" : "Enlarge");
    if (chart && collection) toggle.before(compare);
    chart?.setSize({ width: figure.querySelector(".chart").clientWidth, height: 280 });
  });
  labelled("Enlarge");
  figure.querySelector(".range").append(toggle);
}

async function draw(figure, past) {
  const [{ default: Plot }, data] = await Promise.all([import("./uplot.js"), series(past, figure.dataset.path)]);
  if (!document.querySelector("link[href$='uplot.css']"))
    document.head.append(element("link", { rel: "stylesheet", href: new URL("assets/uplot.css", ROOT).href }));
  const style = getComputedStyle(document.documentElement);
  const colour = (token) => style.getPropertyValue(token).trim();
  const place = element("div", { class: "chart" });
  figure.querySelector("figcaption").after(place);
  const days = (data[0].at(-1) - data[0][0]) / 86400;
  const told = (stamp) => (days > 700 ? stamp.slice(0, 7) : days > 3 || stamp.includes("T00:00") ? minute(stamp).replace(/ \d{4},.*/, "") : stamp.slice(11, 16));
  const dates = (_, seconds) => seconds.map((each) => told(new Date(each * 1000).toISOString()));
  const axis = { stroke: colour("--muted"), grid: { stroke: colour("--line"), width: 1 }, ticks: { stroke: colour("--line"), width: 1 } };
  const line = { stroke: colour("--accent"), width: 1.5, fill: colour("--accent-soft"), points: { show: data[0].length < 80, size: 5 } };
  const options = {
    width: place.clientWidth, height: 280, legend: { show: false }, axes: [{ ...axis, values: dates, space: 70 }, { ...axis, size: 64 }], series: [{}, line],
    tzDate: (seconds) => Plot.tzDate(new Date(seconds * 1000), "Etc/UTC"),
  };
  return new Plot(options, data, place);
}
