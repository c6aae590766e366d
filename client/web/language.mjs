// SPDX-License-Identifier: GPL-3.0-or-later
// <sek-language>: the switch between Japanese and English, as the log-in page and the bar show it.

import { make } from "./dom.mjs";
import { currentLanguage, onLanguage, setLanguage, words } from "./words.mjs";

class LanguageSwitch extends HTMLElement {
	/** @type {(() => void) | undefined} */
	#off;

	connectedCallback()
	{
		this.setAttribute("role", "group");
		const buttons = (/** @type {const} */ (["ja", "en"])).map(language => {
			const button = make("button", { type: "button", lang: language });
			button.addEventListener("click", () => setLanguage(language));
			return { button, language };
		});
		this.replaceChildren(...buttons.map(entry => entry.button));
		this.#off = onLanguage(() => {
			this.setAttribute("aria-label", words("app.language"));
			for (const { button, language } of buttons) {
				button.textContent = words(`app.language.${language}`);
				button.setAttribute("aria-pressed", String(language === currentLanguage()));
			}
		});
	}

	disconnectedCallback()
	{
		this.#off?.();
	}
}

customElements.define("sek-language", LanguageSwitch);
