// SPDX-License-Identifier: GPL-3.0-or-later
// <sek-screen>: the remote picture, its pointer and the place where the keyboard's focus is. Turns events into input and
// gives it to `send`; the worker draws on the canvas. Decides nothing about the session.

import { CursorStyle } from "./cursor.mjs";
import { make, uniqueId } from "./dom.mjs";
import { placePicture, wantedPicture } from "./geometry.mjs";
import { Fingers } from "./input/fingers.mjs";
import { Ime } from "./input/ime.mjs";
import { Keyboard, isCopy, isPaste } from "./input/keyboard.mjs";
import { Wheel, buttonMask, toPicture } from "./input/pointer.mjs";
import { KEYS, LIMITS } from "./generated/protocol.mjs";
import { splitText } from "./text.mjs";
import { View } from "./view.mjs";
import { onLanguage, words } from "./words.mjs";

/** @typedef {import("./messages.d.ts").Input} Input */
/** @typedef {import("./geometry.mjs").Wanted} Wanted */

const RESIZE_QUIET_MS = 120;
const HOT_KEY = "F8";
/** How fast two fingers on a touchpad come closer. */
const PINCH_SPEED = 0.01;
/** What a soft keyboard does to an empty field, by the key that is meant. */
const EDITS = /** @type {const} */ ({ deleteContentBackward: "Backspace", deleteContentForward: "Delete",
	insertLineBreak: "Enter", insertParagraph: "Enter" });

const MODIFIER_CODES = new Set(["ControlLeft", "ControlRight", "AltLeft", "AltRight", "ShiftLeft", "ShiftRight", "MetaLeft",
	"MetaRight"].map(name => KEYS[name]));

/** Fires (bubbling) "sek-hot-key" when the user wants the bar, "sek-notice" (detail: key of words) when something is
 * not allowed, and "sek-zoom" when the picture is looked at from nearer or farther. */
export class Screen extends HTMLElement {
	/** Takes input; set by the owner. False: it could not go out. @type {(input: Input) => boolean} */
	send = () => false;

	/** Copy and paste with this computer; set by the owner. @type {import("./clipboard.mjs").Clipboard | null} */
	clipboard = null;

	/** Keys on the screen, whose modifiers are meant for the next key; set by the owner. @type {import("./special.mjs").SpecialKeys | null} */
	special = null;

	/** Whether keys go to the other side; else they are this page's own, so that nobody is shut in. */
	active = false;

