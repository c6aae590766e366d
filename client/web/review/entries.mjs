// SPDX-License-Identifier: GPL-3.0-or-later
// The form of entries (protocol/recording/entry.h) and of the line of blocks (docs/api.md), read with bounds. What was
// recorded is hostile: whatever does not fit throws.

import { ENTRIES } from "../generated/protocol.mjs";

/** @typedef {{ kind: number, at: number, payload: Uint8Array<ArrayBuffer> }} Entry at: microseconds since the recording began */
/** One second or less of a recording. start: when its first picture from nothing begins, -1: it has none.
 * @typedef {{ at: number, start: number, flags: number, updateBytes: number, updates: number, inputs: number }} Block */

const HEAD_BYTES = 16;
export const TIMELINE_BYTES = 16;
/** Bits of a block's flags. */
export const BLOCK = { SNAPSHOT: 1, INPUT: 2, CLIPBOARD: 4, POLICY: 8, EVENT: 16, SIZE: 32 };
const CHANGED = 0xffffffff;

/** @param {ArrayBuffer} bytes of the answer `timeline`
 * @returns {Block[]} */
export function readTimeline(bytes)
{
	const view = new DataView(bytes), blocks = [];
	for (let at = 0; at + TIMELINE_BYTES <= bytes.byteLength; at += TIMELINE_BYTES) {
		const first = view.getUint32(at, true) * 1000, flags = view.getUint8(at + 6);
		blocks.push({ at: first, start: flags & BLOCK.SNAPSHOT ? first + view.getUint16(at + 4, true) * 1000 : -1, flags,
			updateBytes: view.getUint32(at + 8, true), updates: view.getUint16(at + 12, true), inputs: view.getUint16(at + 14, true) });
	}
	return blocks;
}

/** @param {ArrayBuffer} bytes of the answer `blocks`
 * @returns {{ number: number, entries: Uint8Array<ArrayBuffer> | null }[]} null: the block was changed and cannot be read */
export function readBlocks(bytes)
{
	const view = new DataView(bytes), blocks = [];
	let at = 0;
	while (at < bytes.byteLength) {
		const number = view.getUint32(at, true), n = view.getUint32(at + 4, true);
		at += 8;
		if (n === CHANGED) {
			blocks.push({ number, entries: null });
			continue;
		}
		if (n > bytes.byteLength - at)
			throw new Error("an answer that ends too soon");
		blocks.push({ number, entries: new Uint8Array(bytes, at, n) });
		at += n;
	}
	return blocks;
}

/** @param {Uint8Array<ArrayBuffer>} bytes whole entries
 * @returns {Entry[]} */
export function readEntries(bytes)
{
	const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), entries = [];
	let at = 0;
	while (at < bytes.length) {
		if (bytes.length - at < HEAD_BYTES)
			throw new Error("an entry that ends too soon");
		const kind = view.getUint8(at), n = view.getUint32(at + 4), time = Number(view.getBigUint64(at + 8));
		at += HEAD_BYTES;
		if (n > bytes.length - at)
			throw new Error("an entry that ends too soon");
		entries.push({ kind, at: time, payload: bytes.subarray(at, at + n) });
		at += n;
	}
	return entries;
}

/** @param {Uint8Array<ArrayBuffer>} payload of POINTER or WHEEL
 * @returns {{ x: number, y: number, buttons: number }} */
export function readPointer(payload)
{
	const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
	return { x: view.getUint16(0), y: view.getUint16(2), buttons: view.getUint8(4) };
}

/** Whether an entry is a frame of the picture. @param {number} kind */
export function isFrame(kind)
{
	return kind === ENTRIES.DOWN || kind === ENTRIES.ASIDE;
}
