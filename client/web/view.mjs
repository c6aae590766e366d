// SPDX-License-Identifier: GPL-3.0-or-later
// A closer look at the picture: how many times larger than it would fit, and which part is in the window. Pure arithmetic;
// the other side knows nothing of it.

/** @typedef {import("./input/pointer.mjs").Placement} Placement */
/** @typedef {import("./geometry.mjs").Area} Area */

export const ZOOM_MAX = 5;
/** What the buttons go through. */
const STEPS = [1, 1.25, 1.5, 2, 3, ZOOM_MAX];
/** Nearer to 1 than this is meant as 1. */
const NEARLY = 0.04;

export class View {
	/** Times as large as the picture is by itself: 1 to ZOOM_MAX. */
	zoom = 1;
	#left = 0;
	#top = 0;
	/** @type {Placement} */
	#base = { left: 0, top: 0, scale: 1, width: 0, height: 0 };
	#window = { width: 1, height: 1 };

	/** Where the picture stands as a whole, and the window that it stands in.
	 * @param {Placement} base
	 * @param {Area} area */
	setBase(base, area)
	{
		this.#base = base;
		this.#window = { width: area.cssWidth, height: area.cssHeight };
		this.#keepInside();
	}

	/** Where it stands as it is looked at.
	 * @returns {Placement} */
	get place()
	{
		return { ...this.#base, left: this.#left, top: this.#top, scale: this.#base.scale / this.zoom };
	}

	/** Comes closer, or goes away; what is at the point stays there.
	 * @param {number} factor above 0
	 * @param {number} x CSS pixels of the window
	 * @param {number} y likewise */
	zoomBy(factor, x, y)
	{
		const before = this.zoom;
		let zoom = Math.min(ZOOM_MAX, Math.max(1, before * factor));
		if (factor < 1 && zoom < 1 + NEARLY)
			zoom = 1;
		this.zoom = zoom;
		this.#left = x - (x - this.#left) * zoom / before;
		this.#top = y - (y - this.#top) * zoom / before;
		this.#keepInside();
	}

	/** The next step closer (1) or away (-1), around the middle of the window; 0: the whole picture.
	 * @param {-1 | 0 | 1} direction */
	step(direction)
	{
		const next = direction > 0 ? STEPS.find(step => step > this.zoom + 0.001) ?? ZOOM_MAX :
			direction < 0 ? STEPS.findLast(step => step < this.zoom - 0.001) ?? 1 : 1;
		this.zoomBy(next / this.zoom, this.#window.width / 2, this.#window.height / 2);
	}

	/** Moves the picture under the window.
	 * @param {number} dx CSS pixels, to the right
	 * @param {number} dy likewise, down */
	panBy(dx, dy)
	{
		this.#left += dx;
		this.#top += dy;
		this.#keepInside();
	}

	/** Shows the part that belongs to where the pointer is: at the window's edge, the picture's edge.
	 * @param {number} x CSS pixels of the window
	 * @param {number} y likewise */
	follow(x, y)
	{
		const { width, height } = this.#overflow();
		this.#left = -width * Math.min(1, Math.max(0, x / this.#window.width));
		this.#top = -height * Math.min(1, Math.max(0, y / this.#window.height));
	}

	/** How much of the picture does not fit, in CSS pixels. */
	#overflow()
	{
		const scale = this.#base.scale / this.zoom;
		return { width: Math.max(0, this.#base.width / scale - this.#window.width),
			height: Math.max(0, this.#base.height / scale - this.#window.height) };
	}

	/** The whole picture stands where it belongs; a part of it leaves no gap. */
	#keepInside()
	{
		const { width, height } = this.zoom > 1 ? this.#overflow() : { width: 0, height: 0 };
		this.#left = Math.min(0, Math.max(0 - width, this.#left));
		this.#top = Math.min(0, Math.max(0 - height, this.#top));
	}
}
