// SPDX-License-Identifier: GPL-3.0-or-later
// What fingers mean: tap, scroll, hold, drag, pinch. Knows neither the page nor the wire, and looks at no clock: each event
// brings its time. The usual meanings of tablets:
//   tap: click; twice: double click. One finger moves: scrolls, and goes on for a moment when it was let go in motion.
//   Held: drags from there (selects text); let go where it was: right click. Two fingers: closer, away, along.

/** All positions in CSS pixels of the window.
 * @typedef {object} Acts
 * @property {(x: number, y: number) => void} tap
 * @property {(x: number, y: number) => void} press held and let go: the right button
 * @property {(x: number, y: number, phase: "begin" | "move" | "end") => void} drag
 * @property {(x: number, y: number, dx: number, dy: number) => void} scroll the content follows the finger by dx, dy;
 *   x, y: where the finger came down
 * @property {(x: number, y: number, vx: number, vy: number) => void} fling let go in motion; CSS pixels per ms
 * @property {(factor: number, x: number, y: number, dx: number, dy: number) => void} pinch around x, y, which moved */

/** For this long a finger stays to be held. */
export const HOLD_MS = 500;
/** It has not moved as long as it stays this near, CSS pixels. */
const SLACK = 10;
/** A second tap this soon and this near is meant for the same place. */
const TWICE_MS = 350, TWICE_NEAR = 24;
/** Speed is that of the last this many milliseconds. */
const SPEED_MS = 80;
const FLING_LEAST = 0.25;

/** @typedef {{ x: number, y: number }} Point */

/** @param {Point} a
 * @param {Point} b */
function distance(a, b)
{
	return Math.hypot(a.x - b.x, a.y - b.y);
}

export class Gestures {
	#acts;
	/** @type {"none" | "down" | "scroll" | "held" | "drag" | "pinch" | "over"} over: until every finger is gone */
	#state = "none";
	/** @type {Map<number, Point>} */
	#fingers = new Map();
	#start = { x: 0, y: 0 };
	/** @type {{ x: number, y: number, t: number }[]} of the only finger, the youngest last */
	#trail = [];
	#lastTap = { x: 0, y: 0, t: -Infinity };

	/** @param {Acts} acts */
	constructor(acts)
	{
		this.#acts = acts;
	}

	/** @param {number} id of the finger
	 * @param {number} x
	 * @param {number} y
	 * @param {number} t milliseconds */
	down(id, x, y, t)
	{
		this.#fingers.set(id, { x, y });
		if (this.#fingers.size === 1 && this.#state === "none") {
			this.#state = "down";
			this.#start = { x, y };
			this.#trail = [{ x, y, t }];
		} else if (this.#fingers.size === 2 && (this.#state === "down" || this.#state === "scroll")) {
			this.#state = "pinch";
		} else if (this.#state === "drag") {
			this.#acts.drag(x, y, "end");
			this.#state = "over";
		} else {
			this.#state = "over";
		}
	}

	/** HOLD_MS after `down`, by the caller's clock: true if the finger is being held, so that the user can be told. */
	hold()
	{
		if (this.#state !== "down")
			return false;
		this.#state = "held";
		return true;
	}

	/** @param {number} id
	 * @param {number} x
	 * @param {number} y
	 * @param {number} t */
	move(id, x, y, t)
	{
		const finger = this.#fingers.get(id);
		if (!finger)
			return;
		if (this.#state === "pinch") {
			this.#pinch(id, { x, y });
			return;
		}
		const dx = x - finger.x, dy = y - finger.y;
		finger.x = x;
		finger.y = y;
		const near = distance(finger, this.#start) <= SLACK;
		switch (this.#state) {
		case "down":
			if (near)
				break;
			this.#state = "scroll";
			this.#acts.scroll(this.#start.x, this.#start.y, x - this.#start.x, y - this.#start.y);
			break;
		case "scroll":
			this.#acts.scroll(this.#start.x, this.#start.y, dx, dy);
			break;
		case "held":
			if (near)
				break;
			this.#state = "drag";
			this.#acts.drag(this.#start.x, this.#start.y, "begin");
			this.#acts.drag(x, y, "move");
			break;
		case "drag":
			this.#acts.drag(x, y, "move");
			break;
		default:
			break;
		}
		this.#trail = [...this.#trail.filter(point => t - point.t <= SPEED_MS), { x, y, t }];
	}

	/** @param {number} id
	 * @param {number} x
	 * @param {number} y
	 * @param {number} t */
	up(id, x, y, t)
	{
		if (!this.#fingers.delete(id))
			return;
		const state = this.#state;
		this.#state = this.#fingers.size > 0 ? "over" : "none";
		switch (state) {
		case "down":
			this.#tap(t);
			break;
		case "held":
			this.#acts.press(this.#start.x, this.#start.y);
			break;
		case "drag":
			this.#acts.drag(x, y, "end");
			break;
		case "scroll":
			this.#fling(t);
			break;
		default:
			break;
		}
	}

	/** The system took the fingers away: nothing is meant by them. */
	cancel()
	{
		if (this.#state === "drag")
			this.#acts.drag(this.#start.x, this.#start.y, "end");
		this.#fingers.clear();
		this.#state = "none";
	}

	/** @param {number} t */
	#tap(t)
	{
		const again = t - this.#lastTap.t <= TWICE_MS && distance(this.#start, this.#lastTap) <= TWICE_NEAR;
		const { x, y } = again ? this.#lastTap : this.#start;
		this.#lastTap = { x, y, t };
		this.#acts.tap(x, y);
	}

	/** @param {number} t */
	#fling(t)
	{
		const trail = this.#trail.filter(point => t - point.t <= SPEED_MS), first = trail[0], last = trail[trail.length - 1];
		if (!first || last.t <= first.t)
			return;
		const vx = (last.x - first.x) / (last.t - first.t), vy = (last.y - first.y) / (last.t - first.t);
		if (Math.hypot(vx, vy) >= FLING_LEAST)
			this.#acts.fling(this.#start.x, this.#start.y, vx, vy);
	}

	/** @param {number} id
	 * @param {Point} to */
	#pinch(id, to)
	{
		const [a, b] = [...this.#fingers.values()], before = distance(a, b);
		const middle = { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 };
		Object.assign(/** @type {Point} */ (this.#fingers.get(id)), to);
		const x = (a.x + b.x) / 2, y = (a.y + b.y) / 2;
		this.#acts.pinch(before > 0 ? distance(a, b) / before : 1, x, y, x - middle.x, y - middle.y);
	}
}
