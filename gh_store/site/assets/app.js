// What a page can do with script. Without it, every page still shows what it is about.

/** Ask GitHub what is new, where the site is made to. */
const live = (versions) => document.querySelector("#live") && import("./live.js").then((live) => live.start(versions));

if (document.querySelector("#search")) import("./table.js").then((table) => table.start()).then(live);
if (document.querySelector("#any")) import("./any.js").then((any) => any.start()).then(live);
if (document.querySelector("#missing")) import("./any.js").then((any) => any.lead());
if (document.querySelector("#object")) import("./object.js").then((object) => live(object.start()));
