// A plot that is enlarged, alone or beside those of other objects.

import { plot } from "./plots.js";
import { series } from "./series.js";
import { button, element, minute, ROOT } from "./text.js";

/** Give a small plot its button. */
export function enlarging(figure, past) {
  const label = figure.querySelector(".path").textContent;
  const { name, collection } = document.querySelector("#object").dataset;
  let chart = null;
  const labelled = (text) => {
    toggle.textContent = text;
    toggle.setAttribute("aria-label", `${text} ${label}`);
  };
  const compare = button("Compare with others", async () => {
    const { others } = await import("./others.js");
    figure.append(await others(decodeURIComponent(figure.dataset.path), decodeURIComponent(collection), name));
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
    figure.querySelector("svg").toggleAttribute("hidden", Boolean(chart));
    figure.querySelector(".dates").hidden = Boolean(chart);
    labelled(chart ? "Reduce" : "Enlarge");
    if (chart && collection) toggle.before(compare);
    chart?.setSize({ width: figure.querySelector(".chart").clientWidth, height: 280 });
  });
  labelled("Enlarge");
  figure.querySelector(".range").append(toggle);
}

async function draw(figure, past) {
  const pointer = decodeURIComponent(figure.dataset.path);
  const [{ default: Plot }, data] = await Promise.all([import("./uplot.js"), series(past, pointer)]);
  complete(figure, plot(pointer, ...data));
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

/** A small plot may have been of the newest events alone. */
function complete(figure, whole) {
  const parts = ":scope > svg, .dates, .range > span";
  const told = [...whole.querySelectorAll(parts)];
  for (const [at, part] of figure.querySelectorAll(parts).entries()) part.replaceWith(told[at]);
}
