// What a page can do with script. Without it, every page still shows what it is about.

if (document.querySelector("#search")) import("./table.js").then((table) => table.start());
if (document.querySelector("#any")) import("./any.js").then((any) => any.start());
if (document.querySelector("#missing")) import("./any.js").then((any) => any.lead());
if (document.querySelector("#object")) import("./object.js").then((object) => object.start());
