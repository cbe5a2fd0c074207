/**
 * The value of JSON text. Numbers stay as they are stored. Keys come in the order of JavaScript: those that are indices of a
 * list (`"7"`) first. No rule of a store depends on it, and what is shown has its keys in the order of their characters.
 * @param {string} text
 * @returns {Json}
 * @throws {SyntaxError} it is not JSON
 */
export function parse(text: string): Json;
/**
 * @param {unknown} value
 * @returns {value is number | Exact}
 */
export function isNumber(value: unknown): value is number | Exact;
/**
 * True for a JSON object: no list, no null, no number.
 * @param {unknown} value
 * @returns {value is JsonObject}
 */
export function isRecord(value: unknown): value is JsonObject;
/**
 * The order of code points, which is not that of JavaScript.
 * @param {string} one
 * @param {string} other
 */
export function byCodePoint(one: string, other: string): number;
/**
 * Compact JSON text. Numbers are written as they are stored.
 * @param {Json} value
 * @returns {string}
 */
export function stringify(value: Json): string;
/**
 * JSON on one line, for people: keys in order, and spaces.
 * @param {Json} value
 * @returns {string}
 */
export function json(value: Json): string;
/**
 * The one text of a JSON value: values are the same if their texts are. Checksums are made of it.
 * @param {Json} value
 * @returns {string}
 */
export function canonical(value: Json): string;
/**
 * The JSON pointer to a member.
 * @param {string} pointer
 * @param {string} key
 */
export function below(pointer: string, key: string): string;
/**
 * The keys of a JSON pointer.
 * @param {string} pointer
 */
export function keysOf(pointer: string): string[];
/**
 * What stands in a field, or undefined.
 * @param {Json | undefined} data
 * @param {string | string[]} field `a.b`, the JSON pointer `/a/0`, or keys
 * @returns {Json | undefined}
 */
export function fieldOf(data: Json | undefined, field: string | string[]): Json | undefined;
/**
 * Text on one line; what cannot be seen, or turns the text around it, as an escape.
 * @param {string} text
 */
export function visible(text: string): string;
/**
 * The same, with its lines and tabs.
 * @param {string} text
 */
export function visibleBlock(text: string): string;
/**
 * The state after an event: as every processor of a store folds it.
 *
 * Neither the state nor the event is changed; the result shares parts with them.
 * @param {{ version: number, data: JsonObject }} state
 * @param {{ mode: string, data: Json, expected_version?: number | Exact | null }} event
 * @returns {{ version: number, data: JsonObject }}
 * @throws {Rejected} the event changes nothing
 */
export function fold({ version, data: old }: {
    version: number;
    data: JsonObject;
}, { mode, data, expected_version: expected }: {
    mode: string;
    data: Json;
    expected_version?: number | Exact | null;
}): {
    version: number;
    data: JsonObject;
};
/**
 * The event in a comment, or null for conversation.
 *
 * What is nearly an event is conversation here: it changes nothing either way.
 * @param {string | { body?: string | null }} comment its text, or the comment as GitHub's API tells it
 * @returns {StoreEvent | null}
 * @throws {Rejected} it is malformed
 */
export function event(comment: string | {
    body?: string | null;
}): StoreEvent | null;
/**
 * True if the data of an object includes an event: it was neither rejected nor is it pending.
 * @param {Told} event
 */
export function counts(event: Told): boolean;
/**
 * Where two versions differ, as the events of a history tell it.
 * @param {JsonObject} old
 * @param {JsonObject} now
 * @param {string} path a JSON pointer to both
 * @returns {Change[]}
 */
export function differences(old: JsonObject, now: JsonObject, path?: string): Change[];
/**
 * The name of an object in the addresses of a site: its id, where that is fit for every file system and server.
 * @param {string} id
 * @returns {Promise<string>}
 * @throws {NotFound} no object can have this id
 */
export function nameOf(id: string): Promise<string>;
/**
 * A name as a part of an address.
 * @param {string} name
 */
export function address(name: string): string;
/**
 * A JSON value. A number that JavaScript would change is an `Exact`.
 * @typedef {null | boolean | number | string | Exact | JsonArray | JsonObject} Json
 */
