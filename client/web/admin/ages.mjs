// SPDX-License-Identifier: GPL-3.0-or-later
// What is too old, or soon will be: a notice above every page of the administration. Nothing is shown while all is young.

import { make } from "../dom.mjs";
import { words } from "../words.mjs";
import { op } from "./call.mjs";
import { known } from "./show.mjs";

/** @param {any} row */
function line(row)
{
	const what = `${known(`admin.ages.of`, row.of)} (${row.at === "broker" ? words("admin.ages.broker") : row.at})`;
	const left = row.left_hours !== undefined ? words("admin.ages.left-hours", { n: row.left_hours }) :
		row.left_days !== undefined ? words("admin.ages.left-days", { n: row.left_days }) :
		row.age_days !== undefined ? words("admin.ages.age-days", { n: row.age_days }) :
		row.version !== undefined ? words("admin.ages.version", { n: row.version }) : words("admin.ages.unknown");
	return make("li", { class: row.level === "over" ? "alarm" : null }, `${words(`admin.ages.${row.level}`)}${what} ${left}`);
}

/** @returns {HTMLElement} empty until the broker has answered, and where there is nothing to say */
export function agesNotice()
{
	const notice = make("section", { class: "ages-notice", hidden: true, "aria-label": words("admin.ages.title") });
	op("ages/list").then((/** @type {any} */ { rows }) => {
		const bad = rows.filter((/** @type {any} */ row) => row.level !== "fine");
		if (bad.length === 0)
			return;
		notice.append(make("strong", {}, words("admin.ages.title")), make("ul", {}, ...bad.map(line)));
		notice.hidden = false;
	}).catch(() => {}); // the page itself says what is wrong
	return notice;
}
