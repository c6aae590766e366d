// SPDX-License-Identifier: GPL-3.0-or-later
// What is said of the line. Pure arithmetic.

/** @typedef {"good" | "fair" | "poor" | "silent"} Quality */

/** Round trips to the broker, in milliseconds: up to this much nobody feels, or everybody can live with. */
export const GOOD_MS = 80, FAIR_MS = 200;
/** How much the latest round trip weighs: one late answer is no slow line. */
const WEIGHT = 0.5;

export class LineQuality {
	/** Smoothed round trip in milliseconds; NaN: not known yet. */
	ms = NaN;
	#silent = false;

	/** @param {number | null} ms a round trip; null: none came back in time */
	add(ms)
	{
		this.#silent = ms === null;
		if (ms !== null)
			this.ms = Number.isNaN(this.ms) ? ms : this.ms + (ms - this.ms) * WEIGHT;
	}

	reset()
	{
		this.ms = NaN;
		this.#silent = false;
	}

	/** null: nothing is known.
	 * @returns {Quality | null} */
	get level()
	{
		if (this.#silent)
			return "silent";
		return Number.isNaN(this.ms) ? null : this.ms <= GOOD_MS ? "good" : this.ms <= FAIR_MS ? "fair" : "poor";
	}
}
