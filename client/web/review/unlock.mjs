// SPDX-License-Identifier: GPL-3.0-or-later
// Two questions before anything is shown: the recording key, unlocked for this log-in, and why somebody looks.

import { ask } from "../admin/ask.mjs";
import { saying } from "../admin/call.mjs";
import { ApiError } from "../api.mjs";
import { make, uniqueId } from "../dom.mjs";
import { words } from "../words.mjs";
import { review } from "./call.mjs";

const MOST_KEY_BYTES = 4096;
/** How a key file begins that takes two persons (docs/recording.md, Keys). */
const FOR_TWO = "sekisho-recording-key 2 ";

/** @param {File} file
 * @returns {Promise<string>} base64 */
async function bytesOf(file)
{
	const bytes = new Uint8Array(await file.arrayBuffer());
	return btoa(String.fromCharCode(...bytes));
}

/** Unlocks the recording key unless it is unlocked already.
 * @param {HTMLElement} host
 * @returns {Promise<boolean>} whether it is */
export async function unlocked(host)
{
	const state = await review("state");
	return state.unlocked || await askForKey(host, state.key, state.two);
}

/** @param {HTMLElement} host
 * @param {boolean} bring whether the reviewer brings the key's file
 * @param {boolean} two whether the site's file takes two persons
 * @returns {Promise<boolean>} */
function askForKey(host, bring, two)
{
	const title = make("h2", { id: uniqueId("dialog") }, words("review.unlock.heading"));
	const file = make("input", { id: uniqueId("key"), type: "file", required: true });
	const passphrase = make("input", { id: uniqueId("passphrase"), type: "password", autocomplete: "off", required: true });
	const second = make("input", { id: uniqueId("passphrase"), type: "password", autocomplete: "off" });
	const other = make("div", { class: "field", hidden: !two }, make("p", { class: "hint" }, words("review.unlock.two")),
		make("label", { for: second.id }, words("review.unlock.second")), second);
	const error = make("p", { class: "error", role: "alert" });
	const leave = make("button", { type: "button" }, words("admin.cancel"));
	const submit = make("button", { type: "submit", class: "primary" }, words("review.unlock.submit"));
	const form = make("form", { novalidate: true }, title, make("p", {}, words(bring ? "review.unlock.body" : "review.unlock.body-site")),
		...(bring ? [make("div", { class: "field" }, make("label", { for: file.id }, words("review.unlock.file")), file)] : []),
		make("div", { class: "field" }, make("label", { for: passphrase.id }, words("review.unlock.passphrase")), passphrase),
		other, error, make("div", { class: "actions" }, leave, submit));
	const dialog = make("dialog", { "aria-labelledby": title.id }, form);
	host.append(dialog);
	return new Promise(resolve => {
		let done = false, busy = false;
		leave.addEventListener("click", () => dialog.close());
		dialog.addEventListener("close", () => {
			passphrase.value = second.value = "";
			dialog.remove();
			resolve(done);
		});
		file.addEventListener("change", async () => {
			const chosen = file.files?.[0];
			other.hidden = !chosen || await chosen.slice(0, FOR_TWO.length).text() !== FOR_TWO;
		});
		form.addEventListener("submit", async event => {
			event.preventDefault();
			const chosen = file.files?.[0];
			if (busy)
				return;
			error.textContent = "";
			if (bring && (!chosen || chosen.size > MOST_KEY_BYTES)) {
				error.textContent = words(chosen ? "error.key-file" : "review.unlock.no-file");
				return;
			}
			busy = true;
			submit.setAttribute("aria-disabled", "true");
			try {
				await review("unlock", { passphrase: passphrase.value, ...(other.hidden ? {} : { second: second.value }),
					...(chosen ? { key: await bytesOf(chosen) } : {}) });
				done = true;
				dialog.close();
			} catch (e) {
				error.textContent = saying(e);
				passphrase.select();
			} finally {
				busy = false;
				submit.removeAttribute("aria-disabled");
			}
		});
		dialog.showModal();
		(bring ? file : passphrase).focus();
	});
}

/** Asks why, and opens the recording.
 * @param {HTMLElement} host
 * @param {string} heading text
 * @param {string} recording its id
 * @param {boolean} live as it is being made: its user is told
 * @returns {Promise<import("./call.mjs").Opened | null>} */
export function askAndOpen(host, heading, recording, live)
{
	return ask(host, { heading, body: [make("p", {}, words(live ? "review.watch.body" : "review.reason.body"))],
		fields: [{ name: "reason", label: "admin.field.reason", kind: "text", hint: "admin.reason.hint" }],
		submit: live ? "review.watch" : "review.open",
		deed: async values => {
			if (!values.reason)
				throw new ApiError("bad-request", 400, 0, { field: "reason", why: "missing" });
			return review(live ? "watch" : "open", { recording, reason: values.reason });
		} });
}
