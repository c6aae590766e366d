// SPDX-License-Identifier: GPL-3.0-or-later
// Copy and paste between this computer and the isolated browser, as far as the broker allows: it decides, this only asks,
// shows and holds the keys back until a pasted text is where the paste will look for it. Text only.

import { CLIPBOARD, CLIPBOARD_OUTCOMES, KEYS } from "./generated/protocol.mjs";

/** @typedef {import("./messages.d.ts").Input} Input */
/** @typedef {import("./messages.d.ts").FromWorker} FromWorker */
/** @typedef {{ directions: number, maxChars: number }} Rules */

/** What the clipboard needs of the page.
 * @typedef {object} Page
 * @property {(input: Input) => boolean} send to the broker
 * @property {(key: string, fill?: Record<string, string | number>) => void} notice shows words
 * @property {(direction: "to-outer" | "to-inner", text: string) => { answer: Promise<boolean>, close: () => void }} ask
 *   shows what would cross
 * @property {(text: string) => void} offer shows the panel from which the user copies a text by hand
 * @property {() => void} [waits] a text waits for an approver */

/** How long keys wait for the broker's word on a pasted text. */
const PATIENCE_MS = 20000;
/** How long a paste event may take to follow its key. */
const PASTE_EVENT_MS = 1000;
/** Inputs that may wait. */
const MOST_HELD = 2000;

/** Characters as the policy counts them: Unicode code points.
 * @param {string} text */
export function countChars(text)
{
	let n = 0;
	for (const _ of text)
		n += 1;
	return n;
}

export class Clipboard {
	/** @type {Rules} */
	#rules = { directions: 0, maxChars: 0 };
	#known = false;
	#page;
	/** Inputs that wait behind a paste; null: nothing is held. @type {Input[] | null} */
	#held = null;
	/** The key that pastes: down as the first of what is held. */
	#pasteCode = 0;
	/** Whether a Ctrl is down on the other side that makes the held key a paste. */
	#direct = true;
	/** A text is with the broker. */
	#offered = false;
	/** @type {ReturnType<typeof setTimeout> | undefined} */
	#timer;
	/** @type {{ direction: number, id: number, close?: () => void } | null} */
	#question = null;

	/** @param {Page} page */
	constructor(page)
	{
		this.#page = page;
	}

