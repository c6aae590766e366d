// SPDX-License-Identifier: GPL-3.0-or-later
// <sek-timeline>: the whole recording as a line: how much the picture changed, where the user did something, what happened,
// where we are. Click or drag to go there; a small picture of the place under the pointer. A slider for the keyboard.

import { make } from "../dom.mjs";
import { words } from "../words.mjs";
import { clock } from "./show.mjs";

/** @typedef {import("./entries.mjs").Block} Block */
/** @typedef {{ at: number, kind: string, text: string }} Mark */

const HEIGHT = 64, HEAT_TOP = 16, HEAT_BOTTOM = 52, INPUT_TOP = 55;
const THUMB_WIDTH = 240;

/** Fires "sek-seek" (detail: microseconds) and "sek-look" (the same: a thumbnail is wanted). */
export class Timeline extends HTMLElement {
	#canvas = make("canvas", { height: HEIGHT, "aria-hidden": "true" });
	#here = make("div", { class: "here" });
	#picture = make("canvas", { width: 1, height: 1 });
	#label = make("p");
	#hover = make("div", { class: "hover", hidden: true, "aria-hidden": "true" }, this.#picture, this.#label);
	/** @type {Block[]} */
	#blocks = [];
	/** @type {Mark[]} */
	#marks = [];
	#length = 1;
	#at = 0;
	#drag = false;
	#looked = -1;
	#resize = new ResizeObserver(() => this.#draw());
	#scheme = matchMedia("(prefers-color-scheme: dark)");
	#redraw = () => this.#draw();

	connectedCallback()
	{
		for (const [name, value] of Object.entries({ role: "slider", tabindex: "0", "aria-valuemin": "0", "aria-label": words("review.timeline") }))
			this.setAttribute(name, value);
		this.replaceChildren(this.#canvas, this.#here, this.#hover);
		this.addEventListener("pointerdown", event => {
			if (event.button !== 0)
				return;
			this.#drag = true;
			this.setPointerCapture(event.pointerId);
			this.#go(event);
		});
		this.addEventListener("pointermove", event => {
			if (this.#drag)
				this.#go(event);
			this.#look(event);
		});
		for (const type of /** @type {const} */ (["pointerup", "pointercancel"]))
			this.addEventListener(type, () => void (this.#drag = false));
		this.addEventListener("pointerleave", () => void (this.#hover.hidden = true));
		this.#resize.observe(this);
		this.#scheme.addEventListener("change", this.#redraw);
	}

	disconnectedCallback()
	{
		this.#resize.disconnect();
		this.#scheme.removeEventListener("change", this.#redraw);
	}

	/** @param {Block[]} blocks
	 * @param {number} length microseconds
	 */
	show(blocks, length)
	{
		this.#blocks = blocks;
		this.#length = Math.max(length, 1);
		this.setAttribute("aria-valuemax", String(Math.floor(length / 1000000)));
		this.#draw();
		this.move(this.#at);
	}

	/** @param {Mark[]} marks */
	mark(marks)
	{
		this.#marks = marks;
		this.#draw();
	}

	/** @param {number} at microseconds */
	move(at)
	{
		this.#at = at;
		this.#here.style.left = `${100 * Math.min(at / this.#length, 1)}%`;
		const s = String(Math.floor(at / 1000000));
		if (this.getAttribute("aria-valuenow") !== s) {
			this.setAttribute("aria-valuenow", s);
			this.setAttribute("aria-valuetext", clock(at));
		}
	}

	/** A picture of the place that was asked for, if it is still wanted.
	 * @param {number} at
	 * @param {ImageBitmap} bitmap */
	thumb(at, bitmap)
	{
		if (at === this.#looked) {
			this.#picture.width = bitmap.width;
			this.#picture.height = bitmap.height;
			this.#picture.getContext("2d")?.drawImage(bitmap, 0, 0);
			this.#picture.hidden = false;
		}
		bitmap.close();
	}

	/** @param {PointerEvent} event */
	#timeAt(event)
	{
		const { left, width } = this.getBoundingClientRect();
		return Math.round(Math.max(0, Math.min((event.clientX - left) / Math.max(width, 1), 1)) * this.#length);
	}

	/** @param {PointerEvent} event */
	#go(event)
	{
		this.dispatchEvent(new CustomEvent("sek-seek", { detail: this.#timeAt(event) }));
	}

	/** @param {PointerEvent} event */
	#look(event)
	{
		const { left, width } = this.getBoundingClientRect(), x = event.clientX - left, at = this.#timeAt(event);
		const near = this.#marks.filter(mark => Math.abs(mark.at / this.#length * width - x) < 5).slice(0, 3);
		this.#label.textContent = [`${clock(at)}`, ...near.map(mark => mark.text)].join("  ");
		this.#hover.hidden = false;
		this.#hover.style.left = `${Math.max(0, Math.min(x - THUMB_WIDTH / 2, width - THUMB_WIDTH))}px`;
		if (Math.abs(at - this.#looked) < this.#length / Math.max(width, 1))
			return;
		this.#looked = at;
		this.dispatchEvent(new CustomEvent("sek-look", { detail: at }));
	}

	#draw()
	{
		const width = Math.max(1, Math.round(this.clientWidth)), ratio = devicePixelRatio, context = this.#canvas.getContext("2d");
		if (!context)
			return;
		this.#canvas.width = Math.round(width * ratio);
		this.#canvas.height = Math.round(HEIGHT * ratio);
		context.scale(ratio, ratio);
		const style = getComputedStyle(this), colour = (/** @type {string} */ name) => style.getPropertyValue(name).trim();
		this.#drawHeat(context, width, colour);
		for (const mark of this.#marks) {
			context.fillStyle = colour(`--mark-${mark.kind}`);
			const x = mark.at / this.#length * width;
			context.beginPath();
			context.moveTo(x - 5, 2);
			context.lineTo(x + 5, 2);
			context.lineTo(x, 13);
			context.fill();
		}
	}

	/** @param {CanvasRenderingContext2D} context
	 * @param {number} width
	 * @param {(name: string) => string} colour */
	#drawHeat(context, width, colour)
	{
		const heat = new Float64Array(width), inputs = new Uint32Array(width);
		for (const block of this.#blocks) {
			const x = Math.min(width - 1, Math.floor(block.at / this.#length * width));
			heat[x] = (heat[x] ?? 0) + block.updateBytes;
			inputs[x] = (inputs[x] ?? 0) + block.inputs;
		}
		const most = Math.log1p(heat.reduce((a, b) => Math.max(a, b), 1));
		context.fillStyle = colour("--line-soft");
		context.fillRect(0, HEAT_BOTTOM, width, 1);
		// One block is a second: on a short recording it is wider than a pixel.
		const wide = Math.max(1, 1000000 / this.#length * width);
		for (let x = 0; x < width; x++) {
			const h = Math.log1p(heat[x] ?? 0) / most * (HEAT_BOTTOM - HEAT_TOP);
			context.fillStyle = colour("--accent");
			context.fillRect(x, HEAT_BOTTOM - h, wide, h);
			if (inputs[x]) {
				context.fillStyle = colour("--good");
				context.fillRect(x, INPUT_TOP, wide, 5);
			}
		}
	}
}

customElements.define("sek-timeline", Timeline);
