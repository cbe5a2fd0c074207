// The table of all objects: search, collections, columns, choices, order and pages. The address tells all of it.

import { visible } from "./gh-store.js";
import { byNumber } from "./numbers.js";
import { brief, button, collectionOf, count, cut, element, folded, load, pageOf, refill, when } from "./text.js";

const PAGE = 100;
const MOST_AT_ONCE = 20000;
const SUMMARY = 200;
const [ID, VERSION, TIME, CELLS, TEXT, NAME] = [0, 1, 2, 3, 4, 5];
const collator = new Intl.Collator("en", { numeric: true });

export async function start() {
  new Table(JSON.parse(await load("index/meta.json"))).start();
}


const pathOf = (column) => visible(brief(column.path));

/** What the address asks for. */
function asked() {
  const query = new URLSearchParams(location.search);
  const choices = new Map([...query].filter(([name]) => name.startsWith("f.")).map(([name, value]) => [name.slice(2), value]));
  return { q: query.get("q") ?? "", in: query.get("in"), sort: query.get("sort") ?? "", page: Math.max(1, Number.parseInt(query.get("page")) || 1), choices };
}

function addressOf(state) {
  const query = new URLSearchParams();
  if (state.q) query.set("q", state.q);
  if (state.in !== null) query.set("in", state.in);
  for (const [path, value] of state.choices) query.set(`f.${path}`, value);
  if (state.sort) query.set("sort", state.sort);
  if (state.page > 1) query.set("page", state.page);
  const text = query.toString();
  return text ? `?${text}` : location.pathname;
}

class Table {
  constructor(meta) {
    this.meta = meta;
    this.rows = null;
    this.state = asked();
    this.collections = new Map(meta.collections.map((each) => [each.name, each]));
    this.form = document.querySelector("#search");
    this.place = document.querySelector("#rows");
    this.pages = document.querySelector("#pages");
  }

  start() {
    this.field = element("input", {
      type: "search", placeholder: `Search ${count(this.meta.objects)} objects`, "aria-label": "Search", autocomplete: "off", spellcheck: "false",
    });
    this.field.addEventListener("input", () => this.change({ q: this.field.value, page: 1 }, true));
    this.form.addEventListener("submit", (event) => event.preventDefault());
    this.select = element("select", { "aria-label": "Collection" });
    this.select.append(
      element("option", { value: "*" }, "All collections"),
      ...this.meta.collections.map((each) =>
        element("option", { value: `=${each.name}` }, `${each.name ? visible(each.name) : "no collection"} (${count(each.count)})`),
      ),
    );
    this.select.addEventListener("change", () => {
      const chosen = this.select.value === "*" ? null : this.select.value.slice(1);
      this.change({ in: chosen, choices: new Map(), sort: "", page: 1 });
    });
    this.total = element("span", { class: "count", role: "status" });
    this.form.append(this.field, this.select, this.total);
    this.select.hidden = this.collections.size < 2;
    this.form.hidden = false;
    this.field.value = this.state.q;
    addEventListener("popstate", () => {
      this.state = asked();
      this.field.value = this.state.q;
      this.show();
    });
    if (this.isAsked() || this.meta.objects <= MOST_AT_ONCE) this.show();
    else {
      this.count(this.meta.objects);
      this.field.addEventListener("focus", () => this.load(), { once: true });
    }
  }

  isAsked() {
    const { q, sort, page, choices } = this.state;
    return Boolean(q.trim() || sort || page > 1 || choices.size || this.state.in !== null);
  }

  change(part, typing = false) {
    this.state = { ...this.state, ...part };
    if (typing) history.replaceState(null, "", addressOf(this.state));
    else history.pushState(null, "", addressOf(this.state));
    this.show();
  }

  /** Read all rows, once. */
  load() {
    const numbers = [...Array(this.meta.shards).keys()];
    this.loading ??= Promise.all(numbers.map(async (number) => JSON.parse(await load(`index/${number}.json`)))).then((shards) => {
      this.rows = shards.flat();
    });
    return this.loading;
  }

  async show() {
    if (this.rows === null) {
      this.total.textContent = "Loading…";
      try {
        await this.load();
      } catch (error) {
        this.total.textContent = "The objects could not be read.";
        console.warn(error);
        return;
      }
    }
    this.render();
  }

  /** The collection whose columns are shown: the chosen one, or the only one. */
  collection() {
    const only = this.collections.size === 1 ? [...this.collections.values()][0] : null;
    return this.state.in === null ? only : (this.collections.get(this.state.in) ?? null);
  }

  /** The choice of a collection; one that is too small to be named is named now. */
  option(name) {
    const value = `=${name}`;
    if (!this.collections.has(name) && this.select.lastChild.value !== value) this.select.append(element("option", { value }, visible(name)));
    return value;
  }

  render() {
    const collection = this.collection();
    const columns = collection?.columns ?? null;
    const found = this.sorted(this.found(columns), columns);
    const last = Math.max(1, Math.ceil(found.length / PAGE));
    const page = Math.min(this.state.page, last);
    const shown = found.slice((page - 1) * PAGE, page * PAGE);
    document.body.classList.toggle("searching", this.isAsked());
    this.select.value = this.state.in === null ? "*" : this.option(this.state.in);
    this.choices(columns ?? []);
    this.count(found.length);
    const focused = document.activeElement?.dataset?.sort;
    this.place.replaceChildren(
      found.length ? this.table(shown, columns) : element("p", { class: "none" }, "No object matches."),
    );
    if (focused !== undefined) [...this.place.querySelectorAll("button[data-sort]")].find((each) => each.dataset.sort === focused)?.focus();
    this.paging(page, last);
  }

