// SPDX-License-Identifier: GPL-3.0-or-later
// Search by what was on the screen: which recording, which second, and the words around it. Only where the site wants words to
// be read; while somebody has unlocked the key the broker reads on.

import { op, saying } from "../admin/call.mjs";
import { link } from "../admin/place.mjs";
import { make } from "../dom.mjs";
import { words } from "../words.mjs";
import { review } from "./call.mjs";
import { clock, moment } from "./show.mjs";
import { unlocked } from "./unlock.mjs";

/** @typedef {{ recording: string, at_us: number, text: string }} Hit */

/** The text with the phrase marked.
 * @param {string} text
 * @param {string} phrase */
function marked(text, phrase)
{
	const at = text.toLowerCase().indexOf(phrase.toLowerCase());
	return at < 0 ? [text] : [text.slice(0, at), make("mark", {}, text.slice(at, at + phrase.length)), text.slice(at + phrase.length)];
}

/** @param {Hit[]} hits
 * @returns {Promise<Map<string, any>>} rows of recordings/show, of those that are still there */
async function rowsOf(hits)
{
	const ids = [...new Set(hits.map(hit => hit.recording))];
	const rows = await Promise.all(ids.map(recording => op("recordings/show", { recording }).then(answer => answer.recording).catch(() => null)));
	return new Map(ids.map((id, i) => [id, rows[i]]));
}

/** @param {Hit[]} hits
 * @param {Map<string, any>} rows
 * @param {string} phrase */
function listOf(hits, rows, phrase)
{
	return make("ol", { class: "hits" }, ...hits.filter(hit => rows.get(hit.recording)).map(hit => {
		const row = rows.get(hit.recording), where = `${row.user}  ${moment(row.began_us + hit.at_us)}  (${clock(hit.at_us)})`;
		return make("li", {}, make("a", { href: link("play", hit.recording, String(hit.at_us / 1000000)) }, where),
			make("p", {}, ...marked(hit.text, phrase)));
	}));
}

/** How far the broker has come with reading, in words; "" if it reads nothing now. */
async function reading()
{
	const state = await review("words-state");
	if (!state.recording)
		return "";
	return words("review.find.reading", { percent: Math.floor(100 * state.at_us / Math.max(1, state.length_us)) });
}

/** The form and where its answers go; nothing where the site has no such search.
 * @returns {HTMLElement} */
export function finder()
{
	const place = make("section", { class: "finder" });
	const input = make("input", { type: "search", maxlength: 100, "aria-label": words("review.find"), placeholder: words("review.find") });
	const form = make("form", { class: "page-tools", role: "search" }, input, make("button", {}, words("review.find.submit")));
	const status = make("p", { class: "hint", role: "status" }), error = make("p", { class: "error", role: "alert" }), answers = make("div", {});
	form.addEventListener("submit", async event => {
		event.preventDefault();
		const phrase = input.value.trim();
		error.textContent = "";
		answers.replaceChildren();
		if (!phrase)
			return;
		try {
			if (!await unlocked(place))
				return;
			const found = await review("find", { phrase }), rows = await rowsOf(found.hits), still = await reading();
			status.textContent = [words(found.hits.length === 0 ? "review.find.none" : found.more ? "review.find.many" : "review.find.some",
				{ n: found.hits.length }), still].filter(Boolean).join("  ");
			answers.replaceChildren(listOf(found.hits, rows, phrase));
		} catch (e) {
			error.textContent = saying(e);
		}
	});
	void review("words-state").then(state => {
		if (state.on)
			place.append(form, status, error, answers);
	}, () => undefined);
	return place;
}
