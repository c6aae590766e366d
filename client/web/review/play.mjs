// SPDX-License-Identifier: GPL-3.0-or-later
// The clock of the player: goes from moment to moment, one at a time; a new wish ends what is under way for an older one.
// Runs in a worker.

import { FilmError } from "./film.mjs";

/** @typedef {import("./messages.d.ts").FromPlayer} FromPlayer */
/** @typedef {import("./projector.mjs").Passed} Passed */
/** @typedef {{ at: number } | { step: 1 | -1 }} Wish */

const TICK_MS = 16;
/** What a tick may take of the recording at most, however late it comes: a machine that is too slow plays more slowly. */
const MOST_TICK_MS = 250;
/** Where nothing happens for so long is skipped, but for a little at both ends. */
const IDLE_US = 3000000;
const IDLE_EDGE_US = 500000;
/** A live view that lies further back than this jumps. */
const MOST_BEHIND_US = 4000000;
/** Telling where we are more often than this helps nobody. */
const TELL_EVERY_MS = 50;

export class Play {
	#film;
	#projector;
	#tell;
	#token = { cancelled: false };
	/** @type {Wish | null} */
	#wish = null;
	#playing = false;
	#rate = 1;
	#skipIdle = false;
	#follow = false;
	#running = false;
	#closed = false;
	#toldAt = 0;
	/** Since the page was last told. @type {Passed[]} */
	#passed = [];

	/** @param {import("./film.mjs").Film} film
	 * @param {import("./projector.mjs").Projector} projector
	 * @param {(message: FromPlayer, transfer?: Transferable[]) => void} tell */
	constructor(film, projector, tell)
	{
		this.#film = film;
		this.#projector = projector;
		this.#tell = tell;
	}

	/** @param {number} at microseconds */
	seek(at)
	{
		this.#wishFor({ at: Math.max(0, Math.min(at, this.#film.length)) });
	}

	/** @param {1 | -1} way */
	step(way)
	{
		this.#playing = false;
		this.#wishFor({ step: way });
	}

	/** @param {number} rate
	 * @param {boolean} skipIdle
	 * @param {boolean} follow stay at the end of what is still being written */
	play(rate, skipIdle, follow)
	{
		this.#rate = rate;
		this.#skipIdle = skipIdle;
		this.#follow = follow;
		this.#playing = true;
		void this.#run();
	}

	pause()
	{
		this.#playing = false;
	}

	close()
	{
		this.#closed = true;
		this.#token.cancelled = true;
		this.#film.forget();
	}

	/** @param {Wish} wish */
	#wishFor(wish)
	{
		this.#token.cancelled = true;
		this.#wish = wish;
		void this.#run();
	}

	async #run()
	{
		if (this.#running)
			return;
		this.#running = true;
		try {
			let last = performance.now();
			while (!this.#closed && (this.#wish || this.#playing)) {
				this.#token = { cancelled: false };
				if (this.#wish) {
					await this.#fulfil(this.#wish);
					last = performance.now();
					continue;
				}
				const now = performance.now(), ms = Math.min(now - last, MOST_TICK_MS);
				last = now;
				if (!await this.#tick(ms))
					break;
				await new Promise(resolve => setTimeout(resolve, Math.max(1, TICK_MS - (performance.now() - now))));
			}
		} catch (error) {
			this.#playing = false;
			this.#wish = null;
			this.#projector.forget();
			if (!this.#closed)
				this.#tell({ type: "stuck", word: error instanceof FilmError ? error.word : "damaged" });
			if (!(error instanceof FilmError))
				console.warn(String(error));
		} finally {
			this.#running = false;
		}
		if (!this.#closed && !this.#wish)
			this.#say(true, false, 0, false);
	}

	/** @param {Wish} wish */
	async #fulfil(wish)
	{
		const began = performance.now(), token = this.#token;
		this.#wish = null;
		const at = "at" in wish ? wish.at : await this.#projector.frame(wish.step, token);
		if (at < 0 || token.cancelled)
			return;
		this.#passed.push(await this.#projector.seek(at, token));
		if (!token.cancelled)
			this.#say(true, true, performance.now() - began, false);
	}

	/** @param {number} ms
	 * @returns {Promise<boolean>} false: the end is reached */
	async #tick(ms)
	{
		const film = this.#film, from = this.#projector.at, token = this.#token;
		let to = from + ms * 1000 * this.#rate, skipped = false;
		if (this.#follow && film.length - from > MOST_BEHIND_US)
			to = film.length - IDLE_EDGE_US;
		if (this.#skipIdle && !this.#follow) {
			const next = film.nextActive(from);
			if (next - from > IDLE_US) {
				to = next - IDLE_EDGE_US;
				skipped = true;
			}
		}
		to = Math.min(to, film.length);
		if (to > from) {
			const far = film.startFor(film.blockAt(to), to) > film.blockAt(from) + 1;
			this.#passed.push(await (far ? this.#projector.seek(to, token) : this.#projector.advance(to, token)));
		}
		if (token.cancelled)
			return true;
		this.#say(skipped, false, 0, skipped);
		if (to < film.length || film.growing)
			return true;
		this.#playing = false;
		this.#tell({ type: "ended" });
		return false;
	}

	/** @param {boolean} now
	 * @param {boolean} sought
	 * @param {number} tookMs
	 * @param {boolean} skipped */
	#say(now, sought, tookMs, skipped)
	{
		if (!now && performance.now() - this.#toldAt < TELL_EVERY_MS && !this.#passed.some(p => p.size || p.cursor))
			return;
		this.#toldAt = performance.now();
		const passed = this.#passed;
		this.#passed = [];
		const sum = (/** @type {"keys" | "unreadable"} */ name) => passed.reduce((n, p) => n + p[name], 0);
		this.#tell({ type: "at", at: this.#projector.at, playing: this.#playing, sought, tookMs, pointer: this.#projector.pointer,
			cursor: passed.findLast(p => p.cursor)?.cursor, size: passed.findLast(p => p.size)?.size ?? null, keys: sum("keys"),
			unreadable: sum("unreadable"), whole: this.#projector.whole, skipped });
	}
}