  found(columns) {
    const words = folded(this.state.q).split(/\s+/).filter(Boolean);
    const wanted = [...this.state.choices]
      .map(([path, value]) => [(columns ?? []).findIndex((each) => each.path === path), value])
      .filter(([index]) => index >= 0);
    const prefix = this.state.in;
    return this.rows.filter(
      (row) =>
        (prefix === null || collectionOf(row[ID]) === prefix) &&
        words.every((word) => row[TEXT].includes(word)) &&
        wanted.every(([index, value]) => row[CELLS][index] === value),
    );
  }

  /** The order that the address names: `id`, `version`, `updated`, or `.PATH` of a column; with `-` before it, the other way. */
  sorted(rows, columns) {
    const [down, key] = this.state.sort.startsWith("-") ? [-1, this.state.sort.slice(1)] : [1, this.state.sort];
    if (!key || key === "id") return down < 0 ? rows.toReversed() : rows;
    if (key === "version") return rows.toSorted((a, b) => down * (a[VERSION] - b[VERSION]));
    if (key === "updated") return rows.toSorted((a, b) => down * (a[TIME] < b[TIME] ? -1 : Number(a[TIME] > b[TIME])));
    const index = (columns ?? []).findIndex((each) => `.${each.path}` === key);
    if (index < 0) return rows;
    const cell = (row) => row[CELLS][index];
    const [full, empty] = [rows.filter((row) => cell(row) !== ""), rows.filter((row) => cell(row) === "")];
    if (columns[index].number) return [...byNumber(full, cell, down), ...empty];
    return [...full.sort((a, b) => down * collator.compare(cell(a), cell(b))), ...empty];
  }

  count(found) {
    const all = this.meta.objects;
    this.total.textContent = found === all ? `${count(all)} objects` : `${count(found)} of ${count(all)}`;
  }

  /** A list of values for each column that has few. */
  choices(columns) {
    for (const each of this.form.querySelectorAll("select[data-path]")) each.remove();
    for (const column of columns.filter((each) => each.choices)) {
      const list = element("select", { "data-path": column.path, "aria-label": pathOf(column) });
      list.append(
        element("option", { value: "*" }, `Any ${pathOf(column)}`),
        ...column.choices.map((value) => element("option", { value: `=${value}` }, visible(value))),
      );
      const chosen = this.state.choices.get(column.path);
      list.value = chosen === undefined ? "*" : `=${chosen}`;
      list.addEventListener("change", () => {
        const choices = new Map(this.state.choices);
        if (list.value === "*") choices.delete(column.path);
        else choices.set(column.path, list.value.slice(1));
        this.change({ choices, page: 1 });
        [...this.form.querySelectorAll("select[data-path]")].find((each) => each.dataset.path === column.path)?.focus();
      });
      this.total.before(list);
    }
  }

  table(rows, columns) {
    const data = columns === null ? [element("th", { scope: "col" }, "Data")] : columns.map((each) => this.head(`.${each.path}`, pathOf(each), each.number));
    const head = [this.head("id", "Object"), ...data, this.head("version", "Version", true), this.head("updated", "Updated")];
    const body = element("tbody", {}, ...rows.map((row) => this.row(row, columns)));
    const made = element("table", { id: "objects" }, element("thead", {}, element("tr", {}, ...head)), body);
    return element("div", { class: "frame", tabindex: "0", role: "region", "aria-label": "Objects" }, made);
  }

  head(key, text, right = false) {
    const { sort } = this.state;
    const order = sort === key ? "ascending" : sort === `-${key}` ? "descending" : null;
    const sorting = button("", () => this.change({ sort: sort === key ? `-${key}` : sort === `-${key}` ? "" : key, page: 1 }));
    sorting.append(element("bdi", {}, text));
    sorting.dataset.sort = key;
    return element("th", { scope: "col", class: right ? "right" : null, "aria-sort": order }, sorting);
  }

  row(row, columns) {
    const id = row[ID];
    const name = collectionOf(id);
    const link = element("a", { href: pageOf(id, row[NAME] ?? id, this.meta.pages) });
    const parts = name ? [element("span", { class: "prefix" }, visible(`${name}/`)), visible(id.slice(name.length + 1))] : [visible(id)];
    link.append(element("bdi", {}, ...parts));
    const kind = (each) => (each.number ? "right" : each.long ? "long" : "cell");
    const data =
      columns === null
        ? [element("td", { class: "data" }, element("bdi", {}, visible(cut(row[CELLS].filter(Boolean).join(" · "), SUMMARY))))]
        : columns.map((each, index) => element("td", { class: kind(each) }, element("bdi", {}, visible(row[CELLS][index] ?? ""))));
    return element(
      "tr", {}, element("td", { class: "id" }, link), ...data,
      element("td", { class: "right" }, String(row[VERSION])), element("td", { class: "when" }, when(row[TIME])),
    );
  }

  paging(page, last) {
    const go = (to) => () => {
      this.change({ page: to });
      this.form.scrollIntoView();
    };
    const [previous, next] = [button("Previous", go(page - 1)), button("Next", go(page + 1))];
    [previous.disabled, next.disabled] = [page === 1, page === last];
    refill(this.pages, ...(last > 1 ? [previous, element("span", {}, `Page ${count(page)} of ${count(last)}`), next] : []));
  }
}
