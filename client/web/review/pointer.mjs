// SPDX-License-Identifier: GPL-3.0-or-later
// The user's pointer over the recorded picture, and the place that both have on the page.

import { make } from "../dom.mjs";
import { icon } from "./icons.mjs";

/** @typedef {import("./messages.d.ts").Cursor} Cursor */

export class Pointer {
	element = make("div", { class: "pointer", hidden: true, "aria-hidden": "true" });
	#shape = make("canvas", { hidden: true });
	#usual = icon("pointer");
	#picture = { width: 1, height: 1 };
	#scale = 1;
	#hot = { x: 0, y: 0 };
	/** @type {"usual" | "none" | "image"} */
	#kind = "usual";
	/** @type {{ x: number, y: number, buttons: number } | null} */
	#at = null;

	constructor()
	{
		this.element.append(this.#shape, this.#usual);
	}

	/** @param {{ width: number, height: number }} size */
	setPicture(size)
	{
		this.#picture = size;
	}

	/** Gives the picture the room that there is, but not more than it is large.
	 * @param {HTMLElement} room
	 * @param {HTMLCanvasElement} canvas */
	layOut(room, canvas)
	{
		const { width, height } = this.#picture;
		if (width <= 1)
			return;
		this.#scale = Math.min(room.clientWidth / width, room.clientHeight / height, 1);
		canvas.style.width = `${width * this.#scale}px`;
		canvas.style.height = `${height * this.#scale}px`;
		this.#place();
	}

	/** @param {{ x: number, y: number, buttons: number } | null} at
	 * @param {Cursor | undefined} cursor undefined: as before */
	show(at, cursor)
	{
		this.#at = at;
		if (cursor) {
			this.#kind = cursor.image ? "image" : "none";
			this.#hot = { x: cursor.hotX, y: cursor.hotY };
			if (cursor.image) {
				this.#shape.width = cursor.image.width;
				this.#shape.height = cursor.image.height;
				this.#shape.getContext("2d")?.putImageData(cursor.image, 0, 0);
			}
		}
		this.#shape.hidden = this.#kind !== "image";
		this.#usual.style.display = this.#kind === "usual" ? "" : "none";
		this.element.hidden = !at || this.#kind === "none";
		this.element.classList.toggle("pressed", (at?.buttons ?? 0) !== 0);
		this.#place();
	}

	#place()
	{
		if (!this.#at)
			return;
		const hot = this.#kind === "image" ? this.#hot : { x: 5, y: 2 }, scale = this.#kind === "image" ? this.#scale : 1;
		this.#shape.style.width = `${this.#shape.width * this.#scale}px`;
		this.element.style.left = `${this.#at.x * this.#scale - hot.x * scale}px`;
		this.element.style.top = `${this.#at.y * this.#scale - hot.y * scale}px`;
	}
}
