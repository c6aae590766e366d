// SPDX-License-Identifier: GPL-3.0-or-later
// <sek-session>: the session page: screen, bar, overlay and notices, held together. Fires "sek-log-in-needed" (bubbles;
// detail: key of words to show above the form).

import { Clipboard } from "./clipboard.mjs";
import { askCrossing, askForText, confirmed, offerCopy, showKeys } from "./dialog.mjs";
import { make } from "./dom.mjs";
import { Link } from "./link.mjs";
import { onLanguage, words } from "./words.mjs";
import "./bar.mjs";
import "./overlay.mjs";
import "./screen.mjs";
import "./special.mjs";

/** @typedef {import("./bar.mjs").Bar} Bar */
/** @typedef {import("./overlay.mjs").Overlay} Overlay */
/** @typedef {import("./overlay.mjs").OverlayContent} OverlayContent */
/** @typedef {import("./screen.mjs").Screen} Screen */
/** @typedef {import("./special.mjs").SpecialKeys} SpecialKeys */
/** @typedef {import("./link.mjs").Phase} Phase */
/** @typedef {import("./messages.d.ts").FromWorker} FromWorker */

const NOTICE_MS = 7000;
const SAID_MS = 30000;

export class SessionView extends HTMLElement {
	#bar = /** @type {Bar} */ (document.createElement("sek-bar"));
	#screen = /** @type {Screen} */ (document.createElement("sek-screen"));
	#special = /** @type {SpecialKeys} */ (document.createElement("sek-keys"));
	#overlay = /** @type {Overlay} */ (document.createElement("sek-overlay"));
	#toast = make("div", { class: "toast", role: "status", "aria-live": "polite" });
	/** For as long as somebody else sees the session. */
	#watched = make("div", { class: "watched", role: "status", "aria-live": "polite" });
	#phaseText = make("div", { class: "sr-only", role: "status", "aria-live": "polite" });
	#worker = new Worker(new URL("worker.mjs", import.meta.url), { type: "module", name: "sekisho-stream" });
	#link = new Link(this.#worker, () => this.#screen.wanted());
	#clipboard = new Clipboard({
		send: input => this.#link.phase.name === "live" && this.#link.send(input),
		notice: (key, fill) => this.#notice(key, fill),
		ask: (direction, text) => {
			this.#screen.focus();
			return askCrossing(this, direction, text);
		},
		offer: text => {
			this.#screen.focus();
			void offerCopy(this, text).then(copied => copied && this.#notice("clipboard.copied", { chars: [...text].length }));
		},
	});
	/** @type {ReturnType<typeof setTimeout> | undefined} */
	#toastTimer;
	#abort = new AbortController();

	connectedCallback()
	{
		this.replaceChildren(this.#bar, make("main", {}, this.#screen), this.#special, this.#overlay, this.#watched, this.#toast, this.#phaseText);
		const canvas = this.#screen.transferCanvas();
		this.#worker.postMessage({ type: "canvas", canvas }, [canvas]);
		this.#screen.send = input => {
			const early = input.kind === "resize" || input.kind === "release";
			if (this.#link.phase.name === "live")
				return this.#clipboard.send(input);
			return early && this.#link.send(input);
		};
		this.#screen.clipboard = this.#clipboard;
		this.#screen.special = this.#special;
		this.#special.send = (code, down) => this.#screen.key(code, down);
		this.#abort.signal.addEventListener("abort", onLanguage(() => {
			this.#title();
			this.#showWatched(this.dataset.watched === "true");
		}));
		this.#listen();
		this.#link.start();
	}

	disconnectedCallback()
	{
		this.#abort.abort();
		clearTimeout(this.#toastTimer);
		this.#link.close();
		this.#worker.terminate();
	}

	#listen()
	{
		const { signal } = this.#abort, link = this.#link;
		link.addEventListener("phase", () => this.#phase(link.phase), { signal });
		link.addEventListener("message", event => {
			this.#message(/** @type {CustomEvent<FromWorker>} */ (event).detail);
		}, { signal });
		link.addEventListener("resumed", () => this.#notice("notice.resumed"), { signal });
		link.addEventListener("warning", event => {
			const { key, seconds } = /** @type {CustomEvent} */ (event).detail;
			this.#notice(key, { seconds });
		}, { signal });
		link.addEventListener("said", event => {
			this.#notice("notice.message", { text: /** @type {CustomEvent<string>} */ (event).detail }, SAID_MS);
		}, { signal });
		this.addEventListener("sek-hot-key", () => this.#bar.open(), { signal });
		this.addEventListener("sek-zoom", () => this.#bar.setZoom(this.#screen.zoom), { signal });
		this.addEventListener("sek-notice", event => {
			this.#notice(/** @type {CustomEvent<string>} */ (event).detail);
		}, { signal });
		this.addEventListener("sek-bar-action", event => {
			void this.#act(/** @type {CustomEvent<string>} */ (event).detail);
		}, { signal });
		this.addEventListener("sek-overlay-action", event => {
			void this.#act(/** @type {CustomEvent<string>} */ (event).detail);
		}, { signal });
		document.addEventListener("visibilitychange", () => this.#sendVisibility(), { signal });
		window.addEventListener("online", () => link.hurry(), { signal });
	}

	/** @param {FromWorker} message */
	#message(message)
	{
		switch (message.type) {
		case "clipboard":
		case "policy":
		case "clipboard-result":
			this.#clipboard.hear(message);
			this.#bar.setPasting(this.#clipboard.toOuter);
			if (message.type === "policy")
				this.#showWatched(message.policy.watched);
			break;
		case "welcome":
			this.#clipboard.reset();
			this.#screen.setLargest(message.maxWidth, message.maxHeight);
			this.#sendVisibility();
			break;
		case "size":
			this.#screen.setPicture(message.width, message.height);
			break;
		case "cursor":
			this.#screen.setCursor(message.blob, message.hotX, message.hotY);
			break;
		case "caret":
			this.#screen.setCaret(message.width === 0 && message.height === 0 ? null : message);
			break;
		case "line":
			this.#bar.setLine(message.ms, message.bytesPerSecond);
			break;
		default:
			break;
		}
	}

	#sendVisibility()
	{
		this.#link.send({ kind: "visibility", visible: document.visibilityState === "visible" });
	}

	/** @param {Phase} phase */
	#phase(phase)
	{
		if (phase.name === "login") {
			if (document.fullscreenElement)
				void document.exitFullscreen();
			this.dispatchEvent(new CustomEvent("sek-log-in-needed", { bubbles: true, detail: phase.key ?? "" }));
			return;
		}
		const wasLive = this.dataset.phase === "live", ended = phase.name === "ended";
		this.dataset.phase = phase.name;
		this.#bar.setPhase(phase.name);
		this.#screen.inert = ended;
		this.#screen.active = phase.name === "live";
		if (phase.name !== "live" && wasLive)
			this.#clipboard.reset();
		if (ended) {
			this.#showWatched(false);
			this.#screen.resetCursor();
			this.#special.show(false);
			this.#toast.textContent = "";
		}
		this.#overlay.show(overlayFor(phase));
		const text = words(`status.${phase.name}`);
		if (this.#phaseText.textContent !== text)
			this.#phaseText.textContent = text;
		this.#title();
		if (phase.name === "live" && !wasLive) {
			this.#screen.focus();
			this.#sendVisibility();
		}
	}

	/** @param {boolean} watched */
	#showWatched(watched)
	{
		this.dataset.watched = String(watched);
		this.#watched.textContent = watched ? words("status.watched") : "";
	}

	#title()
	{
		document.title = words(this.#link.phase.name === "ended" ? "app.title.ended" : "app.title.session");
	}

	/** @param {string} action */
	async #act(action)
	{
		switch (action) {
		case "back":
			this.#screen.focus();
			break;
		case "fullscreen":
			await this.#toggleFullscreen();
			break;
		case "special":
			this.#special.show(this.#special.hidden);
			this.#screen.focus();
			break;
		case "soft-keyboard":
			this.#screen.toggleSoftKeyboard();
			break;
		case "zoom-in":
			this.#screen.zoomStep(1);
			break;
		case "zoom-out":
			this.#screen.zoomStep(-1);
			break;
		case "zoom-whole":
			this.#screen.zoomStep(0);
			break;
		// A dialog gives the focus back to what had it before: to the screen.
		case "keys":
			this.#screen.focus();
			await showKeys(this, this.#clipboard.summary);
			break;
		case "paste": {
			this.#screen.focus();
			const text = await askForText(this);
			if (text)
				this.#clipboard.paste(text, false);
			break;
		}
		case "end":
			this.#screen.focus();
			if (await confirmed(this, "end"))
				this.#link.end();
			break;
		case "logout":
			this.#screen.focus();
			if (this.#link.phase.name === "ended" || await confirmed(this, "logout"))
				await this.#link.logout();
			break;
		case "again":
		case "take-back":
			this.#link.start();
			break;
		case "retry":
			this.#link.hurry();
			break;
		default:
			break;
		}
	}

	async #toggleFullscreen()
	{
		try {
			if (document.fullscreenElement) {
				await document.exitFullscreen();
			} else {
				await document.documentElement.requestFullscreen({ navigationUI: "hide" });
				// Where it exists: Ctrl+W and its like then reach the other side.
				await /** @type {any} */ (navigator).keyboard?.lock?.();
			}
		} catch {
			this.#notice("notice.fullscreen-failed");
		}
		this.#screen.focus();
	}

	/** Shows words for a moment, and lets a screen reader say them.
	 * @param {string} key
	 * @param {Record<string, string | number>} [fill]
	 * @param {number} [forMs] */
	#notice(key, fill, forMs = NOTICE_MS)
	{
		clearTimeout(this.#toastTimer);
		this.#toast.textContent = words(key, fill);
		this.#toastTimer = setTimeout(() => {
			this.#toast.textContent = "";
		}, forMs);
	}
}

/** What stands over the screen in a phase.
 * @param {Phase} phase
 * @returns {OverlayContent | null} */
function overlayFor(phase)
{
	const key = phase.key ?? `overlay.${phase.name}`;
	switch (phase.name) {
	case "opening":
	case "starting":
		return { heading: key, hint: `${key}.hint`, kind: "busy", actions: [] };
	case "reconnecting":
		return phase.seconds ?
			{ heading: "overlay.waiting", hint: "overlay.waiting.hint", fill: { seconds: phase.seconds }, kind: "over",
				actions: [{ name: "retry", label: "overlay.retry-now", primary: true }] } :
			{ heading: key, hint: `${key}.hint`, kind: "over", actions: [] };
	case "ended": {
		/** @type {OverlayContent["actions"]} */
		const actions = [{ name: "logout", label: "overlay.logout" }];
		if (phase.again === "again")
			actions.unshift({ name: "again", label: "overlay.again", primary: true });
		else if (phase.again === "take-back")
			actions.unshift({ name: "take-back", label: "overlay.take-back", primary: true });
		return { heading: key, hint: key.startsWith("error.") ? "" : `${key}.hint`, kind: "ended", actions };
	}
	default:
		return null;
	}
}

customElements.define("sek-session", SessionView);
