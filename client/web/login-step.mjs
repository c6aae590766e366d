// SPDX-License-Identifier: GPL-3.0-or-later
// <sek-login-step>: what a log-in needs after the password: a one-time code, or first the set-up of a code generator, and
// then the recovery codes, shown this once. Fires "sek-step-done" when the broker has given the cookie, and
// "sek-step-back" (detail: key of words that say why, "error.…" if it is one, "" for none) when the log-in begins anew. Keeps nothing afterwards.

import * as api from "./api.mjs";
import { make, uniqueId } from "./dom.mjs";
import { errorWords, onLanguage, words } from "./words.mjs";

const SVG = "http://www.w3.org/2000/svg";
const QUIET = 4;

/** Draws a QR code: always dark on light, whatever the page's colours, with the quiet zone that scanners need.
 * @param {string[]} rows
 * @returns {SVGSVGElement} */
function drawQr(rows)
{
	const svg = /** @type {SVGSVGElement} */ (document.createElementNS(SVG, "svg"));
	const side = rows.length + 2 * QUIET;
	const ground = document.createElementNS(SVG, "rect"), dark = document.createElementNS(SVG, "path");
	let path = "";
	rows.forEach((row, y) => {
		for (let x = 0; x < row.length; x++)
			if (row[x] === "1")
				path += `M${x + QUIET} ${y + QUIET}h1v1h-1z`;
	});
	svg.setAttribute("viewBox", `0 0 ${side} ${side}`);
	svg.setAttribute("class", "qr");
	svg.setAttribute("role", "img");
	svg.setAttribute("shape-rendering", "crispEdges");
	ground.setAttribute("width", String(side));
	ground.setAttribute("height", String(side));
	ground.setAttribute("fill", "#fff");
	dark.setAttribute("d", path);
	dark.setAttribute("fill", "#000");
	svg.append(ground, dark);
	return svg;
}

export class LoginStep extends HTMLElement {
	/** What the broker said. @type {api.Next} */
	step = { next: "code", ticket: "" };

	#form = make("form", { class: "card", novalidate: true });
	#heading = make("h1", { tabindex: -1 });
	#lead = make("p", { class: "lead" });
	#error = make("p", { class: "error", id: uniqueId("error"), role: "alert" });
	#code = make("input", { id: uniqueId("code"), name: "code", type: "text", inputmode: "numeric", autocomplete: "one-time-code",
		autocapitalize: "none", spellcheck: "false", maxlength: 20, required: true });
	#codeLabel = make("label", { for: this.#code.id });
	#hint = make("p", { class: "hint", id: uniqueId("hint") });
	#submit = make("button", { type: "submit", class: "primary" });
	#back = make("button", { type: "button" });
	#secretLabel = make("p", { class: "hint" });
	#secret = make("code", { class: "secret" });
	/** @type {SVGSVGElement | null} */
	#qr = null;
	/** @type {string[] | null} */
	#recovery = null;
	#errorKey = "";
	#busy = false;
	/** @type {(() => void) | undefined} */
	#offLanguage;

	connectedCallback()
	{
		const enrol = this.step.next === "enrol";
		this.#code.setAttribute("aria-describedby", `${this.#hint.id} ${this.#error.id}`);
		this.#form.append(this.#heading, this.#lead, this.#error);
		if (enrol) {
			this.#form.classList.add("enrol");
			this.#qr = drawQr(this.step.qr ?? []);
			this.#secret.textContent = this.step.secret ?? "";
			this.#form.append(this.#qr, this.#secretLabel, this.#secret);
		}
		this.#form.append(make("div", { class: "field" }, this.#codeLabel, this.#code, this.#hint), this.#submit, this.#back);
		this.replaceChildren(this.#form);
		this.#form.addEventListener("submit", event => {
			event.preventDefault();
			void this.#send();
		});
		this.#back.addEventListener("click", () => this.#cancel());
		this.#form.addEventListener("keydown", event => {
			// An input method takes its own Escape.
			if (event.key === "Escape" && !event.isComposing && !this.#recovery)
				this.#cancel();
		});
		this.#offLanguage = onLanguage(() => this.#showWords());
		if (enrol)
			this.#heading.focus();
		else
			this.#code.focus();
	}

	disconnectedCallback()
	{
		this.#offLanguage?.();
		this.step = { next: "code", ticket: "" };
		this.#recovery = null;
		this.replaceChildren();
	}

	#showWords()
	{
		const name = this.#recovery ? "recovery" : this.step.next;
		this.#heading.textContent = words(`step.${name}.heading`);
		this.#lead.textContent = words(`step.${name}.lead`);
		this.#codeLabel.textContent = words("step.code");
		this.#hint.textContent = words(this.step.next === "code" ? "step.code.hint" : "step.enrol.hint");
		this.#submit.textContent = words(this.#busy ? "login.busy" : this.#recovery ? "step.recovery.kept" : "step.submit");
		this.#back.textContent = words(this.step.next === "enrol" ? "step.enrol.cancel" : "step.back");
		this.#secretLabel.textContent = words("step.enrol.secret");
		this.#qr?.setAttribute("aria-label", words("step.enrol.qr"));
		this.#error.textContent = !this.#errorKey ? "" :
			this.#errorKey.startsWith("error.") ? errorWords(this.#errorKey.slice(6)) : words(this.#errorKey);
		this.#submit.setAttribute("aria-disabled", String(this.#busy));
	}

	/** @param {string} key */
	#fail(key)
	{
		this.#errorKey = key;
		this.#busy = false;
		this.#code.value = "";
		this.#code.setAttribute("aria-invalid", "true");
		this.#error.textContent = "";
		this.#showWords();
		this.#code.focus();
	}

	/** @param {string} key */
	#leave(key)
	{
		this.dispatchEvent(new CustomEvent("sek-step-back", { detail: key }));
	}

	/** Gives up. The broker is told, but nobody waits for that: what was begun ends with its ticket in any case. */
	#cancel()
	{
		if (this.#busy)
			return;
		const { next, ticket } = this.step;
		void api.loginCancel(ticket).catch(() => {});
		this.#leave(next === "enrol" ? "step.enrol.cancelled" : "");
	}

	async #send()
	{
		if (this.#busy)
			return;
		if (this.#recovery) {
			this.dispatchEvent(new CustomEvent("sek-step-done"));
			return;
		}
		// Full-width digits come from a Japanese input method that was left on.
		const code = this.#code.value.normalize("NFKC").replace(/\s/g, "");
		if (!code)
			return this.#fail("step.need-code");
		this.#busy = true;
		this.#errorKey = "";
		this.#showWords();
		try {
			const answer = await api.loginCode(this.step.ticket, code);
			this.#busy = false;
			if (answer.recovery)
				this.#showRecovery(answer.recovery);
			else
				this.dispatchEvent(new CustomEvent("sek-step-done"));
		} catch (error) {
			const word = error instanceof api.ApiError ? error.word : "unexpected";
			if (word === "ticket")
				this.#leave("error.ticket");
			else
				this.#fail(`error.${word}`);
		}
	}

	/** @param {string[]} codes */
	#showRecovery(codes)
	{
		this.#recovery = codes;
		const list = make("ul", { class: "recovery" }, ...codes.map(code => make("li", {}, make("code", {}, code))));
		this.#form.classList.remove("enrol");
		this.#form.replaceChildren(this.#heading, this.#lead, list, this.#submit);
		this.#showWords();
		this.#heading.focus();
	}
}

customElements.define("sek-login-step", LoginStep);
