// SPDX-License-Identifier: GPL-3.0-or-later
// Building and finding elements. Text goes in by textContent only; nothing here (or anywhere in client/web) parses HTML.

/** Makes an element. Attributes whose value is false or null are left out, true gives an empty one.
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag an element of HTML; for our own ones use document.createElement
 * @param {Record<string, string | number | boolean | null>} [attributes]
 * @param {...(Node | string)} children
 * @returns {HTMLElementTagNameMap[K]} */
export function make(tag, attributes = {}, ...children)
{
	const element = document.createElement(tag);
	for (const [name, value] of Object.entries(attributes)) {
		if (value === false || value === null)
			continue;
		element.setAttribute(name, value === true ? "" : String(value));
	}
	element.append(...children);
	return element;
}

let serial = 0;

/** An id that no other element of this page has.
 * @param {string} stem */
export function uniqueId(stem)
{
	serial += 1;
	return `${stem}-${serial}`;
}
