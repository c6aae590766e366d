// SPDX-License-Identifier: GPL-3.0-or-later
// <sek-bar>: the small bar at the top edge: state, line, full screen, zoom, keys, end, log out, language. Hidden but for its handle
// until the pointer or the keyboard comes to it. Fires "sek-bar-action" (bubbles; detail: the action's name).

import { make } from "./dom.mjs";
import { LineQuality } from "./quality.mjs";
import { ZOOM_MAX } from "./view.mjs";
import { onLanguage, words } from "./words.mjs";
import "./language.mjs";

/** @typedef {"opening" | "starting" | "live" | "reconnecting" | "ended"} Status */

const ACTIONS = /** @type {const} */ (["fullscreen", "second", "paste", "soft-keyboard", "special", "documents", "approve", "keys", "end", "logout", "back"]);
/** @type {Record<string, ((percent: number) => string) | undefined>} */
const ZOOM_SIGNS = { "zoom-out": () => "−", "zoom-whole": percent => `${percent}%`, "zoom-in": () => "+" };
const ZOOMS = Object.keys(ZOOM_SIGNS);

export class Bar extends HTMLElement {
	#handle = make("button", { type: "button", class: "bar-handle", "aria-expanded": "false" });
	#dot = make("span", { class: "dot", "aria-hidden": "true" });
	#status = make("span", { class: "bar-status-text" });
	#delay = make("span", { class: "bar-delay" });
	#signal = make("span", { class: "bar-signal", role: "img" }, make("i"), make("i"), make("i"));
	#recorded = make("span", { class: "bar-recorded", hidden: true });
	#line = new LineQuality();
	#bytesPerSecond = 0;
	#zoom = 1;
	#second = false;
	/** Buttons that only some have: what stands on them beside the word. @type {Map<string, number>} */
	#counts = new Map();
	#body = make("div", { class: "bar-body", role: "toolbar" });
	/** @type {Map<string, HTMLButtonElement>} */
	#buttons = new Map();
	/** @type {Status} */
	#phase = "opening";
	#pasting = false;
	/** @type {(() => void)[]} */
	#off = [];

