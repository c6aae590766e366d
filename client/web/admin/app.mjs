// SPDX-License-Identifier: GPL-3.0-or-later
// <sek-admin>: the administration page: tabs, one page at a time. Which tab is open stands in the address.

import { make } from "../dom.mjs";
import { words } from "../words.mjs";
import { agesNotice } from "./ages.mjs";
import { auditPage } from "./audit.mjs";
import { op } from "./call.mjs";
import { groupsPage } from "./groups.mjs";
import { hostsPage } from "./hosts.mjs";
import { Office } from "./office.mjs";
import { here } from "./place.mjs";
import { policiesPage } from "./policies.mjs";
import { sessionsPage } from "./sessions.mjs";
import { usersPage } from "./users.mjs";

/** @type {Record<string, (host: HTMLElement, signal: AbortSignal) => HTMLElement[]>} */
const PAGES = { sessions: sessionsPage, users: usersPage, groups: groupsPage, policies: policiesPage, hosts: hostsPage, audit: auditPage };

class Admin extends Office {
	#abort = new AbortController();

	/** @override */
	async knock()
	{
		await op("users/list", { limit: 1 });
	}

	/** @override */
	leave()
	{
		this.#abort.abort();
	}

	/** @override */
	show()
	{
		const [wanted = ""] = here(), name = Object.hasOwn(PAGES, wanted) ? wanted : "sessions";
		this.#abort.abort();
		this.#abort = new AbortController();
		this.frame("admin.title", words(`admin.tab.${name}`), Object.keys(PAGES).map(page =>
			make("a", { href: `#${page}`, "aria-current": page === name ? "page" : null }, words(`admin.tab.${page}`))));
		const render = /** @type {typeof PAGES[string]} */ (PAGES[name]);
		this.main.replaceChildren(agesNotice(), make("h1", {}, words(`admin.tab.${name}`)), ...render(this.main, this.#abort.signal));
	}
}

customElements.define("sek-admin", Admin);
