// SPDX-License-Identifier: GPL-3.0-or-later
// <sek-approve>: the page of approvers: what waits for them, one thing at a time with its very pages. Who may see or decide is said by
// the broker at each request; this page only shows it.

import { saying } from "../admin/call.mjs";
import { Office } from "../admin/office.mjs";
import { here } from "../admin/place.mjs";
import { make } from "../dom.mjs";
import { words } from "../words.mjs";
import { decide, one, queue } from "./call.mjs";
import { queueTable } from "./queue.mjs";
import { Viewer } from "./viewer.mjs";

/** @typedef {import("./call.mjs").Approval} Approval */

const REFRESH_MS = 5000;

class Approve extends Office {
	#serial = 0;
	/** @type {ReturnType<typeof setInterval> | undefined} */
	#timer;
	/** What became of the last one, until something else happens. @type {{ key: string, fill: Record<string, string> } | null} */
	#said = null;
	/** What is open: a switch of the language must not ask for it again. @type {Approval | null} */
	#open = null;

	/** @override */
	async knock()
	{
		await queue();
	}

	/** @override */
	leave()
	{
		this.#serial += 1;
		clearInterval(this.#timer);
		this.#open = null;
	}

	/** @override */
	show()
	{
		const [page, id = ""] = here();
		this.#serial += 1;
		clearInterval(this.#timer);
		this.frame("approve.title", words("approve.queue"), [make("a", { href: "#", "aria-current": page === "view" ? null : "page" },
			words("approve.queue")), make("a", { href: "../" }, words("approve.browse"))]);
		this.main.classList.toggle("wide", page === "view");
		if (page === "view" && /^[0-9a-f]{32}$/.test(id))
			void this.#view(id);
		else
			this.#list();
	}

	#list()
	{
		const serial = this.#serial, error = make("p", { class: "error", role: "alert" });
		const status = make("p", { role: "status", class: "queue-count" }), body = make("div", { class: "queue" });
		const said = make("p", { role: "status", class: "said" }, this.#said ? words(this.#said.key, this.#said.fill) : "");
		this.#open = null;
		this.#said = null;
		said.hidden = said.textContent === "";
		let shown = "";
		const load = async () => {
			try {
				const answer = await queue();
				if (serial !== this.#serial)
					return;
				const mine = answer.approvals.filter(row => !row.mine).length + (answer.total - answer.approvals.length);
				const text = mine > 0 ? words("approve.count", { n: mine }) : answer.approver ? words("approve.none") : words("approve.nobody");
				if (status.textContent !== text)
					status.textContent = text;
				document.title = `${mine > 0 ? `(${mine}) ` : ""}${words("approve.queue")} ― ${words("approve.title")}`;
				error.textContent = "";
				const now = JSON.stringify(answer.approvals), minute = Math.floor(Date.now() / 60000);
				if (shown === `${minute} ${now}`)
					return; // the focus stays where it is
				shown = `${minute} ${now}`;
				const focused = document.activeElement instanceof HTMLAnchorElement ? document.activeElement.hash : "";
				body.replaceChildren(...(answer.approvals.length > 0 ? [queueTable(answer.approvals)] : []));
				if (focused)
					[...body.querySelectorAll("a")].find(link => link.hash === focused)?.focus();
			} catch (e) {
				if (serial === this.#serial)
					error.textContent = saying(e);
			}
		};
		this.main.replaceChildren(make("h1", {}, words("approve.queue")), said, status, error, body);
		this.#timer = setInterval(() => document.visibilityState === "visible" && void load(), REFRESH_MS);
		void load();
	}

	/** @param {string} id */
	async #view(id)
	{
		const serial = this.#serial, error = make("p", { class: "error", role: "alert" });
		const back = make("p", {}, make("a", { href: "#" }, `← ${words("approve.back")}`));
		const old = this.main.querySelector("sek-pages");
		const at = old instanceof Viewer && this.#open?.id === id ? old.page : 1;
		this.main.replaceChildren(back, error);
		try {
			const row = this.#open?.id === id ? this.#open : await one(id);
			if (serial !== this.#serial)
				return;
			this.#open = row;
			const viewer = /** @type {Viewer} */ (document.createElement("sek-pages"));
			viewer.approval = row;
			viewer.page = at;
			viewer.decide = async (verdict, reason) => {
				const answer = await decide(id, verdict, reason);
				this.#said = { key: `approve.done.${answer.state}`, fill: { name: row.name || words("approve.text.name"), user: row.display || row.user } };
				location.hash = "#";
			};
			this.main.replaceChildren(back, viewer);
			viewer.focus();
		} catch (e) {
			if (serial === this.#serial)
				error.textContent = e instanceof Error && "word" in e && e.word === "not-found" ? words("approve.gone") : saying(e);
		}
	}
}

customElements.define("sek-approve", Approve);
