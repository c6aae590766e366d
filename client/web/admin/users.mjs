// SPDX-License-Identifier: GPL-3.0-or-later
// The page of users.

import { make } from "../dom.mjs";
import { words } from "../words.mjs";
import { REASON, ask, tell } from "./ask.mjs";
import { op } from "./call.mjs";
import { makeList } from "./list.mjs";
import { known, moment } from "./show.mjs";

/** @typedef {import("./ask.mjs").Field} Field */

/** @type {Field} */
const NAME = { name: "name", label: "admin.field.name", kind: "text", hint: "admin.name.hint" };

/** A password that the broker made: shown this once.
 * @param {HTMLElement} host
 * @param {{ name: string, password: string } | null} made */
async function showPassword(host, made)
{
	if (made)
		await tell(host, words("admin.users.password-of", { name: made.name }),
			[make("p", {}, words("admin.users.password-once")), make("p", { class: "secret" }, made.password)]);
}

/** @param {HTMLElement} host */
export function usersPage(host)
{
	/** Asks for a reason, does one thing to one user, and shows the list anew.
	 * @param {string} what name of the operation and of its words
	 * @param {any} row
	 * @param {{ danger?: boolean, fields?: Field[] }} [more] */
	const change = async (what, row, more = {}) => {
		const done = await ask(host, { heading: words(`admin.users.${what}-of`, { name: row.name }),
			body: [make("p", {}, words(`admin.users.${what}.body`))], fields: [...more.fields ?? [], REASON],
			submit: `admin.users.${what}`, danger: more.danger ?? false,
			deed: values => op(`users/${what}`, { ...values, name: row.name }) });
		void list.refresh();
		return done;
	};
	const list = makeList({
		name: "admin.tab.users",
		columns: [
			{ label: "admin.field.name", show: row => row.name },
			{ label: "admin.users.state", show: row => make("span", { class: row.disabled ? "mark off" : "mark on" },
				words(row.disabled ? "admin.users.disabled" : "admin.users.enabled")) },
			{ label: "admin.field.roles", show: row => row.roles.map((/** @type {string} */ r) => known(`admin.role`, r)).join(", ") || "–" },
			{ label: "admin.users.created", show: row => moment(row.created_s) },
		],
		actions: [
			{ label: "admin.users.disable", danger: true, when: row => !row.disabled,
				run: row => change("disable", row, { danger: true }) },
			{ label: "admin.users.enable", when: row => row.disabled, run: row => change("enable", row) },
			{ label: "admin.users.new-password", run: async row => showPassword(host, await change("new-password", row)) },
		],
		source: query => op("users/list", query),
	});
	const add = make("button", { type: "button", class: "primary" }, words("admin.users.add"));
	add.addEventListener("click", async () => {
		const made = await ask(host, { heading: words("admin.users.add"), fields: [NAME, REASON], submit: "admin.users.add",
			deed: values => op("users/add", values) });
		void list.refresh();
		await showPassword(host, made);
	});
	return [make("div", { class: "page-tools" }, add), list];
}
