// SPDX-License-Identifier: GPL-3.0-or-later
// The session's worker: stream, grammar (WebAssembly) and drawing, away from the page's thread. Takes ToWorker, gives
// FromWorker (messages.d.ts). Never touches the document.

import { Painter } from "./painter.mjs";
import { Stream } from "./stream.mjs";
import { loadWire } from "./wire.mjs";

/** @typedef {import("./messages.d.ts").ToWorker} ToWorker */
/** @typedef {import("./messages.d.ts").FromWorker} FromWorker */

const loading = loadWire();
loading.catch(() => {}); // reported when a stream is opened
/** @type {Painter | null} */
let painter = null;
/** @type {Stream | null} */
let stream = null;
let latest = 0;

/** @param {FromWorker} message */
function tell(message)
{
	self.postMessage(message);
}

/** @param {Extract<ToWorker, { type: "open" }>} target */
async function open(target)
{
	latest = target.serial;
	stream?.close();
	stream = null;
	try {
		const wire = await loading;
		if (latest === target.serial && painter)
			stream = new Stream(wire, painter, tell, target);
	} catch (error) {
		tell({ type: "refused", serial: target.serial, reason: String(error) });
	}
}

self.addEventListener("message", event => {
	const message = /** @type {ToWorker} */ (event.data);
	switch (message.type) {
	case "canvas":
		painter = new Painter(message.canvas);
		break;
	case "mirror":
		painter?.mirror(message.canvas);
		break;
	case "open":
		void open(message);
		break;
	case "input":
		stream?.input(message.input);
		break;
	case "close":
		latest = 0;
		stream?.close();
		stream = null;
		break;
	}
});
