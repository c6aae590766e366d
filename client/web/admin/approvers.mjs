// SPDX-License-Identifier: GPL-3.0-or-later
// Who approves for a group: the list on the group's page, and the warning where a policy asks for approvals and nobody could give one.

import { ApiError } from "../api.mjs";
import { make } from "../dom.mjs";
import { words } from "../words.mjs";
import { REASON, ask } from "./ask.mjs";
import { op } from "./call.mjs";
import { makeList } from "./list.mjs";
import { link } from "./place.mjs";
import { when } from "./show.mjs";

/** A day of the reader's time zone: when it begins, or when it is over. "" is none.
 * @param {string} text
 * @param {boolean} over
 * @returns {number | undefined} seconds since 1970 */
function day(text, over)
{
	if (!text)
		return undefined;
	const match = /^(\d{4})-(\d{1,2})-(\d{1,2})$/.exec(text);
	const date = match ? new Date(Number(match[1]), Number(match[2]) - 1, Number(match[3]) + (over ? 1 : 0)) : null;
	if (!date || Number.isNaN(date.getTime()))
		throw new ApiError("bad-request", 400, 0, { field: over ? "until_s" : "from_s", why: "range" });
	return Math.floor(date.getTime() / 1000);
}

/** @param {HTMLElement} host
 * @param {string} group */
export function approversOf(host, group)
{
	const none = make("p", { class: "notice", role: "status" });
	none.hidden = true;
	const list = makeList({ name: "admin.approvers", noSearch: true,
		columns: [{ label: "admin.field.name", show: row => make("a", { href: link("users", row.user) }, row.user) },
			{ label: "admin.field.display", show: row => row.display || "–" },
			{ label: "admin.approvers.kind", show: row => words(row.deputy ? "admin.approvers.deputy" : "admin.approvers.approver") },
			{ label: "admin.approvers.time", show: row => row.deputy ? make("span", {}, when(row.from_s), " – ", when(row.until_s)) : words("admin.approvers.always") },
			{ label: "admin.approvers.acts", show: row => words(row.acts ? "admin.approvers.acts.yes" : "admin.approvers.acts.no") }],
		actions: [{ label: "admin.approvers.remove", danger: true, run: async row => {
			await ask(host, { heading: words("admin.approvers.remove-of", { name: row.user, group }), fields: [REASON],
				submit: "admin.approvers.remove", danger: true, deed: values => op("groups/remove-approver", { ...values, name: group, user: row.user }) });
			void list.refresh();
		} }],
		source: async query => {
			const page = await op("groups/approvers", { ...query, name: group });
			none.textContent = words("admin.approvers.none");
			none.hidden = page.rows.some((/** @type {any} */ row) => row.acts);
			return page;
		} });
	const set = make("button", { type: "button" }, words("admin.approvers.set"));
	set.addEventListener("click", async () => {
		await ask(host, { heading: words("admin.approvers.set"),
			fields: [{ name: "user", label: "admin.field.user", kind: "text" },
				{ name: "kind", label: "admin.approvers.set.kind", kind: "choice", value: "approver",
					options: ["approver", "deputy"].map(value => ({ value, label: words(value === "deputy" ? "admin.approvers.deputy" : "admin.approvers.approver") })) },
				{ name: "from", label: "admin.approvers.from", kind: "text", hint: "admin.approvers.date.hint", optional: true },
				{ name: "until", label: "admin.approvers.until", kind: "text", hint: "admin.approvers.date.hint", optional: true }, REASON],
			submit: "admin.approvers.set",
			deed: async ({ user, kind, from, until, reason }) => {
				const deputy = kind === "deputy", from_s = deputy ? day(from, false) : undefined, until_s = deputy ? day(until, true) : undefined;
				await op("groups/set-approver", { name: group, user, deputy, from_s, until_s, reason });
			} });
		void list.refresh();
	});
	return [make("h2", {}, words("admin.approvers")), make("p", { class: "hint" }, words("admin.approvers.hint")),
		make("div", { class: "page-tools" }, set), none, list];
}

/** Whether the values of a place ask for approvals.
 * @param {Record<string, { value: any }>} values */
const asks = values => [values.download?.value, values.print?.value].some(v => typeof v === "string" && v.endsWith("-approved")) ||
	Number(values.clipboard_approval_chars?.value ?? 0) > 0;

/** A warning where requests would be refused for want of an approver, else nothing.
 * @param {import("./editor.mjs").Place} place
 * @param {Record<string, { value: any }>} values what stands there
 * @returns {Promise<HTMLElement[]>} */
export async function approverWarning(place, values)
{
	if (!asks(values) || place.scope === "user")
		return [];
	const { groups } = await op("groups/unapproved");
	const those = place.scope === "group" ? groups.filter((/** @type {string} */ name) => name === place.name) : groups;
	return those.length > 0 ? [make("p", { class: "notice", role: "status" }, words("admin.policy.unapproved", { groups: those.join(", ") }))] : [];
}