	#canvas = make("canvas", { role: "img" });
	#area = make("textarea", { class: "ime", rows: 1, wrap: "soft", autocomplete: "off", autocapitalize: "off",
		autocorrect: "off", spellcheck: "false", "data-gramm": "false", "aria-multiline": "true" });
	#help = make("p", { class: "sr-only", id: uniqueId("screen-help") });
	#keyboard = new Keyboard(KEYS, (code, down, codepoint) => {
		this.send({ kind: "key", code, down, codepoint });
		if (down && !MODIFIER_CODES.has(code))
			this.special?.used();
	});
	#ime = new Ime(this.#area, text => this.#sendText(text));
	#wheel = new Wheel();
	#view = new View();
	/** Fingers were used last: then the soft keyboard comes only where text can be typed, or if it is asked for. */
	#touched = false;
	#softKeyboard = false;
	#cursors = new CursorStyle(this);

	/** @type {import("./geometry.mjs").Area} */
	#size = { cssWidth: 1, cssHeight: 1, deviceWidth: 1, deviceHeight: 1 };
	/** @type {import("./geometry.mjs").SizeLimits} */
	#limits = { widthMin: LIMITS.WIDTH_MIN_PX, heightMin: LIMITS.HEIGHT_MIN_PX, widthMax: LIMITS.WIDTH_MAX_PX,
		heightMax: LIMITS.HEIGHT_MAX_PX, scaleMin: LIMITS.SCALE_MIN_PERCENT, scaleMax: LIMITS.SCALE_MAX_PERCENT };
	#picture = { width: 0, height: 0 };
	/** What of it this window shows; null: all of it. @type {import("./geometry.mjs").Part | null} */
	#part = null;
	/** @type {import("./input/pointer.mjs").Placement} */
	#place = { left: 0, top: 0, scale: 1, width: 0, height: 0 };
	#sent = "";
	#caretKnown = false;
	/** Something was copied on the other side since the window last came to the front: a paste means that. */
	#copiedThere = false;
	/** @type {ReturnType<typeof setTimeout> | undefined} */
	#resizeTimer;
	#observer = new ResizeObserver(entries => this.#measured(entries[entries.length - 1]));
	#abort = new AbortController();

	connectedCallback()
	{
		this.setAttribute("role", "application");
		this.#area.setAttribute("aria-describedby", this.#help.id);
		this.replaceChildren(this.#canvas, this.#area, this.#help);
		const off = onLanguage(() => {
			this.setAttribute("aria-label", words("screen.label"));
			this.setAttribute("aria-roledescription", words("screen.role"));
			this.#canvas.setAttribute("aria-label", words("screen.label"));
			this.#area.setAttribute("aria-label", words("screen.input"));
			this.#help.textContent = words("screen.help");
		});
		this.#abort.signal.addEventListener("abort", off);
		this.#listenKeys();
		this.#listenPointer();
		this.#listenFingers();
		this.#listenTransfers();
		this.#measureNow();
		try {
			this.#observer.observe(this, { box: "device-pixel-content-box" });
		} catch {
			this.#observer.observe(this); // Safari
		}
	}

	disconnectedCallback()
	{
		this.#abort.abort();
		this.#observer.disconnect();
		clearTimeout(this.#resizeTimer);
		this.#cursors.finish();
	}

	/** The canvas for the worker; once only. */
	transferCanvas()
	{
		return this.#canvas.transferControlToOffscreen();
	}

	/** The picture to ask for at the start of a connection.
	 * @returns {Wanted} */
	wanted()
	{
		const { wish } = this;
		this.#sent = JSON.stringify(wish);
		return wish;
	}

	/** The picture that would suit this window.
	 * @returns {Wanted} */
	get wish()
	{
		return wantedPicture(this.#size, this.#limits);
	}

	/** What bounds the pictures that are asked for. */
	get limits()
	{
		return this.#limits;
	}

	/** Asks again, though this window has not changed. */
	askAgain()
	{
		this.#sent = "";
		this.#askForSize();
	}

	/** The largest picture that the site allows.
	 * @param {number} width
	 * @param {number} height */
	setLargest(width, height)
	{
		this.#limits.widthMax = width;
		this.#limits.heightMax = height;
		this.#layOut();
		this.#askForSize();
	}

	/** The picture that comes has this size now.
	 * @param {number} width
	 * @param {number} height
	 * @param {import("./geometry.mjs").Part | null} [part] what of it this window shows */
	setPicture(width, height, part = null)
	{
		this.#picture = { width, height };
		this.#part = part;
		this.#layOut();
	}

	/** @param {import("./input/caret.mjs").Caret | null} caret */
	setCaret(caret)
	{
		const x = this.#part?.x ?? 0, mine = caret && caret.x >= x && caret.x < x + (this.#part ?? this.#picture).width;
		this.#ime.setCaret(mine ? { ...caret, x: caret.x - x } : null);
		this.#caretKnown = caret !== null;
		this.#softKeyboardMode();
	}

	/** How many times larger than it fits the picture is looked at. */
	get zoom()
	{
		return this.#view.zoom;
	}

	/** The next step closer (1) or away (-1); 0: the whole picture.
	 * @param {-1 | 0 | 1} direction */
	zoomStep(direction)
	{
		this.#view.step(direction);
		this.#look();
	}

	/** Shows the soft keyboard of this device, or hides it. */
	toggleSoftKeyboard()
	{
		this.#softKeyboard = !this.#softKeyboard;
		this.#touched = true;
		this.#softKeyboardMode();
		this.focus();
	}

	/** A physical key, pressed or let go by something on the screen.
	 * @param {string} code KeyboardEvent.code
	 * @param {boolean} down */
	key(code, down)
	{
		if (this.active)
			this.send({ kind: "key", code: KEYS[code] ?? 0, down, codepoint: 0 });
	}

	/** @param {Blob | null} blob null: no pointer is shown
	 * @param {number} hotX picture pixels
	 * @param {number} hotY likewise */
	setCursor(blob, hotX, hotY)
	{
		this.#cursors.set(blob, hotX, hotY);
	}

	/** The usual pointer: nothing is known of the remote one. */
	resetCursor()
	{
		this.#cursors.reset();
	}

	/** The keyboard's focus goes to where text is typed. @override */
	focus()
	{
		this.#area.focus({ preventScroll: true });
	}

	/** Everything that is held is let go, here and there. */
	release()
	{
		this.#keyboard.forget();
		this.special?.forget();
		this.send({ kind: "release" });
	}

	/** @param {string} text cleaned, not empty */
	#sendText(text)
	{
		if (this.special?.active && /^[a-z0-9]$/i.test(text)) { // of a soft keyboard: meant as a key
			const code = /[0-9]/.test(text) ? `Digit${text}` : `Key${text.toUpperCase()}`;
			this.key(code, true);
			this.key(code, false);
			this.special.used();
			return;
		}
		for (const piece of splitText(text, LIMITS.TEXT_MAX_BYTES))
			this.send({ kind: "text", text: piece });
	}

	/** @param {string} key of words */
	#notice(key)
	{
		this.dispatchEvent(new CustomEvent("sek-notice", { bubbles: true, detail: key }));
	}

	#listenKeys()
	{
		const { signal } = this.#abort, area = this.#area;
		area.addEventListener("keydown", event => {
			if (event.key === HOT_KEY && !event.isComposing && event.keyCode !== 229) {
				event.preventDefault();
				this.dispatchEvent(new CustomEvent("sek-hot-key", { bubbles: true }));
				return;
			}
			// What was copied there is pasted there as it is; what comes from here must be there before the key is.
			if (this.active && isPaste(event) && !event.repeat && !this.#copiedThere && this.clipboard?.toOuter)
				this.clipboard.hold(KEYS[event.code] ?? 0, !event.metaKey);
			const outcome = this.active ? this.#keyboard.keyDown(event) : "local";
			if (outcome === "local")
				return;
			if (isCopy(event)) {
				this.#copiedThere = true;
				if (!this.clipboard?.toInner && !event.repeat)
					this.#notice("clipboard.copy-off");
			}
			if (outcome === "sent")
				event.preventDefault();
		}, { signal });
		area.addEventListener("keyup", event => {
			if (this.#keyboard.keyUp(event) === "sent")
				event.preventDefault();
		}, { signal });
		area.addEventListener("blur", () => this.release(), { signal });
		window.addEventListener("blur", () => {
			this.#copiedThere = false;
			this.release();
		}, { signal });
	}

	#listenPointer()
	{
		const { signal } = this.#abort;
		const point = (/** @type {MouseEvent} */ event) => this.#at(event.clientX, event.clientY);
		const move = (/** @type {PointerEvent} */ event) => {
			if (!event.isPrimary || event.pointerType === "touch")
				return;
			if (this.#view.zoom > 1 && event.buttons === 0) {
				this.#view.follow(event.clientX, event.clientY);
				this.#look();
			}
			this.send({ kind: "pointer", ...point(event), buttons: buttonMask(event.buttons) });
		};
		this.addEventListener("pointerdown", event => {
			this.#ime.finish();
			this.#touched = event.pointerType === "touch";
			if (!this.#touched)
				this.#softKeyboard = false;
			this.#softKeyboardMode();
			if (this.#touched) {
				event.preventDefault();
				return;
			}
			this.focus();
			if (event.isPrimary) {
				this.setPointerCapture(event.pointerId);
				const { x, y } = toPicture(this.#place, event.clientX, event.clientY);
				this.#ime.setClick(x, y);
			}
			move(event);
			event.preventDefault();
		}, { signal });
		for (const type of /** @type {const} */ (["pointermove", "pointerup"]))
			this.addEventListener(type, move, { signal });
		this.addEventListener("pointercancel", () => this.release(), { signal });
		// The focus stays in the textarea; the middle, back and forward buttons do nothing here.
		for (const type of /** @type {const} */ (["mousedown", "mouseup", "auxclick", "contextmenu", "click"]))
			this.addEventListener(type, event => event.preventDefault(), { signal });
		this.addEventListener("wheel", event => {
			event.preventDefault();
			if (event.ctrlKey && !this.#keyboard.control) { // two fingers on a touchpad, not the Ctrl key
				this.#view.zoomBy(Math.exp(-event.deltaY * PINCH_SPEED), event.clientX, event.clientY);
				this.#look();
				return;
			}
			const { dx, dy } = this.#wheel.add(event);
			if (dx || dy)
				this.send({ kind: "wheel", ...point(event), dx, dy });
		}, { signal, passive: false });
	}

	#listenFingers()
	{
		new Fingers(this, {
			point: (x, y, buttons) => this.send({ kind: "pointer", ...this.#at(x, y), buttons }),
			scroll: (x, y, dx, dy) => {
				if (this.#view.zoom > 1) { // the finger holds the picture; what is beyond its edge scrolls the page
					const before = this.#view.place;
					this.#view.panBy(dx, dy);
					this.#look();
					dx -= this.#view.place.left - before.left;
					dy -= this.#view.place.top - before.top;
				}
				const wheel = this.#wheel.add({ deltaX: -dx, deltaY: -dy, deltaMode: 0 });
				if (wheel.dx || wheel.dy)
					this.send({ kind: "wheel", ...this.#at(x, y), ...wheel });
			},
			pinch: (factor, x, y, dx, dy) => {
				this.#view.panBy(dx, dy);
				this.#view.zoomBy(factor, x, y);
				this.#look();
			},
			tapped: (x, y) => {
				const click = toPicture(this.#place, x, y);
				this.#ime.setClick(click.x, click.y);
				this.focus();
			},
		}, this.#abort.signal);
		this.#area.addEventListener("beforeinput", event => {
			const code = EDITS[/** @type {keyof typeof EDITS} */ (event.inputType)];
			if (!code || event.isComposing || this.#area.value !== "")
				return;
			event.preventDefault();
			this.key(code, true);
			this.key(code, false);
			this.special?.used();
		}, { signal: this.#abort.signal });
	}

	/** Where fingers are used, the soft keyboard comes up for a field of the other side, or when it is asked for. */
	#softKeyboardMode()
	{
		const mode = this.#touched && !this.#caretKnown && !this.#softKeyboard ? "none" : "text";
		if (this.#area.inputMode !== mode)
			this.#area.inputMode = mode;
	}

	/** Pasting and dropping: of this computer only text goes to the other side, and only if the policy lets it. */
	#listenTransfers()
	{
		const { signal } = this.#abort;
		this.#area.addEventListener("paste", event => {
			event.preventDefault();
			const data = event.clipboardData, types = data?.types.length ?? 0;
			if (this.#copiedThere)
				return;
			if (this.clipboard?.toOuter)
				this.clipboard.paste(data?.getData("text/plain") ?? "", types > 0);
			else if (types > 0)
				this.#notice("notice.paste");
		}, { signal });
		for (const type of /** @type {const} */ (["copy", "cut", "dragstart"]))
			this.addEventListener(type, event => event.preventDefault(), { signal });
		this.#area.addEventListener("beforeinput", event => {
			const kinds = ["insertFromPaste", "insertFromPasteAsQuotation", "insertFromDrop", "insertFromYank"];
			if (kinds.includes(event.inputType))
				event.preventDefault();
		}, { signal });
		window.addEventListener("dragover", event => {
			event.preventDefault();
			if (event.dataTransfer)
				event.dataTransfer.dropEffect = "none";
		}, { signal });
		// Without this a browser would leave the page to show what was dropped.
		window.addEventListener("drop", event => event.preventDefault(), { signal });
		window.addEventListener("dragenter", event => {
			event.preventDefault();
			if (!event.relatedTarget)
				this.#notice("notice.drop");
		}, { signal });
	}

	#measureNow()
	{
		const { width, height } = this.getBoundingClientRect(), ratio = devicePixelRatio;
		this.#size = { cssWidth: Math.max(1, width), cssHeight: Math.max(1, height),
			deviceWidth: Math.max(1, Math.round(width * ratio)), deviceHeight: Math.max(1, Math.round(height * ratio)) };
	}

	/** @param {ResizeObserverEntry} entry */
	#measured(entry)
	{
		this.#measureNow();
		const device = entry.devicePixelContentBoxSize?.[0];
		// It knows how fractions of a pixel were rounded; where it knows more than that, it is wrong (emulated screens).
		if (device && Math.abs(device.inlineSize - this.#size.deviceWidth) <= 2 &&
			Math.abs(device.blockSize - this.#size.deviceHeight) <= 2) {
			this.#size.deviceWidth = Math.max(1, device.inlineSize);
			this.#size.deviceHeight = Math.max(1, device.blockSize);
		}
		this.#layOut();
		clearTimeout(this.#resizeTimer);
		this.#resizeTimer = setTimeout(() => this.#askForSize(), RESIZE_QUIET_MS);
	}

	#askForSize()
	{
		const wanted = wantedPicture(this.#size, this.#limits), text = JSON.stringify(wanted);
		if (text !== this.#sent && this.send({ kind: "resize", ...wanted }))
			this.#sent = text;
	}

	#layOut()
	{
		const { width, height } = this.#part ?? this.#picture;
		if (width === 0)
			return;
		const base = placePicture(this.#size, wantedPicture(this.#size, this.#limits), width, height);
		this.#view.setBase(base, this.#size);
		this.#cursors.setScale(base.scale);
		this.#look();
	}

	/** The picture's pixel under a point of the window.
	 * @param {number} clientX CSS pixels
	 * @param {number} clientY likewise */
	#at(clientX, clientY)
	{
		const { x, y } = toPicture(this.#place, clientX, clientY);
		return { x: x + (this.#part?.x ?? 0), y };
	}

	/** Puts the picture where it is looked at. */
	#look()
	{
		const place = this.#view.place, { style } = this.#canvas, zoomed = place.scale !== this.#place.scale;
		this.#place = place;
		style.left = `${place.left - (this.#part?.x ?? 0) / place.scale}px`;
		style.top = `${place.top}px`;
		style.width = `${this.#picture.width / place.scale}px`;
		style.height = `${this.#picture.height / place.scale}px`;
		this.#ime.setPlacement(place);
		if (zoomed)
			this.dispatchEvent(new CustomEvent("sek-zoom", { bubbles: true, detail: this.#view.zoom }));
	}
}

customElements.define("sek-screen", Screen);
