// SPDX-License-Identifier: GPL-3.0-or-later
// One connection to the broker: the WebSocket, the order of things, acknowledgements, and the watch over a silent line.
// Runs in the worker. Anything that the grammar refuses ends the connection; nothing is guessed.

import { Frames } from "./frames.mjs";
import { LIMITS } from "./generated/protocol.mjs";
import { Queue } from "./queue.mjs";

/** @typedef {import("./messages.d.ts").FromWorker} FromWorker */
/** @typedef {import("./messages.d.ts").Hello} Hello */
/** @typedef {import("./messages.d.ts").Input} Input */

const SUBPROTOCOL = "sekisho.1";
const PING_MS = 5000;
const SILENT_MS = 15000;
/** Messages that may wait to be drawn: frames in flight are far fewer. */
const MOST_WAITING = 256;
/** Input is dropped while more than this waits to go out: the line is stuck, and a reconnect will let go of all keys. */
const MOST_UNSENT_BYTES = 256 * 1024;
/** For a picture to come on the screen. */
const MOST_PRESENTING_MS = 100;

/** Until what was drawn is on the screen; nobody draws for a page that is not seen.
 * @returns {Promise<void>} */
function presented()
{
	return new Promise(resolve => {
		self.requestAnimationFrame(() => self.requestAnimationFrame(() => resolve()));
		setTimeout(resolve, MOST_PRESENTING_MS);
	});
}

export class Stream {
	#wire;
	#painter;
	#tell;
	#serial;
	/** @type {WebSocket} */
	#socket;
	#queue = new Queue(MOST_WAITING, error => this.#refuse(String(error)));
	#frames = new Frames();
	#welcome = false;
	/** A clipboard text whose last piece has not come yet. */
	#clipboard = "";
	#cursorSerial = 0;
	#heardAt = performance.now();
	#pingAt = 0;
	#pingId = 0;
	/** Since the last PING. */
	#bytes = 0;
	#bytesPerSecond = 0;
	#answered = true;
	/** @type {ReturnType<typeof setInterval>} */
	#watch;
	#over = false;

	/** Connects.
	 * @param {import("./wire.mjs").Wire} wire
	 * @param {import("./painter.mjs").Painter} painter
	 * @param {(message: FromWorker) => void} tell
	 * @param {{ serial: number, url: string, token: string, hello: Hello }} target */
	constructor(wire, painter, tell, target)
	{
		this.#wire = wire;
		this.#painter = painter;
		this.#tell = tell;
		this.#serial = target.serial;
		wire.reset();
		this.#socket = new WebSocket(target.url, [SUBPROTOCOL, `token.${target.token}`]);
		this.#socket.binaryType = "arraybuffer";
		this.#socket.addEventListener("open", () => this.#send(wire.hello(target.hello)));
		this.#socket.addEventListener("message", event => this.#receive(event.data));
		this.#socket.addEventListener("close", event => this.#closed(event.code));
		this.#watch = setInterval(() => this.#checkLine(), PING_MS);
	}

