// SPDX-License-Identifier: GPL-3.0-or-later
// What approvers ask of the broker (docs/api.md), typed by what the page uses of it.

import { ApiError, call, fetchBlob } from "../api.mjs";

/** @typedef {{ id: string, kind: "file" | "print" | "text", user: string, display: string, group: string, name: string, pages: number,
 *   chars: number, bytes: number, sha256: string, created: number, expires: number, needed: number, given: number, mine: boolean,
 *   text?: string }} Approval */
/** @typedef {{ approvals: Approval[], total: number, approver: boolean }} Queue */

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

/** @returns {Promise<Queue>} */
export function queue()
{
	return noticeEnd(call("GET", "/api/approvals"));
}

/** @param {string} id
 * @returns {Promise<Approval>} */
export function one(id)
{
	return noticeEnd(call("GET", `/api/approvals/${id}`));
}

/** @param {string} id
 * @param {number} page
 * @returns {Promise<Blob>} */
export function pageOf(id, page)
{
	return noticeEnd(fetchBlob(`/api/approvals/${id}/pages/${page}`));
}

/** @param {string} id
 * @param {"approve" | "refuse"} verdict
 * @param {string} reason
 * @returns {Promise<{ state: string, given: number, needed: number }>} */
export function decide(id, verdict, reason)
{
	return noticeEnd(call("POST", `/api/approvals/${id}`, reason ? { verdict, reason } : { verdict }));
}
