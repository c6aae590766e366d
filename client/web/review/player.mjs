// SPDX-License-Identifier: GPL-3.0-or-later
// <sek-player>: one recording, or a running session with a little delay. The picture is drawn by workers; this element holds
// the controls, says where we are, and shows nothing once the broker gives nothing more.

import { errorWords, words } from "../words.mjs";
import { ApiError } from "../api.mjs";
import { make } from "../dom.mjs";
import { review } from "./call.mjs";
import { Controls } from "./controls.mjs";
import { readTimeline } from "./entries.mjs";
import { Pointer } from "./pointer.mjs";
import { happening, kindOf } from "./show.mjs";
import { Side } from "./side.mjs";
import "./timeline.mjs";

/** @typedef {import("./messages.d.ts").ToPlayer} ToPlayer */
/** @typedef {import("./messages.d.ts").FromPlayer} FromPlayer */
/** @typedef {import("./call.mjs").Happening} Happening */

const LIVE_EVERY_MS = 500, THERE_EVERY_MS = 5000;
const CAPTION_US = 4000000, KEY_SHOWN_MS = 350;

export class Player extends HTMLElement {
	/** Set by the owner before it is put into the page. @type {import("./call.mjs").Opened | null} */
	opened = null;
	live = false;
	/** Where to begin, microseconds. */
	from = 0;
	/** The view outlives this element: the page is only shown anew. */
	keep = false;

	#worker = new Worker(new URL("worker.mjs", import.meta.url), { type: "module" });
	#thumbs = new Worker(new URL("worker.mjs", import.meta.url), { type: "module" });
	#canvas = make("canvas", { role: "img", width: 1, height: 1 });
	#pointer = new Pointer();
	#caption = make("p", { class: "caption", role: "status" });
	#keys = make("p", { class: "keys", "aria-hidden": "true" });
	#error = make("p", { class: "error", role: "alert" });
	#screen = make("div", { class: "screen" }, make("div", { class: "picture" }, this.#canvas, this.#pointer.element));
	#timeline = /** @type {import("./timeline.mjs").Timeline} */ (document.createElement("sek-timeline"));
	#controls = new Controls(this);
	#side = new Side(this);
	/** @type {import("./entries.mjs").Block[]} */
	#blocks = [];
	/** @type {Happening[]} */
	#happenings = [];
	/** The block from which on events are not known yet. */
	#eventsFrom = 0;
	#length = 0;
	#growing = false;
	#gone = false;
	/** A part that was changed has been passed, and no picture from nothing since. */
	#unreadable = false;
	/** @type {ReturnType<typeof setTimeout> | undefined} */
	#timer;
	/** @type {ReturnType<typeof setTimeout> | undefined} */
	#keyTimer;
	/** Microseconds; what is shown. */
	at = 0;
	playing = false;
	#abort = new AbortController();

