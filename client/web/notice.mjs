// SPDX-License-Identifier: GPL-3.0-or-later
// <sek-notice>: what the site tells everybody before the first session (recording, monitoring), to be acknowledged. Fires
// "sek-logged-in" (bubbles) when the broker has it on the record, "sek-log-in-needed" when the log-in is over.

import * as api from "./api.mjs";
import { make, uniqueId } from "./dom.mjs";
import { currentLanguage, errorWords, onLanguage, words } from "./words.mjs";
import "./language.mjs";

export class NoticeView extends HTMLElement {
	#mark = make("span", { class: "wordmark", role: "img" });
	#heading = make("h1", { tabindex: -1 });
	#text = make("p", { class: "notice-text", id: uniqueId("notice") });
	#error = make("p", { class: "error", role: "alert" });
	#yes = make("button", { type: "button", class: "primary", "aria-describedby": this.#text.id });
	#no = make("button", { type: "button" });
	/** @type {api.Notice | null} */
	#notice = null;
	#errorWord = "";
	/** @type {(() => void) | undefined} */
	#offLanguage;

	connectedCallback()
	{
		this.replaceChildren(
			make("header", { class: "login-header" }, this.#mark, document.createElement("sek-language")),
			make("main", { class: "login-main" },
				make("div", { class: "card" }, this.#heading, this.#text, this.#error, this.#yes, this.#no)));
		this.#yes.addEventListener("click", () => void this.#acknowledge());
		this.#no.addEventListener("click", () => void this.#leave());
		this.#offLanguage = onLanguage(() => this.#showWords());
		void this.#load();
	}

	disconnectedCallback()
	{
		this.#offLanguage?.();
	}

	#showWords()
	{
		document.title = words("app.title.notice");
		this.#mark.setAttribute("aria-label", words("app.name"));
		this.#heading.textContent = words("notice.heading");
		this.#text.textContent = this.#notice?.[currentLanguage()] ?? "";
		this.#yes.textContent = words("notice.yes");
		this.#no.textContent = words("notice.no");
		this.#yes.setAttribute("aria-disabled", String(!this.#notice));
		this.#error.textContent = this.#errorWord ? errorWords(this.#errorWord) : "";
	}

	async #load()
	{
		await this.#try(async () => {
			const notice = await api.notice();
			if (!notice.notice)
				return this.#done();
			this.#notice = notice;
			this.#showWords();
			this.#heading.focus();
		});
	}

	async #acknowledge()
	{
		const notice = this.#notice;
		if (notice?.notice)
			await this.#try(async () => {
				await api.acknowledge(notice.notice ?? "", currentLanguage());
				this.#done();
			});
	}

	async #leave()
	{
		await this.#try(async () => {
			await api.logout();
			this.dispatchEvent(new CustomEvent("sek-log-in-needed", { bubbles: true, detail: "notice.refused" }));
		});
	}

	#done()
	{
		this.dispatchEvent(new CustomEvent("sek-logged-in", { bubbles: true }));
	}

	/** @param {() => Promise<void>} what */
	async #try(what)
	{
		try {
			this.#errorWord = "";
			await what();
		} catch (error) {
			const word = error instanceof api.ApiError ? error.word : "unexpected";
			if (word === "login-required")
				this.dispatchEvent(new CustomEvent("sek-log-in-needed", { bubbles: true, detail: "login.expired" }));
			this.#errorWord = word;
			this.#showWords();
		}
	}
}

customElements.define("sek-notice", NoticeView);
