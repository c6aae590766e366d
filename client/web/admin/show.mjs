// SPDX-License-Identifier: GPL-3.0-or-later
// How numbers, times and words of the broker are shown.

import { make } from "../dom.mjs";
import { currentLanguage, hasWords, words } from "../words.mjs";

const UNITS = ["B", "KiB", "MiB", "GiB", "TiB"];

/** @param {number} bytes */
export function size(bytes)
{
	let n = bytes, unit = 0;
	for (; n >= 1024 && unit < UNITS.length - 1; unit++)
		n /= 1024;
	return `${unit === 0 ? n : n.toFixed(1)} ${UNITS[unit]}`;
}

/** For whatever shows a host with which nothing is encrypted. */
export const insecureMark = () => make("strong", { class: "alarm" }, words("admin.hosts.insecure.mark"));

/** A length of time, two largest units.
 * @param {number} seconds */
export function span(seconds)
{
	const s = Math.max(0, Math.floor(seconds));
	if (s < 60)
		return words("admin.span.s", { s });
	if (s < 3600)
		return words("admin.span.m", { m: Math.floor(s / 60), s: s % 60 });
	if (s < 86400)
		return words("admin.span.h", { h: Math.floor(s / 3600), m: Math.floor(s % 3600 / 60) });
	return words("admin.span.d", { d: Math.floor(s / 86400), h: Math.floor(s % 86400 / 3600) });
}

/** A moment, in the reader's time zone.
 * @param {number} seconds since 1970, UTC */
export function moment(seconds)
{
	return seconds > 0 ? new Date(seconds * 1000).toLocaleString(currentLanguage() === "ja" ? "ja-JP" : "en-GB") : "–";
}

/** The same for a cell of a table: in one line.
 * @param {number} seconds */
export function when(seconds)
{
	return make("span", { class: "moment" }, moment(seconds));
}

/** @param {number} n */
export function count(n)
{
	return n.toLocaleString(currentLanguage() === "ja" ? "ja-JP" : "en-GB");
}

/** A word of the broker in the reader's language, or as it is.
 * @param {string} prefix
 * @param {string} word */
export function known(prefix, word)
{
	return hasWords(`${prefix}.${word}`) ? words(`${prefix}.${word}`) : word;
}

/** What was changed: an attribute of the policy, or of a user or a group.
 * @param {string} attribute */
export function attributeName(attribute)
{
	return hasWords(`policy.${attribute}`) ? words(`policy.${attribute}`) : known(`admin.changed`, attribute);
}

/** A value of the history.
 * @param {string} attribute
 * @param {unknown} value */
export function changedValue(attribute, value)
{
	if (attribute === "roles" && typeof value === "string")
		return value.split(" ").filter(Boolean).map(role => known(`admin.role`, role)).join(", ") || "–";
	if (attribute === "needs" && typeof value === "string")
		return value.split("+").filter(Boolean).map(factor => known(`admin.factor`, factor)).join(" + ") || words("admin.groups.needs.site");
	if (attribute === "enrolment" && typeof value === "string")
		return moment(Number(value));
	return value === "" ? "–" : policyValue(attribute, value);
}

/** A policy value as text.
 * @param {string} attribute
 * @param {unknown} value */
export function policyValue(attribute, value)
{
	if (value === null || value === undefined)
		return words("admin.policy.unset");
	if (typeof value === "boolean")
		return words(value ? "admin.policy.on" : "admin.policy.off");
	if (typeof value === "number")
		return count(value);
	if (Array.isArray(value))
		return value.length === 0 ? words("admin.policy.empty") : value.join(", ");
	return typeof value === "string" ? known(`policy.${attribute}`, value) : JSON.stringify(value);
}
