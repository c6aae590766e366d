// SPDX-License-Identifier: GPL-3.0-or-later
// The grammar of the wire for the worker: a thin cover over sekisho.wasm (protocol/wasm/exports.c), which is the same C as
// everywhere else. Refuses what the grammar refuses by throwing; holds the state of one stream at a time.

import { decodeJpeg } from "./painter.mjs";
import { splitText } from "./text.mjs";
import { CLIPBOARD_PIECES, LANGS, LIMITS, MESSAGES, UPDATE_FLAGS, UPDATE_OPS } from "./generated/protocol.mjs";

/** @typedef {import("./painter.mjs").Operation} Operation */
/** @typedef {import("./messages.d.ts").Hello} Hello */
/** @typedef {import("./messages.d.ts").Input} Input */

/** A message from the broker, read.
 * @typedef {{ type: "welcome", version: number, maxWidth: number, maxHeight: number }
 *   | { type: "update", frame: number, keyframe: boolean, end: boolean, aside: boolean, operations: Operation[] }
 *   | { type: "cursor", image: ImageData | null, hotX: number, hotY: number }
 *   | { type: "documents", count: number }
 *   | { type: "caret", x: number, y: number, width: number, height: number }
 *   | { type: "size", width: number, height: number }
 *   | { type: "state", state: number, arg: number }
 *   | { type: "policy", policy: import("./messages.d.ts").Policy }
 *   | { type: "clipboard", text: string, first: boolean, last: boolean, preview: boolean }
 *   | { type: "clipboard-result", direction: number, outcome: number, arg: number }
 *   | { type: "ping" | "pong", id: number }} Message */

const RECORD_WORDS = 10;

export class Wire {
	#exports;
	/** @type {ArrayBuffer} */
	#memory;
	#bytes;
	#words;
	#encoder = new TextEncoder();
	#decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

	/** @param {WebAssembly.Instance} instance of sekisho.wasm */
	constructor(instance)
	{
		this.#exports = /** @type {Record<string, (...args: number[]) => number>} */
			(/** @type {unknown} */ (instance.exports));
		const memory = /** @type {WebAssembly.Memory} */ (instance.exports.memory);
		this.#memory = memory.buffer; // never grows, so the views stay good
		this.#bytes = new Uint8Array(this.#memory);
		this.#words = new Uint32Array(this.#memory);
	}

	/** A new connection begins. */
	reset()
	{
		this.#call("sek_reset");
	}

	/** From now on what is read was recorded: updates may be ASIDE. */
	recording()
	{
		this.#call("sek_mode", 1);
	}

	/** Reads one WebSocket message, which must be one frame.
	 * @param {Uint8Array} frame
	 * @returns {Message} */
	parse(frame)
	{
		const at = this.#call("sek_in");
		if (frame.length > this.#bytes.length - at)
			throw new Error("a message that is too long");
		this.#bytes.set(frame, at);
		const type = this.#call("sek_receive", frame.length);
		const field = (/** @type {number} */ i) => this.#call("sek_field", i) >>> 0;
		switch (type) {
		case MESSAGES.WELCOME:
			return { type: "welcome", version: field(0), maxWidth: field(1), maxHeight: field(2) };
		case MESSAGES.UPDATE:
			return { type: "update", frame: field(0), keyframe: (field(1) & UPDATE_FLAGS.KEYFRAME) !== 0,
				end: (field(1) & UPDATE_FLAGS.END) !== 0, aside: (field(1) & UPDATE_FLAGS.ASIDE) !== 0, operations: this.#operations() };
		case MESSAGES.CURSOR:
			return { type: "cursor", image: this.#image(field(0), field(1), field(4), field(5)), hotX: field(2),
				hotY: field(3) };
		case MESSAGES.CARET:
			return { type: "caret", x: field(0), y: field(1), width: field(2), height: field(3) };
		case MESSAGES.DOCUMENTS:
			return { type: "documents", count: field(0) };
		case MESSAGES.SIZE:
			return { type: "size", width: field(0), height: field(1) };
		case MESSAGES.STATE:
			return { type: "state", state: field(0), arg: field(1) };
		case MESSAGES.POLICY:
			return { type: "policy", policy: { toOuter: (field(0) & 1) !== 0, toInner: (field(0) & 2) !== 0,
				confirm: field(1) === 1, download: field(2), print: field(3), maxChars: field(4), perMinute: field(5),
				idleMinutes: field(6), maxMinutes: field(7), watched: (field(8) & 1) !== 0, recorded: (field(8) & 2) !== 0,
				documentText: field(9) === 1 } };
		case MESSAGES.CLIPBOARD:
			return { type: "clipboard", text: this.#decoder.decode(this.#bytes.slice(field(1), field(1) + field(2))),
				first: (field(0) & CLIPBOARD_PIECES.FIRST) !== 0, last: (field(0) & CLIPBOARD_PIECES.LAST) !== 0,
				preview: (field(0) & CLIPBOARD_PIECES.PREVIEW) !== 0 };
		case MESSAGES.CLIPBOARD_RESULT:
			return { type: "clipboard-result", direction: field(0), outcome: field(1), arg: field(2) };
		case MESSAGES.PING:
			return { type: "ping", id: field(0) };
		case MESSAGES.PONG:
			return { type: "pong", id: field(0) };
		default:
			throw new Error(`a message that the grammar refuses (${type})`);
		}
	}

	/** @param {Hello} hello */
	hello(hello)
	{
		return this.#write("sek_write_hello", hello.width, hello.height, hello.scalePercent,
			hello.language === "ja" ? LANGS.JA : LANGS.EN);
	}

	/** @param {number} frame */
	ack(frame)
	{
		return this.#write("sek_write_ack", frame);
	}

	/** @param {number} id */
	ping(id)
	{
		return this.#write("sek_write_ping", id);
	}

	/** @param {number} id */
	pong(id)
	{
		return this.#write("sek_write_pong", id);
	}

	/** A text for the clipboard, in as many frames as it takes.
	 * @param {string} text not empty */
	clipboard(text)
	{
		const pieces = splitText(text, LIMITS.CLIPBOARD_PIECE_MAX_BYTES);
		return pieces.map((piece, i) => {
			const utf8 = this.#encoder.encode(piece);
			this.#bytes.set(utf8, this.#call("sek_text_buf"));
			return this.#write("sek_write_clipboard", utf8.length,
				(i === 0 ? CLIPBOARD_PIECES.FIRST : 0) | (i === pieces.length - 1 ? CLIPBOARD_PIECES.LAST : 0));
		});
	}