	connectedCallback()
	{
		const opened = this.opened;
		if (!opened)
			return;
		const { head, view } = opened;
		this.#length = head.length_us;
		this.#growing = !head.closed;
		this.#canvas.setAttribute("aria-label", words("review.picture"));
		if (this.live)
			this.#controls.live(words("review.live.badge"));
		this.replaceChildren(make("div", { class: "stage" }, this.#screen, make("div", { class: "said" }, this.#caption, this.#keys), this.#error,
			this.#timeline, this.#controls.element), this.#side.element);
		this.#listen();
		const canvas = this.#canvas.transferControlToOffscreen();
		this.#post({ type: "canvas", canvas }, [canvas]);
		const open = /** @type {const} */ ({ type: "open", view, length: this.#length, growing: this.#growing });
		this.#post({ ...open, at: this.live ? Math.max(1, this.#length - 1000000) : this.from });
		this.#thumbs.postMessage({ ...open, at: -1 });
		this.#later();
		void this.#side.load();
		if (this.live)
			this.play();
	}

	disconnectedCallback()
	{
		this.#abort.abort();
		clearTimeout(this.#timer);
		this.#worker.terminate();
		this.#thumbs.terminate();
		if (this.opened && !this.#gone && !this.keep)
			review("close", { view: this.opened.view }).catch(() => {}); // the broker closes it anyhow
	}

	get head()
	{
		return this.opened?.head;
	}

	get length()
	{
		return this.#length;
	}

	/** @param {number} at microseconds */
	seek(at)
	{
		this.#post({ type: "seek", at });
	}

	/** @param {1 | -1} way */
	step(way)
	{
		this.playing = false;
		this.#post({ type: "step", way });
	}

	play()
	{
		this.playing = true;
		if (!this.live && this.at >= this.#length - 1000)
			this.seek(0);
		this.#post({ type: "play", rate: this.#controls.rate, skipIdle: this.#controls.skipIdle, follow: this.live });
		this.#controls.show();
	}

	pause()
	{
		this.playing = false;
		this.#post({ type: "pause" });
		this.#controls.show();
	}

	/** To what happened before or after this moment.
	 * @param {1 | -1} way */
	toEvent(way)
	{
		const found = way > 0 ? this.#happenings.find(h => h.at_us > this.at + 1000) : this.#happenings.findLast(h => h.at_us < this.at - 1500000);
		if (found)
			this.seek(found.at_us);
	}

	/** The marks of notes have changed. */
	notesChanged()
	{
		this.#mark();
	}

	/** Asks for a note or a flag at this moment.
	 * @param {boolean} flag */
	note(flag)
	{
		return this.#side.add(flag);
	}

	fullScreen()
	{
		if (document.fullscreenElement)
			void document.exitFullscreen();
		else
			this.requestFullscreen().catch(() => {}); // the browser's user has said no
	}

	#listen()
	{
		const { signal } = this.#abort;
		this.#worker.addEventListener("message", event => this.#hear(event.data));
		this.#thumbs.addEventListener("message", event => {
			if (event.data.type === "thumb")
				this.#timeline.thumb(event.data.at, event.data.bitmap);
		});
		this.#timeline.addEventListener("sek-seek", event => this.seek(/** @type {CustomEvent} */ (event).detail));
		this.#timeline.addEventListener("sek-look", event =>
			this.#thumbs.postMessage({ type: "thumb", at: /** @type {CustomEvent} */ (event).detail }));
		this.#screen.addEventListener("click", () => this.playing ? this.pause() : this.play());
		new ResizeObserver(() => this.#layOut()).observe(this.#screen);
		document.addEventListener("keydown", event => this.#controls.key(event), { signal });
	}

	/** @param {ToPlayer} message
	 * @param {Transferable[]} [transfer] */
	#post(message, transfer = [])
	{
		this.#worker.postMessage(message, transfer);
	}

	/** @param {FromPlayer} message */
	#hear(message)
	{
		switch (message.type) {
		case "timeline":
			this.#blocks = this.#blocks.slice(0, message.from).concat(readTimeline(message.bytes));
			this.#timeline.show(this.#blocks, this.#length);
			void this.#loadEvents();
			break;
		case "at":
			this.#shown(message);
			break;
		case "ended":
			this.playing = false;
			this.#controls.show();
			break;
		case "stuck":
			this.#stuck(message.word);
			break;
		}
	}

	/** @param {Extract<FromPlayer, { type: "at" }>} message */
	#shown(message)
	{
		this.at = message.at;
		this.playing = message.playing;
		if (message.size) {
			this.#pointer.setPicture(message.size);
			this.#layOut();
		}
		this.#pointer.show(message.pointer, message.cursor);
		this.#timeline.move(message.at);
		this.#controls.show();
		this.#side.show(message.at);
		this.#captions(message);
		if (message.keys > 0 && !message.sought) {
			this.#keys.textContent = words("review.keys-pressed", { n: message.keys });
			this.#keys.classList.add("on");
			clearTimeout(this.#keyTimer);
			this.#keyTimer = setTimeout(() => this.#keys.classList.remove("on"), KEY_SHOWN_MS);
		}
		if (message.sought) {
			this.dataset.soughtMs = message.tookMs.toFixed(1); // for whoever measures
			this.dataset.sought = String(Number(this.dataset.sought ?? "0") + 1);
			this.#error.textContent = "";
		}
		this.dataset.at = String(message.at);
	}

	/** @param {Extract<FromPlayer, { type: "at" }>} message */
	#captions(message)
	{
		const now = this.#happenings.filter(h => h.at_us <= this.at + 1000 && h.at_us > this.at - CAPTION_US).map(happening);
		this.#unreadable = message.unreadable > 0 || (this.#unreadable && !message.whole);
		if (message.unreadable > 0)
			this.dataset.unreadable = "true";
		this.#screen.classList.toggle("stale", this.#unreadable);
		if (this.#unreadable)
			now.push(words("review.unreadable"));
		if (message.skipped)
			now.push(words("review.skipped"));
		const text = now.slice(-2).join("  ／  ");
		if (text !== this.#caption.textContent)
			this.#caption.textContent = text;
	}

	#layOut()
	{
		this.#pointer.layOut(this.#screen, this.#canvas);
	}

	/** The broker gives no more. @param {string} word */
	#stuck(word)
	{
		this.playing = false;
		this.#controls.show();
		const text = word === "not-found" ? words("review.closed") : errorWords(word);
		this.#error.textContent = text;
		if (!["gone", "not-found", "locked", "login-required", "forbidden"].includes(word))
			return;
		this.#gone = true;
		clearTimeout(this.#timer);
		this.#worker.terminate();
		this.#thumbs.terminate();
		this.#screen.replaceChildren(make("p", { class: "gone" }, text));
	}

	async #loadEvents()
	{
		const view = this.opened?.view;
		/** @type {number | null} */
		let from = this.#eventsFrom;
		this.#eventsFrom = this.#blocks.length;
		try {
			while (from !== null) {
				const answer = /** @type {{ events: Happening[], next: number | null }} */ (await review("events", { view, from }));
				this.#happenings = this.#happenings.concat(answer.events);
				from = answer.next;
				this.#side.events(this.#happenings);
				this.#mark();
			}
		} catch (error) {
			this.#stuck(error instanceof ApiError ? error.word : "unexpected");
		}
	}

	#mark()
	{
		this.#timeline.mark([...this.#happenings.map(h => ({ at: h.at_us, kind: kindOf(h.event), text: happening(h) })),
			...this.#side.noteMarks()]);
	}

	/** What is still being written grows; what is finished may have been deleted. */
	#later()
	{
		this.#timer = setTimeout(async () => {
			try {
				const { head } = await review("again", { view: this.opened?.view });
				if (head.length_us > this.#length || this.#growing === head.closed) {
					this.#length = head.length_us;
					this.#growing = !head.closed;
					this.#post({ type: "grown", length: this.#length, growing: this.#growing });
					this.#thumbs.postMessage({ type: "grown", length: this.#length, growing: this.#growing });
				}
				if (this.live && head.closed)
					this.#controls.live(words("review.live.over"));
				this.#later();
			} catch (error) {
				const word = error instanceof ApiError ? error.word : "unexpected";
				if (word === "network" || word === "busy")
					this.#later();
				else
					this.#stuck(word);
			}
		}, this.#growing ? LIVE_EVERY_MS : THERE_EVERY_MS);
	}
}

customElements.define("sek-player", Player);
