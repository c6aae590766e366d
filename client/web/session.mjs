// SPDX-License-Identifier: GPL-3.0-or-later
// <sek-session>: the session page: screen, bar, overlay and notices, held together. Fires "sek-log-in-needed" (bubbles;
// detail: key of words to show above the form).

import { Clipboard } from "./clipboard.mjs";
import { askCrossing, askForText, confirmed, offerCopy, showKeys } from "./dialog.mjs";
import { approvals } from "./documents/call.mjs";
import { Documents } from "./documents/panel.mjs";
import { make } from "./dom.mjs";
import { splitPicture, wantedTogether } from "./geometry.mjs";
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
/** How often an approver is told what waits. */
const APPROVALS_MS = 15000;

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
	#link = new Link(this.#worker, () => this.#wanted());
	/** The right part of the picture, in a window of its own. @type {Screen | null} */
	#second = null;
	/** @type {Window | null} */
	#secondWindow = null;
	#picture = { width: 0, height: 0 };
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
		waits: () => this.#documents.lookSoon(),
	});
	#documents = new Documents({
		host: this,
		notice: (key, fill) => this.#notice(key, fill),
		changed: () => this.#bar.setExtra("documents", this.#documents.useful, this.#documents.caught),
		closed: () => this.#screen.focus(),
		lost: () => this.dispatchEvent(new CustomEvent("sek-log-in-needed", { bubbles: true, detail: "login.expired" })),
	});
	/** @type {ReturnType<typeof setInterval> | undefined} */
	#approvalsTimer;
	/** @type {ReturnType<typeof setTimeout> | undefined} */
	#toastTimer;
	#resumed = false;
	#recorded = false;
	#abort = new AbortController();

	connectedCallback()
	{
		this.replaceChildren(this.#bar, make("main", {}, this.#screen), this.#special, this.#overlay, this.#watched, this.#toast, this.#phaseText);
		const canvas = this.#screen.transferCanvas();
		this.#worker.postMessage({ type: "canvas", canvas }, [canvas]);
		this.#screen.send = input => this.#send(input);
		this.#screen.clipboard = this.#clipboard;
		this.#screen.special = this.#special;
		this.#special.send = (code, down) => this.#screen.key(code, down);
		this.#abort.signal.addEventListener("abort", onLanguage(() => {
			this.#title();
			this.#showWatched(this.dataset.watched === "true");
		}));
		this.#listen();
		this.#link.start();
		void this.#lookForApprovals();
	}

	disconnectedCallback()
	{
		this.#abort.abort();
		clearTimeout(this.#toastTimer);
		clearInterval(this.#approvalsTimer);
		this.#documents.stop();
		this.#secondWindow?.close();
		this.#link.close();
		this.#worker.terminate();
	}

	/** The second window's screen is there: it shows the right part of the picture from now on.
	 * @param {Screen} screen
	 * @param {OffscreenCanvas} canvas its canvas */
	join(screen, canvas)
	{
		this.#second = screen;
		screen.send = input => this.#send(input);
		screen.clipboard = this.#clipboard;
		screen.special = this.#special;
		screen.active = this.#screen.active;
		screen.addEventListener("sek-notice", event => this.#notice(/** @type {CustomEvent<string>} */ (event).detail));
		this.#worker.postMessage({ type: "mirror", canvas }, [canvas]);
		this.#layOut();
		this.#screen.askAgain();
		this.#bar.setSecond(true);
	}

	/** It is gone.
	 * @param {Screen} screen */
	leave(screen)
	{
		if (this.#second !== screen)
			return;
		this.#second = null;
		this.#secondWindow = null;
		this.#worker.postMessage({ type: "mirror", canvas: null });
		this.#layOut();
		this.#screen.askAgain();
		this.#bar.setSecond(false);
	}

	/** @param {import("./messages.d.ts").Input} input */
	#send(input)
	{
		const early = input.kind === "resize" || input.kind === "release";
		const sent = input.kind === "resize" ? { ...input, ...this.#wanted() } : input;
		if (this.#link.phase.name === "live")
			return this.#clipboard.send(sent);
		return early && this.#link.send(sent);
	}

	/** The picture to ask for: of both windows, if there are two. */
	#wanted()
	{
		const wanted = this.#screen.wanted();
		return this.#second ? wantedTogether(wanted, this.#second.wish, this.#screen.limits) : wanted;
	}

	/** Each window shows its part. */
	#layOut()
	{
		const { width, height } = this.#picture, second = this.#second;
		const parts = second && splitPicture(width, height, this.#screen.wish, second.wish);
		this.#screen.setPicture(width, height, parts?.[0]);
		second?.setPicture(width, height, parts?.[1]);
	}

	async #toggleSecond()
	{
		if (this.#secondWindow) {
			this.#secondWindow.close();
			return;
		}
		const place = await otherMonitor();
		this.#secondWindow = window.open("second.html", "sekisho-second", `popup,${place}`);
		if (!this.#secondWindow)
			this.#notice("notice.second-blocked");
	}

	#listen()
	{
		const { signal } = this.#abort, link = this.#link;
		link.addEventListener("phase", () => this.#phase(link.phase), { signal });
		link.addEventListener("message", event => {
			this.#message(/** @type {CustomEvent<FromWorker>} */ (event).detail);
		}, { signal });
		link.addEventListener("resumed", () => {
			this.#resumed = true;
			this.#sayArrival();
		}, { signal });
		link.addEventListener("warning", event => {
			const { key, seconds } = /** @type {CustomEvent} */ (event).detail;
			this.#notice(key, { seconds });
		}, { signal });
		link.addEventListener("said", event => {
			this.#notice("notice.message", { text: /** @type {CustomEvent<string>} */ (event).detail }, SAID_MS);
		}, { signal });
		this.addEventListener("sek-hot-key", () => this.#bar.open(), { signal });
		this.addEventListener("sek-zoom", () => this.#bar.setZoom(this.#screen.zoom), { signal });
		window.addEventListener("pagehide", () => this.#secondWindow?.close(), { signal });
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
				this.#newPolicy(message.policy);
			break;
		case "documents":
			this.#documents.setCaught(message.count);
			break;
		case "welcome":
			this.#clipboard.reset();
			this.#screen.setLargest(message.maxWidth, message.maxHeight);
			this.#second?.setLargest(message.maxWidth, message.maxHeight);
			this.#sendVisibility();
			break;
		case "size":
			this.#picture = { width: message.width, height: message.height };
			this.#layOut();
			break;
		case "cursor":
			this.#screen.setCursor(message.blob, message.hotX, message.hotY);
			this.#second?.setCursor(message.blob, message.hotX, message.hotY);
			break;
		case "caret": {
			const caret = message.width === 0 && message.height === 0 ? null : message;
			this.#screen.setCaret(caret);
			this.#second?.setCaret(caret);
			break;
		}
		case "line":
			this.#bar.setLine(message.ms, message.bytesPerSecond);
			break;
		default:
			break;
		}
	}

	/** @param {import("./messages.d.ts").Policy} policy */
	#newPolicy(policy)
	{
		this.#showWatched(policy.watched);
		this.#showRecorded(policy.recorded);
		this.#documents.setPolicy(policy);
	}

	/** An approver has a button, with how much waits. Who is none is asked once. */
	async #lookForApprovals()
	{
		const { approver, waiting } = await approvals().catch(() => ({ approver: false, waiting: 0 }));
		if (this.#abort.signal.aborted)
			return;
		this.#bar.setExtra("approve", approver, waiting);
		if (approver)
			this.#approvalsTimer ??= setInterval(() => document.visibilityState === "visible" && void this.#lookForApprovals(), APPROVALS_MS);
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
		this.#documents.setLive(phase.name === "live");
		if (this.#second)
			this.#second.active = phase.name === "live";
		if (ended)
			this.#secondWindow?.close();
		if (phase.name !== "live" && wasLive)
			this.#clipboard.reset();
		if (ended) {
			this.#showWatched(false);
			this.#showRecorded(false);
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

	/** @param {boolean} recorded */
	#showRecorded(recorded)
	{
		const begins = recorded && !this.#recorded;
		this.#recorded = recorded;
		this.#bar.setRecorded(recorded);
		if (begins)
			this.#sayArrival();
	}

	/** Both may come at once, in any order, and neither is to hide the other. */
	#sayArrival()
	{
		this.#say([this.#resumed && words("notice.resumed"), this.#recorded && words("notice.recorded")].filter(Boolean).join(" "), NOTICE_MS);
		setTimeout(() => void (this.#resumed = false), NOTICE_MS);
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
		case "second":
			this.#screen.focus();
			await this.#toggleSecond();
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
		case "documents":
			this.#screen.focus();
			this.#documents.open();
			break;
		case "approve":
			window.open("approve/", "sekisho-approve");
			break;
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
		this.#say(words(key, fill), forMs);
	}

	/** @param {string} text
	 * @param {number} forMs */
	#say(text, forMs)
	{
		clearTimeout(this.#toastTimer);
		this.#toast.textContent = text;
		this.#toastTimer = setTimeout(() => {
			this.#toast.textContent = "";
		}, forMs);
	}
}

/** Where a second window belongs, as window.open() takes it: on another monitor if the browser says that there is one.
 * @returns {Promise<string>} */
async function otherMonitor()
{
	try {
		const screens = /** @type {any} */ (window).screen.isExtended ? await /** @type {any} */ (window).getScreenDetails() : null;
		const other = screens?.screens.find((/** @type {any} */ one) => one !== screens.currentScreen);
		if (other)
			return `left=${other.availLeft},top=${other.availTop},width=${other.availWidth},height=${other.availHeight}`;
	} catch {
		// not allowed: the user moves it
	}
	return `width=${Math.max(400, innerWidth)},height=${Math.max(300, innerHeight)}`;
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
		return {
			...phase.seconds && !phase.key ? { heading: "overlay.waiting", hint: "overlay.waiting.hint", fill: { seconds: phase.seconds } } :
				{ heading: key, hint: `${key}.hint` },
			kind: "over", actions: phase.seconds ? [{ name: "retry", label: "overlay.retry-now", primary: true }] : [],
		};
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
