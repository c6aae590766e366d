// SPDX-License-Identifier: GPL-3.0-or-later
// <sek-list>: a table that the broker pages and searches: only the rows that are shown are ever fetched.

import { make, uniqueId } from "../dom.mjs";
import { words } from "../words.mjs";
import { saying } from "./call.mjs";
import { count } from "./show.mjs";

/** @typedef {import("./call.mjs").Query} Query */
/** @typedef {import("./call.mjs").Page} Page */
/** @typedef {object} Column
 * @property {string} label key of words
 * @property {(row: any) => Node | string} show
 * @property {boolean} [number] */
/** @typedef {{ label: string, run: (row: any) => unknown, danger?: boolean, when?: (row: any) => boolean }} Action */
/** @typedef {object} Table
 * @property {string} name key of words
 * @property {Column[]} columns the first names the row
 * @property {Action[]} actions
 * @property {(query: Query) => Promise<Page>} source
 * @property {boolean} [noSearch]
 * @property {string} [searches] key of words: what the search looks at */

const LIMIT = 50;
const SEARCH_AFTER_MS = 250;

export class List extends HTMLElement {
	/** @type {Table} */
	table = { name: "", columns: [], actions: [], source: () => Promise.resolve({ total: 0, rows: [], next: null }) };

	#search = make("input", { type: "search", id: uniqueId("search"), maxlength: 100, spellcheck: "false" });
	#body = make("tbody");
	#status = make("p", { class: "list-status", role: "status", "aria-live": "polite" });
	#error = make("p", { class: "error", role: "alert" });
	#back = make("button", { type: "button", class: "pager" });
	#next = make("button", { type: "button", class: "pager" });
	/** The `after` of each page up to the one that is shown. */
	#pages = [""];
	#follow = "";
	#serial = 0;
	#shown = "";
	/** @type {ReturnType<typeof setTimeout> | undefined} */
	#timer;

	connectedCallback()
	{
		const label = words(this.table.name);
		const head = this.table.columns.map(c => make("th", { scope: "col", class: c.number ? "number" : null }, words(c.label)));
		if (this.table.actions.length > 0)
			head.push(make("th", { scope: "col", class: "row-actions" }, words("admin.actions")));
		this.#back.textContent = words("admin.back");
		this.#next.textContent = words("admin.next");
		const tools = make("div", { class: "list-tools" });
		if (!this.table.noSearch)
			tools.append(make("label", { for: this.#search.id }, words("admin.search")), this.#search);
		if (this.table.searches)
			this.#search.placeholder = words(this.table.searches);
		tools.append(this.#status, this.#back, this.#next);
		this.replaceChildren(tools, this.#error, make("div", { class: "list-scroll", tabindex: 0, role: "region", "aria-label": label },
			make("table", {}, make("caption", { class: "sr-only" }, label), make("thead", {}, make("tr", {}, ...head)), this.#body)));
		this.#search.addEventListener("input", () => {
			clearTimeout(this.#timer);
			this.#timer = setTimeout(() => this.#go([""]), SEARCH_AFTER_MS);
		});
		this.#back.addEventListener("click", () => this.#go(this.#pages.slice(0, -1)));
		this.#next.addEventListener("click", () => this.#go([...this.#pages, this.#follow]));
		void this.refresh();
	}

	disconnectedCallback()
	{
		clearTimeout(this.#timer);
		this.#serial += 1;
	}

	/** @param {string[]} pages */
	#go(pages)
	{
		this.#pages = pages;
		void this.refresh();
	}

	/** The first page, for a question that has changed. */
	first()
	{
		this.#go([""]);
	}

	/** Fetches what is shown again. Answers that come too late are dropped. */
	async refresh()
	{
		this.#serial += 1;
		const serial = this.#serial;
		this.setAttribute("aria-busy", "true");
		try {
			const query = { search: this.#search.value, after: this.#pages[this.#pages.length - 1] ?? "", limit: LIMIT };
			const page = await this.table.source(query);
			if (serial !== this.#serial)
				return;
			// What stood on this page has gone in the meantime.
			if (page.rows.length === 0 && this.#pages.length > 1)
				return this.#go(this.#pages.slice(0, -1));
			this.#error.textContent = "";
			this.#fill(page);
		} catch (error) {
			if (serial === this.#serial)
				this.#error.textContent = saying(error);
		} finally {
			if (serial === this.#serial)
				this.removeAttribute("aria-busy");
		}
	}

	/** @param {Page} page */
	#fill(page)
	{
		const from = (this.#pages.length - 1) * LIMIT, to = from + page.rows.length;
		const text = to === from ? words("admin.none") : page.total < 0 ? words("admin.rows", { from: count(from + 1), to: count(to) }) :
			words("admin.range", { from: count(from + 1), to: count(to), total: count(page.total) });
		if (this.#status.textContent !== text)
			this.#status.textContent = text;
		this.#follow = page.next ?? "";
		this.#back.disabled = from === 0;
		this.#next.disabled = !page.next || (page.total >= 0 && to >= page.total);
		// A list that refreshes itself must not take the focus from a button in it unless something has changed.
		const now = JSON.stringify(page.rows);
		if (now === this.#shown && this.#body.childElementCount === page.rows.length)
			return;
		this.#shown = now;
		const focused = this.#focused();
		this.#body.replaceChildren(...page.rows.map(row => this.#row(row)));
		if (focused)
			/** @type {HTMLElement | null} */ (this.#body.rows[focused.row]?.querySelectorAll("button")[focused.button])?.focus();
	}

	#focused()
	{
		const button = document.activeElement?.closest("button"), tr = button?.closest("tr");
		if (!button || !tr || !this.#body.contains(tr))
			return null;
		return { row: [...this.#body.rows].indexOf(tr), button: [...tr.querySelectorAll("button")].indexOf(button) };
	}

	/** @param {any} row */
	#row(row)
	{
		const cells = this.table.columns.map((column, i) => i === 0 ?
			make("th", { scope: "row" }, column.show(row)) :
			make("td", { class: column.number ? "number" : null }, column.show(row)));
		if (this.table.actions.length > 0) {
			const buttons = this.table.actions.filter(action => action.when?.(row) ?? true).map(action => {
				const button = make("button", { type: "button", class: action.danger ? "danger" : null }, words(action.label));
				button.addEventListener("click", () => void action.run(row));
				return button;
			});
			cells.push(make("td", { class: "row-actions" }, ...buttons));
		}
		return make("tr", {}, ...cells);
	}
}

customElements.define("sek-list", List);

/** @param {Table} table
 * @returns {List} */
export function makeList(table)
{
	const list = /** @type {List} */ (document.createElement("sek-list"));
	list.table = table;
	return list;
}