	get toOuter()
	{
		return (this.#rules.directions & CLIPBOARD.TO_OUTER) !== 0;
	}

	get toInner()
	{
		return (this.#rules.directions & CLIPBOARD.TO_INNER) !== 0;
	}

	/** Key of words: what is possible now. */
	get summary()
	{
		return ["keys.clipboard", "keys.clipboard.to-outer", "keys.clipboard.to-inner", "keys.clipboard.both"][
			this.#rules.directions & 3] ?? "keys.clipboard";
	}

	/** Passes an input on, or holds it back while a paste is under way.
	 * @param {Input} input
	 * @returns {boolean} */
	send(input)
	{
		const waits = input.kind === "key" || input.kind === "text" || input.kind === "pointer" || input.kind === "wheel" ||
			input.kind === "release";
		if (!this.#held || !waits)
			return this.#page.send(input);
		if (this.#held.length < MOST_HELD)
			this.#held.push(input);
		return true;
	}

	/** A key that pastes is about to go out: what is sent from now on waits for the paste event.
	 * @param {number} code of the key
	 * @param {boolean} direct a Ctrl (or Shift) that the other side understands is held */
	hold(code, direct)
	{
		if (this.#held)
			return;
		this.#held = [];
		this.#pasteCode = code;
		this.#direct = direct;
		this.#wait(PASTE_EVENT_MS, () => this.#release(true));
	}

	/** The paste event that follows; also a text of the panel.
	 * @param {string} text
	 * @param {boolean} others whether something else than text was there */
	paste(text, others)
	{
		if (this.#offered)
			return;
		if (!text) {
			// Nothing here: then the key means what was copied over there. A picture means nothing at all.
			if (others)
				this.#page.notice("clipboard.text-only");
			this.#release(!others);
			return;
		}
		if (countChars(text) > this.#rules.maxChars) {
			this.#page.notice("clipboard.too-long", { chars: this.#rules.maxChars });
			this.#release(false);
			return;
		}
		this.#offered = true;
		this.#page.send({ kind: "clipboard", text });
		this.#wait(PATIENCE_MS, () => {
			this.#page.notice("clipboard.failed");
			this.#release(false);
		});
	}

	/** A new connection, or none: nothing is under way. */
	reset()
	{
		this.#question?.close?.();
		this.#question = null;
		this.#known = false;
		this.#release(false);
	}

	/** @param {FromWorker} message */
	hear(message)
	{
		if (message.type === "policy")
			this.#newRules({ directions: (message.policy.toOuter ? CLIPBOARD.TO_OUTER : 0) |
				(message.policy.toInner ? CLIPBOARD.TO_INNER : 0), maxChars: message.policy.maxChars });
		else if (message.type === "clipboard-result")
			this.#result(message.direction, message.outcome, message.arg);
		else if (message.type === "clipboard" && message.preview)
			void this.#ask(message.text);
		else if (message.type === "clipboard")
			void this.#arrived(message.text);
	}

	/** @param {Rules} rules */
	#newRules(rules)
	{
		const before = this.#rules.directions;
		this.#rules = rules;
		// A change in mid-session is told; what holds at the start is told when it matters.
		if (this.#known && before !== rules.directions)
			this.#page.notice(["clipboard.now-none", "clipboard.now-to-outer", "clipboard.now-to-inner",
				"clipboard.now-both"][rules.directions & 3] ?? "clipboard.now-none");
		this.#known = true;
	}

	/** @param {number} direction
	 * @param {number} outcome
	 * @param {number} arg */
	#result(direction, outcome, arg)
	{
		const outer = direction === CLIPBOARD.TO_OUTER;
		if (outcome === CLIPBOARD_OUTCOMES.ASK) {
			this.#question?.close?.();
			this.#question = { direction, id: arg };
			// The keys are let go, but for the paste: a question takes as long as it takes.
			if (outer) {
				this.#direct = false;
				this.#letGo(false);
			}
			return;
		}
		if (this.#question?.direction === direction) {
			this.#question.close?.();
			this.#question = null;
		}
		if (outcome === CLIPBOARD_OUTCOMES.DONE) {
			if (outer && this.#offered)
				this.#pasteNow();
			return;
		}
		switch (outcome) {
		case CLIPBOARD_OUTCOMES.TOO_LONG:
			this.#page.notice("clipboard.too-long", { chars: arg });
			break;
		case CLIPBOARD_OUTCOMES.TOO_OFTEN:
			this.#page.notice("clipboard.too-often", { seconds: arg });
			break;
		case CLIPBOARD_OUTCOMES.NO_TEXT:
			this.#page.notice("clipboard.text-only");
			break;
		case CLIPBOARD_OUTCOMES.DECLINED:
			this.#page.notice("clipboard.declined");
			break;
		case CLIPBOARD_OUTCOMES.WAITING:
			this.#page.notice("clipboard.waits", { hours: arg });
			this.#page.waits?.();
			break;
		case CLIPBOARD_OUTCOMES.NO_APPROVER:
			this.#page.notice("clipboard.no-approver");
			break;
		case CLIPBOARD_OUTCOMES.TOO_MANY:
			this.#page.notice("clipboard.too-many");
			break;
		default:
			this.#page.notice(outer ? "notice.paste" : "clipboard.copy-off");
			break;
		}
		if (outer)
			this.#release(false);
	}

	/** The text is on the other side: now the key that pastes it. */
	#pasteNow()
	{
		if (this.#held && this.#direct)
			return this.#release(true);
		this.#release(false);
		const press = (/** @type {number | undefined} */ code, /** @type {boolean} */ down, codepoint = 0) =>
			this.#page.send({ kind: "key", code: code ?? 0, down, codepoint });
		const v = "v".codePointAt(0);
		this.#page.send({ kind: "release" });
		press(KEYS.ControlLeft, true);
		press(KEYS.KeyV, true, v);
		press(KEYS.KeyV, false, v);
		press(KEYS.ControlLeft, false);
	}

	/** @param {number} ms
	 * @param {() => void} then */
	#wait(ms, then)
	{
		clearTimeout(this.#timer);
		this.#timer = setTimeout(then, ms);
	}

	/** The paste is over: what was held goes out, with or without the key that pastes.
	 * @param {boolean} withKey */
	#release(withKey)
	{
		clearTimeout(this.#timer);
		this.#offered = false;
		this.#letGo(withKey);
	}

	/** @param {boolean} withKey */
	#letGo(withKey)
	{
		const held = this.#held ?? [];
		clearTimeout(this.#timer);
		this.#held = null;
		for (const input of held)
			if (withKey || input.kind !== "key" || input.code !== this.#pasteCode)
				this.#page.send(input);
	}

	/** @param {string} text */
	async #ask(text)
	{
		const question = this.#question;
		if (!question)
			return;
		const { answer, close } = this.#page.ask(question.direction === CLIPBOARD.TO_OUTER ? "to-outer" : "to-inner", text);
		question.close = close;
		const yes = await answer;
		if (this.#question !== question)
			return; // it was taken back
		question.close = undefined;
		this.#page.send({ kind: "clipboard-answer", id: question.id, yes });
	}

	/** @param {string} text */
	async #arrived(text)
	{
		this.#question?.close?.();
		this.#question = null;
		try {
			await navigator.clipboard.writeText(text);
			this.#page.notice("clipboard.copied", { chars: countChars(text) });
		} catch {
			this.#page.offer(text); // no permission, or no click or key that allows it
		}
	}
}
