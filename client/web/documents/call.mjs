// SPDX-License-Identifier: GPL-3.0-or-later
// A user's own documents and texts, as the broker tells of them (docs/api.md), typed by what the panel uses.

import { call } from "../api.mjs";

/** @typedef {{ id: string, name: string, for: "file" | "print", state: string, pages: number, pages_done: number, bytes: number,
 *   reason: string, created: number, expires: number }} Document */
/** @typedef {{ id: string, state: string, chars: number, created: number, expires: number, by: string, reason: string }} Text */
/** @typedef {{ name: string, text?: string }} Printer */

/** @returns {Promise<Document[]>} newest first */
export async function documents()
{
	return (await call("GET", "/api/documents")).documents;
}

/** @param {"download" | "page"} from
 * @param {"file" | "print"} purpose
 * @param {string} name
 * @param {boolean} text whether its words are to be found in it
 * @returns {Promise<{ id: string }>} */
export function take(from, purpose, name, text = false)
{
	return call("POST", "/api/documents", { from, for: purpose, name, text });
}

/** @param {string} id
 * @returns {Promise<object>} */
export function cancel(id)
{
	return call("POST", `/api/documents/${id}/cancel`, {});
}

/** @param {string} id
 * @returns {Promise<object>} */
export function remove(id)
{
	return call("POST", `/api/documents/${id}/delete`, {});
}

/** @returns {Promise<Printer[]>} */
export async function printers()
{
	return (await call("GET", "/api/printers")).printers;
}

/** @param {string} id
 * @param {string} printer
 * @returns {Promise<object>} */
export function printOn(id, printer)
{
	return call("POST", `/api/documents/${id}/print`, { printer });
}

/** @returns {Promise<Text[]>} newest first */
export async function texts()
{
	return (await call("GET", "/api/texts")).texts;
}

/** @param {string} id
 * @returns {Promise<string>} */
export async function textOf(id)
{
	return (await call("GET", `/api/texts/${id}`)).text;
}

/** @param {string} id
 * @returns {Promise<object>} */
export function dropText(id)
{
	return call("POST", `/api/texts/${id}/delete`, {});
}

/** What waits for this user as an approver.
 * @returns {Promise<{ approver: boolean, waiting: number }>} */
export function approvals()
{
	return call("GET", "/api/approvals/count");
}
