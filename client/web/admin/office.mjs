// SPDX-License-Identifier: GPL-3.0-or-later
// What the pages of administrators and reviewers share: log-in, the refusal of who may not be here, the header with its links,
// log-out. What a user may do is decided by the broker at each request; these pages only show what it says.

import * as api from "../api.mjs";
import { make } from "../dom.mjs";
import { currentLanguage, onLanguage, setLanguage, words } from "../words.mjs";
import { saying } from "./call.mjs";
import "../language.mjs";
import "../login.mjs";

export class Office extends HTMLElement {
	/** Who is logged in; "" while nobody is. */
	user = "";
	main = make("main", { class: "admin-main", id: "content", tabindex: -1 });
	/** @type {(() => void) | undefined} */
	#offLanguage;

	/** Asks the broker for something that only who may be here is given; fails with its refusal.
	 * @returns {Promise<void>} */
	async knock()
	{}

	/** The log-in is over: lets go of whatever was shown. */
	leave()
	{}

	/** Shows what the address asks for. Called only while somebody is logged in. */
	show()
	{}

	connectedCallback()
	{
		setLanguage(currentLanguage());
		this.addEventListener("sek-logged-in", () => void this.#start());
		addEventListener("hashchange", () => this.#show());
		addEventListener("sek-log-in-needed", () => this.#login("login.expired"));
		void this.#start();
	}

	#show()
	{
		if (this.user)
			this.show();
	}

	async #start()
	{
		this.#offLanguage?.();
		try {
			this.user = (await api.me()).user;
			await this.knock();
			this.#offLanguage = onLanguage(() => this.#show());
		} catch (error) {
			const word = error instanceof api.ApiError ? error.word : "unexpected";
			if (word === "login-required")
				this.#login();
			else
				this.#refused(saying(error));
		}
	}

	/** Nothing of what was shown stays when the log-in is over.
	 * @param {string} [noticeKey] words that say why */
	#login(noticeKey = "")
	{
		if (this.querySelector("sek-login"))
			return;
		this.user = "";
		this.#offLanguage?.();
		this.leave();
		this.main.replaceChildren();
		const view = /** @type {import("../login.mjs").LoginView} */ (document.createElement("sek-login"));
		view.noticeKey = noticeKey;
		this.replaceChildren(view);
	}

	/** @returns {HTMLElement} */
	#logoutButton()
	{
		const button = make("button", { type: "button" }, words("bar.logout"));
		button.addEventListener("click", async () => {
			try {
				await api.logout();
			} finally {
				location.reload();
			}
		});
		return button;
	}

	/** @param {string} why */
	#refused(why)
	{
		this.replaceChildren(make("div", { class: "unsupported" }, make("p", { role: "alert" }, why), this.#logoutButton()));
	}

	/** Puts the header and main on the page.
	 * @param {string} label key of words: what these pages are
	 * @param {string} title text: this one
	 * @param {HTMLElement[]} links */
	frame(label, title, links)
	{
		const skip = make("a", { class: "skip", href: "#content" }, words("admin.skip"));
		document.title = `${title} ― ${words(label)}`;
		skip.addEventListener("click", event => {
			event.preventDefault();
			this.main.focus();
		});
		this.replaceChildren(skip,
			make("header", { class: "admin-header" }, make("span", { class: "wordmark", role: "img", "aria-label": words("app.name") }),
				make("nav", { "aria-label": words(label) }, ...links),
				make("span", { class: "who" }, this.user), this.#logoutButton(), document.createElement("sek-language")),
			this.main);
	}
}
