// SPDX-License-Identifier: GPL-3.0-or-later
// Fingers on the screen element: gestures become clicks, wheel and a closer look. Holds the timers that touch.mjs must
// not have. Never sends anything itself.

import { Gestures, HOLD_MS } from "./touch.mjs";

/** What a fling loses in a millisecond, and where it ends (CSS pixels per millisecond). */
const FRICTION = 0.997, SLOWEST = 0.05;

/** @typedef {object} Target
 * @property {(x: number, y: number, button: 0 | 1 | 4) => void} point pointer with these buttons of the wire, at CSS pixels
 * @property {(x: number, y: number, dx: number, dy: number) => void} scroll the content moves by dx, dy CSS pixels
 * @property {(factor: number, x: number, y: number, dx: number, dy: number) => void} pinch
 * @property {(x: number, y: number) => void} tapped after the click: text may be meant to be typed there */

export class Fingers {
	#target;
	/** @type {ReturnType<typeof setTimeout> | undefined} */
	#holding;
	#flying = 0;
	#gestures = new Gestures({
		tap: (x, y) => {
			this.#click(x, y, 1);
			this.#target.tapped(x, y);
		},
		press: (x, y) => this.#click(x, y, 4),
		drag: (x, y, phase) => {
			if (phase === "begin")
				this.#target.point(x, y, 0);
			this.#target.point(x, y, phase === "end" ? 0 : 1);
		},
		scroll: (x, y, dx, dy) => this.#target.scroll(x, y, dx, dy),
		fling: (x, y, vx, vy) => this.#fly(x, y, vx, vy),
		pinch: (factor, x, y, dx, dy) => this.#target.pinch(factor, x, y, dx, dy),
	});

	/** @param {HTMLElement} element
	 * @param {Target} target
	 * @param {AbortSignal} signal */
	constructor(element, target, signal)
	{
		this.#target = target;
		for (const type of /** @type {const} */ (["pointerdown", "pointermove", "pointerup", "pointercancel"]))
			element.addEventListener(type, event => this.#hear(type, event), { signal });
		signal.addEventListener("abort", () => this.#rest());
	}

	/** @param {"pointerdown" | "pointermove" | "pointerup" | "pointercancel"} type
	 * @param {PointerEvent} event */
	#hear(type, event)
	{
		if (event.pointerType !== "touch")
			return;
		const { pointerId: id, clientX: x, clientY: y, timeStamp: t } = event;
		switch (type) {
		case "pointerdown":
			this.#rest();
			this.#gestures.down(id, x, y, t);
			this.#holding = setTimeout(() => {
				if (this.#gestures.hold())
					navigator.vibrate?.(15);
			}, HOLD_MS);
			break;
		case "pointermove":
			this.#gestures.move(id, x, y, t);
			break;
		case "pointerup":
			clearTimeout(this.#holding);
			this.#gestures.up(id, x, y, t);
			break;
		case "pointercancel":
			this.#rest();
			this.#gestures.cancel();
			break;
		}
	}

	/** A finger came down, or nobody is there: nothing goes on by itself. */
	#rest()
	{
		clearTimeout(this.#holding);
		cancelAnimationFrame(this.#flying);
	}

	/** @param {number} x
	 * @param {number} y
	 * @param {1 | 4} button */
	#click(x, y, button)
	{
		for (const now of /** @type {const} */ ([0, button, 0]))
			this.#target.point(x, y, now);
	}

	/** @param {number} x
	 * @param {number} y
	 * @param {number} vx CSS pixels per millisecond
	 * @param {number} vy likewise */
	#fly(x, y, vx, vy)
	{
		let last = performance.now();
		const turn = (/** @type {number} */ now) => {
			const ms = Math.min(50, Math.max(0, now - last)), keep = FRICTION ** ms;
			last = now;
			this.#target.scroll(x, y, vx * ms, vy * ms);
			vx *= keep;
			vy *= keep;
			if (Math.hypot(vx, vy) > SLOWEST)
				this.#flying = requestAnimationFrame(turn);
		};
		this.#flying = requestAnimationFrame(turn);
	}
}
