// SPDX-License-Identifier: GPL-3.0-or-later
// Sizes: which picture to ask for, and where the picture that came stands in the window. Pure arithmetic.

/** The window's drawing area.
 * @typedef {object} Area
 * @property {number} cssWidth CSS pixels
 * @property {number} cssHeight likewise
 * @property {number} deviceWidth device pixels, whole
 * @property {number} deviceHeight likewise */

/** What HELLO and RESIZE carry.
 * @typedef {{ width: number, height: number, scalePercent: number }} Wanted */

/** @typedef {{ widthMin: number, heightMin: number, widthMax: number, heightMax: number, scaleMin: number,
 *   scaleMax: number }} SizeLimits */

/** A picture this many pixels off what was asked for is still meant to be shown pixel for pixel. */
const NEARLY = 16;

/** The picture to ask for: one pixel for each device pixel, or, where the site allows less, as many as it allows with
 * everything on it smaller by the same factor.
 * @param {Area} area
 * @param {SizeLimits} limits
 * @returns {Wanted} */
export function wantedPicture(area, limits)
{
	const shrink = Math.min(1, limits.widthMax / area.deviceWidth, limits.heightMax / area.deviceHeight);
	const ratio = area.deviceWidth / area.cssWidth;
	return {
		width: clamp(Math.floor(area.deviceWidth * shrink), limits.widthMin, limits.widthMax),
		height: clamp(Math.floor(area.deviceHeight * shrink), limits.heightMin, limits.heightMax),
		scalePercent: clamp(Math.round(ratio * shrink * 100), limits.scaleMin, limits.scaleMax),
	};
}

/** One picture for two windows beside each other: as high as the lower one. Where the site allows less, both get less by the
 * same factor.
 * @param {Wanted} left
 * @param {Wanted} right
 * @param {SizeLimits} limits
 * @returns {Wanted} */
export function wantedTogether(left, right, limits)
{
	const shrink = Math.min(1, limits.widthMax / (left.width + right.width));
	return {
		width: Math.min(limits.widthMax, Math.floor(left.width * shrink) + Math.floor(right.width * shrink)),
		height: Math.max(limits.heightMin, Math.floor(Math.min(left.height, right.height) * shrink)),
		scalePercent: clamp(Math.round(left.scalePercent * shrink), limits.scaleMin, limits.scaleMax),
	};
}

/** The parts of a picture that two windows show.
 * @param {number} width of the picture
 * @param {number} height likewise
 * @param {Wanted} left what they wanted
 * @param {Wanted} right likewise
 * @returns {[Part, Part]} */
export function splitPicture(width, height, left, right)
{
	const first = Math.min(width, Math.max(1, Math.round(width * left.width / (left.width + right.width))));
	return [{ x: 0, width: first, height }, { x: first, width: width - first, height }];
}

/** What a window shows of the picture, in the picture's pixels, from its upper edge.
 * @typedef {{ x: number, width: number, height: number }} Part */

/** Where a picture of the given size stands: pixel for pixel in the upper left corner when it is what was asked for,
 * else as large as fits.
 * @param {Area} area
 * @param {Wanted} wanted
 * @param {number} width the picture's size in its own pixels
 * @param {number} height likewise
 * @returns {import("./input/pointer.mjs").Placement} */
export function placePicture(area, wanted, width, height)
{
	const near = Math.abs(width - wanted.width) < NEARLY && Math.abs(height - wanted.height) < NEARLY;
	const fits = wanted.width <= area.deviceWidth && wanted.height <= area.deviceHeight;
	const exact = Math.max(wanted.width / area.cssWidth, wanted.height / area.cssHeight);
	const device = area.deviceWidth / area.cssWidth;
	let scale = Math.max(width / area.cssWidth, height / area.cssHeight);
	if (near && fits)
		scale = wanted.width === area.deviceWidth && wanted.height === area.deviceHeight ? device : exact;
	return { left: 0, top: 0, scale, width, height };
}

/** @param {number} value
 * @param {number} least
 * @param {number} most */
function clamp(value, least, most)
{
	return Math.min(most, Math.max(least, value));
}
