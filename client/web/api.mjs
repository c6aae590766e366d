// SPDX-License-Identifier: GPL-3.0-or-later
// The broker's HTTP API (docs/api.md), typed. Every failure is an ApiError with the word of the API, or "network" when
// no answer came, or "unexpected" when the answer was not of the API.

/** @typedef {{ user: string, session: null | { state: string, resumable: boolean }, roles: string[], notice: boolean }} Me */
/** @typedef {{ next: "code" | "enrol", ticket: string, secret?: string, uri?: string, qr?: string[] }} Next */
/** @typedef {{ next?: undefined, user: string, roles: string[], notice: boolean, recovery?: string[] }} LoggedIn */
/** @typedef {{ next: "password", user: string }} NextPassword */
/** @typedef {{ notice: string | null, ja?: string, en?: string, acknowledged?: boolean }} Notice */
/** @typedef {{ session: string, token: string, resumed: boolean }} Opened */

const TIMEOUT_MS = 15000;

export class ApiError extends Error {
	/** @param {string} word
	 * @param {number} status HTTP status, 0 if there was none
	 * @param {number} retrySeconds how long to wait, 0 if not said
	 * @param {any} [answer] the whole answer, for what it says beside the word */
	constructor(word, status, retrySeconds, answer)
	{
		super(word);
		this.answer = answer;
		this.word = word;
		this.status = status;
		this.retrySeconds = retrySeconds;
	}
}

/** @param {"GET" | "POST"} method
 * @param {string} path
 * @param {object} [body]
 * @returns {Promise<Response>} */
async function request(method, path, body)
{
	try {
		return await fetch(path, {
			method,
			headers: body ? { "Content-Type": "application/json" } : {},
			body: body ? JSON.stringify(body) : undefined,
			credentials: "same-origin",
			cache: "no-store",
			redirect: "error",
			signal: AbortSignal.timeout(TIMEOUT_MS),
		});
	} catch {
		throw new ApiError("network", 0, 0);
	}
}

/** @param {Response} response
 * @returns {Promise<any>} what a good answer holds; fails with what another one says */
async function answerOf(response)
{
	let parsed;
	try {
		parsed = JSON.parse(await response.text());
	} catch (error) {
		throw new ApiError(error instanceof SyntaxError ? "unexpected" : "network", response.status, 0);
	}
	if (response.ok)
		return parsed;
	const word = typeof parsed?.error === "string" ? parsed.error : "unexpected";
	const retry = Number(parsed?.retry_s);
	throw new ApiError(word, response.status, Number.isFinite(retry) && retry > 0 ? Math.ceil(retry) : 0, parsed);
}

/** @param {"GET" | "POST"} method
 * @param {string} path
 * @param {object} [body]
 * @returns {Promise<any>} */
export async function call(method, path, body)
{
	return answerOf(await request(method, path, body));
}

/** The same where a good answer is bytes.
 * @param {string} path
 * @param {object} body
 * @returns {Promise<ArrayBuffer>} */
export async function callBytes(path, body)
{
	const response = await request("POST", path, body);
	if (!response.ok)
		return answerOf(response);
	return response.arrayBuffer().catch(() => {
		throw new ApiError("network", response.status, 0);
	});
}

/** A file of the API, as the browser names its type.
 * @param {string} path
 * @returns {Promise<Blob>} */
export async function fetchBlob(path)
{
	const response = await request("GET", path);
	if (!response.ok)
		return answerOf(response);
	return response.blob().catch(() => {
		throw new ApiError("network", response.status, 0);
	});
}

/** @param {string} user
 * @param {string} password
 * @returns {Promise<LoggedIn | Next>} */
export function login(user, password)
{
	return call("POST", "/api/login", { user, password });
}

/** @returns {Promise<{ certificate: boolean }>} */
export function loginOptions()
{
	return call("GET", "/api/login/options");
}

/** By the certificate that this browser has shown.
 * @returns {Promise<LoggedIn | Next | NextPassword>} */
export function loginCertificate()
{
	return call("POST", "/api/login/certificate", {});
}

/** @param {string} ticket
 * @param {string} code a one-time or a recovery code
 * @returns {Promise<LoggedIn>} */
export function loginCode(ticket, code)
{
	return call("POST", "/api/login/code", { ticket, code });
}

/** Gives a half log-in up; what was begun with it is gone.
 * @param {string} ticket
 * @returns {Promise<object>} */
export function loginCancel(ticket)
{
	return call("POST", "/api/login/cancel", { ticket });
}

/** @returns {Promise<Notice>} */
export function notice()
{
	return call("GET", "/api/notice");
}

/** @param {string} notice
 * @param {string} lang
 * @returns {Promise<object>} */
export function acknowledge(notice, lang)
{
	return call("POST", "/api/notice/acknowledge", { notice, lang });
}

/** @returns {Promise<object>} */
export function logout()
{
	return call("POST", "/api/logout", {});
}

/** @returns {Promise<Me>} */
export function me()
{
	return call("GET", "/api/me");
}

/** @returns {Promise<{ message: null | { text: string, at_s: number } }>} */
export function message()
{
	return call("GET", "/api/message");
}

/** @param {boolean} existing only the one that lives already, else "no-session"
 * @returns {Promise<Opened>} */
export function openSession(existing)
{
	return call("POST", "/api/session", existing ? { existing } : {});
}
