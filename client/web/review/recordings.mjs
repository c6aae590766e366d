// SPDX-License-Identifier: GPL-3.0-or-later
// The list of recordings: newest first, by pages, with everything that a reviewer may look for.

import { op } from "../admin/call.mjs";
import { makeList } from "../admin/list.mjs";
import { link } from "../admin/place.mjs";
import { known, size, span } from "../admin/show.mjs";
import { make } from "../dom.mjs";
import { words } from "../words.mjs";
import { finder } from "./find.mjs";
import { moment } from "./show.mjs";

/** What a recording can be searched for beside words: value of the choice, and what is asked of the broker. */
const WHAT = {
	"": {}, running: { ended: "running" }, clipboard: { marks: ["clipboard"] }, policy: { marks: ["policy"] }, message: { marks: ["message"] },
	"ended-admin": { ended: "ended-admin" }, failed: { marks: ["failed"] }, late: { marks: ["late"] }, hold: { hold: true },
	noted: { noted: true }, purged: { purged: true },
};

/** Local time of an input to microseconds since 1970.
 * @param {string} text */
const toUs = text => text ? new Date(text).getTime() * 1000 : undefined;

/** @param {any} row */
function marks(row)
{
	const list = row.marks.map((/** @type {string} */ mark) => make("span", { class: "tag" }, words(`review.mark.${mark}`)));
	if (row.hold)
		list.push(make("span", { class: "tag hold" }, words("review.hold")));
	if (row.notes > 0)
		list.push(make("span", { class: "tag" }, words("review.notes-count", { n: row.notes })));
	return make("span", {}, ...list);
}

/** @param {any} row */
function ended(row)
{
	if (row.purged_s > 0)
		return make("span", { class: "hint" }, words("review.purged"));
	if (!row.ended)
		return make("span", { class: "mark on" }, words("review.running"));
	return ["policy", "restart", "moved", "unfinished"].includes(row.ended) ? words(`review.ended.${row.ended}`) : known("state", row.ended);
}

/** @returns {HTMLElement[]} */
export function recordingsPage()
{
	const what = make("select", { "aria-label": words("review.filter.what") }, ...Object.keys(WHAT).map(name =>
		make("option", { value: name }, words(`review.filter.${name || "all"}`))));
	const from = make("input", { type: "datetime-local", "aria-label": words("review.filter.from") });
	const to = make("input", { type: "datetime-local", "aria-label": words("review.filter.to") });
	const least = make("input", { type: "number", min: 0, max: 10080, "aria-label": words("review.filter.least") });
	const filters = make("form", { class: "page-tools" }, what,
		make("label", {}, words("review.filter.from"), " ", from), make("label", {}, words("review.filter.to"), " ", to),
		make("label", {}, words("review.filter.least"), " ", least), make("button", {}, words("admin.audit.filter")));
	const list = makeList({
		name: "review.recordings",
		searches: "review.searches",
		columns: [
			{ label: "admin.field.user", show: row => row.user },
			{ label: "review.column.groups", show: row => row.groups.join(", ") || "–" },
			{ label: "admin.field.host", show: row => row.host || "–" },
			{ label: "review.column.began", show: row => moment(row.began_us) },
			{ label: "review.column.length", number: true, show: row => row.ended ? span(row.length_us / 1000000) : "–" },
			{ label: "review.column.size", number: true, show: row => row.ended ? size(row.bytes) : "–" },
			{ label: "review.column.end", show: ended },
			{ label: "review.column.marks", show: marks },
		],
		actions: [
			{ label: "review.open", when: row => !row.purged_s, run: row => void (location.hash = link("play", row.recording)) },
			{ label: "review.watch", when: row => !row.ended && !row.purged_s, run: row => void (location.hash = link("live", row.recording)) },
		],
		source: query => {
			const chosen = /** @type {any} */ (WHAT)[what.value], minutes = Number(least.value);
			return op("recordings/list", { ...query, ...chosen, from_us: toUs(from.value), to_us: toUs(to.value),
				least_us: minutes > 0 ? Math.round(minutes * 60000000) : undefined });
		},
	});
	filters.addEventListener("submit", event => {
		event.preventDefault();
		list.first();
	});
	what.addEventListener("change", () => list.first());
	return [make("h1", {}, words("review.recordings")), finder(), filters, list];
}
