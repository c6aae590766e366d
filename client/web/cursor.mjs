// SPDX-License-Identifier: GPL-3.0-or-later
// The remote pointer's shape as the local pointer: no pointer is ever drawn into the picture.

/** Shows the remote pointer's shape as the local pointer, as sharp as the picture. */
export class CursorStyle {
	#element;
	#scale = 1;
	#url = "";
	#hot = { x: 0, y: 0 };
	/** @type {"usual" | "none" | "image"} */
	#kind = "usual";

	/** @param {HTMLElement} element */
	constructor(element)
	{
		this.#element = element;
	}

	/** @param {Blob | null} blob
	 * @param {number} x
	 * @param {number} y */
	set(blob, x, y)
	{
		const old = this.#url;
		this.#kind = blob ? "image" : "none";
		this.#url = blob ? URL.createObjectURL(blob) : "";
		this.#hot = { x, y };
		this.#apply();
		// The old picture may still be shown until the new one is decoded.
		if (old)
			setTimeout(() => URL.revokeObjectURL(old), 1000);
	}

	/** @param {number} scale picture pixels per CSS pixel */
	setScale(scale)
	{
		if (scale === this.#scale)
			return;
		this.#scale = scale;
		this.#apply();
	}

	reset()
	{
		this.#kind = "usual";
		this.#apply();
	}

	finish()
	{
		if (this.#url)
			URL.revokeObjectURL(this.#url);
		this.#url = "";
	}

	#apply()
	{
		const style = this.#element.style;
		if (this.#kind !== "image") {
			style.cursor = this.#kind === "none" ? "none" : "default";
			return;
		}
		const x = Math.round(this.#hot.x / this.#scale), y = Math.round(this.#hot.y / this.#scale);
		// A browser that does not know image-set() keeps the line before.
		style.cursor = `url("${this.#url}") ${this.#hot.x} ${this.#hot.y}, default`;
		style.cursor = `image-set(url("${this.#url}") ${this.#scale}x) ${x} ${y}, default`;
	}
}
