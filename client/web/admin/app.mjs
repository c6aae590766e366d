// SPDX-License-Identifier: GPL-3.0-or-later
// <sek-admin>: the administration page: log-in, tabs, one page at a time. Which tab is open stands in the address. What a
// user may do is decided by the broker at each request; this page only shows what it says.

import * as api from "../api.mjs";
import { make } from "../dom.mjs";
import { currentLanguage, onLanguage, setLanguage, words } from "../words.mjs";
import { auditPage } from "./audit.mjs";
import { op, saying } from "./call.mjs";
import { groupsPage } from "./groups.mjs";
import { hostsPage } from "./hosts.mjs";
import { here } from "./place.mjs";
import { policiesPage } from "./policies.mjs";
import { sessionsPage } from "./sessions.mjs";
import { usersPage } from "./users.mjs";
import "../language.mjs";
import "../login.mjs";

/** @type {Record<string, (host: HTMLElement, signal: AbortSignal) => HTMLElement[]>} */
const PAGES = { sessions: sessionsPage, users: usersPage, groups: groupsPage, policies: policiesPage, hosts: hostsPage, audit: auditPage };

class Admin extends HTMLElement {
	#user = "";
	#main = make("main", { class: "admin-main", tabindex: -1 });
	#abort = new AbortController();
	/** @type {(() => void) | undefined} */
	#offLanguage;

	connectedCallback()
	{
		setLanguage(currentLanguage());
		this.addEventListener("sek-logged-in", () => void this.#start());
		addEventListener("hashchange", () => this.#show());
		addEventListener("sek-log-in-needed", () => this.#login("login.expired"));
		void this.#start();
	}

	async #start()
	{
		this.#offLanguage?.();
		try {
			this.#user = (await api.me()).user;
			await op("users/list", { limit: 1 });
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
		this.#user = "";
		this.#offLanguage?.();
		this.#abort.abort();
		this.#main.replaceChildren();
		const view = /** @type {import("../login.mjs").LoginView} */ (document.createElement("sek-login"));
		view.noticeKey = noticeKey;
		this.replaceChildren(view);
	}

	/** @param {string} why */
	#refused(why)
	{
		const again = make("button", { type: "button" }, words("bar.logout"));
		again.addEventListener("click", () => void this.#logout());
		this.replaceChildren(make("div", { class: "unsupported" }, make("p", { role: "alert" }, why), again));
	}

	async #logout()
	{
		try {
			await api.logout();
		} finally {
			location.reload();
		}
	}

	#show()
	{
		if (!this.#user)
			return;
		const [wanted = ""] = here(), name = Object.hasOwn(PAGES, wanted) ? wanted : "sessions";
		this.#abort.abort();
		this.#abort = new AbortController();
		document.title = `${words(`admin.tab.${name}`)} ― ${words("admin.title")}`;
		const out = make("button", { type: "button" }, words("bar.logout"));
		out.addEventListener("click", () => void this.#logout());
		const tabs = Object.keys(PAGES).map(page => make("a", { href: `#${page}`, "aria-current": page === name ? "page" : null },
			words(`admin.tab.${page}`)));
		this.replaceChildren(
			make("a", { class: "skip", href: "#content" }, words("admin.skip")),
			make("header", { class: "admin-header" }, make("span", { class: "wordmark", role: "img", "aria-label": words("app.name") }),
				make("nav", { "aria-label": words("admin.title") }, ...tabs),
				make("span", { class: "who" }, this.#user), out, document.createElement("sek-language")),
			this.#main);
		this.querySelector(".skip")?.addEventListener("click", event => {
			event.preventDefault();
			this.#main.focus();
		});
		const render = /** @type {typeof PAGES[string]} */ (PAGES[name]);
		this.#main.replaceChildren(make("h1", {}, words(`admin.tab.${name}`)), ...render(this.#main, this.#abort.signal));
	}
}

customElements.define("sek-admin", Admin);
