// SPDX-License-Identifier: GPL-3.0-or-later
// Editing one policy value at one place: shows what stands there and what would, asks why, and never overwrites a value
// that somebody else has set in the meantime.

import { make } from "../dom.mjs";
import { words } from "../words.mjs";
import { REASON, ask, tell } from "./ask.mjs";
import { op } from "./call.mjs";
import { known, policyValue } from "./show.mjs";

/** One attribute as the broker describes it.
 * @typedef {object} Attribute
 * @property {string} name
 * @property {"choice" | "flag" | "number" | "list" | "hours"} type
 * @property {any} builtIn
 * @property {number} least
 * @property {number} most
 * @property {{ word: string, available: boolean }[]} words */
/** @typedef {{ scope: string, name: string }} Place */

const UNSET = "\u0000unset";

/** @param {Attribute} attribute
 * @returns {import("./ask.mjs").Field} */
function fieldFor(attribute, /** @type {any} */ value)
{
	const base = { name: "value", label: "admin.policy.new" };
	const unset = { value: UNSET, label: words("admin.policy.unset") };
	if (attribute.type === "choice")
		return { ...base, kind: "choice", value: value ?? UNSET, options: [unset, ...attribute.words.filter(w => w.available)
			.map(w => ({ value: w.word, label: known(`policy.${attribute.name}`, w.word) }))] };
	if (attribute.type === "flag")
		return { ...base, kind: "choice", value: value === undefined ? UNSET : String(value), options: [unset,
			{ value: "true", label: words("admin.policy.on") }, { value: "false", label: words("admin.policy.off") }] };
	if (attribute.type === "list")
		return { ...base, kind: "lines", value: Array.isArray(value) ? value.join("\n") : "", hint: "admin.policy.list-hint", optional: true };
	return { ...base, kind: "text", value: value === undefined ? "" : String(value), optional: true,
		hint: attribute.type === "hours" ? "admin.policy.hours-hint" : "admin.policy.number-hint" };
}

/** What the field says, as a value of the attribute; null takes it away. Nonsense goes to the broker as it is, which says
 * what is wrong with it.
 * @param {Attribute} attribute
 * @param {string} text */
function parse(attribute, text)
{
	if (text === UNSET || text.trim() === "")
		return null;
	if (attribute.type === "flag")
		return text === "true";
	if (attribute.type === "number")
		return /^\d+$/.test(text) ? Number(text) : text;
	if (attribute.type === "list")
		return text.split("\n").map(line => line.trim()).filter(Boolean);
	return text;
}

/** Asks for a new value and why, sets it, and shows before and after.
 * @param {HTMLElement} host
 * @param {Attribute} attribute
 * @param {any} value that stands there, undefined = none
 * @param {(value: any, reason: string) => Promise<{ before: any, after: any, pending: boolean }>} deed
 * @param {Node[]} [more] said before what stands there
 * @returns {Promise<void>} */
async function askValue(host, attribute, value, deed, more = [])
{
	const name = known(`policy`, attribute.name);
	const done = await ask(host, {
		heading: name,
		body: [make("p", { class: "hint" }, known(`policy`, `${attribute.name}.hint`)), ...more,
			make("p", {}, words("admin.policy.before", { value: policyValue(attribute.name, value) }))],
		fields: [fieldFor(attribute, value), REASON],
		submit: "admin.policy.set",
		deed: values => deed(parse(attribute, values.value), values.reason),
	});
	if (!done)
		return;
	const values = { before: policyValue(attribute.name, done.before), after: policyValue(attribute.name, done.after) };
	await tell(host, name, [make("p", { class: "change" }, words("admin.policy.changed", values)),
		make("p", { class: done.pending ? "mark warn" : "mark on" }, words(done.pending ? "admin.policy.waits" : "admin.policy.holds"))]);
}

/** @param {HTMLElement} host
 * @param {Place} place
 * @param {Attribute} attribute
 * @param {{ value: any, version: number } | undefined} stands */
export function edit(host, place, attribute, stands)
{
	return askValue(host, attribute, stands?.value, (value, reason) => op("policies/set", { scope: place.scope,
		...(place.name ? { name: place.name } : {}), attribute: attribute.name, value, expected: stands?.version ?? 0, reason }));
}

/** Overrides one value of a live session, until it ends.
 * @param {HTMLElement} host
 * @param {string} session
 * @param {Attribute} attribute
 * @param {any} explained what "explain" says of the attribute */
export function override(host, session, attribute, explained)
{
	const own = explained.rows.find((/** @type {any} */ row) => row.scope === "session")?.value;
	return askValue(host, attribute, own, (value, reason) =>
		op("sessions/override", { session, attribute: attribute.name, value, before: own ?? null, reason }),
	[make("p", {}, words("admin.policy.in-force", { value: policyValue(attribute.name, explained.value), from: known(`admin.scope`, explained.from) }))]);
}

/** "Explain": every attribute of a user, its value and where that comes from.
 * @param {any[]} explain
 * @param {(explained: any) => unknown} [change] adds a button to each */
export function explainTable(explain, change)
{
	const head = ["admin.policy.attribute", "admin.policy.effective", "admin.policy.from", "admin.policy.all",
		...(change ? ["admin.actions"] : [])];
	/** @param {any} e */
	const button = e => {
		const b = make("button", { type: "button", "aria-label": `${words("admin.policy.change")}: ${known(`policy`, e.attribute)}` },
			words("admin.policy.change"));
		b.addEventListener("click", () => void change?.(e));
		return b;
	};
	const rows = explain.map(e => make("tr", { "data-attribute": e.attribute },
		make("th", { scope: "row" }, known(`policy`, e.attribute)),
		make("td", {}, policyValue(e.attribute, e.value)),
		make("td", {}, `${known(`admin.scope`, e.from)}${e.name ? `: ${e.name}` : ""}${e.strictest ? ` (${words("admin.policy.strictest")})` : ""}`),
		make("td", { class: "hint" }, (e.rows ?? []).map((/** @type {any} */ r) =>
			`${known(`admin.scope`, r.scope)}${r.name ? ` ${r.name}` : ""} = ${policyValue(e.attribute, r.value)}`).join(" / ") || "–"),
		...(change ? [make("td", { class: "row-actions" }, button(e))] : [])));
	return make("div", { class: "list-scroll", tabindex: 0, role: "region", "aria-label": words("admin.explain") },
		make("table", { class: "explain" }, make("caption", { class: "sr-only" }, words("admin.explain")),
			make("thead", {}, make("tr", {}, ...head.map(key => make("th", { scope: "col", class: key === "admin.actions" ? "row-actions" : null }, words(key))))),
			make("tbody", {}, ...rows)));
}