/** @typedef {Json[]} JsonArray */
/** @typedef {{ [key: string]: Json }} JsonObject */
/**
 * What the store knows about an object.
 * @typedef {object} Meta
 * @property {string} object_id
 * @property {number} issue_number
 * @property {string} created_at
 * @property {string} updated_at the time of the last applied event (UTC)
 * @property {number} version 1 for a new object
 */
/**
 * A difference between two versions: at a JSON pointer `p`, `o` was there before and `n` is there after. In a list, at
 * the index `at`, the items `o` were removed and the items `n` inserted.
 * @typedef {{ p: string, o?: Json, n?: Json, at?: number }} Change
 */
/**
 * An event in the history of an object.
 * @typedef {object} Told
 * @property {number} v the version after it
 * @property {string} t its time (UTC)
 * @property {string | null} by the login of who wrote it
 * @property {string} mode `create`, `append`, `replace`, `merge` or `patch`
 * @property {"applied" | "rejected" | "pending"} out
 * @property {number} c the comment that carries it
 * @property {number} i the issue of that comment
 * @property {string} [err] why it was rejected
 * @property {Json} [asked] what it asks for, where the data does not include it
 * @property {Change[]} ch what it changed; nothing for the first one
 */
/** A number that JavaScript would change (`9.0`, or more than 15 digits): it stays as it is stored. */
export class Exact {
    /** @param {string} source its text in JSON */
    constructor(source: string);
    /** @readonly */
    readonly source: string;
    /** The nearest number of JavaScript. */
    valueOf(): number;
    toString(): string;
    toJSON(): number;
}
/** @typedef {"ConcurrentUpdateError" | "InvalidObject" | "InvalidUpdate" | "ValueTooLarge"} Kind */
/** An event that changes nothing, and why. */
export class Rejected extends Error {
    /**
     * @param {Kind} kind the name of the error in Python
     * @param {string} message
     */
    constructor(kind: Kind, message: string);
    kind: Kind;
}
/** The past of an object, read file by file as far as it is asked for. Any version is the data with later changes undone. */
export class Past {
    /**
     * @param {Site} site
     * @param {string} name the name of the object in addresses
     */
    constructor(site: Site, name: string);
    site: Site;
    name: string;
    /**
     * The events that were read, oldest first.
     * @type {Told[]}
     */
    events: Told[];
    /** How many older files there are; null before the first was read. */
    get older(): number | null;
    /** From what the history leads to, to the data. Empty, unless comments were edited or deleted. */
    get drift(): Change[];
    /**
     * Read files until there are events enough, or no more.
     * @param {() => boolean} enough
     */
    loadUntil(enough: () => boolean): Promise<void>;
    /** All events, oldest first. */
    all(): Promise<Told[]>;
    /**
     * The data at a version, and the event that made it; the event is undefined where nothing is told of it.
     * @param {number} version
     * @returns {Promise<{ data: JsonObject, event: Told | undefined }>}
     */
    version(version: number): Promise<{
        data: JsonObject;
        event: Told | undefined;
    }>;
    #private;
}
/** There is no such object, version or file. */
export class NotFound extends Error {
    /** @param {string} message */
    constructor(message: string);
}
/** The JSON files of a site. Each call reads them anew, as far as the browser's cache lets it. */
export class Site {
    /** @param {string | URL} url its address; by default that of the site which this module comes from */
    constructor(url?: string | URL);
    /** @readonly */
    readonly url: URL;
    /**
     * The text of a file.
     * @param {string} path from the root of the site
     * @param {string} what it is, for the message of an error
     * @returns {Promise<string>}
     * @throws {NotFound} there is no such file
     */
    load(path: string, what?: string): Promise<string>;
    /**
     * An object: its data, and what the store knows about it.
     * @param {string} id
     * @returns {Promise<{ data: JsonObject, meta: Meta }>}
     * @throws {NotFound} there is no such object
     */
    get(id: string): Promise<{
        data: JsonObject;
        meta: Meta;
    }>;
    /**
     * The events of an object, oldest first.
     * @param {string} id
     * @returns {Promise<Told[]>}
     * @throws {NotFound} there is no such object, or the site has no history
     */
    history(id: string): Promise<Told[]>;
    /**
     * The data of an object at a version, and the event that made it.
     * @param {string} id
     * @param {number} version
     * @returns {Promise<{ data: JsonObject, event: Told }>}
     * @throws {NotFound} there is no such version, or nothing is told of it
     */
    at(id: string, version: number): Promise<{
        data: JsonObject;
        event: Told;
    }>;
    /**
     * The latest 200 changes of all objects, newest first. Without history it is told when objects changed last.
     * @returns {Promise<{ t: string, id: string, name: string, v: number, by?: string | null, mode?: string, out?: string,
     *   c?: number, i?: number, fields?: string[], changed?: number }[]>}
     */
    changes(): Promise<{
        t: string;
        id: string;
        name: string;
        v: number;
        by?: string | null;
        mode?: string;
        out?: string;
        c?: number;
        i?: number;
        fields?: string[];
        changed?: number;
    }[]>;
    /**
     * All objects, sorted by id.
     * @returns {Promise<{ id: string, name: string, version: number, updated_at: string }[]>}
     */
    list(): Promise<{
        id: string;
        name: string;
        version: number;
        updated_at: string;
    }[]>;
}
/** GitHub is not asked before a time: too few requests are left for this address, or it wants a pause. */
export class Limited extends Error {
    /** @param {number} until milliseconds since the epoch */
    constructor(until: number);
    until: number;
}
/**
 * An object as it was committed last.
 * @typedef {object} LiveObject
 * @property {string} id
 * @property {number} version
 * @property {JsonObject | null} data null for an object that was deleted
 * @property {number} pending how many comments came since: at most so many updates wait
 * @property {boolean} deleted
 * @property {number} number the issue that holds it
 * @property {string[]} labels of that issue
 * @property {string} updated_at the time of the last applied event, or of the deletion (UTC)
 * @property {number} watermark the last comment that the version includes, or passed by
 */
