// SPDX-License-Identifier: GPL-3.0-or-later
// The player's worker: fetching, grammar (WebAssembly) and drawing, away from the page's thread. A second one of the same
// kind makes thumbnails. Takes ToPlayer, gives FromPlayer (messages.d.ts). Never touches the document.

import { Painter } from "../painter.mjs";
import { loadWire } from "../wire.mjs";
import { Film, FilmError } from "./film.mjs";
import { Play } from "./play.mjs";
import { Projector } from "./projector.mjs";

/** @typedef {import("./messages.d.ts").ToPlayer} ToPlayer */
/** @typedef {import("./messages.d.ts").FromPlayer} FromPlayer */

const THUMB_WIDTH_PX = 320;

const loading = loadWire();
loading.catch(() => {}); // reported when a recording is opened
/** @type {OffscreenCanvas} */
let canvas = new OffscreenCanvas(1, 1);
/** @type {Film | null} */
let film = null;
/** @type {Projector | null} */
let projector = null;
/** @type {Play | null} */
let play = null;
/** The thumbnail that is wanted now. @type {{ block: number, at: number } | null} */
let wanted = null;
let thumbing = false;
/** What the page asks for meanwhile is done when the recording is open. */
let opening = Promise.resolve();

/** @param {FromPlayer} message
 * @param {Transferable[]} [transfer] */
function tell(message, transfer = [])
{
	self.postMessage(message, { transfer });
}

/** @param {unknown} error */
function stuck(error)
{
	tell({ type: "stuck", word: error instanceof FilmError ? error.word : "damaged" });
}

/** @param {Extract<ToPlayer, { type: "open" }>} target */
async function open(target)
{
	play?.close();
	film = new Film(target.view);
	try {
		const [wire, bytes] = await Promise.all([loading, film.learn(target.length, target.growing)]);
		projector = new Projector(wire, new Painter(canvas), film);
		play = new Play(film, projector, tell);
		if (target.at >= 0)
			play.seek(target.at > 0 ? target.at : film.firstPicture());
		tell({ type: "timeline", bytes, from: 0 }, [bytes]);
	} catch (error) {
		stuck(error);
	}
}

/** @param {number} length
 * @param {boolean} growing */
async function grow(length, growing)
{
	const from = film?.blocks.length ?? 0;
	try {
		const bytes = await film?.learn(length, growing);
		if (bytes)
			tell({ type: "timeline", bytes, from }, [bytes]);
	} catch (error) {
		stuck(error);
	}
}

/** @param {number} at */
async function thumb(at)
{
	if (!film || !projector)
		return;
	wanted = { block: film.startFor(film.blockAt(at), at), at };
	if (thumbing)
		return;
	thumbing = true;
	try {
		while (wanted) {
			const { block, at: when } = wanted, scale = () => THUMB_WIDTH_PX / Math.max(canvas.width, 1);
			wanted = null;
			await projector.snapshot(block, { cancelled: false });
			if (canvas.width > 1) {
				const bitmap = await createImageBitmap(canvas, { resizeWidth: THUMB_WIDTH_PX,
					resizeHeight: Math.max(1, Math.round(canvas.height * scale())), resizeQuality: "medium" });
				tell({ type: "thumb", at: when, bitmap }, [bitmap]);
			}
		}
	} catch {
		// no thumbnail then: the player says what is wrong
	} finally {
		thumbing = false;
	}
}

self.addEventListener("message", event => {
	const message = /** @type {ToPlayer} */ (event.data);
	switch (message.type) {
	case "canvas":
		canvas = message.canvas;
		break;
	case "open":
		opening = open(message);
		break;
	case "seek":
		void opening.then(() => play?.seek(message.at));
		break;
	case "play":
		void opening.then(() => play?.play(message.rate, message.skipIdle, message.follow));
		break;
	case "pause":
		void opening.then(() => play?.pause());
		break;
	case "step":
		void opening.then(() => play?.step(message.way));
		break;
	case "thumb":
		void opening.then(() => thumb(message.at));
		break;
	case "grown":
		opening = opening.then(() => grow(message.length, message.growing));
		break;
	case "close":
		play?.close();
		play = null;
		break;
	}
});
