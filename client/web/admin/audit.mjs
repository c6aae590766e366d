// SPDX-License-Identifier: GPL-3.0-or-later
// The page of the audit log: newest first, by pages, with filters.

import { make } from "../dom.mjs";
import { currentLanguage, words } from "../words.mjs";
import { op, saying } from "./call.mjs";
import { makeList } from "./list.mjs";
import { count, known } from "./show.mjs";

/** The broker looks through a part of the log for each call; a rare word may take some. */
const MOST_CALLS = 30;
const EXACT = ["who", "what", "object", "from", "to"];

/** What is said beside the columns.
 * @param {any} row */
function details(row)
{
	const d = row.details ?? {};
	return Object.keys(d).map(key => `${key}=${typeof d[key] === "string" ? d[key] : JSON.stringify(d[key])}`).join("  ") || "–";
}

export function auditPage()
{
	const state = make("p", { class: "hint", role: "status" });
	const filters = make("form", { class: "page-tools" }), list = makeList({
		name: "admin.tab.audit",
		columns: [
			{ label: "admin.audit.seq", number: true, show: row => count(row.seq) },
			{ label: "admin.audit.when", show: row => make("span", { class: "moment" }, new Date(row.time).toLocaleString(currentLanguage() === "ja" ? "ja-JP" : "en-GB")) },
			{ label: "admin.audit.who", show: row => row.who || "–" },
			{ label: "admin.audit.what", show: row => row.what },
			{ label: "admin.audit.object", show: row => row.object || "–" },
			{ label: "admin.audit.outcome", show: row => make("span", { class: row.outcome === "ok" ? "mark on" : "mark warn" },
				known(`admin.outcome`, row.outcome)) },
			{ label: "admin.audit.details", show: row => make("div", { class: "hint details" }, details(row)) },
		],
		actions: [],
		source: async query => {
			const exact = Object.fromEntries(inputs.filter(i => i.value.trim()).map(i => [i.name, i.value.trim()]));
			/** @type {any[]} */
			const rows = [];
			let next = query.after;
			for (let call = 0; call < MOST_CALLS && rows.length < query.limit; call++) {
				const page = await op("audit/search", { ...query, ...exact, after: next, limit: query.limit - rows.length });
				rows.push(...page.rows);
				next = page.next ?? "";
				if (!next)
					break;
			}
			return { total: -1, rows, next: next || null };
		},
	});
	const inputs = EXACT.map(name => make("input", { type: "text", name, maxlength: 100, spellcheck: "false",
		placeholder: words(`admin.audit.${name}`), "aria-label": words(`admin.audit.${name}`) }));
	filters.append(...inputs, make("button", {}, words("admin.audit.filter")));
	filters.addEventListener("submit", event => {
		event.preventDefault();
		list.first();
	});
	op("audit/state").then(s => {
		state.className = s.writable && !s.damaged ? "mark on" : "error";
		state.textContent = s.damaged ? words("admin.audit.damaged") : s.writable ?
			words("admin.audit.writable", { seq: count(s.seq), signed: count(s.signed_seq) }) : words("admin.audit.stuck", { why: s.why });
	}, error => void (state.textContent = saying(error)));
	return [state, filters, list];
}
