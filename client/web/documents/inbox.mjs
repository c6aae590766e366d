// SPDX-License-Identifier: GPL-3.0-or-later
// One row of the inbox: a document or a text, how it stands, and what can be done with it.

import { make } from "../dom.mjs";
import { currentLanguage, hasWords, words } from "../words.mjs";

/** @typedef {import("./call.mjs").Document} Document */
/** @typedef {import("./call.mjs").Text} Text */
/** @typedef {{ label: string, name: string, run: () => unknown, danger?: boolean, primary?: boolean }} Deed */

/** @param {number} seconds since 1970, UTC */
function moment(seconds)
{
	return new Date(seconds * 1000).toLocaleString(currentLanguage() === "ja" ? "ja-JP" : "en-GB", { dateStyle: "short", timeStyle: "short" });
}

/** Why it did not work, and what to do. What an approver wrote stands as it is.
 * @param {{ state: string, reason: string }} row */
export function reasonOf(row)
{
	if (row.state === "refused" && !hasWords(`documents.reason.${row.reason}`))
		return row.reason;
	return words(hasWords(`documents.reason.${row.reason}`) ? `documents.reason.${row.reason}` : "documents.reason.other");
}

/** @param {Deed[]} deeds
 * @param {string} of what they are done to, for who does not see the row */
function buttons(deeds, of)
{
	return make("div", { class: "deeds" }, ...deeds.map(deed => {
		const b = make("button", { type: "button", "data-deed": deed.name, class: deed.danger ? "danger" : deed.primary ? "primary" : null }, words(deed.label));
		b.setAttribute("aria-label", `${words(deed.label)}: ${of}`);
		b.addEventListener("click", () => void deed.run());
		return b;
	}));
}

/** @param {string} state */
const badge = state => make("span", { class: `state state-${state}` }, words(hasWords(`documents.state.${state}`) ? `documents.state.${state}` : "documents.state.failed"));

/** @param {Document} row
 * @param {Deed[]} deeds */
export function documentRow(row, deeds)
{
	/** @type {Node[]} */
	const more = [];
	if (row.state === "working") {
		const text = row.pages > 0 ? words("documents.progress", { done: row.pages_done, pages: row.pages }) : words("documents.progress.begin");
		const bar = make("progress", row.pages > 0 ? { max: row.pages, value: row.pages_done, "aria-label": row.name } : { "aria-label": row.name });
		more.push(bar, make("span", { class: "hint" }, text));
	} else if (row.state === "released" || row.state === "waiting") {
		more.push(make("span", { class: "hint" }, [words("documents.pages", { n: row.pages }),
			words("documents.until", { when: moment(row.expires) })].filter(Boolean).join(" · ")));
	} else if (row.state === "failed" || row.state === "refused") {
		more.push(make("span", { class: "why" }, reasonOf(row)));
	}
	return make("li", { "data-id": row.id, "data-state": row.state }, make("div", { class: "what" }, make("strong", {}, row.name), badge(row.state)),
		make("div", { class: "more" }, ...more), buttons(deeds, row.name));
}

/** @param {Text} row */
export const textName = row => words("documents.text.name", { chars: row.chars });

/** @param {Text} row
 * @param {Deed[]} deeds */
export function textRow(row, deeds)
{
	const more = row.state === "refused" ? make("span", { class: "why" }, words("documents.refused-by", { by: row.by, reason: row.reason })) :
		make("span", { class: "hint" }, [words("documents.asked", { when: moment(row.created) }),
			row.state === "expired" ? "" : words("documents.until", { when: moment(row.expires) })].filter(Boolean).join(" · "));
	return make("li", { "data-id": row.id, "data-state": row.state }, make("div", { class: "what" }, make("strong", {}, textName(row)), badge(row.state)),
		make("div", { class: "more" }, more), buttons(deeds, textName(row)));
}
