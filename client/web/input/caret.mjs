// SPDX-License-Identifier: GPL-3.0-or-later
// Where the textarea of the input method belongs. Pure arithmetic.

/** A caret's rectangle in the picture's pixels.
 * @typedef {{ x: number, y: number, width: number, height: number }} Caret */

/** In CSS pixels of the window.
 * @typedef {{ left: number, top: number, width: number, height: number, fontSize: number }} Box */

const LEAST_HEIGHT = 12;
const MOST_HEIGHT = 96;
const USUAL_HEIGHT = 20;

/** The textarea's box: the remote caret, else the last click, else the lower left corner of the picture.
 * @param {import("./pointer.mjs").Placement} place
 * @param {Caret | null} caret
 * @param {{ x: number, y: number } | null} click
 * @returns {Box} */
export function caretBox(place, caret, click)
{
	const css = (/** @type {number} */ pixels) => pixels / place.scale;
	let x, top, height;
	if (caret) {
		height = Math.min(MOST_HEIGHT, Math.max(LEAST_HEIGHT, css(caret.height)));
		x = css(Math.min(caret.x, place.width));
		top = css(Math.min(caret.y, place.height));
	} else if (click) {
		height = USUAL_HEIGHT;
		x = css(click.x);
		top = css(click.y) - height / 2;
	} else {
		height = USUAL_HEIGHT;
		x = 8;
		top = css(place.height) - height - 8;
	}
	return {
		left: place.left + x,
		top: place.top + Math.max(0, top),
		width: Math.max(1, caret ? css(caret.width) : 1),
		height,
		// A caret is as high as its font's line: 1.45 times the size for the Japanese fonts of the render host.
		fontSize: Math.max(10, Math.round(height / 1.45)),
	};
}
