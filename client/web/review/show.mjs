// SPDX-License-Identifier: GPL-3.0-or-later
// How times, events and marks of a recording are shown.

import { currentLanguage, hasWords, words } from "../words.mjs";

/** @typedef {import("./call.mjs").Happening} Happening */

/** 1:02:03 @param {number} us microseconds */
export function clock(us)
{
	const s = Math.max(0, Math.floor(us / 1000000)), two = (/** @type {number} */ n) => String(n).padStart(2, "0");
	return `${Math.floor(s / 3600)}:${two(Math.floor(s / 60) % 60)}:${two(s % 60)}`;
}

/** A moment of the day, in the reader's time zone.
 * @param {number} us microseconds since 1970 */
export function timeOfDay(us)
{
	return new Date(us / 1000).toLocaleTimeString(currentLanguage() === "ja" ? "ja-JP" : "en-GB");
}

/** @param {number} us microseconds since 1970 */
export function moment(us)
{
	return new Date(us / 1000).toLocaleString(currentLanguage() === "ja" ? "ja-JP" : "en-GB", { dateStyle: "medium", timeStyle: "medium" });
}

/** What happened, in words.
 * @param {Happening} h */
export function happening(h)
{
	if (h.event === "clipboard") {
		const way = words(h.direction === 1 ? "review.event.clipboard.to-outer" : "review.event.clipboard.to-inner", { chars: h.characters ?? 0 });
		const key = `review.clipboard.${h.outcome}`;
		return `${way}${hasWords(key) ? words(key) : ""}`;
	}
	const key = `review.event.${h.event}.${h.arg}`, plain = `review.event.${h.event}`;
	const text = hasWords(key) ? words(key) : hasWords(plain) ? words(plain) : h.event;
	return h.words ? `${text}: ${h.words}` : text;
}

/** Which colour an event has on the line of time. @param {string} event */
export function kindOf(event)
{
	if (event === "clipboard")
		return "clipboard";
	if (event === "policy" || event === "message" || event === "warned" || event === "watched")
		return "policy";
	return event === "damaged" ? "damaged" : "life";
}
