// SPDX-License-Identifier: GPL-3.0-or-later
// What crosses as pages, for the user who asked: the panel of the session page, and the look at what becomes of it while the panel is
// closed. The broker decides everything; this only asks and shows.

import { ApiError } from "../api.mjs";
import { offerCopy } from "../dialog.mjs";
import { make, uniqueId } from "../dom.mjs";
import { currentLanguage, errorWords, onLanguage, words } from "../words.mjs";
import * as calls from "./call.mjs";
import { documentRow, reasonOf, textName, textRow } from "./inbox.mjs";
import { printPages } from "./print.mjs";

/** @typedef {import("./call.mjs").Document} Document */
/** @typedef {import("./call.mjs").Text} Text */

/** Bits of POLICY's download and print (protocol/policy.def): without approval, and at all. */
const DOWNLOAD = { PIXELS: 7, BIT: 4 }, PRINT = { PIXELS: 3 };
/** How often to look: while the panel is open or something is made, while something waits. */
const SOON_MS = 1000, LATER_MS = 10000;
const NAME_CHARS = 100;

/** What the panel needs of the page.
 * @typedef {object} Page
 * @property {HTMLElement} host
 * @property {(key: string, fill?: Record<string, string | number>) => void} notice
 * @property {() => void} changed something that the bar shows is different
 * @property {() => void} closed the focus goes back to the screen
 * @property {() => void} lost the log-in is over */

/** @param {unknown} error */
const saying = error => errorWords(error instanceof ApiError ? error.word : "unexpected");

export class Documents {
	#page;
	#policy = { download: 0, print: 0, documentText: false };
	/** Downloads that the isolated browser has caught. */
	#caught = 0;
	/** @type {Document[]} */
	#documents = [];
	/** @type {Text[]} */
	#texts = [];
	/** States that the user has been told of. @type {Map<string, string> | null} */
	#told = null;
	/** @type {HTMLDialogElement | null} */
	#dialog = null;
	/** @type {ReturnType<typeof setTimeout> | undefined} */
	#timer;
	#live = false;
	#looking = false;
	#shown = "";
	#error = make("p", { class: "error", role: "alert" });
	#list = make("ul", { class: "inbox" });
	#said = make("p", { class: "hint", role: "status", "aria-live": "polite" });
	#form = make("div");
	/** What the user has put into the form. */
	#wish = { from: /** @type {"download" | "page"} */ ("download"), name: "", text: false };
	/** @type {() => void} */
	#offLanguage;

	/** @param {Page} page */
	constructor(page)
	{
		this.#page = page;
		this.#offLanguage = onLanguage(() => this.#draw(true));
	}

	/** How many downloads could be taken over, for the button. */
	get caught()
	{
		return this.#mayTake ? this.#caught : 0;
	}

