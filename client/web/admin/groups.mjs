// SPDX-License-Identifier: GPL-3.0-or-later
// The page of groups, and of one group.

import { make } from "../dom.mjs";
import { words } from "../words.mjs";
import { approversOf } from "./approvers.mjs";
import { REASON, ask } from "./ask.mjs";
import { op, saying } from "./call.mjs";
import { makeList } from "./list.mjs";
import { back, here, link } from "./place.mjs";
import { count, known } from "./show.mjs";

/** @typedef {import("./ask.mjs").Field} Field */

const NEEDS = ["", "password", "password+totp", "certificate", "certificate+password", "certificate+totp", "certificate+password+totp"];

/** @param {string} needs */
function needsText(needs)
{
	return needs ? needs.split("+").map(factor => known(`admin.factor`, factor)).join(" + ") : words("admin.groups.needs.site");
}

/** @param {any} [group]
 * @returns {Field[]} */
const texts = group => [
	{ name: "text", label: "admin.field.description", kind: "text", value: group?.text ?? "", optional: true },
	{ name: "directory", label: "admin.field.directory", kind: "text", value: group?.directory ?? "", hint: "admin.groups.directory.hint", optional: true },
	{ name: "needs", label: "admin.field.needs", kind: "choice", value: group?.needs ?? "", hint: "admin.groups.needs.hint",
		options: NEEDS.map(value => ({ value, label: needsText(value) })) },
];

/** @param {HTMLElement} host
 * @param {string} name */
function groupPage(host, name)
{
	const facts = make("dl", { class: "facts" }), error = make("p", { class: "error", role: "alert" });
	/** @type {any} */
	let group = null;
	const load = async () => {
		try {
			({ group } = await op("groups/show", { name }));
			facts.replaceChildren(...[["admin.field.description", group.text], ["admin.field.directory", group.directory],
				["admin.field.needs", needsText(group.needs)]].flatMap(([key, value]) => [make("dt", {}, words(key)), make("dd", {}, value || "–")]));
		} catch (e) {
			error.textContent = saying(e);
		}
	};
	const members = makeList({ name: "admin.groups.members",
		columns: [{ label: "admin.field.name", show: row => make("a", { href: link("users", row.name) }, row.name) },
			{ label: "admin.field.display", show: row => row.display || "–" }],
		actions: [{ label: "admin.groups.remove", danger: true, run: async row => {
			await ask(host, { heading: words("admin.groups.remove-of", { name: row.name, group: name }), fields: [REASON],
				submit: "admin.groups.remove", danger: true, deed: values => op("groups/remove-member", { ...values, name, user: row.name }) });
			void members.refresh();
		} }],
		source: query => op("groups/members", { ...query, name }) });
	const button = (/** @type {string} */ key, /** @type {() => Promise<any>} */ run, danger = false) => {
		const b = make("button", { type: "button", class: danger ? "danger" : null }, words(key));
		b.addEventListener("click", () => void run());
		return b;
	};
	const tools = make("div", { class: "page-tools" },
		make("a", { class: "button", href: link("policies", "group", name) }, words("admin.tab.policies")),
		button("admin.groups.add-member", async () => {
			await ask(host, { heading: words("admin.groups.add-member"),
				fields: [{ name: "user", label: "admin.field.user", kind: "text" }, REASON], submit: "admin.groups.add-member",
				deed: values => op("groups/add-member", { ...values, name }) });
			void members.refresh();
		}),
		button("admin.groups.edit", async () => {
			await ask(host, { heading: words("admin.groups.edit"), fields: [...texts(group), REASON], submit: "admin.groups.edit",
				deed: values => op("groups/edit", { ...values, name, version: group?.version ?? 1 }) });
			await load();
		}),
		button("admin.groups.delete", async () => {
			if (await ask(host, { heading: words("admin.groups.delete-of", { name }), body: [make("p", {}, words("admin.groups.delete.body"))],
				fields: [REASON], submit: "admin.groups.delete", danger: true,
				deed: values => op("groups/delete", { ...values, name, version: group?.version ?? 0 }) }))
				location.hash = link("groups");
		}, true));
	void load();
	return [back("groups"), make("h2", {}, name), error, facts, tools,
		make("h2", {}, words("admin.groups.members")), members, ...approversOf(host, name)];
}

/** @param {HTMLElement} host */
export function groupsPage(host)
{
	const [, name] = here();
	if (name)
		return groupPage(host, name);
	const list = makeList({ name: "admin.tab.groups",
		columns: [{ label: "admin.field.group", show: row => make("a", { href: link("groups", row.name) }, row.name) },
			{ label: "admin.field.description", show: row => row.text || "–" },
			{ label: "admin.groups.members", number: true, show: row => count(row.members) },
			{ label: "admin.field.directory", show: row => row.directory || "–" },
			{ label: "admin.field.needs", show: row => needsText(row.needs) }],
		actions: [{ label: "admin.tab.policies", run: row => {
			location.hash = link("policies", "group", row.name);
		} }],
		source: query => op("groups/list", query) });
	const add = make("button", { type: "button", class: "primary" }, words("admin.groups.add"));
	add.addEventListener("click", async () => {
		await ask(host, { heading: words("admin.groups.add"),
			fields: [{ name: "name", label: "admin.field.group", kind: "text", hint: "admin.name.hint" }, ...texts(), REASON],
			submit: "admin.groups.add", deed: values => op("groups/add", values) });
		void list.refresh();
	});
	return [make("div", { class: "page-tools" }, add), list];
}
