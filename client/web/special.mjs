// SPDX-License-Identifier: GPL-3.0-or-later
// <sek-keys>: keys on the screen that a keyboard lacks or that this computer keeps for itself. Modifiers stay down until
// another key has come, from here or from the keyboard. Never takes the focus from the screen by a touch or a click.

import { make } from "./dom.mjs";
import { onLanguage, words } from "./words.mjs";

/** Names of physical keys (KeyboardEvent.code) that stay down. */
const MODIFIERS = ["ControlLeft", "AltLeft", "ShiftLeft", "MetaLeft"];

/** Rows of keys: each the physical keys that are pressed together. The label is what the keys are called everywhere, or
 * key of words.
 * @type {[label: string, ...codes: string[]][][]} */
const ROWS = [
	[["Ctrl", "ControlLeft"], ["Alt", "AltLeft"], ["Shift", "ShiftLeft"], ["Win", "MetaLeft"],
		["Esc", "Escape"], ["Tab", "Tab"], ["special.zenkaku", "Lang5"], ["special.muhenkan", "NonConvert"],
		["special.henkan", "Convert"], ["special.kana", "KanaMode"]],
	[...Array.from({ length: 12 }, (_, i) => /** @type {[string, string]} */ ([`F${i + 1}`, `F${i + 1}`]))],
	[["Insert", "Insert"], ["Delete", "Delete"], ["Home", "Home"], ["End", "End"], ["Page Up", "PageUp"],
		["Page Down", "PageDown"], ["←", "ArrowLeft"], ["↑", "ArrowUp"], ["↓", "ArrowDown"], ["→", "ArrowRight"]],
	[["Ctrl+T", "ControlLeft", "KeyT"], ["Ctrl+W", "ControlLeft", "KeyW"], ["Ctrl+N", "ControlLeft", "KeyN"],
		["Ctrl+Tab", "ControlLeft", "Tab"], ["Alt+←", "AltLeft", "ArrowLeft"], ["Alt+→", "AltLeft", "ArrowRight"],
		["Alt+Tab", "AltLeft", "Tab"], ["Alt+F4", "AltLeft", "F4"], ["Ctrl+Alt+Del", "ControlLeft", "AltLeft", "Delete"]],
];

export class SpecialKeys extends HTMLElement {
	/** Presses or lets go of a physical key; set by the owner. @type {(code: string, down: boolean) => void} */
	send = () => {};
	/** @type {Map<string, HTMLButtonElement>} */
	#modifiers = new Map();
	/** @type {Set<string>} modifiers that are down */
	#down = new Set();
	/** @type {(() => void) | undefined} */
	#off;

	connectedCallback()
	{
		this.setAttribute("role", "group");
		this.hidden = true;
		/** @type {[HTMLElement, string][]} */
		const named = [];
		for (const row of ROWS)
			this.append(make("div", { class: "special-row" }, ...row.map(([label, ...codes]) => this.#button(label, codes, named))));
		const close = make("button", { type: "button", class: "special-close" });
		close.addEventListener("click", () => this.show(false));
		this.append(close);
		// The screen keeps the focus, and with it what is held and composed.
		this.addEventListener("pointerdown", event => event.preventDefault());
		this.addEventListener("mousedown", event => event.preventDefault());
		this.#off = onLanguage(() => {
			this.setAttribute("aria-label", words("special.label"));
			close.textContent = words("special.close");
			for (const [button, key] of named)
				button.textContent = words(key);
		});
	}

	disconnectedCallback()
	{
		this.#off?.();
	}

	/** @param {boolean} shown */
	show(shown)
	{
		this.hidden = !shown;
		if (!shown)
			this.used();
	}

	/** Whether a modifier is down. */
	get active()
	{
		return this.#down.size > 0;
	}

	/** A key has come that the modifiers were meant for: they are let go. */
	used()
	{
		for (const code of this.#down)
			this.send(code, false);
		this.forget();
	}

	/** They have been let go already. */
	forget()
	{
		this.#down.clear();
		for (const button of this.#modifiers.values())
			button.setAttribute("aria-pressed", "false");
	}

	/** @param {string} label
	 * @param {string[]} codes
	 * @param {[HTMLElement, string][]} named gets those whose label is a key of words */
	#button(label, codes, named)
	{
		const button = make("button", { type: "button", "data-codes": codes.join(" ") }, label);
		if (label.startsWith("special."))
			named.push([button, label]);
		if (codes.length === 1 && MODIFIERS.includes(codes[0])) {
			button.setAttribute("aria-pressed", "false");
			this.#modifiers.set(codes[0], button);
			button.addEventListener("click", () => this.#toggle(codes[0], button));
		} else {
			button.addEventListener("click", () => this.#press(codes));
		}
		return button;
	}

	/** @param {string} code
	 * @param {HTMLElement} button */
	#toggle(code, button)
	{
		const down = !this.#down.has(code);
		if (down)
			this.#down.add(code);
		else
			this.#down.delete(code);
		button.setAttribute("aria-pressed", String(down));
		this.send(code, down);
	}

	/** @param {string[]} codes */
	#press(codes)
	{
		const mine = codes.filter(code => !this.#down.has(code));
		for (const code of mine)
			this.send(code, true);
		for (const code of mine.reverse())
			this.send(code, false);
		this.used();
	}
}

customElements.define("sek-keys", SpecialKeys);
