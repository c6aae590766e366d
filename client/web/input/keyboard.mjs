// SPDX-License-Identifier: GPL-3.0-or-later
// Decides what becomes of each key event: sent as a physical key, left to the local input method, or dropped.
// Knows nothing of the page; never sends a key that the input method has taken, so that no character arrives twice.

import { keyCodepoint } from "../text.mjs";

/** What to do with the event.
 * sent: it went out, the browser must not act on it. local: leave it to the browser and its input method, nothing went
 * out. through: it went out, and the browser shall see it too (a paste, so that we can say that it is not allowed).
 * @typedef {"sent" | "local" | "through"} Outcome */

/** What is read of a KeyboardEvent.
 * @typedef {Pick<KeyboardEvent, "code" | "key" | "keyCode" | "isComposing" | "ctrlKey" | "altKey" | "metaKey" |
 *   "shiftKey" | "timeStamp"> & { getModifierState(name: string): boolean }} KeyLike */

/** Keys that switch or steer the local input method, by the name that the layout gives them. */
const IME_KEYS = new Set(["Process", "Unidentified", "Zenkaku", "Hankaku", "ZenkakuHankaku", "Hiragana", "Katakana",
	"HiraganaKatakana", "Romaji", "KanaMode", "KanjiMode", "Eisu", "Alphanumeric", "Convert", "NonConvert",
	"ModeChange", "Compose", "HangulMode", "HanjaMode", "JunjaMode", "FinalMode", "SingleCandidate",
	"PreviousCandidate", "AllCandidates", "CodeInput"]);

/** The same by position: these have no meaning but that, whatever the layout calls them. */
const IME_CODES = new Set(["Convert", "NonConvert", "KanaMode", "Lang1", "Lang2", "Lang3", "Lang4", "Lang5"]);

/** Windows sends a made-up left Ctrl just before AltGr: closer together than this is no human. */
const ALTGR_MS = 30;

const IME_KEYCODE = 229;

export class Keyboard {
	/** @type {Set<string>} physical keys that the other side holds down */
	#down = new Set();
	/** Whether a dead key waits for its letter. */
	#dead = false;
	#controlAt = -Infinity;
	#codes;
	#send;

	/** @param {Readonly<Record<string, number>>} codes KeyboardEvent.code to evdev key code
	 * @param {(code: number, down: boolean, codepoint: number) => void} send */
	constructor(codes, send)
	{
		this.#codes = codes;
		this.#send = send;
	}

	/** @param {KeyLike} event
	 * @returns {Outcome} */
	keyDown(event)
	{
		const { code, key } = event;
		if (event.isComposing || event.keyCode === IME_KEYCODE || IME_KEYS.has(key) || IME_CODES.has(code))
			return "local";
		if (key === "Dead") {
			this.#dead = true;
			return "local";
		}
		const codepoint = keyCodepoint(key);
		if (this.#dead && codepoint && !event.ctrlKey && !event.metaKey) {
			// The browser puts accent and letter together; what comes of it arrives as input text.
			this.#dead = false;
			return "local";
		}
		if (key.length > 1 && !isModifier(key))
			this.#dead = false;
		if (key === "AltGraph")
			return this.#altGraph(event);
		const evdev = this.#codes[code] ?? 0;
		if (evdev === 0 && codepoint === 0)
			return "local";
		if (code === "ControlLeft" && !this.#down.has(code))
			this.#controlAt = event.timeStamp;
		this.#down.add(code);
		this.#send(evdev, true, codepoint);
		return isPaste(event) ? "through" : "sent";
	}

	/** @param {KeyLike} event
	 * @returns {Outcome} */
	keyUp(event)
	{
		const { code, key } = event;
		if (key === "Meta" && this.#down.size > 1) {
			// macOS never tells of keys let go while Command is down.
			for (const held of [...this.#down])
				this.#up(held, 0);
			return "sent";
		}
		if (!this.#down.has(code))
			return "local";
		this.#up(code, keyCodepoint(key));
		return "sent";
	}

	/** Forgets what is down, without sending: after a RELEASE. */
	forget()
	{
		this.#down.clear();
		this.#dead = false;
	}

	/** Whether either Ctrl key is held on the other side. */
	get control()
	{
		return this.#down.has("ControlLeft") || this.#down.has("ControlRight");
	}

	/** @param {string} code
	 * @param {number} codepoint */
	#up(code, codepoint)
	{
		this.#down.delete(code);
		this.#send(this.#codes[code] ?? 0, false, codepoint);
	}

	/** The character that AltGr makes travels with its key; the modifier itself stays here.
	 * @param {KeyLike} event
	 * @returns {Outcome} */
	#altGraph(event)
	{
		if (this.#down.has("ControlLeft") && event.timeStamp - this.#controlAt < ALTGR_MS)
			this.#up("ControlLeft", 0);
		return "sent";
	}
}

/** @param {string} key */
function isModifier(key)
{
	return key === "Shift" || key === "Control" || key === "Alt" || key === "Meta" || key === "AltGraph" ||
		key === "CapsLock" || key === "NumLock" || key === "Fn";
}

/** @param {KeyLike} event */
export function isPaste(event)
{
	const command = (event.ctrlKey || event.metaKey) && !event.altKey;
	return (command && event.code === "KeyV") || (event.shiftKey && !command && event.code === "Insert");
}

/** @param {KeyLike} event */
export function isCopy(event)
{
	const command = (event.ctrlKey || event.metaKey) && !event.altKey;
	return command && (event.code === "KeyC" || event.code === "KeyX" || event.code === "Insert");
}
