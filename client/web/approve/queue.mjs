// SPDX-License-Identifier: GPL-3.0-or-later
// The table of what waits, oldest first.

import { count, moment, span } from "../admin/show.mjs";
import { make } from "../dom.mjs";
import { words } from "../words.mjs";

/** @typedef {import("./call.mjs").Approval} Approval */

/** @param {Approval} row */
export function nameOf(row)
{
	return row.name || words("approve.text.name");
}

/** @param {Approval} row */
export function requester(row)
{
	return row.display ? `${row.display} (${row.user})` : row.user;
}

/** @param {Approval} row */
export function sizeOf(row)
{
	return row.kind === "text" ? words("approve.chars", { n: count(row.chars) }) : words("approve.pages", { n: count(row.pages) });
}

/** @param {Approval} row */
export function needed(row)
{
	return row.mine ? words("approve.mine") : row.needed > 1 ? words("approve.needs-two", { given: row.given }) : "";
}

/** @param {Approval[]} rows */
export function queueTable(rows)
{
	const head = ["what", "user", "group", "kind", "size", "asked", "left"].map(name => make("th", { scope: "col" }, words(`approve.column.${name}`)));
	const body = rows.map(row => {
		const more = needed(row), name = nameOf(row);
		const link = make("a", { class: row.mine ? null : "button", href: `#view/${row.id}` }, words("approve.open"));
		link.setAttribute("aria-label", `${words("approve.open")}: ${name}, ${requester(row)}`);
		return make("tr", { "data-id": row.id, class: row.mine ? "mine" : null },
			make("th", { scope: "row" }, name, ...(more ? [make("p", { class: "hint" }, more)] : [])),
			make("td", {}, requester(row)), make("td", {}, row.group), make("td", {}, words(`approve.kind.${row.kind}`)), make("td", {}, sizeOf(row)),
			make("td", {}, moment(row.created)), make("td", {}, span(row.expires - Date.now() / 1000)), make("td", { class: "row-actions" }, link));
	});
	return make("div", { class: "list-scroll", tabindex: 0, role: "region", "aria-label": words("approve.queue") },
		make("table", {}, make("caption", { class: "sr-only" }, words("approve.queue")),
			make("thead", {}, make("tr", {}, ...head, make("th", { scope: "col" }, make("span", { class: "sr-only" }, words("approve.open"))))),
			make("tbody", {}, ...body)));
}
