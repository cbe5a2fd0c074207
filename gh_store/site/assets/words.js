// Which words of a text changed: the same as the build finds.

import { lengthOf } from "./text.js";

const SHORTEST = 40;
const LONGEST = 20000;
const MOST_PAIRS = 20000;

/** Two texts as parts `{same}` and `{gone, come}`; null where they are short, or have little in common. */
export function parts(old, now) {
  const lengths = [old, now].map(lengthOf);
  if (Math.min(...lengths) < SHORTEST || Math.max(...lengths) > LONGEST) return null;
  const [before, after] = [old, now].map((text) => text.match(/\S+\s*|\s+/g));
  const shortest = Math.min(before.length, after.length);
  let head = 0;
  while (head < shortest && before[head] === after[head]) head += 1;
  let tail = 0;
  while (tail < shortest - head && before.at(-1 - tail) === after.at(-1 - tail)) tail += 1;
  const end = before.length - tail;
  const middle = between(before.slice(head, end), after.slice(head, after.length - tail));
  const found = [{ same: before.slice(0, head) }, ...middle, { same: before.slice(end) }];
  const common = found.reduce((sum, part) => sum + (part.same?.length ?? 0), 0);
  if (3 * common < Math.max(before.length, after.length)) return null;
  return found.filter((part) => !part.same || part.same.length);
}

function between(old, now) {
  if (old.length * now.length > MOST_PAIRS) return [{ gone: old.join(""), come: now.join("") }];
  const rest = Array.from({ length: old.length + 1 }, () => new Array(now.length + 1).fill(0));
  for (let i = old.length - 1; i >= 0; i -= 1)
    for (let j = now.length - 1; j >= 0; j -= 1)
      rest[i][j] = old[i] === now[j] ? rest[i + 1][j + 1] + 1 : Math.max(rest[i + 1][j], rest[i][j + 1]);
  const found = [];
  const add = (kind, word) => {
    const last = found.at(-1);
    if (kind === "same") last?.same ? last.same.push(word) : found.push({ same: [word] });
    else if (last && !last.same) last[kind] += word;
    else found.push({ gone: "", come: "", [kind]: word });
  };
  let [i, j] = [0, 0];
  while (i < old.length || j < now.length) {
    if (i < old.length && j < now.length && old[i] === now[j]) {
      add("same", old[i]);
      [i, j] = [i + 1, j + 1];
    } else if (j === now.length || (i < old.length && rest[i + 1][j] >= rest[i][j + 1])) add("gone", old[i++]);
    else add("come", now[j++]);
  }
  return found;
}
