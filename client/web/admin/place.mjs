// SPDX-License-Identifier: GPL-3.0-or-later
// Where the page stands: the part of the address behind #, as names divided by slashes. Names are encoded, so that any of
// them may hold anything.

import { make } from "../dom.mjs";
import { words } from "../words.mjs";

/** @returns {string[]} */
export function here()
{
	return location.hash.slice(1).split("/").map(part => {
		try {
			return decodeURIComponent(part);
		} catch {
			return "";
		}
	});
}

/** @param {...string} parts */
export function link(...parts)
{
	return `#${parts.map(encodeURIComponent).join("/")}`;
}

/** The way back from one thing to the list of all.
 * @param {string} tab */
export function back(tab)
{
	return make("p", {}, make("a", { href: link(tab) }, words("admin.back-to", { page: words(`admin.tab.${tab}`) })));
}
