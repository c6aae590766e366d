// SPDX-License-Identifier: GPL-3.0-or-later
// The operations of reviewing (docs/api.md), typed by what the page uses of them.

import { ApiError, call, callBytes } from "../api.mjs";

/** @typedef {{ id: string, session: string, where: string, began_utc_us: number, length_us: number, bytes: number, blocks: number,
 *   closed: boolean, late: boolean }} Head */
/** @typedef {{ view: string, head: Head, meta: any }} Opened */
/** @typedef {{ at_us: number, event: string, arg?: number, words?: string | null, direction?: number, outcome?: number,
 *   characters?: number }} Happening */

/** @template T
 * @param {Promise<T>} answer
 * @returns {Promise<T>} */
async function noticeEnd(answer)
{
	try {
		return await answer;
	} catch (error) {
		if (error instanceof ApiError && error.word === "login-required")
			dispatchEvent(new Event("sek-log-in-needed"));
		throw error;
	}
}

/** Runs one operation. Fails with an ApiError.
 * @param {string} name such as "open"
 * @param {object} [input]
 * @returns {Promise<any>} */
export function review(name, input = {})
{
	return noticeEnd(call("POST", `/api/review/${name}`, input));
}

/** The same where the answer is bytes.
 * @param {string} name
 * @param {object} input */
export function reviewBytes(name, input)
{
	return noticeEnd(callBytes(`/api/review/${name}`, input));
}
