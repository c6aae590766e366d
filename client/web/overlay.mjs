// SPDX-License-Identifier: GPL-3.0-or-later
// <sek-overlay>: what stands over the screen while there is nothing to see there: starting, reconnecting, ended. Fires
// "sek-overlay-action" (bubbles; detail: the action's name).

import { make, uniqueId } from "./dom.mjs";
import { onLanguage, words } from "./words.mjs";

/** @typedef {object} OverlayContent
 * @property {string} heading key of words
 * @property {string} hint key of words, "" for none
 * @property {Record<string, string | number>} [fill]
 * @property {"busy" | "over" | "ended"} kind busy: over nothing; over: over the last picture; ended: final
 * @property {{ name: string, label: string, primary?: boolean }[]} actions label: key of words */

export class Overlay extends HTMLElement {
	#heading = make("h1", { id: uniqueId("overlay"), tabindex: -1 });
	#hint = make("p", { class: "overlay-hint" });
	#mark = make("span", { class: "wordmark", role: "img" });
	#spinner = make("div", { class: "spinner", "aria-hidden": "true" });
	#actions = make("div", { class: "actions" });
	#live = make("div", { class: "overlay-text" }, this.#heading, this.#hint);
	/** @type {OverlayContent | null} */
	#content = null;
	#shape = "";
	/** @type {(() => void) | undefined} */
	#off;

	connectedCallback()
	{
		this.#live.setAttribute("aria-live", "polite");
		this.replaceChildren(make("div", { class: "overlay-card" },
			this.#mark, this.#spinner, this.#live, this.#actions));
		this.setAttribute("role", "region");
		this.setAttribute("aria-labelledby", this.#heading.id);
		this.#off = onLanguage(() => this.#render());
	}

	disconnectedCallback()
	{
		this.#off?.();
	}

	/** @param {OverlayContent | null} content null: nothing stands over the screen */
	show(content)
	{
		this.#content = content;
		this.#render();
	}

	#render()
	{
		const content = this.#content;
		this.hidden = !content;
		if (!content) {
			this.#shape = "";
			return;
		}
		this.dataset.kind = content.kind;
		this.#mark.setAttribute("aria-label", words("app.name"));
		this.#spinner.hidden = content.kind === "ended";
		this.#live.setAttribute("aria-live", content.kind === "ended" ? "assertive" : "polite");
		// A countdown is not read out every second.
		this.#hint.setAttribute("aria-live", content.fill ? "off" : /** @type {string} */ (this.#live.getAttribute("aria-live")));
		setText(this.#heading, words(content.heading));
		setText(this.#hint, content.hint ? words(content.hint, content.fill) : "");
		const shape = JSON.stringify([content.kind, content.actions]);
		if (shape !== this.#shape) {
			this.#shape = shape;
			this.#makeActions(content);
		}
		for (const button of this.#actions.querySelectorAll("button"))
			setText(button, words(/** @type {string} */ (button.dataset.label)));
	}

	/** @param {OverlayContent} content */
	#makeActions(content)
	{
		this.#actions.replaceChildren(...content.actions.map(action => {
			const button = make("button", { type: "button", class: action.primary ? "primary" : "",
				"data-label": action.label, "data-action": action.name });
			button.addEventListener("click", () => {
				this.dispatchEvent(new CustomEvent("sek-overlay-action", { bubbles: true, detail: action.name }));
			});
			return button;
		}));
		this.#actions.hidden = content.actions.length === 0;
		if (content.kind === "ended")
			(this.#actions.querySelector("button") ?? this.#heading).focus();
	}
}

/** Leaves a text alone that is right already: a live region would read it again.
 * @param {Element} element
 * @param {string} text */
function setText(element, text)
{
	if (element.textContent !== text)
		element.textContent = text;
}

customElements.define("sek-overlay", Overlay);
