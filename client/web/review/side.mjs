// SPDX-License-Identifier: GPL-3.0-or-later
// Beside the player: what happened, in order, and what reviewers noted; a click goes there.

import { ask } from "../admin/ask.mjs";
import { op, saying } from "../admin/call.mjs";
import { ApiError } from "../api.mjs";
import { make } from "../dom.mjs";
import { words } from "../words.mjs";
import { clock, happening, kindOf, moment } from "./show.mjs";

/** @typedef {import("./player.mjs").Player} Player */
/** @typedef {import("./call.mjs").Happening} Happening */
/** @typedef {{ id: number, at_us: number, flag: boolean, who: string, text: string, when_s: number }} Note */

/** Longer lists are cut: nobody reads them, and the line of time has every mark. */
const MOST_SHOWN = 500;

export class Side {
	element = make("aside", { class: "side" });
	#player;
	#events = make("ol", { class: "happenings" });
	#notes = make("ol", { class: "notes" });
	#error = make("p", { class: "error", role: "alert" });
	/** @type {Note[]} */
	#list = [];
	/** @type {Happening[]} */
	#happenings = [];
	#current = -1;

	/** @param {Player} player */
	constructor(player)
	{
		this.#player = player;
		this.element.append(make("h2", {}, words("review.events")), this.#events, make("h2", {}, words("review.notes")), this.#error, this.#notes);
	}

	/** @param {Happening[]} happenings */
	events(happenings)
	{
		this.#happenings = happenings.slice(0, MOST_SHOWN);
		this.#current = -1;
		this.#events.replaceChildren(...this.#happenings.map(h => make("li", { class: `mark-${kindOf(h.event)}` }, this.#goTo(h.at_us, happening(h)))));
		if (happenings.length === 0)
			this.#events.append(make("li", { class: "hint" }, words("review.events.none")));
		else if (happenings.length > MOST_SHOWN)
			this.#events.append(make("li", { class: "hint" }, words("review.events.more", { n: happenings.length - MOST_SHOWN })));
		this.show(this.#player.at);
	}

	/** @param {number} at microseconds */
	show(at)
	{
		const current = this.#happenings.findLastIndex(h => h.at_us <= at + 1000);
		if (current === this.#current)
			return;
		this.#events.children[this.#current]?.firstElementChild?.removeAttribute("aria-current");
		this.#current = current;
		const item = this.#events.children[current];
		item?.firstElementChild?.setAttribute("aria-current", "true");
		if (item instanceof HTMLElement) // not scrollIntoView: that moves the page, too
			this.#events.scrollTop = item.offsetTop - this.#events.offsetTop - this.#events.clientHeight / 2;
	}

	async load()
	{
		try {
			const answer = await op("recordings/show", { recording: this.#player.head?.id });
			this.#list = answer.notes;
			this.#error.textContent = "";
		} catch (error) {
			this.#error.textContent = saying(error);
		}
		this.#notes.replaceChildren(...this.#list.map(note => this.#row(note)));
		if (this.#list.length === 0)
			this.#notes.append(make("li", { class: "hint" }, words("review.notes.none")));
		this.#player.notesChanged();
	}

	noteMarks()
	{
		return this.#list.map(note => ({ at: note.at_us, kind: "note", text: note.text }));
	}

	/** Asks for a note at this moment.
	 * @param {boolean} flag */
	async add(flag)
	{
		const player = this.#player, at = Math.round(player.at);
		player.pause();
		await ask(player, { heading: words(flag ? "review.flag.heading" : "review.note.heading", { at: clock(at) }),
			fields: [{ name: "text", label: "review.note.text", kind: "text" }], submit: "review.note.save",
			deed: values => {
				if (!values.text)
					throw new ApiError("bad-request", 400, 0, { field: "text", why: "missing" });
				return op("recordings/note", { recording: player.head?.id, at_us: at, flag, text: values.text });
			} });
		await this.load();
	}

	/** @param {Note} note */
	#row(note)
	{
		const away = make("button", { type: "button", class: "small-button" }, words("review.note.remove"));
		away.addEventListener("click", async () => {
			try {
				await op("recordings/unnote", { recording: this.#player.head?.id, note: note.id });
				await this.load();
			} catch (error) {
				this.#error.textContent = saying(error);
			}
		});
		return make("li", { class: note.flag ? "flagged" : null }, this.#goTo(note.at_us, note.text),
			make("p", { class: "hint" }, `${note.who}  ${moment(note.when_s * 1000000)}`, " ", away));
	}

	/** @param {number} at
	 * @param {string} text */
	#goTo(at, text)
	{
		const go = make("button", { type: "button" }, make("span", { class: "at" }, clock(at)), text);
		go.addEventListener("click", () => this.#player.seek(at));
		return go;
	}
}
