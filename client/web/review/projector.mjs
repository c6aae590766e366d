// SPDX-License-Identifier: GPL-3.0-or-later
// From entries to a picture: the same grammar and the same painter as the live client's. Goes forward entry by entry;
// whoever wants to be elsewhere begins at a picture from nothing before that moment and draws nothing until it is there.
// Runs in a worker.

import { Frames } from "../frames.mjs";
import { ENTRIES, MESSAGES, UPDATE_FLAGS } from "../generated/protocol.mjs";
import { BLOCK, isFrame, readPointer } from "./entries.mjs";

/** @typedef {import("./entries.mjs").Entry} Entry */
/** What changed on the way to a moment.
 * @typedef {{ size: { width: number, height: number } | null, cursor: import("./messages.d.ts").Cursor | undefined, keys: number,
 *   frames: number, unreadable: number }} Passed */
/** @typedef {{ cancelled: boolean }} Token */

/** A picture from nothing lacks, for a few frames, what the client had only approximately: one that is a little older does not. */
const SETTLED_US = 500000;
/** Going on from where we are is better than beginning anew if it is no further than this. */
const NEAR_BLOCKS = 2;

export class Projector {
	/** Microseconds; what is shown. */
	at = 0;
	/** @type {{ x: number, y: number, buttons: number } | null} */
	pointer = null;
	#wire;
	#painter;
	#film;
	#frames = new Frames();
	/** The next entry. */
	#block = 0;
	#index = 0;
	/** "nothing": no picture yet; "aside": a picture from nothing is being put together; "whole". @type {"nothing" | "aside" | "whole"} */
	#state = "nothing";

	/** @param {import("../wire.mjs").Wire} wire
	 * @param {import("../painter.mjs").Painter} painter
	 * @param {import("./film.mjs").Film} film */
	constructor(wire, painter, film)
	{
		this.#wire = wire;
		this.#painter = painter;
		this.#film = film;
		wire.reset();
		wire.recording();
	}

