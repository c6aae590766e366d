// SPDX-License-Identifier: GPL-3.0-or-later
// Puts the parts of a frame together: one UPDATE or several, of which only the last may be shown.

/** @typedef {import("./painter.mjs").Frame} Frame */
/** @typedef {import("./painter.mjs").Operation} Operation */

/** Operations of one frame, over all its parts. */
const MOST_OPERATIONS = 262144;

export class Frames {
	/** Of the frame whose last part has not come yet. @type {Operation[]} */
	#operations = [];
	#keyframe = false;

	/** Forgets what was begun. */
	reset()
	{
		this.#operations = [];
		this.#keyframe = false;
	}

	/** @param {{ keyframe: boolean, end: boolean, operations: Operation[] }} update
	 * @returns {Frame | null} the frame, once it is whole */
	add(update)
	{
		if (update.keyframe) {
			this.#operations = [];
			this.#keyframe = true;
		}
		if (this.#operations.length + update.operations.length > MOST_OPERATIONS)
			throw new Error("a frame without an end");
		this.#operations = this.#operations.concat(update.operations);
		if (!update.end)
			return null;
		const frame = { keyframe: this.#keyframe, operations: this.#operations };
		this.reset();
		return frame;
	}
}
