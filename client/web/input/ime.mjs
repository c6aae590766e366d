// SPDX-License-Identifier: GPL-3.0-or-later
// The textarea into which the local input method composes. It lies over the remote caret, so that the candidate window
// opens there; it is invisible until a composition shows in it. What was committed goes out as text and the textarea is
// empty again. Never sends anything that is not committed.

import { cleanText } from "../text.mjs";
import { caretBox } from "./caret.mjs";

/** @typedef {import("./pointer.mjs").Placement} Placement */
/** @typedef {import("./caret.mjs").Caret} Caret */

/** CSS pixels that a composition gets at least, even at the right edge of the window. */
const LEAST_WIDTH = 160;

export class Ime {
	#area;
	#send;
	#composing = false;
	/** @type {Caret | null} the remote caret, in the picture's pixels */
	#caret = null;
	/** @type {{ x: number, y: number } | null} where the user last clicked: the next best place */
	#click = null;
	/** @type {Placement | null} */
	#place = null;

	/** @param {HTMLTextAreaElement} area
	 * @param {(text: string) => void} send gets cleaned, non-empty text */
	constructor(area, send)
	{
		this.#area = area;
		this.#send = send;
		area.addEventListener("compositionstart", () => this.#start());
		area.addEventListener("compositionend", () => this.#end());
		area.addEventListener("input", () => this.#input());
	}

	get composing()
	{
		return this.#composing;
	}

	/** The remote caret moved; null: it is not known where it is.
	 * @param {Caret | null} caret */
	setCaret(caret)
	{
		this.#caret = caret;
		this.#layOut();
	}

	/** The user clicked there: where the caret will be, until we hear of it.
	 * @param {number} x picture pixels
	 * @param {number} y likewise */
	setClick(x, y)
	{
		this.#click = { x, y };
		if (!this.#caret)
			this.#layOut();
	}

	/** @param {Placement} place */
	setPlacement(place)
	{
		this.#place = place;
		this.#layOut();
	}

	/** Ends a composition as if the user had accepted it: before a click moves the caret away. */
	finish()
	{
		if (!this.#composing)
			return;
		this.#area.blur();
		this.#area.focus({ preventScroll: true });
		// A browser that did not end it by itself on the loss of focus.
		if (this.#composing)
			this.#end();
	}

	#start()
	{
		this.#composing = true;
		this.#area.classList.add("composing");
		this.#grow();
	}

	#end()
	{
		this.#composing = false;
		this.#area.classList.remove("composing");
		this.#flush();
	}

	#input()
	{
		if (this.#composing)
			this.#grow();
		else
			this.#flush();
	}

	#flush()
	{
		const text = cleanText(this.#area.value);
		this.#area.value = "";
		this.#layOut();
		if (text)
			this.#send(text);
	}

	#layOut()
	{
		if (!this.#place)
			return;
		const box = caretBox(this.#place, this.#caret, this.#click);
		const style = this.#area.style;
		style.left = `${box.left}px`;
		style.top = `${box.top}px`;
		style.height = `${box.height}px`;
		style.lineHeight = `${box.height}px`;
		style.fontSize = `${box.fontSize}px`;
		if (this.#composing)
			this.#grow();
		else
			style.width = `${box.width}px`;
	}

	/** Makes the textarea as large as what is composed: one line if it fits, inside the window in any case. */
	#grow()
	{
		const area = this.#area, style = area.style, { clientWidth, clientHeight } = document.documentElement;
		const line = parseFloat(style.lineHeight || "0"), left = parseFloat(style.left || "0");
		style.whiteSpace = "pre";
		style.width = "1px";
		const wanted = area.scrollWidth + 6;
		style.whiteSpace = "";
		const width = Math.min(wanted, Math.max(LEAST_WIDTH, clientWidth - left - 4));
		style.width = `${width}px`;
		style.left = `${Math.max(0, Math.min(left, clientWidth - width - 4))}px`;
		style.height = `${line}px`;
		const height = Math.max(line, area.scrollHeight);
		style.height = `${height}px`;
		style.top = `${Math.max(0, Math.min(parseFloat(style.top || "0"), clientHeight - height - 4))}px`;
	}
}