	get #mayTake()
	{
		return (this.#policy.download & DOWNLOAD.BIT) !== 0 || this.#policy.print > 0;
	}

	/** Whether there is a button at all. */
	get useful()
	{
		return this.#mayTake || this.#documents.length > 0 || this.#texts.length > 0;
	}

	/** @param {{ download: number, print: number, documentText: boolean }} policy */
	setPolicy({ download, print, documentText })
	{
		this.#policy = { download, print, documentText };
		if (this.#mayTake && this.#live)
			this.lookSoon();
		this.#draw(true);
		this.#page.changed();
	}

	/** @param {number} n */
	setCaught(n)
	{
		this.#caught = n;
		this.#draw(true);
		this.#page.changed();
	}

	/** @param {boolean} live */
	setLive(live)
	{
		if (live && !this.#live)
			this.lookSoon();
		this.#live = live;
		this.#draw(true);
	}

	/** Something was asked for, or may have changed. */
	lookSoon()
	{
		clearTimeout(this.#timer);
		this.#timer = setTimeout(() => void this.#look(), 0);
	}

	stop()
	{
		clearTimeout(this.#timer);
		this.#looking = true; // for good
		this.#offLanguage();
		this.#dialog?.close();
	}

	/** @param {string} id */
	#name(id)
	{
		const text = this.#texts.find(row => row.id === id);
		return text ? textName(text) : this.#documents.find(row => row.id === id)?.name ?? "";
	}

	async #look()
	{
		if (this.#looking)
			return;
		this.#looking = true;
		let again = this.#dialog ? LATER_MS : 0;
		try {
			[this.#documents, this.#texts] = await Promise.all([calls.documents(), calls.texts()]);
			this.#tell();
			const states = [...this.#documents, ...this.#texts].map(row => row.state);
			if (this.#dialog || states.includes("working"))
				again = SOON_MS;
			else if (states.includes("waiting"))
				again = LATER_MS;
			this.#draw(false);
			this.#page.changed();
		} catch (error) {
			again = LATER_MS;
			if (error instanceof ApiError && error.word === "login-required")
				again = 0;
			this.#error.textContent = saying(error);
		} finally {
			this.#looking = false;
		}
		clearTimeout(this.#timer);
		if (again)
			this.#timer = setTimeout(() => void this.#look(), again);
	}

	/** What has changed since the last look is said, once. */
	#tell()
	{
		const now = new Map([...this.#documents, ...this.#texts].map(row => [row.id, row.state]));
		for (const row of this.#told ? [...this.#documents, ...this.#texts] : []) {
			if (this.#told?.get(row.id) === row.state || ["working", "cancelled"].includes(row.state))
				continue;
			if ("chars" in row && row.state === "waiting")
				continue; // the session has said so
			this.#page.notice(`documents.told.${row.state}`, { name: this.#name(row.id), reason: "chars" in row ? row.reason : reasonOf(row) });
		}
		this.#told = now;
	}

	/** Opens the panel. */
	open()
	{
		if (this.#dialog)
			return;
		const heading = uniqueId("documents"), close = make("button", { type: "button", class: "primary" });
		const dialog = make("dialog", { class: "documents", "aria-labelledby": heading });
		this.#dialog = dialog;
		this.#error.textContent = this.#said.textContent = "";
		close.addEventListener("click", () => dialog.close());
		dialog.addEventListener("close", () => {
			dialog.remove();
			this.#dialog = null;
			this.#page.closed();
		});
		const title = make("h2", { id: heading }), listTitle = make("h3");
		dialog.addEventListener("close", onLanguage(() => {
			title.textContent = words("documents.title");
			close.textContent = words("documents.close");
			listTitle.textContent = words("documents.inbox");
		}));
		dialog.append(title, this.#form, this.#error, this.#said, listTitle, this.#list, make("div", { class: "actions" }, close));
		this.#draw(true);
		this.#page.host.append(dialog);
		dialog.showModal();
		/** @type {HTMLElement | null} */ (dialog.querySelector("input[type=text]") ?? close)?.focus();
		this.lookSoon();
	}

	/** @param {boolean} whole the form too, which else stays as the user left it */
	#draw(whole)
	{
		if (!this.#dialog)
			return;
		if (whole)
			this.#drawForm();
		const now = JSON.stringify([this.#documents, this.#texts, currentLanguage()]);
		if (!whole && now === this.#shown)
			return;
		this.#shown = now;
		const focused = document.activeElement?.closest("[data-deed]"), row = focused?.closest("li")?.dataset.id;
		const rows = [...this.#documents.map(d => ({ at: d.created, row: documentRow(d, this.#deedsOf(d)) })),
			...this.#texts.map(t => ({ at: t.created, row: textRow(t, this.#deedsOfText(t)) }))].sort((a, b) => b.at - a.at);
		this.#list.replaceChildren(...(rows.length > 0 ? rows.map(r => r.row) : [make("li", { class: "hint" }, words("documents.none"))]));
		if (focused && row)
			/** @type {HTMLElement | null} */ (this.#list.querySelector(`[data-id="${row}"] [data-deed]`))?.focus();
	}

	#drawForm()
	{
		if (!this.#mayTake || !this.#live) {
			this.#form.replaceChildren();
			return;
		}
		const file = (this.#policy.download & DOWNLOAD.BIT) !== 0, print = this.#policy.print > 0;
		const approved = (file && this.#policy.download !== DOWNLOAD.PIXELS) || (print && this.#policy.print !== PRINT.PIXELS);
		const active = this.#form.contains(document.activeElement) ? /** @type {HTMLElement} */ (document.activeElement).dataset.part : undefined;
		const name = make("input", { type: "text", id: uniqueId("name"), maxlength: NAME_CHARS, "data-part": "name", autocomplete: "off", spellcheck: "false" });
		name.value = this.#wish.name || words("documents.name.default", { date: new Date().toLocaleDateString("sv-SE") }); // a day that may stand in a file's name
		name.addEventListener("input", () => {
			this.#wish.name = name.value;
		});
		if (this.#caught === 0)
			this.#wish.from = "page";
		const sources = /** @type {const} */ (["download", "page"]).map(from => {
			const input = make("input", { type: "radio", name: "source", id: uniqueId("source"), value: from, "data-part": from, checked: this.#wish.from === from,
				disabled: from === "download" && this.#caught === 0 });
			input.addEventListener("change", () => {
				this.#wish.from = from;
			});
			const text = from === "page" ? words("documents.source.page") : this.#caught > 0 ?
				words("documents.source.download", { n: this.#caught }) : words("documents.source.download.none");
			return make("div", { class: "source" }, input, make("label", { for: input.id }, text));
		});
		const text = make("input", { type: "checkbox", id: uniqueId("text"), "data-part": "text", checked: this.#wish.text });
		text.addEventListener("change", () => {
			this.#wish.text = text.checked;
		});
		const take = make("button", { type: "submit", class: "primary", "data-part": "take", value: "file" }, words("documents.take"));
		const printer = make("button", { type: "submit", "data-part": "print", value: "print" }, words("documents.print-new"));
		const form = make("form", { novalidate: true }, make("h3", {}, words("documents.new")),
			make("p", { class: "hint" }, words("documents.new.hint")), make("fieldset", {}, make("legend", {}, words("documents.source")), ...sources),
			make("div", { class: "field" }, make("label", { for: name.id }, words("documents.name")), name, make("p", { class: "hint" }, words("documents.name.hint"))),
			...(this.#policy.documentText ? [make("div", { class: "source" }, text, make("label", { for: text.id }, words("documents.text.layer")))] : []),
			...(approved ? [make("p", { class: "notice" }, words("documents.approved.hint"))] : []),
			make("div", { class: "actions" }, ...(print ? [printer] : []), ...(file ? [take] : [])));
		form.addEventListener("submit", event => {
			event.preventDefault();
			void this.#do(async () => {
				await calls.take(this.#wish.from, event.submitter === printer || !file ? "print" : "file", name.value.trim(),
					this.#policy.documentText && this.#wish.text);
				this.#wish.name = "";
				this.#draw(true);
			});
		});
		this.#form.replaceChildren(form);
		if (active)
			/** @type {HTMLElement | null} */ (this.#form.querySelector(`[data-part="${active}"]`))?.focus();
	}

	/** @param {Document} row
	 * @returns {import("./inbox.mjs").Deed[]} */
	#deedsOf(row)
	{
		const cancel = { label: row.state === "waiting" ? "documents.withdraw" : "documents.cancel", name: "cancel",
			run: () => this.#do(() => calls.cancel(row.id)) };
		if (row.state === "working" || row.state === "waiting")
			return [cancel];
		const remove = { label: "documents.delete", name: "delete", danger: true, run: () => this.#do(() => calls.remove(row.id)) };
		if (row.state !== "released")
			return [remove];
		const save = { label: "documents.save", name: "save", primary: row.for === "file", run: () => this.#save(row) };
		const print = { label: "documents.print", name: "print", primary: row.for === "print", run: () => this.#print(row) };
		return row.for === "print" ? [print, remove] : [save, print, remove];
	}

	/** @param {Text} row
	 * @returns {import("./inbox.mjs").Deed[]} */
	#deedsOfText(row)
	{
		const drop = { label: row.state === "waiting" ? "documents.withdraw" : "documents.delete", name: "delete", danger: row.state !== "waiting",
			run: () => this.#do(() => calls.dropText(row.id)) };
		return row.state === "approved" ? [{ label: "documents.copy", name: "copy", primary: true, run: () => this.#copy(row) }, drop] : [drop];
	}

	/** Does something of the panel, and says what went wrong.
	 * @param {() => Promise<unknown>} deed */
	async #do(deed)
	{
		this.#error.textContent = "";
		try {
			await deed();
		} catch (error) {
			if (error instanceof ApiError && error.word === "login-required") {
				this.#dialog?.close();
				this.#page.lost();
				return;
			}
			this.#error.textContent = saying(error);
		}
		this.lookSoon();
	}

	/** @param {Document} row */
	#save(row)
	{
		const link = make("a", { href: `/api/documents/${row.id}/file`, download: `${row.name.replace(/\.pdf$/i, "")}.pdf` });
		this.#dialog?.append(link);
		link.click();
		link.remove();
	}

	/** @param {Text} row */
	#copy(row)
	{
		return this.#do(async () => {
			const text = await calls.textOf(row.id);
			try {
				await navigator.clipboard.writeText(text);
				this.#said.textContent = words("documents.copied", { chars: row.chars });
			} catch {
				await offerCopy(this.#page.host, text); // no permission
			}
		});
	}

	/** @param {Document} row */
	#print(row)
	{
		return this.#do(async () => {
			const list = await calls.printers().catch(() => []);
			const printer = list.length > 0 ? await this.#choose(row, list) : "";
			if (printer === null)
				return;
			if (printer) {
				await calls.printOn(row.id, printer);
				this.#said.textContent = words("documents.printed", { name: row.name });
				return;
			}
			this.#said.textContent = words("documents.printing");
			await printPages(row.id, row.pages, done => {
				this.#said.textContent = words("documents.progress", { done, pages: row.pages });
			});
			this.#said.textContent = "";
		});
	}

	/** Which printer; "" = the browser's own dialogue, null = none.
	 * @param {Document} row
	 * @param {import("./call.mjs").Printer[]} list
	 * @returns {Promise<string | null>} */
	#choose(row, list)
	{
		const title = make("h2", { id: uniqueId("printer") }, words("documents.printer", { name: row.name }));
		const buttons = [...list.map(p => make("button", { value: `p${p.name}` }, p.text ? `${p.text} (${p.name})` : p.name)),
			make("button", { value: "b", autofocus: true }, words("documents.printer.browser")), make("button", { value: "" }, words("documents.close"))];
		const dialog = make("dialog", { "aria-labelledby": title.id, class: "printers" }, make("form", { method: "dialog" }, title, ...buttons));
		this.#page.host.append(dialog);
		dialog.showModal();
		return new Promise(resolve => dialog.addEventListener("close", () => {
			dialog.remove();
			resolve(dialog.returnValue === "" ? null : dialog.returnValue.slice(1));
		}));
	}
}
