// SPDX-License-Identifier: GPL-3.0-or-later
// <sek-pages>: one thing that waits: its very pages, large, or its text; what is known of it; the verdict. Must never show a page as seen
// that was not on the screen.

import { saying } from "../admin/call.mjs";
import { moment, size } from "../admin/show.mjs";
import { make, uniqueId } from "../dom.mjs";
import { words } from "../words.mjs";
import { pageOf } from "./call.mjs";
import { nameOf, needed, requester, sizeOf } from "./queue.mjs";

/** @typedef {import("./call.mjs").Approval} Approval */

const KEPT_PAGES = 8;
const ZOOMS = [0.5, 0.75, 1, 1.25, 1.5, 2, 3];

export class Viewer extends HTMLElement {
	/** @type {Approval} */
	approval = /** @type {any} */ (null);
	page = 1;
	/** @type {(verdict: "approve" | "refuse", reason: string) => Promise<void>} */
	decide = () => Promise.resolve();

	#image = make("img", { class: "page", alt: "" });
	#frame = make("div", { class: "page-frame", tabindex: 0, role: "region" });
	#place = make("span", { class: "page-place", role: "status", "aria-live": "polite" });
	#seenText = make("p", { class: "hint" });
	#error = make("p", { class: "error", role: "alert" });
	#pageError = make("p", { class: "error", role: "alert" });
	#reason = make("textarea", { rows: 2, maxlength: 500, id: uniqueId("reason") });
	/** 0: the whole page in the frame. */
	#zoom = 0;
	/** Pages as addresses of blobs, the newest last. @type {Map<number, Promise<string>>} */
	#pages = new Map();
	/** @type {Set<number>} */
	#seen = new Set();
	#serial = 0;

