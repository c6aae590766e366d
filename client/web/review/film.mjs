// SPDX-License-Identifier: GPL-3.0-or-later
// A recording that is open: its line of blocks, and their entries, fetched when they are needed and a little before, kept
// while there is room. Runs in a worker.

import { BLOCK, readBlocks, readEntries, readTimeline } from "./entries.mjs";

/** @typedef {import("./entries.mjs").Block} Block */
/** @typedef {import("./entries.mjs").Entry} Entry */

const MOST_KEPT_BYTES = 96 * 1024 * 1024;
const AHEAD_BLOCKS = 24;
/** A second in which the picture changed by so little (a caret that blinks) is idle. */
const IDLE_BYTES = 400;
/** What the first picture may take to be whole. */
const FIRST_US = 500000;
const TIMEOUT_MS = 20000;

/** Why the broker gives nothing more: a word of docs/api.md. */
export class FilmError extends Error {
	/** @param {string} word */
	constructor(word)
	{
		super(word);
		this.word = word;
	}
}

export class Film {
	/** @type {Block[]} */
	blocks = [];
	/** Microseconds. */
	length = 0;
	/** Whether it is still being written. */
	growing = false;
	#view;
	/** In the order of their last use. @type {Map<number, { entries: Entry[] | null, bytes: number }>} */
	#kept = new Map();
	#keptBytes = 0;
	/** @type {Map<number, Promise<void>>} */
	#coming = new Map();

	/** @param {string} view id of the view */
	constructor(view)
	{
		this.#view = view;
	}

	/** Learns of the blocks that there are now beyond the known ones.
	 * @param {number} length microseconds
	 * @param {boolean} growing
	 * @returns {Promise<ArrayBuffer>} what the broker said of them */
	async learn(length, growing)
	{
		const bytes = await this.#ask("timeline", { from: this.blocks.length });
		this.blocks = this.blocks.concat(readTimeline(bytes));
		this.length = length;
		this.growing = growing;
		return bytes;
	}

	/** The block in which this moment lies.
	 * @param {number} at microseconds */
	blockAt(at)
	{
		let low = 0, high = this.blocks.length - 1;
		while (low < high) {
			const middle = (low + high + 1) >> 1;
			if ((this.blocks[middle]?.at ?? 0) <= at)
				low = middle;
			else
				high = middle - 1;
		}
		return low;
	}

	/** When there is something to see for the first time. */
	firstPicture()
	{
		const first = this.blocks.find(block => block.start >= 0);
		return first ? Math.min(first.start + FIRST_US, this.length) : 0;
	}

	/** The last block before or at this one that has a picture from nothing which begins no later than `at`; else the first.
	 * @param {number} block
	 * @param {number} at microseconds */
	startFor(block, at)
	{
		for (let i = Math.min(block, this.blocks.length - 1); i > 0; i--) {
			const { flags, start } = /** @type {Block} */ (this.blocks[i]);
			if (flags & BLOCK.SNAPSHOT && start <= at)
				return i;
		}
		return 0;
	}

	/** The last block before this one that has one of the flags, or -1.
	 * @param {number} block
	 * @param {number} flags */
	lastWith(block, flags)
	{
		for (let i = Math.min(block, this.blocks.length) - 1; i >= 0; i--)
			if ((this.blocks[i]?.flags ?? 0) & flags)
				return i;
		return -1;
	}

	/** When something next happens from `at` on: the picture changes or the user does something. The length if nothing does.
	 * @param {number} at microseconds */
	nextActive(at)
	{
		for (let i = this.blockAt(at); i < this.blocks.length; i++) {
			const { at: from, inputs, updateBytes, flags } = /** @type {Block} */ (this.blocks[i]);
			if (inputs > 0 || updateBytes > IDLE_BYTES || flags & (BLOCK.EVENT | BLOCK.CLIPBOARD | BLOCK.POLICY))
				return Math.max(at, from);
		}
		return this.length;
	}

	/** Has these blocks fetched.
	 * @param {number} from
	 * @param {number} to the last */
	async need(from, to)
	{
		for (let i = from; i <= to && i < this.blocks.length; i++) {
			// What was asked for ahead may not all have fitted into one answer; the first block of each always does.
			for (let tries = 0; tries < 2 && !this.#kept.has(i); tries++) {
				if (!this.#coming.has(i))
					this.#fetch(i, Math.min(to, this.blocks.length - 1) - i + 1);
				await this.#coming.get(i);
			}
		}
	}

	/** Has what follows fetched too, without waiting. @param {number} from */
	ahead(from)
	{
		const to = Math.min(from + AHEAD_BLOCKS, this.blocks.length) - 1;
		for (let i = from; i <= to; i++) {
			if (this.#kept.has(i) || this.#coming.has(i))
				continue;
			if (i > from + AHEAD_BLOCKS / 2 && this.#coming.size > 0)
				return;
			this.#fetch(i, to - i + 1);
			return;
		}
	}

	/** What stands in a block that was fetched; null: it was changed and cannot be read.
	 * @param {number} block
	 * @returns {Promise<Entry[] | null>} */
	async entries(block)
	{
		await this.need(block, block);
		const kept = this.#kept.get(block);
		if (!kept)
			return null;
		this.#kept.delete(block);
		this.#kept.set(block, kept);
		return kept.entries;
	}

	/** Nothing of it stays. */
	forget()
	{
		this.#kept.clear();
		this.#keptBytes = 0;
	}

	/** @param {number} from
	 * @param {number} count */
	#fetch(from, count)
	{
		const coming = this.#ask("blocks", { from, count }).then(bytes => {
			for (const { number, entries } of readBlocks(bytes))
				this.#keep(number, entries);
		}).finally(() => {
			for (let i = from; i < from + count; i++)
				if (this.#coming.get(i) === coming)
					this.#coming.delete(i);
		});
		coming.catch(() => {}); // told to whoever needs it
		for (let i = from; i < from + count; i++)
			if (!this.#coming.has(i))
				this.#coming.set(i, coming);
	}

	/** @param {number} number
	 * @param {Uint8Array<ArrayBuffer> | null} bytes */
	#keep(number, bytes)
	{
		if (this.#kept.has(number))
			return;
		let entries = null;
		try {
			entries = bytes && readEntries(bytes);
		} catch {
			// shown as a block that cannot be read
		}
		this.#kept.set(number, { entries, bytes: bytes?.length ?? 0 });
		this.#keptBytes += bytes?.length ?? 0;
		for (const [old, { bytes: n }] of this.#kept) {
			if (this.#keptBytes <= MOST_KEPT_BYTES || old === number)
				break;
			this.#kept.delete(old);
			this.#keptBytes -= n;
		}
	}

	/** @param {string} op
	 * @param {object} input */
	async #ask(op, input)
	{
		let response;
		try {
			response = await fetch(`/api/review/${op}`, { method: "POST", headers: { "Content-Type": "application/json" },
				body: JSON.stringify({ view: this.#view, ...input }), credentials: "same-origin", cache: "no-store",
				redirect: "error", signal: AbortSignal.timeout(TIMEOUT_MS) });
			if (response.ok)
				return await response.arrayBuffer();
		} catch {
			throw new FilmError("network");
		}
		const answer = await response.json().catch(() => ({}));
		throw new FilmError(typeof answer.error === "string" ? answer.error : "unexpected");
	}
}
