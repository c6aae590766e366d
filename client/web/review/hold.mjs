// SPDX-License-Identifier: GPL-3.0-or-later
// Legal hold: while it is on, nobody can delete the recording, however old it is.

import { REASON, ask } from "../admin/ask.mjs";
import { op } from "../admin/call.mjs";
import { make } from "../dom.mjs";
import { words } from "../words.mjs";

/** @param {HTMLElement} host
 * @param {any} row of recordings/show; changed here
 * @returns {HTMLElement} */
export function holdButton(host, row)
{
	const state = make("span", { class: "tag hold" }), button = make("button", { type: "button" });
	const show = () => {
		state.textContent = words("review.hold");
		state.title = row.hold_why ?? "";
		state.hidden = !row.hold;
		button.textContent = words(row.hold ? "review.hold.off" : "review.hold.on");
	};
	button.addEventListener("click", async () => {
		const done = await ask(host, { heading: words(row.hold ? "review.hold.off" : "review.hold.on"),
			body: [make("p", {}, words(row.hold ? "review.hold.off.body" : "review.hold.on.body"))], fields: [REASON],
			submit: row.hold ? "review.hold.off" : "review.hold.on",
			deed: values => op("recordings/hold", { recording: row.recording, hold: !row.hold, reason: values.reason }) });
		if (done)
			row.hold = !row.hold;
		show();
	});
	show();
	return make("span", { class: "hold-state" }, state, button);
}
