// SPDX-License-Identifier: GPL-3.0-or-later
// <sek-bar>: the small bar at the top edge: state, full screen, keys, end, log out, language. Hidden but for its handle
// until the pointer or the keyboard comes to it. Fires "sek-bar-action" (bubbles; detail: the action's name).

import { make } from "./dom.mjs";
import { onLanguage, words } from "./words.mjs";
import "./language.mjs";

/** @typedef {"opening" | "starting" | "live" | "reconnecting" | "ended"} Status */

const ACTIONS = /** @type {const} */ (["fullscreen", "paste", "keys", "end", "logout", "back"]);

export class Bar extends HTMLElement {
	#handle = make("button", { type: "button", class: "bar-handle", "aria-expanded": "false" });
	#dot = make("span", { class: "dot", "aria-hidden": "true" });
	#status = make("span", { class: "bar-status-text" });
	#delay = make("span", { class: "bar-delay" });
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
		const status = make("span", { class: "bar-status" }, this.#dot, this.#status, this.#delay);
		for (const name of ACTIONS) {
			const button = make("button", { type: "button", "data-action": name });
			button.addEventListener("click", () => this.#act(name));
			this.#buttons.set(name, button);
		}
		this.#body.append(status, ...this.#buttons.values(), document.createElement("sek-language"));
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
		for (const name of ["keys", "end", "back"])
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

	/** @param {number} ms round trip to the broker */
	setDelay(ms)
	{
		this.#delay.textContent = words("bar.delay", { ms: Math.max(1, Math.round(ms)) });
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

	#words()
	{
		this.setAttribute("aria-label", words("bar.label"));
		this.#body.setAttribute("aria-label", words("bar.label"));
		this.#handle.setAttribute("aria-label", words("bar.open"));
		this.#handle.title = words("bar.open");
		this.#status.textContent = words(`status.${this.#phase}`);
		if (this.#phase !== "live")
			this.#delay.textContent = "";
		for (const [name, button] of this.#buttons) {
			const leave = name === "fullscreen" && document.fullscreenElement;
			button.textContent = words(leave ? "bar.fullscreen.leave" : `bar.${name}`);
		}
	}
}

customElements.define("sek-bar", Bar);
