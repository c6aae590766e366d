// SPDX-License-Identifier: GPL-3.0-or-later
// The player's buttons and keys. Each key is a button, too; the list of keys is shown by "?".

import { tell } from "../admin/ask.mjs";
import { make, uniqueId } from "../dom.mjs";
import { words } from "../words.mjs";
import { icon } from "./icons.mjs";
import { clock, timeOfDay } from "./show.mjs";

/** @typedef {import("./player.mjs").Player} Player */

const RATES = [1, 2, 4, 8, 16];
const JUMP_US = 10000000, SMALL_JUMP_US = 5000000;
/** What the help lists: keys, and the key of the words that say what they do. */
const KEYS = [
	["Space, K", "review.play-pause"], ["← →", "review.keys.seek"], ["J L", "review.keys.jump"], [", .", "review.keys.step"],
	["[ ]", "review.keys.event"], ["1 – 5", "review.keys.rate"], ["I", "review.skip-idle"], ["N", "review.note"], ["M", "review.flag"],
	["F", "review.full"], ["Home End", "review.keys.ends"], ["?", "review.help"],
];

/** @param {string} name of an icon
 * @param {string} label key of words */
function button(name, label)
{
	return make("button", { type: "button", class: "icon", title: words(label), "aria-label": words(label) }, icon(name));
}

export class Controls {
	element = make("div", { class: "controls", role: "toolbar", "aria-label": words("review.controls") });
	rate = 1;
	skipIdle = false;
	#player;
	#play = button("play", "review.play-pause");
	#time = make("p", { class: "time" });
	#rateChoice = make("select", { "aria-label": words("review.rate") }, ...RATES.map(rate => make("option", { value: rate }, `${rate}×`)));
	#skip = make("input", { type: "checkbox", id: uniqueId("skip") });
	#shownPlaying = false;
	#badge = make("p", { class: "live-badge", hidden: true });

	/** @param {Player} player */
	constructor(player)
	{
		this.#player = player;
		const on = (/** @type {HTMLElement} */ element, /** @type {() => void} */ fn) => {
			element.addEventListener("click", fn);
			return element;
		};
		this.#rateChoice.addEventListener("change", () => this.#setRate(Number(this.#rateChoice.value)));
		this.#skip.addEventListener("change", () => this.#setSkip(this.#skip.checked));
		this.element.append(
			on(button("event-back", "review.event-back"), () => player.toEvent(-1)),
			on(button("step-back", "review.step-back"), () => player.step(-1)),
			on(this.#play, () => this.#toggle()),
			on(button("step-on", "review.step-on"), () => player.step(1)),
			on(button("event-on", "review.event-on"), () => player.toEvent(1)),
			this.#time, this.#badge, this.#rateChoice,
			make("span", { class: "skip-idle" }, this.#skip, make("label", { for: this.#skip.id }, words("review.skip-idle"))),
			on(button("note", "review.note"), () => void player.note(false)),
			on(button("flag", "review.flag"), () => void player.note(true)),
			on(button("full", "review.full"), () => player.fullScreen()),
			on(button("help", "review.help"), () => void this.#help()));
	}

	/** What is shown is a running session: there is nothing to hurry or to skip. @param {string} text */
	live(text)
	{
		this.#badge.textContent = text;
		this.#badge.hidden = false;
		this.#rateChoice.hidden = true;
		/** @type {HTMLElement} */ (this.#skip.parentElement).hidden = true;
	}

	/** Shows where the player is. */
	show()
	{
		const { at, length, head, playing } = this.#player;
		const text = `${clock(at)} / ${clock(length)}`, when = timeOfDay((head?.began_utc_us ?? 0) + at);
		if (this.#time.dataset.text !== text) {
			this.#time.dataset.text = text;
			this.#time.replaceChildren(make("strong", {}, text), make("span", { class: "hint" }, when));
		}
		if (playing !== this.#shownPlaying) {
			this.#shownPlaying = playing;
			this.#play.replaceChildren(icon(playing ? "pause" : "play"));
		}
	}

	/** @param {KeyboardEvent} event */
	key(event)
	{
		const target = event.target instanceof HTMLElement ? event.target : null;
		if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing || target?.closest("dialog, input:not([type=checkbox]), textarea, select"))
			return;
		const deed = this.#deedOf(event, target);
		if (!deed)
			return;
		event.preventDefault();
		deed();
	}

	/** @param {KeyboardEvent} event
	 * @param {HTMLElement | null} target
	 * @returns {(() => void) | null} */
	#deedOf({ key, shiftKey }, target)
	{
		const player = this.#player, jump = (/** @type {number} */ by) => () => player.seek(player.at + by);
		const rate = RATES[Number(key) - 1];
		if (rate)
			return () => this.#setRate(rate);
		switch (key.length === 1 ? key.toLowerCase() : key) {
		case " ": return target?.closest("button, a") ? null : () => this.#toggle();
		case "k": return () => this.#toggle();
		case "ArrowLeft": return jump(shiftKey ? -1000000 : -SMALL_JUMP_US);
		case "ArrowRight": return jump(shiftKey ? 1000000 : SMALL_JUMP_US);
		case "j": return jump(-JUMP_US);
		case "l": return jump(JUMP_US);
		case ",": return () => player.step(-1);
		case ".": return () => player.step(1);
		case "[": return () => player.toEvent(-1);
		case "]": return () => player.toEvent(1);
		case "i": return () => this.#setSkip(!this.skipIdle);
		case "n": return () => void player.note(false);
		case "m": return () => void player.note(true);
		case "f": return () => player.fullScreen();
		case "Home": return () => player.seek(0);
		case "End": return () => player.seek(player.length);
		case "?": return () => void this.#help();
		default: return null;
		}
	}

	#toggle()
	{
		if (this.#player.playing)
			this.#player.pause();
		else
			this.#player.play();
	}

	/** @param {number} rate */
	#setRate(rate)
	{
		this.rate = rate;
		this.#rateChoice.value = String(rate);
		this.#again();
	}

	/** @param {boolean} skip */
	#setSkip(skip)
	{
		this.skipIdle = skip;
		this.#skip.checked = skip;
		this.#again();
	}

	#again()
	{
		if (this.#player.playing)
			this.#player.play();
	}

	#help()
	{
		const rows = KEYS.map(([keys, label]) => make("tr", {}, make("th", { scope: "row" }, make("kbd", {}, keys ?? "")),
			make("td", {}, words(label ?? ""))));
		return tell(this.#player, words("review.help"), [make("table", { class: "key-list" }, make("tbody", {}, ...rows))]);
	}
}
