// SPDX-License-Identifier: GPL-3.0-or-later
// The page: shows the log-in or the session, whichever is due. Holds no state of its own but which one is shown.

import * as api from "./api.mjs";
import { make } from "./dom.mjs";
import { currentLanguage, setLanguage, words } from "./words.mjs";
import "./login.mjs";
import "./session.mjs";

/** @typedef {import("./login.mjs").LoginView} LoginView */
/** @typedef {import("./session.mjs").SessionView} SessionView */

/** True if this browser has everything that the session needs. */
function supported()
{
	return "OffscreenCanvas" in self && "transferControlToOffscreen" in HTMLCanvasElement.prototype &&
		"WebAssembly" in self && "createImageBitmap" in self;
}

class App extends HTMLElement {
	connectedCallback()
	{
		setLanguage(currentLanguage());
		this.addEventListener("sek-logged-in", () => this.#showSession());
		this.addEventListener("sek-log-in-needed", event => {
			this.#showLogin(/** @type {CustomEvent<string>} */ (event).detail);
		});
		void this.#start();
	}

	async #start()
	{
		if (!supported()) {
			this.replaceChildren(make("p", { class: "unsupported", role: "alert" }, words("app.unsupported")));
			return;
		}
		try {
			await api.me();
			this.#showSession();
		} catch (error) {
			const word = error instanceof api.ApiError ? error.word : "unexpected";
			this.#showLogin(word === "login-required" ? "" : `error.${word}`);
		}
	}

	/** @param {string} noticeKey words to show above the form, "" for none */
	#showLogin(noticeKey)
	{
		const view = /** @type {LoginView} */ (document.createElement("sek-login"));
		view.noticeKey = noticeKey;
		this.replaceChildren(view);
	}

	#showSession()
	{
		this.replaceChildren(document.createElement("sek-session"));
	}
}

customElements.define("sek-app", App);
