// Holds gh-store.js to what Python yields: its arguments are MODULE and VECTORS; it prints what differs, as JSON.

import { readFileSync } from "node:fs";

const [module, file] = process.argv.slice(-2);
const { canonical, event, fold, Live, nameOf, parse, Rejected, stringify } = await import(module);
const text = readFileSync(file, "utf8").replace(/"\\u0001(\d+)\\u0001((?:\\.|[^"\\])*)"/g, (_, times, unit) => `"${unit.repeat(times)}"`);
const vectors = parse(text);
const wrong = [];
const compare = (part, at, found, expected) => {
  if (canonical(found) !== canonical(expected)) wrong.push([part, at, canonical(found).slice(0, 300), canonical(expected).slice(0, 300)]);
};
const tried = (action) => {
  try {
    return action();
  } catch (error) {
    if (!(error instanceof Rejected)) throw error;
    return { rejected: error.kind };
  }
};

for (const [at, [version, data, update, expected]] of vectors.folds.entries()) {
  const before = canonical([data, update]);
  const after = tried(() => fold({ version, data }, update));
  const result = after.rejected ? after : expected.characters ? { characters: canonical(after.data).length } : canonical(after.data);
  compare("folds", at, result, expected);
  if (!after.rejected) compare("versions", at, after.version, version + 1);
  compare("changed", at, before, canonical([data, update]));
}
for (const [at, [id, name]] of vectors.names.entries()) compare("names", at, await nameOf(id).catch((error) => (error.name === "NotFound" ? null : error.name)), name);
for (const [at, [json, expected]] of vectors.texts.entries()) {
  let found = null;
  try {
    found = canonical(parse(json));
    compare("written", at, canonical(parse(stringify(parse(json)))), expected);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  compare("texts", at, found, expected);
}
for (const [at, [comment, expected]] of vectors.events.entries()) {
  const said = tried(() => event(comment));
  if (said === null || said.rejected) compare("events", at, said && { malformed: true }, expected);
  else {
    delete said.meta;
    compare("events", at, canonical(said), expected);
  }
}
for (const [at, [issue, expected]] of vectors.heads.entries()) {
  globalThis.fetch = async () => new Response(stringify([issue]));
  const [found] = await new Live({ repository: "ada/open-data" }).changed("2026-11-21T10:00:00Z");
  for (const more of ["updated_at", "watermark", "labels"]) if (found) delete found[more];
  compare("heads", at, found ? canonical(found) : null, expected);
}
console.log(JSON.stringify(wrong));