	connectedCallback()
	{
		this.setAttribute("role", "navigation");
		const status = make("span", { class: "bar-status" }, this.#dot, this.#status, this.#signal, this.#delay, this.#recorded);
		for (const name of [...ACTIONS, ...ZOOMS]) {
			const button = make("button", { type: "button", "data-action": name });
			button.addEventListener("click", () => this.#act(name));
			this.#buttons.set(name, button);
		}
		const of = (/** @type {readonly string[]} */ names) => names.map(name => /** @type {HTMLButtonElement} */ (this.#buttons.get(name)));
		for (const name of ["documents", "approve"])
			/** @type {HTMLButtonElement} */ (this.#buttons.get(name)).hidden = true;
		/** @type {HTMLButtonElement} */ (this.#buttons.get("soft-keyboard")).hidden = !matchMedia("(any-pointer: coarse)").matches;
		this.#body.append(status, make("span", { class: "bar-zoom", role: "group" }, ...of(ZOOMS)), ...of(ACTIONS),
			document.createElement("sek-language"));
		this.replaceChildren(this.#handle, this.#body);
		this.#handle.addEventListener("click", () => this.open());
		this.addEventListener("keydown", event => this.#key(event));
		this.addEventListener("focusout", event => {
			if (!this.contains(/** @type {Node | null} */ (event.relatedTarget)))
				this.close();
		});
		const onFullscreen = () => this.#words();
		document.addEventListener("fullscreenchange", onFullscreen);
		this.#off = [onLanguage(() => this.#words()),
			() => document.removeEventListener("fullscreenchange", onFullscreen)];
	}

	disconnectedCallback()
	{
		for (const off of this.#off)
			off();
	}

	/** @param {Status} phase */
	setPhase(phase)
	{
		this.#phase = phase;
		this.dataset.phase = phase;
		if (phase !== "live")
			this.#line.reset();
		for (const name of ["second", "special", "keys", "end", "back", ...ZOOMS])
			/** @type {HTMLButtonElement} */ (this.#buttons.get(name)).hidden = phase === "ended";
		this.setPasting(this.#pasting);
		this.#words();
	}

	/** @param {boolean} allowed whether text of this computer may go to the other side */
	setPasting(allowed)
	{
		this.#pasting = allowed;
		/** @type {HTMLButtonElement} */ (this.#buttons.get("paste")).hidden = !allowed || this.#phase !== "live";
	}

	/** @param {boolean} recorded to be seen on the handle, too */
	setRecorded(recorded)
	{
		this.dataset.recorded = String(recorded);
		this.#recorded.hidden = !recorded;
	}

	/** @param {number | null} ms round trip to the broker; null: no answer came in time
	 * @param {number} bytesPerSecond received since the one before */
	setLine(ms, bytesPerSecond)
	{
		this.#line.add(ms);
		this.#bytesPerSecond = bytesPerSecond;
		this.#words();
	}

	/** @param {boolean} open whether there is a second window */
	setSecond(open)
	{
		this.#second = open;
		this.#words();
	}

	/** A button that only some have.
	 * @param {"documents" | "approve"} name
	 * @param {boolean} there
	 * @param {number} n shown on it, unless it is 0 */
	setExtra(name, there, n)
	{
		/** @type {HTMLButtonElement} */ (this.#buttons.get(name)).hidden = !there;
		if (this.#counts.get(name) === n)
			return;
		this.#counts.set(name, n);
		this.#words();
	}

	/** @param {number} zoom times as large as the picture is by itself */
	setZoom(zoom)
	{
		this.#zoom = zoom;
		this.#words();
	}

	/** Shows the bar and puts the keyboard's focus on its first button. */
	open()
	{
		this.classList.add("open");
		this.#handle.setAttribute("aria-expanded", "true");
		this.#buttons.get("fullscreen")?.focus();
	}

	close()
	{
		this.classList.remove("open");
		this.#handle.setAttribute("aria-expanded", "false");
	}

	/** @param {string} name */
	#act(name)
	{
		this.dispatchEvent(new CustomEvent("sek-bar-action", { bubbles: true, detail: name }));
	}

	/** Left and right go along the buttons, Escape and the hot key lead back to the screen.
	 * @param {KeyboardEvent} event */
	#key(event)
	{
		if (event.key === "Escape" || event.key === "F8") {
			event.preventDefault();
			return this.#act("back");
		}
		const step = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
		if (step === 0)
			return;
		event.preventDefault();
		const all = [...this.#body.querySelectorAll("button")].filter(button => !button.hidden);
		const at = all.indexOf(/** @type {HTMLButtonElement} */ (document.activeElement));
		all[(at + step + all.length) % all.length].focus();
	}

	/** The line, in three strokes and in words. */
	#wordsOfLine()
	{
		const level = this.#phase === "live" ? this.#line.level : null;
		this.#delay.textContent = level && level !== "silent" ? words("bar.delay", { ms: Math.max(1, Math.round(this.#line.ms)) }) : "";
		this.#signal.hidden = !level;
		this.dataset.line = level ?? "";
		if (!level)
			return;
		const text = words(`bar.line.${level}`, { rate: Math.round(this.#bytesPerSecond * 8 / 1000) });
		this.#signal.setAttribute("aria-label", text);
		this.#signal.title = text;
	}

	#words()
	{
		this.setAttribute("aria-label", words("bar.label"));
		this.#body.setAttribute("aria-label", words("bar.label"));
		this.#handle.setAttribute("aria-label", words("bar.open"));
		this.#handle.title = words("bar.open");
		this.#status.textContent = words(`status.${this.#phase}`);
		this.#recorded.textContent = words("status.recorded");
		this.#wordsOfLine();
		const percent = Math.round(this.#zoom * 100);
		for (const [name, button] of this.#buttons) {
			const leave = name === "fullscreen" ? document.fullscreenElement !== null : name === "second" && this.#second;
			const text = words(leave ? `bar.${name}.leave` : `bar.${name}`, { percent });
			const sign = ZOOM_SIGNS[name];
			const n = this.#counts.get(name) ?? 0;
			button.textContent = sign ? sign(percent) : text;
			if (sign)
				button.setAttribute("aria-label", text);
			if (n > 0) {
				button.append(make("span", { class: "bar-count", "aria-hidden": "true" }, String(n)));
				button.setAttribute("aria-label", words(`bar.${name}.count`, { n }));
			} else if (!sign) {
				button.removeAttribute("aria-label");
			}
		}
		/** @type {HTMLButtonElement} */ (this.#buttons.get("zoom-out")).disabled = this.#zoom <= 1;
		/** @type {HTMLButtonElement} */ (this.#buttons.get("zoom-in")).disabled = this.#zoom >= ZOOM_MAX;
	}
}

customElements.define("sek-bar", Bar);