	/** Shows the moment `at`, from wherever we are.
	 * @param {number} at microseconds
	 * @param {Token} token
	 * @returns {Promise<Passed>} */
	async seek(at, token)
	{
		const film = this.#film, target = film.blockAt(at), passed = nothing();
		let start = film.startFor(target, at - SETTLED_US);
		const goOn = this.#state === "whole" && at >= this.at && (this.#block >= start || target - this.#block <= NEAR_BLOCKS);
		if (!goOn)
			await this.#begin(start, passed);
		await film.need(this.#block, target);
		await this.#run(at, token, passed);
		// The picture from nothing was not whole by then: an older one.
		while (this.#state !== "whole" && !token.cancelled && start > 0) {
			start = film.startFor(start - 1, at);
			await this.#begin(start, passed);
			await this.#run(at, token, passed);
		}
		if (!token.cancelled)
			this.#painter.show();
		film.ahead(this.#block);
		return passed;
	}

	/** Goes on to the moment `at`, which must not lie behind us.
	 * @param {number} at
	 * @param {Token} token
	 * @returns {Promise<Passed>} */
	async advance(at, token)
	{
		const passed = nothing();
		await this.#run(at, token, passed);
		this.#painter.show();
		this.#film.ahead(this.#block);
		return passed;
	}

	/** When the next or the previous frame came, or -1 when there is none.
	 * @param {1 | -1} way
	 * @param {Token} token */
	async frame(way, token)
	{
		const film = this.#film;
		for (let block = film.blockAt(this.at); block >= 0 && block < film.blocks.length && !token.cancelled; block += way) {
			if ((film.blocks[block]?.updates ?? 0) === 0)
				continue;
			const times = (await film.entries(block) ?? []).filter(endsFrame).map(entry => entry.at);
			const found = way > 0 ? times.find(at => at > this.at) : times.findLast(at => at < this.at);
			if (found !== undefined)
				return found;
		}
		return -1;
	}

	/** Whether the picture is what the client had. */
	get whole()
	{
		return this.#state === "whole";
	}

	/** Nothing that was drawn counts any more. */
	forget()
	{
		this.#state = "nothing";
	}

	/** Draws only the picture from nothing that begins in a block: for thumbnails.
	 * @param {number} block
	 * @param {Token} token */
	async snapshot(block, token)
	{
		const passed = nothing();
		await this.#begin(block, passed);
		for (let i = block; i < this.#film.blocks.length && i < block + 3 && this.#state !== "whole" && !token.cancelled; i++)
			await this.#run((this.#film.blocks[i + 1]?.at ?? this.#film.length + 1) - 1, token, passed, true);
		this.#painter.show();
	}

	/** Where the pointer was last seen before a block that says nothing of it.
	 * @param {number} block */
	async #lastPointer(block)
	{
		const before = this.#film.lastWith(block, BLOCK.INPUT);
		const entries = before < 0 ? null : await this.#film.entries(before);
		const last = entries?.findLast(e => e.kind === ENTRIES.POINTER || e.kind === ENTRIES.WHEEL);
		return last ? { ...readPointer(last.payload), buttons: 0 } : null;
	}

	/** The size that the picture had when a block began: a picture from nothing does not say it.
	 * @param {number} block
	 * @param {Passed} passed */
	async #lastSize(block, passed)
	{
		const before = this.#film.lastWith(block, BLOCK.SIZE);
		const entries = before < 0 ? null : await this.#film.entries(before);
		const last = entries?.findLast(e => e.kind === ENTRIES.DOWN && e.payload[0] === MESSAGES.SIZE);
		if (last)
			await this.#frame(last, passed);
	}

	/** @param {number} block
	 * @param {Passed} passed */
	async #begin(block, passed)
	{
		this.#wire.reset();
		this.#frames.reset();
		this.#state = "nothing";
		this.#block = block;
		this.#index = 0;
		this.at = this.#film.blocks[block]?.at ?? 0;
		this.pointer = await this.#lastPointer(block);
		await this.#lastSize(block, passed);
	}

	/** @param {number} at
	 * @param {Token} token
	 * @param {Passed} passed
	 * @param {boolean} [untilWhole] */
	async #run(at, token, passed, untilWhole = false)
	{
		while (this.#block < this.#film.blocks.length && !token.cancelled) {
			const next = this.#film.blocks[this.#block];
			if (next && next.at > at && this.#index === 0)
				break;
			const entries = await this.#film.entries(this.#block);
			if (!entries) {
				passed.unreadable += 1;
				this.#state = "nothing";
			}
			for (; entries && this.#index < entries.length; this.#index++) {
				const entry = /** @type {Entry} */ (entries[this.#index]);
				if (entry.at > at || token.cancelled || (untilWhole && this.#state === "whole"))
					return this.#reached(at, token);
				await this.#take(entry, passed);
			}
			this.#block += 1;
			this.#index = 0;
		}
		this.#reached(at, token);
	}

	/** @param {number} at
	 * @param {Token} token */
	#reached(at, token)
	{
		if (!token.cancelled)
			this.at = Math.min(at, this.#film.length);
	}

	/** @param {Entry} entry
	 * @param {Passed} passed */
	async #take(entry, passed)
	{
		this.at = Math.max(this.at, entry.at);
		if (isFrame(entry.kind)) {
			await this.#frame(entry, passed);
		} else if (entry.kind === ENTRIES.POINTER || entry.kind === ENTRIES.WHEEL) {
			const { x, y, buttons } = readPointer(entry.payload);
			this.pointer = { x, y, buttons: entry.kind === ENTRIES.POINTER ? buttons : this.pointer?.buttons ?? 0 };
		} else if (entry.kind === ENTRIES.KEY) {
			passed.keys += 1;
		}
	}

	/** @param {Entry} entry
	 * @param {Passed} passed */
	async #frame(entry, passed)
	{
		const aside = entry.kind === ENTRIES.ASIDE, type = entry.payload[0];
		if (aside && this.#state === "whole")
			return; // we have that picture already
		if (type !== MESSAGES.UPDATE && type !== MESSAGES.SIZE && type !== MESSAGES.CURSOR)
			return; // nothing that is seen
		if (type === MESSAGES.UPDATE && this.#state === "nothing" && !startsPicture(entry.payload))
			return; // it refers to pictures that we have not seen
		const message = this.#wire.parse(entry.payload);
		if (message.type === "size") {
			this.#frames.reset();
			this.#painter.resize(message.width, message.height);
			passed.size = { width: message.width, height: message.height };
		} else if (message.type === "cursor") {
			passed.cursor = { image: message.image, hotX: message.hotX, hotY: message.hotY };
		} else if (message.type === "update" && aside) {
			await this.#painter.draw({ keyframe: message.keyframe, operations: message.operations }, false);
			this.#state = message.end ? "whole" : "aside";
			passed.frames += 1;
		} else if (message.type === "update") {
			const frame = this.#frames.add(message);
			if (frame?.keyframe)
				this.#state = "whole";
			if (frame)
				await this.#painter.draw(frame, false);
			passed.frames += 1;
		}
	}
}

/** Whether this UPDATE needs nothing that came before it.
 * @param {Uint8Array} frame */
function startsPicture(frame)
{
	return ((frame[1] ?? 0) & UPDATE_FLAGS.KEYFRAME) !== 0;
}

/** Whether it is the last part of a frame that the client was sent.
 * @param {Entry} entry */
function endsFrame(entry)
{
	return entry.kind === ENTRIES.DOWN && entry.payload[0] === MESSAGES.UPDATE && ((entry.payload[1] ?? 0) & UPDATE_FLAGS.END) !== 0;
}

/** @returns {Passed} */
function nothing()
{
	return { size: null, cursor: undefined, keys: 0, frames: 0, unreadable: 0 };
}
