// SPDX-License-Identifier: GPL-3.0-or-later
// <sek-login>: the log-in form. Fires "sek-logged-in" (bubbles) when the broker has given the cookie. Never keeps the
// password: the field is emptied as soon as it was sent.

import * as api from "./api.mjs";
import { make, uniqueId } from "./dom.mjs";
import { errorWords, onLanguage, words } from "./words.mjs";
import "./language.mjs";
import "./login-step.mjs";

/** @typedef {import("./login-step.mjs").LoginStep} LoginStep */

/** How often a log-in is tried while too many others log in. */
const MOST_TURNS = 10;
/** The same while the server's database is away, every few seconds. */
const MOST_WAITS = 60;

export class LoginView extends HTMLElement {
	/** Key of words that say why the form is shown, "" for none. */
	noticeKey = "";

	#user = make("input", { id: uniqueId("user"), name: "user", type: "text", autocomplete: "username",
		autocapitalize: "none", spellcheck: "false", maxlength: 128, required: true });
	#password = make("input", { id: uniqueId("password"), name: "password", type: "password",
		autocomplete: "current-password", maxlength: 1024, required: true });
	#reveal = make("button", { type: "button", class: "reveal", "aria-pressed": "false" });
	#submit = make("button", { type: "submit", class: "primary" });
	#card = make("button", { type: "button", hidden: true });
	#mark = make("span", { class: "wordmark", role: "img" });
	#form = make("form", { class: "card", novalidate: true });
	#heading = make("h1");
	#lead = make("p", { class: "lead" });
	#userLabel = make("label", { for: this.#user.id });
	#passwordLabel = make("label", { for: this.#password.id });
	#caps = make("p", { class: "hint caps", id: uniqueId("caps"), role: "status" });
	#notice = make("p", { class: "notice", role: "status" });
	#error = make("p", { class: "error", id: uniqueId("error"), role: "alert" });
	#countdown = make("p", { class: "hint countdown", "aria-live": "off" });
	#small = make("p", { class: "small" });

	#errorKey = "";
	#busy = false;
	/** Clock time at which the next attempt is allowed, 0 if now. */
	#retryAt = 0;
	/** @type {ReturnType<typeof setInterval> | undefined} */
	#timer;
	/** @type {(() => void) | undefined} */
	#offLanguage;

	connectedCallback()
	{
		this.#build();
		void this.#offerCertificate();
		this.#offLanguage = onLanguage(() => this.#showWords());
		this.#user.focus();
	}

	disconnectedCallback()
	{
		this.#offLanguage?.();
		clearInterval(this.#timer);
	}

	#build()
	{
		this.#password.setAttribute("aria-describedby", `${this.#caps.id}`);
		this.#form.append(this.#heading, this.#lead, this.#notice, this.#error, this.#countdown,
			make("div", { class: "field" }, this.#userLabel, this.#user),
			make("div", { class: "field" }, this.#passwordLabel,
				make("div", { class: "with-reveal" }, this.#password, this.#reveal), this.#caps),
			this.#submit, this.#card, this.#small);
		this.replaceChildren(
			make("header", { class: "login-header" }, this.#mark, document.createElement("sek-language")),
			make("main", { class: "login-main" }, this.#form));

		this.#card.addEventListener("click", () => void this.#try(() => api.loginCertificate()));
		this.#form.addEventListener("submit", event => {
			event.preventDefault();
			void this.#attempt();
		});
		for (const type of /** @type {const} */ (["keydown", "keyup"]))
			this.#form.addEventListener(type, event => this.#checkCapsLock(event));
		this.#password.addEventListener("blur", () => this.#setCaps(false));
		this.#reveal.addEventListener("click", () => {
			this.#password.type = this.#password.type === "password" ? "text" : "password";
			this.#showWords();
		});
	}

	#showWords()
	{
		document.title = words("app.title.login");
		this.#mark.setAttribute("aria-label", words("app.name"));
		this.#heading.textContent = words("login.heading");
		this.#lead.textContent = words("login.lead");
		this.#userLabel.textContent = words("login.user");
		this.#passwordLabel.textContent = words("login.password");
		this.#small.textContent = words("login.notice");
		this.#card.textContent = words("login.certificate");
		const revealed = this.#password.type === "text";
		this.#reveal.setAttribute("aria-pressed", String(revealed));
		this.#reveal.setAttribute("aria-label", words(revealed ? "login.hide" : "login.show"));
		this.#reveal.title = words(revealed ? "login.hide" : "login.show");
		this.#notice.textContent = this.noticeKey ? words(this.noticeKey) : "";
		this.#error.textContent = this.#errorKey.startsWith("error.") ? errorWords(this.#errorKey.slice(6)) :
			this.#errorKey ? words(this.#errorKey) : "";
		if (this.#caps.textContent)
			this.#caps.textContent = words("login.capslock");
		this.#showSubmit();
	}

	#showSubmit()
	{
		const wait = this.#waitSeconds();
		// aria-disabled, not disabled: a disabled button would throw the keyboard's focus away.
		this.#submit.setAttribute("aria-disabled", String(this.#busy || wait > 0));
		this.#submit.textContent = words(this.#busy ? "login.busy" : "login.submit");
		this.#countdown.textContent = wait > 0 ? words("login.retry-in", { seconds: wait }) : "";
	}

	#waitSeconds()
	{
		return this.#retryAt ? Math.max(0, Math.ceil((this.#retryAt - performance.now()) / 1000)) : 0;
	}

	/** @param {KeyboardEvent} event */
	#checkCapsLock(event)
	{
		// The key that toggles it still reports the state before.
		if (event.target === this.#password && event.key !== "CapsLock")
			this.#setCaps(event.getModifierState("CapsLock"));
	}

	/** @param {boolean} on */
	#setCaps(on)
	{
		const text = on ? words("login.capslock") : "";
		if (this.#caps.textContent !== text)
			this.#caps.textContent = text;
	}

	/** @param {string} key
	 * @param {HTMLElement} [field] the field that is wrong: gets the focus */
	#fail(key, field)
	{
		this.#errorKey = key;
		this.noticeKey = "";
		for (const input of [this.#user, this.#password]) {
			const wrong = input === field || (key === "error.login");
			input.setAttribute("aria-invalid", String(wrong));
			const described = [input === this.#password ? this.#caps.id : "", wrong ? this.#error.id : ""];
			input.setAttribute("aria-describedby", described.filter(Boolean).join(" "));
		}
		this.#error.textContent = "";
		this.#showWords();
		field?.focus();
	}

	async #attempt()
	{
		if (this.#busy || this.#waitSeconds() > 0)
			return;
		const user = this.#user.value.trim();
		if (!user)
			return this.#fail("login.need-user", this.#user);
		if (!this.#password.value)
			return this.#fail("login.need-password", this.#password);
		const password = this.#password.value;
		await this.#try(() => this.#login(user, password));
	}

	/** Shows one proof to the broker and goes on as it says.
	 * @param {() => Promise<api.LoggedIn | api.Next | api.NextPassword>} proof */
	async #try(proof)
	{
		if (this.#busy || this.#waitSeconds() > 0)
			return;
		this.#busy = true;
		this.#errorKey = "";
		this.#showWords();
		try {
			const answer = await proof();
			this.#busy = false;
			this.#password.value = "";
			if (!answer.next)
				this.dispatchEvent(new CustomEvent("sek-logged-in", { bubbles: true }));
			else if (answer.next === "password")
				this.#askPassword(answer.user);
			else
				this.#showStep(answer);
		} catch (error) {
			this.#busy = false;
			this.#refused(error instanceof api.ApiError ? error : new api.ApiError("unexpected", 0, 0));
		}
	}

	/** The certificate was good, its user's password is needed too.
	 * @param {string} user */
	#askPassword(user)
	{
		this.#user.value = user;
		this.noticeKey = "login.certificate-good";
		this.#showWords();
		this.#password.focus();
	}

	/** @param {api.Next} answer */
	#showStep(answer)
	{
		const step = /** @type {LoginStep} */ (document.createElement("sek-login-step"));
		step.step = answer;
		step.addEventListener("sek-step-done", () => this.dispatchEvent(new CustomEvent("sek-logged-in", { bubbles: true })));
		step.addEventListener("sek-step-back", event => {
			step.replaceWith(this.#form);
			const key = /** @type {CustomEvent<string>} */ (event).detail, isError = key.startsWith("error.");
			this.noticeKey = isError ? "" : key;
			this.#errorKey = isError ? key : "";
			this.#showWords();
			this.#user.focus();
		});
		this.#form.replaceWith(step);
	}

	/** Whether this browser has shown a certificate; without one the button would only disappoint. */
	async #offerCertificate()
	{
		try {
			this.#card.hidden = !(await api.loginOptions()).certificate;
		} catch {
			this.#card.hidden = true;
		}
	}

	/** Logs in; in a rush (everybody at half past eight), or while the database is away, waits for its turn instead of sending the user back.
	 * @param {string} user
	 * @param {string} password */
	async #login(user, password)
	{
		for (let turn = 1; ; turn++) {
			try {
				return await api.login(user, password);
			} catch (error) {
				const most = !(error instanceof api.ApiError) ? 0 : error.word === "busy" ? MOST_TURNS : error.word === "store" ? MOST_WAITS : 0;
				if (!(error instanceof api.ApiError) || turn >= most)
					throw error;
				this.noticeKey = error.word === "busy" ? "login.crowded" : "login.away";
				this.#showWords();
				await new Promise(resolve => setTimeout(resolve, 1000 * Math.max(1, error.retrySeconds)));
			}
		}
	}

	/** @param {api.ApiError} error */
	#refused(error)
	{
		const wrong = error.word === "login";
		if (wrong) {
			this.#password.value = "";
			this.#password.type = "password";
		}
		if (error.retrySeconds > 0)
			this.#startCountdown(error.retrySeconds);
		this.#fail(`error.${error.word}`, wrong ? this.#password : undefined);
	}

	/** @param {number} seconds */
	#startCountdown(seconds)
	{
		this.#retryAt = performance.now() + seconds * 1000;
		clearInterval(this.#timer);
		this.#timer = setInterval(() => {
			if (this.#waitSeconds() > 0)
				return this.#showSubmit();
			clearInterval(this.#timer);
			this.#retryAt = 0;
			this.#errorKey = "";
			this.noticeKey = "login.retry-now";
			this.#showWords();
		}, 500);
	}
}

customElements.define("sek-login", LoginView);
