// SPDX-License-Identifier: GPL-3.0-or-later
// The page of policies: what stands at the site, a group or a user; what waits for a second administrator; the history.

import { make } from "../dom.mjs";
import { words } from "../words.mjs";
import { approverWarning } from "./approvers.mjs";
import { REASON, ask } from "./ask.mjs";
import { op, saying } from "./call.mjs";
import { edit, explainTable } from "./editor.mjs";
import { makeList } from "./list.mjs";
import { here, link } from "./place.mjs";
import { attributeName, changedValue, known, policyValue, when } from "./show.mjs";

/** @typedef {import("./editor.mjs").Attribute} Attribute */
/** @typedef {import("./editor.mjs").Place} Place */

/** @param {Place} place */
function placeName(place)
{
	return place.name ? `${known(`admin.scope`, place.scope)}: ${place.name}` : known(`admin.scope`, place.scope);
}

/** The form that leads to another place.
 * @param {Place} place */
function chooser(place)
{
	const scope = make("select", { "aria-label": words("admin.policy.place") }, ...["site", "group", "user"].map(s =>
		make("option", { value: s, selected: s === place.scope }, known(`admin.scope`, s))));
	const name = make("input", { type: "text", value: place.name, spellcheck: "false", "aria-label": words("admin.policy.name") });
	const form = make("form", { class: "page-tools" }, scope, name, make("button", {}, words("admin.policy.show")));
	const sync = () => void (name.hidden = scope.value === "site");
	scope.addEventListener("change", sync);
	sync();
	form.addEventListener("submit", event => {
		event.preventDefault();
		location.hash = scope.value === "site" ? link("policies") : link("policies", scope.value, name.value.trim());
	});
	return form;
}

/** What stands at the place, with a button to change each.
 * @param {HTMLElement} host
 * @param {Place} place
 * @param {() => void} changed */
function values(host, place, changed)
{
	const error = make("p", { class: "error", role: "alert" }), body = make("tbody"), section = make("section");
	const warning = make("div");
	const where = place.name ? { scope: place.scope, name: place.name } : { scope: place.scope };
	const load = async () => {
		try {
			const [{ attributes }, { values: stand }] = await Promise.all([op("policies/attributes"), op("policies/show", where)]);
			body.replaceChildren(...attributes.map((/** @type {Attribute} */ a) => {
				const change = make("button", { type: "button" }, words("admin.policy.change"));
				change.addEventListener("click", async () => {
					await edit(host, place, a, stand[a.name]);
					await load();
					changed();
				});
				change.setAttribute("aria-label", `${words("admin.policy.change")}: ${known(`policy`, a.name)}`);
				return make("tr", { "data-attribute": a.name }, make("th", { scope: "row" }, known(`policy`, a.name)),
					make("td", { class: a.name in stand ? "set" : "hint" }, policyValue(a.name, stand[a.name]?.value)),
					make("td", { class: "hint" }, policyValue(a.name, a.builtIn)),
					make("td", { class: "row-actions" }, change));
			}));
			warning.replaceChildren(...await approverWarning(place, stand));
			if (place.scope === "user")
				section.replaceChildren(make("h2", {}, words("admin.explain")),
					explainTable((await op("policies/explain", { name: place.name })).explain));
		} catch (e) {
			error.textContent = saying(e);
		}
	};
	void load();
	const head = ["admin.policy.attribute", "admin.policy.here", "admin.policy.built-in", "admin.actions"];
	return [error, warning, make("div", { class: "list-scroll", tabindex: 0, role: "region", "aria-label": placeName(place) },
		make("table", { class: "values" }, make("caption", { class: "sr-only" }, placeName(place)),
			make("thead", {}, make("tr", {}, ...head.map(key => make("th", { scope: "col" }, words(key))))), body)), section];
}

/** @param {any} row */
function changeText(row)
{
	const [before, after] = [row.before, row.after].map(v => changedValue(row.attribute, v));
	return `${before} → ${after}`;
}

const WHERE = { label: "admin.policy.place", show: (/** @type {any} */ row) =>
	`${known(`admin.scope`, row.scope)}${row.name ? `: ${row.name}` : ""}` };
const WHAT = { label: "admin.policy.attribute", show: (/** @type {any} */ row) => attributeName(row.attribute) };
const WHO = { label: "admin.policy.who", show: (/** @type {any} */ row) => row.who };
const WHY = { label: "admin.field.reason", show: (/** @type {any} */ row) => make("span", { class: "long" }, row.why) };
const WHEN = { label: "admin.policy.when", show: (/** @type {any} */ row) => when(row.at_s) };
const CHANGE = { label: "admin.policy.before-after", show: (/** @type {any} */ row) => make("span", { class: "long" }, changeText(row)) };

/** What waits for a second administrator.
 * @param {HTMLElement} host
 * @param {() => void} decided */
function pending(host, decided)
{
	/** @param {boolean} approve
	 * @returns {import("./list.mjs").Action["run"]} */
	const decide = approve => async row => {
		const key = approve ? "admin.policy.approve" : "admin.policy.refuse";
		await ask(host, { heading: words(key), body: [make("p", {}, `${WHERE.show(row)} – ${WHAT.show(row)}`),
			make("p", { class: "change" }, changeText(row)), make("p", {}, `${row.who}: ${row.why}`)],
			fields: [REASON], submit: key, danger: !approve,
			deed: given => op("policies/decide", { change: row.change, approve, reason: given.reason }) });
		decided();
	};
	return makeList({ name: "admin.policy.pending", noSearch: true, columns: [WHERE, WHAT, CHANGE, WHO, WHY, WHEN],
		actions: [{ label: "admin.policy.approve", run: decide(true) },
			{ label: "admin.policy.refuse", danger: true, run: decide(false) }],
		source: query => op("policies/history", { ...query, pending: true }) });
}

/** Every change of a group or a user; beside the site's policy, every change of anything.
 * @param {Place} place */
function history(place)
{
	const only = place.name ? { scope: place.scope, name: place.name } : {};
	return makeList({ name: "admin.policy.history", columns: [WHEN, WHERE, WHAT, CHANGE, WHO, WHY,
		{ label: "admin.policy.status", show: row => make("span", {}, make("span", { class: "moment" }, known(`admin.change`, row.status)),
			row.second ? ` (${row.second}: ${row.second_why})` : "") }],
	actions: [], source: query => op("policies/history", { ...query, ...only }) });
}

/** @param {HTMLElement} host */
export function policiesPage(host)
{
	const [, scope = "", name = ""] = here();
	const place = { scope: (scope === "group" || scope === "user") && name ? scope : "site", name };
	if (place.scope === "site")
		place.name = "";
	const refresh = () => {
		void waiting.refresh();
		void past.refresh();
		host.querySelector(".place")?.replaceChildren(...values(host, place, refresh));
	};
	const waiting = pending(host, refresh), past = history(place);
	const changed = () => {
		void waiting.refresh();
		void past.refresh();
	};
	return [make("h2", {}, words("admin.policy.pending")), waiting, chooser(place), make("h2", {}, placeName(place)),
		make("div", { class: "place" }, ...values(host, place, changed)), make("h2", {}, words("admin.policy.history")), past];
}
