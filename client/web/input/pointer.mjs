// SPDX-License-Identifier: GPL-3.0-or-later
// Turns pointer and wheel events into what the wire carries. Pure arithmetic; the page calls it.

/** Where the picture stands in the window.
 * @typedef {object} Placement
 * @property {number} left CSS pixels from the window's left edge to the picture's
 * @property {number} top likewise
 * @property {number} scale picture pixels per CSS pixel, above 0
 * @property {number} width picture's size in its own pixels
 * @property {number} height likewise */

/** The picture's pixel under a point of the window, the nearest one if it lies outside.
 * @param {Placement} place
 * @param {number} clientX CSS pixels
 * @param {number} clientY CSS pixels
 * @returns {{ x: number, y: number }} */
export function toPicture(place, clientX, clientY)
{
	return {
		x: clamp(Math.floor((clientX - place.left) * place.scale), 0, Math.max(0, place.width - 1)),
		y: clamp(Math.floor((clientY - place.top) * place.scale), 0, Math.max(0, place.height - 1)),
	};
}

/** The mask of the wire for PointerEvent.buttons: the middle and right buttons have changed places.
 * @param {number} buttons
 * @returns {number} */
export function buttonMask(buttons)
{
	return (buttons & ~6 & 31) | (buttons & 2 ? 4 : 0) | (buttons & 4 ? 2 : 0);
}

const NOTCH = 120;
/** What one notch is in each WheelEvent.deltaMode: CSS pixels, lines, pages. */
const PER_NOTCH = [100, 3, 0.8];
const WHEEL_MAX = 12000;

/** Adds up wheel movements and gives them out in whole units, keeping what is left over. */
export class Wheel {
	#restX = 0;
	#restY = 0;

	/** @param {{ deltaX: number, deltaY: number, deltaMode: number }} event
	 * @returns {{ dx: number, dy: number }} units of 1/120 notch, both 0 if there is nothing to send yet */
	add(event)
	{
		const unit = NOTCH / (PER_NOTCH[event.deltaMode] ?? PER_NOTCH[0]);
		this.#restX = keepSign(this.#restX, event.deltaX) + event.deltaX * unit;
		this.#restY = keepSign(this.#restY, event.deltaY) + event.deltaY * unit;
		const dx = clamp(Math.trunc(this.#restX), -WHEEL_MAX, WHEEL_MAX);
		const dy = clamp(Math.trunc(this.#restY), -WHEEL_MAX, WHEEL_MAX);
		this.#restX = clamp(this.#restX - dx, -1, 1);
		this.#restY = clamp(this.#restY - dy, -1, 1);
		return { dx, dy };
	}
}

/** What was left over from the other direction is dropped: a turn back acts at once.
 * @param {number} rest
 * @param {number} delta */
function keepSign(rest, delta)
{
	return rest * delta < 0 ? 0 : rest;
}

/** @param {number} value
 * @param {number} least
 * @param {number} most */
function clamp(value, least, most)
{
	return Math.min(most, Math.max(least, value));
}