	connectedCallback()
	{
		const row = this.approval;
		this.tabIndex = -1;
		this.replaceChildren(row.kind === "text" ? this.#textPane() : this.#pagePane(), this.#side());
		if (row.kind !== "text") {
			this.addEventListener("keydown", event => this.#key(event));
			this.#go(this.page);
		}
	}

	disconnectedCallback()
	{
		this.#serial += 1;
		for (const page of this.#pages.values())
			page.then(URL.revokeObjectURL, () => {});
		this.#pages.clear();
	}

	/** @override */
	focus()
	{
		this.#frame.focus();
	}

	#textPane()
	{
		const box = make("textarea", { class: "whole-text", readonly: true, "aria-label": words("approve.text") });
		box.value = this.approval.text ?? "";
		return make("section", { class: "pages" }, make("h1", {}, nameOf(this.approval)), box);
	}

	#pagePane()
	{
		/** @param {string} key
		 * @param {string} sign
		 * @param {() => void} run */
		const button = (key, sign, run) => {
			const b = make("button", { type: "button", title: words(key), "aria-label": words(key) }, sign);
			b.addEventListener("click", run);
			return b;
		};
		this.#frame.append(this.#image);
		this.#frame.setAttribute("aria-label", nameOf(this.approval));
		return make("section", { class: "pages" }, make("h1", {}, nameOf(this.approval)),
			make("div", { class: "page-tools", role: "toolbar", "aria-label": words("approve.facts") },
				button("approve.previous", "←", () => this.#go(this.page - 1)), this.#place,
				button("approve.next", "→", () => this.#go(this.page + 1)),
				button("approve.smaller", "−", () => this.#step(-1)), button("approve.larger", "＋", () => this.#step(1)),
				button("approve.whole", words("approve.whole"), () => this.#setZoom(0)), make("span", { class: "hint" }, words("approve.keys"))),
			this.#pageError, this.#frame);
	}

	#side()
	{
		const row = this.approval, more = needed(row), hint = uniqueId("hint");
		/** @type {[string, string][]} */
		const facts = [["approve.column.user", requester(row)], ["approve.column.group", row.group],
			["approve.column.kind", words(`approve.kind.${row.kind}`)], ["approve.column.size", `${sizeOf(row)} (${size(row.bytes)})`],
			["approve.column.asked", moment(row.created)], ["approve.expires", moment(row.expires)], ["approve.sha256", row.sha256]];
		const yes = make("button", { type: "button", class: "primary" }, words("approve.yes"));
		const no = make("button", { type: "button", class: "danger" }, words("approve.no"));
		yes.hidden = row.mine;
		yes.addEventListener("click", () => void this.#decided("approve", [yes, no]));
		no.addEventListener("click", () => void this.#decided("refuse", [yes, no]));
		this.#reason.setAttribute("aria-describedby", hint);
		return make("aside", { "aria-label": words("approve.facts") }, make("h2", {}, words("approve.facts")),
			make("dl", { class: "facts" }, ...facts.flatMap(([key, text]) => [make("dt", {}, words(key)), make("dd", {}, text || "–")])),
			...(more ? [make("p", { class: "notice" }, more)] : []), this.#seenText,
			make("h2", {}, words("approve.verdict")), make("label", { for: this.#reason.id }, words("approve.reason")), this.#reason,
			make("p", { class: "hint", id: hint }, words("approve.reason.hint")), this.#error, make("div", { class: "actions" }, no, yes));
	}

	/** @param {"approve" | "refuse"} verdict
	 * @param {HTMLButtonElement[]} buttons */
	async #decided(verdict, buttons)
	{
		const reason = this.#reason.value.replace(/\s+/g, " ").trim();
		if (verdict === "refuse" && !reason) {
			this.#error.textContent = words("approve.reason.needed");
			this.#reason.focus();
			return;
		}
		if (buttons.some(b => b.disabled))
			return;
		for (const b of buttons)
			b.disabled = true;
		this.#error.textContent = "";
		try {
			await this.decide(verdict, reason);
		} catch (e) {
			this.#error.textContent = e instanceof Error && "word" in e && e.word === "not-found" ? words("approve.gone") : saying(e);
			for (const b of buttons)
				b.disabled = false;
		}
	}

	/** @param {KeyboardEvent} event */
	#key(event)
	{
		if (event.target instanceof HTMLTextAreaElement || event.ctrlKey || event.altKey || event.metaKey)
			return;
		const last = this.approval.pages;
		/** @type {Record<string, () => void>} */
		const keys = { ArrowLeft: () => this.#go(this.page - 1), ArrowRight: () => this.#go(this.page + 1), Home: () => this.#go(1), End: () => this.#go(last),
			"+": () => this.#step(1), "-": () => this.#step(-1), "0": () => this.#setZoom(0) };
		const run = keys[event.key];
		if (!run)
			return;
		event.preventDefault();
		run();
	}

	/** @param {number} by */
	#step(by)
	{
		const whole = this.#image.naturalWidth > 0 ? this.#image.clientWidth / this.#image.naturalWidth : 1, now = this.#zoom || whole;
		const next = by > 0 ? ZOOMS.find(z => z > now + 0.01) : ZOOMS.findLast(z => z < now - 0.01);
		this.#setZoom(next ?? now);
	}

	/** @param {number} zoom */
	#setZoom(zoom)
	{
		this.#zoom = zoom;
		this.#frame.classList.toggle("whole", zoom === 0);
		this.#image.style.width = zoom ? `${Math.round(this.#image.naturalWidth * zoom)}px` : "";
	}

	/** The address of a page's picture; a few are kept.
	 * @param {number} page
	 * @returns {Promise<string>} */
	#fetch(page)
	{
		const kept = this.#pages.get(page) ?? pageOf(this.approval.id, page).then(URL.createObjectURL);
		this.#pages.delete(page);
		this.#pages.set(page, kept);
		kept.catch(() => this.#pages.delete(page));
		for (const [old, address] of this.#pages) {
			if (this.#pages.size <= KEPT_PAGES)
				break;
			this.#pages.delete(old);
			address.then(URL.revokeObjectURL, () => {});
		}
		return kept;
	}

	/** @param {number} page */
	async #go(page)
	{
		const last = this.approval.pages, wanted = Math.min(Math.max(page, 1), last), serial = ++this.#serial;
		this.page = wanted;
		this.#place.textContent = words("approve.page", { page: wanted, pages: last });
		this.#frame.setAttribute("aria-busy", "true");
		try {
			const address = await this.#fetch(wanted);
			if (serial !== this.#serial)
				return;
			this.#image.src = address;
			await this.#image.decode();
			if (serial !== this.#serial)
				return;
			this.#image.alt = words("approve.page.label", { page: wanted });
			this.#image.dataset.page = String(wanted);
			this.#pageError.textContent = "";
			this.#setZoom(this.#zoom);
			this.#frame.scrollTo(0, 0);
			this.#seen.add(wanted);
			this.#seenText.textContent = words("approve.seen", { seen: this.#seen.size, pages: last });
			if (wanted < last)
				this.#fetch(wanted + 1).catch(() => {});
		} catch {
			if (serial === this.#serial) {
				this.#image.removeAttribute("src");
				this.#pageError.textContent = words("approve.page.failed");
			}
		} finally {
			if (serial === this.#serial)
				this.#frame.removeAttribute("aria-busy");
		}
	}
}

customElements.define("sek-pages", Viewer);