/**
 * What would come of the pending updates of an object: a guess, for a page cannot ask who may write.
 * @typedef {object} Preview
 * @property {string} id
 * @property {number} version
 * @property {JsonObject} data
 * @property {number} pending how many updates it includes that are not committed
 * @property {string[]} rejected why others would be rejected
 */
/** A store on GitHub, asked without a token: 60 requests an hour and address. The browser's cache answers for a minute. */
export class Live {
    /**
     * @param {object} store
     * @param {string} store.repository `owner/name`
     * @param {string} [store.api] the address of the REST API
     * @param {string[]} [store.users] logins that may write besides those with write permission (`access.users`)
     * @param {string} [store.base_label] as in the settings of the store
     * @param {string} [store.uid_prefix] as in the settings of the store
     */
    constructor({ repository, api, users, base_label, uid_prefix }: {
        repository: string;
        api?: string | undefined;
        users?: string[] | undefined;
        base_label?: string | undefined;
        uid_prefix?: string | undefined;
    });
    repository: string;
    api: string;
    base_label: string;
    uid_prefix: string;
    standing: string[];
    /** GitHub is not asked before this time (milliseconds since the epoch). A page may keep it for the next one. */
    until: number;
    /** True if more has changed than the last list shows. */
    more: boolean;
    /**
     * The objects whose issues changed since a time, as they were committed last; the last changed first. One request, which
     * tells of at most 100 issues. What nobody with write permission vouches for is left out.
     * @param {Date | string} since
     * @returns {Promise<LiveObject[]>}
     * @throws {Limited}
     */
    changed(since: Date | string): Promise<LiveObject[]>;
    /**
     * What would come of the pending updates, if all count whose authors seem to be members. One request, which tells of the first
     * 100 comments since the last applied event.
     * @param {LiveObject} object
     * @returns {Promise<Preview>}
     * @throws {Limited}
     * @throws {NotFound} the object was deleted
     */
    preview({ id, version, data, number, updated_at, watermark }: LiveObject): Promise<Preview>;
    #private;
}
/** `<gh-store-object site="URL" object="ID" field="a.b">`: an object, or a field of it, as text. A field is `a.b` or `/a/0`. */
export class GhStoreObject extends Shown {
    static observedAttributes: string[];
    made(): Promise<HTMLElement | null>;
}
/** `<gh-store-list site="URL" collection="NAME" fields="a,b.c" limit="10">`: the first objects of a collection, as a table. */
export class GhStoreList extends Shown {
    static observedAttributes: string[];
    made(): Promise<HTMLTableElement>;
}
/**
 * How JSON is written.
 */
