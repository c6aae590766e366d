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

/** @param {HTMLElement} host
 * @param {Place} place
 * @param {Attribute} attribute
 * @param {{ value: any, version: number } | undefined} stands
 * @returns {Promise<void>} */
export async function edit(host, place, attribute, stands)
{
	const name = known(`policy`, attribute.name);
	const done = await ask(host, {
		heading: name,
		body: [make("p", { class: "hint" }, known(`policy`, `${attribute.name}.hint`)),
			make("p", {}, words("admin.policy.before", { value: policyValue(attribute.name, stands?.value) }))],
		fields: [fieldFor(attribute, stands?.value), REASON],
		submit: "admin.policy.set",
		deed: values => op("policies/set", { scope: place.scope, ...(place.name ? { name: place.name } : {}),
			attribute: attribute.name, value: parse(attribute, values.value), expected: stands?.version ?? 0,
			reason: values.reason }),
	});
	if (!done)
		return;
	const values = { before: policyValue(attribute.name, done.before), after: policyValue(attribute.name, done.after) };
	await tell(host, name, [make("p", { class: "change" }, words("admin.policy.changed", values)),
		make("p", { class: done.pending ? "mark warn" : "mark on" }, words(done.pending ? "admin.policy.waits" : "admin.policy.holds"))]);
}

/** "Explain": every attribute of a user, its value and where that comes from.
 * @param {any[]} explain */
export function explainTable(explain)
{
	const head = ["admin.policy.attribute", "admin.policy.effective", "admin.policy.from", "admin.policy.all"];
	const rows = explain.map(e => make("tr", {},
		make("th", { scope: "row" }, known(`policy`, e.attribute)),
		make("td", {}, policyValue(e.attribute, e.value)),
		make("td", {}, `${known(`admin.scope`, e.from)}${e.name ? `: ${e.name}` : ""}${e.strictest ? ` (${words("admin.policy.strictest")})` : ""}`),
		make("td", { class: "hint" }, (e.rows ?? []).map((/** @type {any} */ r) =>
			`${known(`admin.scope`, r.scope)}${r.name ? ` ${r.name}` : ""} = ${policyValue(e.attribute, r.value)}`).join(" / ") || "–")));
	return make("div", { class: "list-scroll", tabindex: 0, role: "region", "aria-label": words("admin.explain") },
		make("table", { class: "explain" }, make("caption", { class: "sr-only" }, words("admin.explain")),
			make("thead", {}, make("tr", {}, ...head.map(key => make("th", { scope: "col" }, words(key))))),
			make("tbody", {}, ...rows)));
}
