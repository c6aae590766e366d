// SPDX-License-Identifier: GPL-3.0-or-later
// The page of users, and of one user.

import { make } from "../dom.mjs";
import { words } from "../words.mjs";
import { REASON, ask, tell } from "./ask.mjs";
import { op, saying } from "./call.mjs";
import { bindCertificate, certificateTable } from "./certificates.mjs";
import { explainTable } from "./editor.mjs";
import { makeList } from "./list.mjs";
import { back, here, link } from "./place.mjs";
import { known, moment, when } from "./show.mjs";

/** @typedef {import("./ask.mjs").Field} Field */

const ROLES = ["staff", "administrator", "reviewer", "operator", "approver"];
/** @type {Field} */
const NAME = { name: "name", label: "admin.field.name", kind: "text", hint: "admin.name.hint" };

/** @param {string} [value]
 * @returns {Field} */
const display = (value = "") => ({ name: "display", label: "admin.field.display", kind: "text", value, optional: true });

/** @param {string[]} value
 * @returns {Field} */
const roles = value => ({ name: "roles", label: "admin.field.roles", kind: "checks", value, hint: "admin.users.roles.hint",
	options: ROLES.map(role => ({ value: role, label: known(`admin.role`, role) })) });

/** @param {string[]} list */
const roleText = list => list.map(role => known(`admin.role`, role)).join(", ") || "–";

/** @param {any} user */
function stateMark(user)
{
	return make("span", { class: user.disabled ? "mark off" : "mark on" },
		words(user.disabled ? "admin.users.disabled" : "admin.users.enabled"));
}

/** What the user can show beside the password.
 * @param {any} user */
const factors = user => [...(user.totp ? [words("admin.factor.totp")] : []), ...(user.certificates > 0 ? [words("admin.factor.certificate")] : [])]
	.join(", ") || words("admin.users.no-totp");

/** A password that the broker made: shown this once.
 * @param {HTMLElement} host
 * @param {{ name: string, password: string } | null} made */
async function showPassword(host, made)
{
	if (made)
		await tell(host, words("admin.users.password-of", { name: made.name }),
			[make("p", {}, words("admin.users.password-once")), make("p", { class: "secret" }, made.password)]);
}

/** Asks for a reason and does one thing to one user, as he or she was shown.
 * @param {HTMLElement} host
 * @param {string} what name of the operation and of its words
 * @param {any} user
 * @param {{ danger?: boolean, fields?: Field[], versioned?: boolean }} [more] */
function change(host, what, user, more = {})
{
	return ask(host, { heading: words(`admin.users.${what}-of`, { name: user.name }),
		body: [make("p", {}, words(`admin.users.${what}.body`))], fields: [...more.fields ?? [], REASON],
		submit: `admin.users.${what}`, danger: more.danger ?? false,
		deed: values => op(`users/${what}`, { ...values, name: user.name,
			...(more.versioned === false ? {} : { version: user.version }) }) });
}

/** @param {HTMLElement} host
 * @param {string} name */
function userPage(host, name)
{
	const view = make("div", { class: "user-page" }), error = make("p", { class: "error", role: "alert" });
	const load = async () => {
		try {
			const [{ user, groups, certificates }, { explain }] = await Promise.all([op("users/show", { name }), op("policies/explain", { name })]);
			error.textContent = "";
			view.replaceChildren(facts(user, groups), tools(user), make("h2", {}, words("admin.users.certificates")),
				certificateTable(host, name, certificates, load), make("h2", {}, words("admin.explain")), explainTable(explain));
		} catch (e) {
			error.textContent = saying(e);
		}
	};
	/** @param {string} what
	 * @param {() => Promise<any>} run */
	const button = (what, run, danger = false) => {
		const b = make("button", { type: "button", class: danger ? "danger" : null }, words(`admin.users.${what}`));
		b.addEventListener("click", async () => {
			await run();
			await load();
		});
		return b;
	};
	/** @param {any} user
	 * @param {any[]} groups */
	const facts = (user, groups) => {
		const joined = groups.flatMap((g, i) => [...(i > 0 ? [", "] : []), make("a", { href: link("groups", g.name) }, g.name)]);
		/** @type {[string, Node | string][]} */
		const list = [["admin.users.state", stateMark(user)], ["admin.field.display", user.display || "–"],
			["admin.field.roles", roleText(user.roles)], ["admin.tab.groups", make("span", {}, ...(joined.length ? joined : ["–"]))],
			["admin.users.source", words(user.source === "directory" ? "admin.users.from-directory" : "admin.users.local")],
			["admin.users.second-factor", factors(user)],
			["admin.users.created", moment(user.created_s)], ["admin.users.last", moment(user.login_s)]];
		return make("dl", { class: "facts" }, ...list.flatMap(([key, value]) => [make("dt", {}, words(key)), make("dd", {}, value)]));
	};
	/** @param {any} user */
	const tools = user => make("div", { class: "page-tools" },
		make("a", { class: "button", href: link("policies", "user", name) }, words("admin.tab.policies")),
		button("set-roles", () => change(host, "set-roles", user, { fields: [roles(user.roles)] })),
		button("set-display", () => change(host, "set-display", user, { fields: [display(user.display)] })),
		...(user.source === "local" ? [button("new-password", async () =>
			showPassword(host, await change(host, "new-password", user, { versioned: false })))] : []),
		...(user.totp ? [button("reset-second-factor", () => change(host, "reset-second-factor", user, { versioned: false }))] : []),
		...(user.totp ? [] : [button("allow-enrolment", () => change(host, "allow-enrolment", user, { versioned: false }))]),
		button("add-certificate", () => bindCertificate(host, name)),
		user.disabled ? button("enable", () => change(host, "enable", user)) :
			button("disable", () => change(host, "disable", user, { danger: true }), true),
		button("delete", async () => {
			if (await change(host, "delete", user, { danger: true }))
				location.hash = link("users");
		}, true));
	void load();
	return [back("users"), make("h2", {}, name), error, view];
}

/** @param {HTMLElement} host */
export function usersPage(host)
{
	const [, name] = here();
	if (name)
		return userPage(host, name);
	/** @param {string} what
	 * @param {any} row */
	const run = async (what, row, danger = false) => {
		await change(host, what, row, { danger });
		void list.refresh();
	};
	const list = makeList({
		name: "admin.tab.users",
		columns: [
			{ label: "admin.field.name", show: row => make("a", { href: link("users", row.name) }, row.name) },
			{ label: "admin.field.display", show: row => row.display || "–" },
			{ label: "admin.users.state", show: stateMark },
			{ label: "admin.field.roles", show: row => roleText(row.roles) },
			{ label: "admin.users.second-factor", show: factors },
			{ label: "admin.users.last", show: row => when(row.login_s) },
		],
		actions: [
			{ label: "admin.users.disable", danger: true, when: row => !row.disabled, run: row => run("disable", row, true) },
			{ label: "admin.users.enable", when: row => row.disabled, run: row => run("enable", row) },
		],
		source: query => op("users/list", query),
	});
	const add = make("button", { type: "button", class: "primary" }, words("admin.users.add"));
	add.addEventListener("click", async () => {
		const made = await ask(host, { heading: words("admin.users.add"), fields: [NAME, display(), roles(["staff"]), REASON],
			submit: "admin.users.add", deed: values => op("users/add", values) });
		void list.refresh();
		await showPassword(host, made);
	});
	return [make("div", { class: "page-tools" }, add), list];
}