	/** @param {Exclude<Input, { kind: "clipboard" }>} input */
	input(input)
	{
		switch (input.kind) {
		case "key":
			return this.#write("sek_write_key", input.code, input.down ? 1 : 0, input.codepoint);
		case "pointer":
			return this.#write("sek_write_pointer", input.x, input.y, input.buttons);
		case "wheel":
			return this.#write("sek_write_wheel", input.x, input.y, input.dx, input.dy);
		case "text":
			return this.#text(input.text);
		case "resize":
			return this.#write("sek_write_resize", input.width, input.height, input.scalePercent);
		case "visibility":
			return this.#write("sek_write_visibility", input.visible ? 1 : 0);
		case "clipboard-answer":
			return this.#write("sek_write_clipboard_answer", input.id, input.yes ? 1 : 0);
		case "release":
			return this.#write("sek_write_release");
		case "end":
			return this.#write("sek_write_end");
		}
	}

	/** @param {string} name
	 * @param {...number} args */
	#call(name, ...args)
	{
		const fn = this.#exports[name];
		if (!fn)
			throw new Error(`sekisho.wasm has no ${name}`);
		return fn(...args);
	}

	/** @param {string} text of a size that fits one message */
	#text(text)
	{
		const utf8 = this.#encoder.encode(text);
		this.#bytes.set(utf8, this.#call("sek_text_buf"));
		return this.#write("sek_write_text", utf8.length);
	}

	/** @param {string} name
	 * @param {...number} args
	 * @returns {Uint8Array<ArrayBuffer>} one whole frame, a copy */
	#write(name, ...args)
	{
		const length = this.#call(name, ...args), at = this.#call("sek_out");
		if (length === 0)
			throw new Error(`${name} refused ${args.join(", ")}`);
		return this.#bytes.slice(at, at + length);
	}

	/** Every portion of the update's operations, copied out of the module's memory.
	 * @returns {Operation[]} */
	#operations()
	{
		/** @type {Operation[]} */
		const all = [];
		for (;;) {
			const count = this.#call("sek_op_count");
			let at = this.#call("sek_ops") / 4;
			for (let i = 0; i < count; i++, at += RECORD_WORDS)
				all.push(this.#operation(this.#words.subarray(at, at + RECORD_WORDS)));
			const more = this.#call("sek_next_ops");
			if (more < 0)
				throw new Error(`an update that the grammar refuses (${more})`);
			if (more === 0)
				return all;
		}
	}

	/** @param {Uint32Array} record
	 * @returns {Operation} */
	#operation(record)
	{
		const [op = 0, x = 0, y = 0, w = 0, h = 0, sx = 0, sy = 0, colour = 0, data = 0, bytes = 0] = record;
		switch (op) {
		case UPDATE_OPS.COPY:
			return { kind: "copy", sx, sy, x, y, w, h };
		case UPDATE_OPS.FILL:
			return { kind: "fill", x, y, w, h, colour };
		case UPDATE_OPS.TILES:
			return { kind: "pixels", x, y, w, h, pixels: this.#words.slice(data / 4, (data + bytes) / 4) };
		case UPDATE_OPS.JPEG:
			return { kind: "jpeg", x, y, w, h, image: decodeJpeg(this.#bytes.slice(data, data + bytes), w, h) };
		default:
			throw new Error(`operation ${op}`);
		}
	}

	/** @param {number} width
	 * @param {number} height
	 * @param {number} data
	 * @param {number} bytes
	 * @returns {ImageData | null} null for an empty one */
	#image(width, height, data, bytes)
	{
		if (bytes === 0)
			return null;
		return new ImageData(new Uint8ClampedArray(this.#memory.slice(data, data + bytes)), width, height);
	}
}

/** Fetches and starts the module.
 * @returns {Promise<Wire>} */
export async function loadWire()
{
	const response = fetch(new URL("sekisho.wasm", import.meta.url), { credentials: "same-origin" });
	const { instance } = await WebAssembly.instantiateStreaming(response, {});
	return new Wire(instance);
}