export type Style = {
    number: (value: number | Exact) => string;
    string: (text: string) => string;
    keys: (keys: string[]) => string[];
    comma: string;
    colon: string;
};
export type Operation = {
    op: string;
    path: string[];
    from: Json | undefined;
    value: Json | undefined;
};
/**
 * An event, as the comment says it.
 */
export type StoreEvent = {
    mode: "append" | "replace" | "merge" | "patch";
    /**
     * an object; the operations of a patch
     */
    data: Json;
    /**
     * the version that the object must be at
     */
    expected_version: number | Exact | null;
    /**
     * the same for each repetition of the event
     */
    event_id: string | null;
    /**
     * 2 or more if it may have been posted before
     */
    attempt: number | Exact;
    /**
     * true for what an object begins with
     */
    initial: boolean;
    /**
     * `_meta` as it was written
     */
    meta: JsonObject;
};
/**
 * A JSON value. A number that JavaScript would change is an `Exact`.
 */
export type Json = null | boolean | number | string | Exact | JsonArray | JsonObject;
export type JsonArray = Json[];
export type JsonObject = {
    [key: string]: Json;
};
/**
 * What the store knows about an object.
 */
export type Meta = {
    object_id: string;
    issue_number: number;
    created_at: string;
    /**
     * the time of the last applied event (UTC)
     */
    updated_at: string;
    /**
     * 1 for a new object
     */
    version: number;
};
/**
 * A difference between two versions: at a JSON pointer `p`, `o` was there before and `n` is there after. In a list, at
 * the index `at`, the items `o` were removed and the items `n` inserted.
 */
export type Change = {
    p: string;
    o?: Json;
    n?: Json;
    at?: number;
};
/**
 * An event in the history of an object.
 */
export type Told = {
    /**
     * the version after it
     */
    v: number;
    /**
     * its time (UTC)
     */
    t: string;
    /**
     * the login of who wrote it
     */
    by: string | null;
    /**
     * `create`, `append`, `replace`, `merge` or `patch`
     */
    mode: string;
    out: "applied" | "rejected" | "pending";
    /**
     * the comment that carries it
     */
    c: number;
    /**
     * the issue of that comment
     */
    i: number;
    /**
     * why it was rejected
     */
    err?: string | undefined;
    /**
     * what it asks for, where the data does not include it
     */
    asked?: Json | undefined;
    /**
     * what it changed; nothing for the first one
     */
    ch: Change[];
};
export type Kind = "ConcurrentUpdateError" | "InvalidObject" | "InvalidUpdate" | "ValueTooLarge";
/**
 * An object as it was committed last.
 */
export type LiveObject = {
    id: string;
    version: number;
    /**
     * null for an object that was deleted
     */
    data: JsonObject | null;
    /**
     * how many comments came since: at most so many updates wait
     */
    pending: number;
    deleted: boolean;
    /**
     * the issue that holds it
     */
    number: number;
    /**
     * of that issue
     */
    labels: string[];
    /**
     * the time of the last applied event, or of the deletion (UTC)
     */
    updated_at: string;
    /**
     * the last comment that the version includes, or passed by
     */
    watermark: number;
};
/**
 * What would come of the pending updates of an object: a guess, for a page cannot ask who may write.
 */
export type Preview = {
    id: string;
    version: number;
    data: JsonObject;
    /**
     * how many updates it includes that are not committed
     */
    pending: number;
    /**
     * why others would be rejected
     */
    rejected: string[];
};
/**
 * An element that shows something of a site, as text. What stands between its tags stays until it is there; `data-state`
 * says whether it is `shown` or `missing`.
 */
declare class Shown extends HTMLElement {
    connectedCallback(): void;
    attributeChangedCallback(): void;
    /** The site that it is of. */
    get from(): Site;
    /** @returns {Promise<Node | null>} */
    made(): Promise<Node | null>;
    #private;
}
export {};
