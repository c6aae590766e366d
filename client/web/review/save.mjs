// SPDX-License-Identifier: GPL-3.0-or-later
// A recording, or a part of it, as a video file: asked for with a reason, made by the broker while this shows how far it is,
// then fetched in parts and handed to the browser as a download.

import { REASON, ask } from "../admin/ask.mjs";
import { saying } from "../admin/call.mjs";
import { ApiError } from "../api.mjs";
import { make, uniqueId } from "../dom.mjs";
import { words } from "../words.mjs";
import { review, reviewBytes } from "./call.mjs";
import { clock } from "./show.mjs";

const LOOK_EVERY_MS = 500;

/** 1:02:03, 2:03 or 3 as seconds; -1 if it is no time.
 * @param {string} text */
export function secondsOf(text)
{
	const parts = text.trim().split(":");
	if (parts.length > 3 || parts.some(part => !/^\d{1,5}$/.test(part)))
		return -1;
	return parts.reduce((sum, part) => sum * 60 + Number(part), 0);
}

/** @param {string} film
 * @param {number} bytes
 * @returns {Promise<Blob>} */
async function fetchFilm(film, bytes)
{
	/** @type {ArrayBuffer[]} */
	const parts = [];
	for (let n = 0, got = 0; got < bytes; n++) {
		const part = await reviewBytes("film-read", { film, part: n });
		if (part.byteLength === 0)
			throw new ApiError("unexpected", 500, 0);
		parts.push(part);
		got += part.byteLength;
	}
	return new Blob(parts, { type: "video/webm" });
}

/** @param {Blob} blob
 * @param {string} name */
function download(blob, name)
{
	const url = URL.createObjectURL(blob);
	make("a", { href: url, download: name }).click();
	setTimeout(() => URL.revokeObjectURL(url), 60000);
}

/** Shows how far the film is, until it is there or the user has had enough.
 * @param {HTMLElement} host
 * @param {string} film
 * @param {string} name of the file
 * @returns {Promise<void>} */
function wait(host, film, name)
{
	const title = make("h2", { id: uniqueId("dialog") }, words("review.film.making"));
	const bar = make("progress", { max: 1, value: 0, "aria-labelledby": title.id });
	const text = make("p", { role: "status" }), error = make("p", { class: "error", role: "alert" });
	const stop = make("button", { value: "" }, words("admin.cancel"));
	const dialog = make("dialog", { "aria-labelledby": title.id }, make("form", { method: "dialog" }, title, bar, text, error,
		make("div", { class: "actions" }, stop)));
	host.append(dialog);
	let open = true;
	const look = async () => {
		try {
			for (;;) {
				const state = await review("film-state", { film });
				if (!open)
					return;
				bar.value = state.done ? 1 : Math.max(0, Math.min(1, (state.at_us - state.from_us) / (state.to_us - state.from_us)));
				text.textContent = words("review.film.progress", { percent: Math.floor(bar.value * 100) });
				if (state.done) {
					const blob = await fetchFilm(film, state.bytes);
					if (open)
						download(blob, name);
					dialog.close();
					return;
				}
				await new Promise(resolve => setTimeout(resolve, LOOK_EVERY_MS));
			}
		} catch (e) {
			error.textContent = saying(e);
			stop.textContent = words("admin.close");
		}
	};
	return new Promise(resolve => {
		dialog.addEventListener("close", () => {
			open = false;
			dialog.remove();
			void review("film-drop", { film }).catch(() => undefined);
			resolve();
		});
		dialog.showModal();
		void look();
	});
}

/** @param {HTMLElement} host
 * @param {import("./call.mjs").Opened} opened
 * @param {any} row of recordings/show
 * @returns {HTMLElement} */
export function saveButton(host, opened, row)
{
	const button = make("button", { type: "button" }, words("review.film")), length = Math.max(1, Math.ceil(opened.head.length_us / 1000000));
	button.addEventListener("click", async () => {
		const answer = await ask(host, { heading: words("review.film"), body: [make("p", {}, words("review.film.body"))], submit: "review.film.make",
			fields: [{ name: "from", label: "review.film.from", kind: "text", value: clock(0) },
				{ name: "to", label: "review.film.to", kind: "text", value: clock(length * 1000000) }, REASON],
			deed: values => {
				const from_s = secondsOf(values.from), to_s = Math.min(secondsOf(values.to), length);
				if (from_s < 0 || to_s <= from_s)
					throw new ApiError("bad-request", 400, 0, { field: from_s < 0 ? "from" : "to", why: "type" });
				if (!values.reason)
					throw new ApiError("bad-request", 400, 0, { field: "reason", why: "missing" });
				return review("film", { view: opened.view, from_s, to_s, reason: values.reason });
			} });
		if (answer)
			await wait(host, answer.film, `${row.user}-${new Date(row.began_us / 1000).toISOString().slice(0, 16).replace(":", "")}.webm`);
	});
	return button;
}