	/** @param {Input} input */
	input(input)
	{
		if (!this.#welcome || this.#socket.bufferedAmount >= MOST_UNSENT_BYTES)
			return;
		if (input.kind === "clipboard")
			this.#wire.clipboard(input.text).forEach(frame => this.#send(frame)); // all of them, or the text has no end
		else
			this.#send(this.#wire.input(input));
	}

	/** Leaves quietly. */
	close()
	{
		if (this.#over)
			return;
		this.#over = true;
		this.#queue.stop();
		clearInterval(this.#watch);
		this.#socket.close();
	}

	/** @param {Uint8Array<ArrayBuffer>} frame */
	#send(frame)
	{
		if (this.#socket.readyState === WebSocket.OPEN)
			this.#socket.send(frame);
	}

	/** @param {string} reason for the developer's console */
	#refuse(reason)
	{
		if (this.#over)
			return;
		this.close();
		this.#tell({ type: "refused", serial: this.#serial, reason });
	}

	/** @param {number} code */
	#closed(code)
	{
		if (this.#over)
			return;
		clearInterval(this.#watch);
		// What was received is still drawn and told before the end.
		this.#queue.add(() => {
			this.close();
			this.#tell({ type: "closed", serial: this.#serial, code });
		});
	}

	/** A line that is dead without having been closed is given up. */
	#checkLine()
	{
		if (performance.now() - this.#heardAt > SILENT_MS) {
			this.#closed(0);
			this.#socket.close();
		} else if (this.#welcome) {
			if (!this.#answered)
				this.#tell({ type: "line", serial: this.#serial, ms: null, bytesPerSecond: 0 });
			this.#answered = false;
			this.#bytesPerSecond = this.#bytes * 1000 / PING_MS;
			this.#bytes = 0;
			this.#pingId = (this.#pingId + 1) >>> 0;
			this.#pingAt = performance.now();
			this.#send(this.#wire.ping(this.#pingId));
		}
	}

	/** @param {unknown} data */
	#receive(data)
	{
		this.#heardAt = performance.now();
		if (this.#over)
			return;
		if (!(data instanceof ArrayBuffer))
			return this.#refuse("a text message");
		this.#bytes += data.byteLength;
		try {
			this.#hear(this.#wire.parse(new Uint8Array(data)));
		} catch (error) {
			this.#refuse(String(error));
		}
	}

	/** @param {import("./wire.mjs").Message} message */
	#hear(message)
	{
		const serial = this.#serial;
		if (!this.#welcome && message.type !== "welcome" && message.type !== "state")
			throw new Error("a message before WELCOME");
		switch (message.type) {
		case "welcome":
			if (this.#welcome)
				throw new Error("a second WELCOME");
			this.#welcome = true;
			this.#tell({ type: "welcome", serial, maxWidth: message.maxWidth, maxHeight: message.maxHeight });
			break;
		case "size":
			this.#size(message.width, message.height);
			break;
		case "update":
			this.#update(message);
			break;
		case "cursor":
			void this.#cursor(message);
			break;
		case "documents":
			this.#tell({ type: "documents", serial, count: message.count });
			break;
		case "caret":
			this.#tell({ type: "caret", serial, x: message.x, y: message.y, width: message.width,
				height: message.height });
			break;
		case "clipboard":
			this.#piece(message);
			break;
		case "clipboard-result":
			this.#tell({ ...message, serial });
			break;
		case "state":
			this.#queue.add(() => this.#tell({ type: "state", serial, state: message.state, arg: message.arg }));
			break;
		case "policy":
			this.#tell({ type: "policy", serial, policy: message.policy });
			break;
		case "ping":
			this.#send(this.#wire.pong(message.id));
			break;
		case "pong":
			if (message.id === this.#pingId) {
				this.#answered = true;
				this.#tell({ type: "line", serial, ms: performance.now() - this.#pingAt, bytesPerSecond: this.#bytesPerSecond });
			}
			break;
		}
	}

	/** @param {Extract<import("./wire.mjs").Message, { type: "clipboard" }>} piece */
	#piece(piece)
	{
		if (piece.first)
			this.#clipboard = "";
		this.#clipboard += piece.text;
		if (this.#clipboard.length > LIMITS.CLIPBOARD_MAX_BYTES)
			throw new Error("a clipboard text without an end");
		if (!piece.last)
			return;
		this.#tell({ type: "clipboard", serial: this.#serial, text: this.#clipboard, preview: piece.preview });
		this.#clipboard = "";
	}

	/** @param {number} width
	 * @param {number} height */
	#size(width, height)
	{
		this.#frames.reset();
		this.#queue.add(() => {
			this.#painter.resize(width, height);
			this.#tell({ type: "size", serial: this.#serial, width, height });
		});
	}

	/** @param {Extract<import("./wire.mjs").Message, { type: "update" }>} update */
	#update(update)
	{
		const frame = this.#frames.add(update);
		if (!frame)
			return;
		this.#queue.add(async () => {
			await this.#painter.draw(frame);
			this.#send(this.#wire.ack(update.frame));
			if (frame.keyframe) // the page may show the canvas when it hears of it: only with the picture on it
				await presented();
			this.#tell({ type: "drawn", serial: this.#serial, frame: update.frame });
		});
	}

	/** @param {Extract<import("./wire.mjs").Message, { type: "cursor" }>} cursor */
	async #cursor(cursor)
	{
		this.#cursorSerial += 1;
		const mine = this.#cursorSerial;
		let blob = null;
		if (cursor.image) {
			const canvas = new OffscreenCanvas(cursor.image.width, cursor.image.height);
			canvas.getContext("2d")?.putImageData(cursor.image, 0, 0);
			blob = await canvas.convertToBlob({ type: "image/png" });
		}
		if (mine === this.#cursorSerial && !this.#over)
			this.#tell({ type: "cursor", serial: this.#serial, blob, hotX: cursor.hotX, hotY: cursor.hotY });
	}
}
