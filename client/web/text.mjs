// SPDX-License-Identifier: GPL-3.0-or-later
// Text that is typed here and goes out: made what a TEXT message may carry, and cut to its size.

/** Text as a TEXT message may carry it: whole characters (no half of a surrogate pair), line ends as U+000A, and of the
 * controls only U+0009 and U+000A.
 * @param {string} text
 * @returns {string} */
export function cleanText(text)
{
	let out = "";
	for (const character of text.replace(/\r\n?/g, "\n")) {
		const code = /** @type {number} */ (character.codePointAt(0));
		const surrogate = code >= 0xd800 && code <= 0xdfff;
		const control = (code < 0x20 && code !== 0x09 && code !== 0x0a) || (code >= 0x7f && code <= 0x9f);
		if (!surrogate && !control)
			out += character;
	}
	return out;
}

/** Bytes that a character takes in UTF-8.
 * @param {number} code its code point */
function utf8Bytes(code)
{
	return code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
}

/** Cuts text into pieces of at most maxBytes of UTF-8, each ending where a character ends.
 * @param {string} text
 * @param {number} maxBytes at least 4
 * @returns {string[]} */
export function splitText(text, maxBytes)
{
	const pieces = [];
	let piece = "", bytes = 0;
	for (const character of text) {
		const size = utf8Bytes(/** @type {number} */ (character.codePointAt(0)));
		if (bytes + size > maxBytes) {
			pieces.push(piece);
			piece = "";
			bytes = 0;
		}
		piece += character;
		bytes += size;
	}
	if (piece)
		pieces.push(piece);
	return pieces;
}

/** The code point of a key's text if it is exactly one character that may be typed, else 0.
 * @param {string} key KeyboardEvent.key
 * @returns {number} */
export function keyCodepoint(key)
{
	const code = key.codePointAt(0);
	if (code === undefined || key.length !== (code > 0xffff ? 2 : 1))
		return 0;
	return cleanText(key) === key ? code : 0;
}
