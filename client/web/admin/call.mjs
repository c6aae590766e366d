// SPDX-License-Identifier: GPL-3.0-or-later
// The administration's operations (docs/api.md), typed by what the page uses of them.

import { ApiError, call } from "../api.mjs";
import { errorWords, hasWords, words } from "../words.mjs";

/** @typedef {{ search: string, after: string, limit: number }} Query */
/** total: -1 = nobody knows.
 * @typedef {{ total: number, rows: any[], next: string | null }} Page */

/** Runs one operation. Fails with an ApiError.
 * @param {string} name such as "users/list"
 * @param {object} [input]
 * @returns {Promise<any>} */
export async function op(name, input = {})
{
	try {
		return await call("POST", `/api/admin/${name}`, input);
	} catch (error) {
		if (error instanceof ApiError && error.word === "login-required")
			dispatchEvent(new Event("sek-log-in-needed"));
		throw error;
	}
}

/** What went wrong, in words. Names of members are shown by the words of their fields.
 * @param {unknown} error */
export function saying(error)
{
	const e = error instanceof ApiError ? error : new ApiError("unexpected", 0, 0);
	const why = `admin.why.${e.answer?.why}`;
	if (!hasWords(why))
		return errorWords(e.word);
	const field = `admin.field.${e.answer?.field}`;
	const text = hasWords(field) ? words("admin.wrong", { field: words(field), why: words(why) }) : words(why);
	// The attribute checker of the broker says more, and only to administrators.
	return typeof e.answer?.detail === "string" ? `${text} (${e.answer.detail})` : text;
}
