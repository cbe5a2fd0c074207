// Numbers as JSON writes them: their order, whatever their size, and how people read them.

import { count } from "./text.js";

const PARTS = /^(-?)([0-9]+)(?:\.([0-9]+))?(?:[eE]([-+]?[0-9]+))?$/;
const LARGEST_WHOLE = 1e15;
const LEAST_ROUNDED = 1e5;
const SMALLEST_PLAIN = 1e-4;

/** A number without loss: its sign, and `0.DIGITS` times ten to the power of `point`. */
function exact(text) {
  const [, minus, whole, part = "", power = "0"] = PARTS.exec(text);
  const all = whole + part;
  let [from, to] = [0, all.length];
  while (from < to && all[from] === "0") from += 1;
  while (to > from && all[to - 1] === "0") to -= 1;
  const sign = from === to ? 0 : minus ? -1 : 1;
  return { sign, point: BigInt(whole.length - from) + BigInt(power), digits: all.slice(from, to) };
}

const signOf = (one, other) => (one < other ? -1 : Number(one > other));

function exactly(one, other) {
  const [a, b] = [one, other].map(exact);
  if (a.sign !== b.sign) return a.sign - b.sign;
  return a.sign && a.sign * (signOf(a.point, b.point) || signOf(a.digits, b.digits));
}

/**
 * Items in the order of the numbers that they have as JSON text.
 * @param down 1, or -1 for the largest first
 */
export function byNumber(items, textOf, down = 1) {
  const keyed = items.map((item) => ({ item, text: textOf(item), near: Number(textOf(item)) }));
  // The nearest doubles of two numbers are in the order of these, or they are the same: only then digits are looked at.
  const compare = (a, b) => (a.near !== b.near ? a.near - b.near : a.text === b.text ? 0 : exactly(a.text, b.text));
  return keyed.sort((a, b) => down * compare(a, b)).map(({ item }) => item);
}

/** A number as people read it: the same as the build writes. */
export function inWords(value) {
  const size = Math.abs(value);
  if (size < LARGEST_WHOLE && (size >= LEAST_ROUNDED || Number.isInteger(value))) return count(Math.round(value) + 0); // no -0
  return SMALLEST_PLAIN <= size && size < LARGEST_WHOLE ? general(value, 6) : general(value, 4);
}

/** With so many digits, and a power of ten where it is shorter. */
function general(value, digits) {
  const [begin, power] = value.toExponential(digits - 1).split("e");
  if (Number(power) >= -4 && Number(power) < digits)
    return Number(value.toPrecision(digits)).toLocaleString("en", { maximumFractionDigits: 20 });
  return `${Number(begin)}e${power[0]}${power.slice(1).padStart(2, "0")}`;
}
