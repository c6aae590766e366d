// SPDX-License-Identifier: GPL-3.0-or-later
// The one place that turns a key into words of the language in use. Never takes words from the server: the server
// sends enumerated numbers and error words only, and what they mean in a language stands in words/.

import en from "./words/en.mjs";
import ja from "./words/ja.mjs";

/** @typedef {"ja" | "en"} Language */

/** @type {Record<Language, Record<string, string>>} */
const all = { ja, en };
const STORED = "sekisho.language";

/** @type {Language} */
let language = initial();
/** @type {Set<() => void>} */
const listeners = new Set();

/** The language that was chosen here before, else the browser's first that we have, else Japanese.
 * @returns {Language} */
function initial()
{
	const stored = localStorage.getItem(STORED);
	if (stored === "ja" || stored === "en")
		return stored;
	for (const tag of navigator.languages ?? [navigator.language]) {
		const base = tag.toLowerCase().split("-")[0];
		if (base === "ja" || base === "en")
			return base;
	}
	return "ja";
}

/** @returns {Language} */
export function currentLanguage()
{
	return language;
}

/** Switches, remembers it on this computer, and tells everyone who shows words.
 * @param {Language} to */
export function setLanguage(to)
{
	language = to;
	localStorage.setItem(STORED, to);
	document.documentElement.lang = to;
	for (const listener of [...listeners])
		listener();
}

/** Calls fn now and after each switch of language, until the returned function is called.
 * @param {() => void} fn
 * @returns {() => void} */
export function onLanguage(fn)
{
	listeners.add(fn);
	fn();
	return () => void listeners.delete(fn);
}

/** The words for a key; a key that is missing (a fault that the tests find) shows as itself.
 * @param {string} key
 * @param {Record<string, string | number>} [fill]
 * @returns {string} */
export function words(key, fill)
{
	const text = all[language][key] ?? key;
	return fill ? text.replace(/\{(\w+)\}/g, (whole, name) => String(fill[name] ?? whole)) : text;
}

/** @param {string} key */
export function hasWords(key)
{
	return key in all[language];
}

/** The words for an error of the API, also for one that this client does not know.
 * @param {string} word */
export function errorWords(word)
{
	return words(hasWords(`error.${word}`) ? `error.${word}` : "error.unexpected");
}
