// SPDX-License-Identifier: GPL-3.0-or-later
// The page: shows the log-in or the session, whichever is due. Holds no state of its own but which one is shown.

import * as api from "./api.mjs";
import { approvals } from "./documents/call.mjs";
import { make } from "./dom.mjs";
import { currentLanguage, setLanguage, words } from "./words.mjs";
import "./login.mjs";
import "./notice.mjs";
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
		this.addEventListener("sek-logged-in", () => void this.#start());
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
			const me = await api.me();
			if (!me.roles.includes("staff"))
				await this.#showNoSession(me);
			else if (me.notice)
				this.replaceChildren(document.createElement("sek-notice"));
			else
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

	/** For whoever has other work than browsing.
	 * @param {api.Me} me */
	async #showNoSession(me)
	{
		const out = make("button", { type: "button" }, words("bar.logout"));
		out.addEventListener("click", async () => {
			await api.logout().catch(() => {});
			this.#showLogin("");
		});
		const pages = [];
		if (me.roles.includes("administrator"))
			pages.push(make("p", {}, make("a", { href: "admin/" }, words("no-session.admin"))));
		if (me.roles.includes("reviewer"))
			pages.push(make("p", {}, make("a", { href: "review/" }, words("no-session.review"))));
		if (await approvals().then(answer => answer.approver, () => false))
			pages.push(make("p", {}, make("a", { href: "approve/" }, words("no-session.approve"))));
		this.replaceChildren(make("main", { class: "login-main" }, make("div", { class: "card" },
			make("h1", {}, words("no-session.heading")), make("p", {}, words("no-session.body", { user: me.user })), ...pages, out)));
	}

	#showSession()
	{
		this.replaceChildren(document.createElement("sek-session"));
	}
}

customElements.define("sek-app", App);
