// SPDX-License-Identifier: GPL-3.0-or-later
// The page's side of the wire (client/web/wire.mjs over sekisho.wasm, as built): what it sends, byte by byte, and what it
// takes and refuses.

import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { before, test } from "node:test";
import { pathToFileURL } from "node:url";
import { build } from "./harness.mjs";

/** @typedef {import("../../client/web/wire.mjs").Wire} Wire */

/** @type {Wire} */
let wire;

before(async () => {
	// What a worker has and node has not; the drawing itself is tested in the browser.
	Object.assign(globalThis, { ImageData: class {
		/** @param {Uint8ClampedArray} data
		 * @param {number} width
		 * @param {number} height */
		constructor(data, width, height)
		{
			assert.equal(data.length, width * height * 4);
			Object.assign(this, { data, width, height });
		}
	} });
	const web = path.join(build, "web");
	/** @type {typeof import("../../client/web/wire.mjs")} */
	const { Wire } = await import(pathToFileURL(path.join(web, "wire.mjs")).href);
	const module = await WebAssembly.compile(fs.readFileSync(path.join(web, "sekisho.wasm")));
	assert.deepEqual(WebAssembly.Module.imports(module), [], "the module can call nothing");
	wire = new Wire(await WebAssembly.instantiate(module, {}));
});

/** @param {Uint8Array} bytes */
const hex = bytes => Buffer.from(bytes).toString("hex");

/** A frame for the page.
 * @param {number} type
 * @param {number} flags
 * @param {string} payload hex
 * @returns {Uint8Array} */
function frame(type, flags, payload)
{
	const body = Buffer.from(payload.replaceAll(" ", ""), "hex"), header = Buffer.alloc(8);
	header.writeUInt8(type, 0);
	header.writeUInt8(flags, 1);
	header.writeUInt32BE(body.length, 4);
	return new Uint8Array(Buffer.concat([header, body]));
}

test("wire: every message that the page sends, byte by byte", () => {
	const sent = [
		wire.hello({ width: 1280, height: 800, scalePercent: 150, language: "ja" }),
		wire.hello({ width: 160, height: 120, scalePercent: 50, language: "en" }),
		wire.ack(0xfffffffe),
		wire.input({ kind: "key", code: 30, down: true, codepoint: 0x1f44d }),
		wire.input({ kind: "pointer", x: 65535, y: 1, buttons: 31 }),
		wire.input({ kind: "wheel", x: 2, y: 3, dx: -120, dy: 12000 }),
		wire.input({ kind: "text", text: "渋👍" }),
		wire.input({ kind: "resize", width: 1920, height: 1080, scalePercent: 100 }),
		wire.input({ kind: "visibility", visible: false }),
		wire.input({ kind: "release" }),
		wire.input({ kind: "end" }),
		wire.ping(7),
		wire.pong(8),
	].map(hex);
	assert.deepEqual(sent, [
		"0100000000000014" + "53454b49" + "00010001" + "05000320" + "0096" + "00" + "00" + "00000000",
		"0100000000000014" + "53454b49" + "00010001" + "00a00078" + "0032" + "01" + "00" + "00000000",
		"0200000000000004" + "fffffffe",
		"0500000000000008" + "001e" + "01" + "00" + "0001f44d",
		"0600000000000008" + "ffff0001" + "1f" + "000000",
		"0700000000000008" + "00020003" + "ff88" + "2ee0",
		"0800000000000007" + "e6b88b" + "f09f918d",
		"0400000000000008" + "07800438" + "0064" + "0000",
		"0a00000000000004" + "00000000",
		"0900000000000000",
		"0b00000000000000",
		"4000000000000004" + "00000007",
		"4100000000000004" + "00000008",
	]);
});

test("wire: nothing goes out that the broker would refuse", () => {
	for (const bad of /** @type {(() => void)[]} */ ([
		() => wire.input({ kind: "key", code: 256, down: true, codepoint: 0 }),
		() => wire.input({ kind: "key", code: 30, down: true, codepoint: 0xd800 }),
		() => wire.input({ kind: "pointer", x: 0, y: 65536, buttons: 0 }),
		() => wire.input({ kind: "wheel", x: 0, y: 0, dx: 12001, dy: 0 }),
		() => wire.input({ kind: "text", text: "" }),
		() => wire.input({ kind: "text", text: "a".repeat(4097) }),
		() => wire.input({ kind: "text", text: "\u001b" }),
		() => wire.input({ kind: "resize", width: 159, height: 120, scalePercent: 100 }),
	]))
		assert.throws(bad, bad.toString());
});

test("wire: every message that the page takes", () => {
	wire.reset();
	assert.deepEqual(wire.parse(frame(0x81, 0, `0001 0a00 0640 0000 ${"ab".repeat(16)}`)),
		{ type: "welcome", version: 1, maxWidth: 2560, maxHeight: 1600 });
	assert.deepEqual(wire.parse(frame(0x85, 0, "0040 0020")), { type: "size", width: 64, height: 32 });
	assert.deepEqual(wire.parse(frame(0x84, 0, "0001 0002 0003 0004")),
		{ type: "caret", x: 1, y: 2, width: 3, height: 4 });
	assert.deepEqual(wire.parse(frame(0x86, 0, "0005 0000 0000003c")), { type: "state", state: 5, arg: 60 });
	assert.deepEqual(wire.parse(frame(0x87, 0, "02 01 03 00 00002710 000a 001e 02d0 0301")), { type: "policy",
		policy: { toOuter: false, toInner: true, confirm: true, download: 3, print: 0, maxChars: 10000, perMinute: 10,
			idleMinutes: 30, maxMinutes: 720, watched: true, recorded: true, documentText: true } });
	assert.deepEqual(wire.parse(frame(0x40, 0, "ffffffff")), { type: "ping", id: 0xffffffff });
	assert.deepEqual(wire.parse(frame(0x83, 0, "0000 0000 0000 0000")), { type: "cursor", image: null, hotX: 0, hotY: 0 });
	const cursor = wire.parse(frame(0x83, 0, "0001 0001 0000 0000 102040ff"));
	assert.ok(cursor.type === "cursor");
	assert.deepEqual([...(cursor.image?.data ?? [])], [0x40, 0x20, 0x10, 0xff], "B, G, R, A came in");
	const update = wire.parse(frame(0x82, 3, "00000009 0003 0000" +
		"02 0000 0000 0040 0020 1464c8" +
		"01 0000 0000 0010 0000 0008 0008" +
		"03 00 0000000a 0000000a 0001 0002 01 01 00 0a0b0c"));
	assert.ok(update.type === "update");
	assert.deepEqual([update.frame, update.keyframe, update.end], [9, true, true]);
	assert.deepEqual(update.operations.slice(0, 2), [
		{ kind: "fill", x: 0, y: 0, w: 64, h: 32, colour: 0xffc86414 },
		{ kind: "copy", sx: 0, sy: 0, x: 16, y: 0, w: 8, h: 8 },
	]);
	const tile = update.operations[2];
	assert.ok(tile?.kind === "pixels");
	assert.deepEqual([tile.x, tile.y, ...tile.pixels], [1, 2, 0xff0c0b0a]);
});

test("wire: every other message is refused", () => {
	wire.reset();
	wire.parse(frame(0x85, 0, "0040 0020"));
	const good = frame(0x84, 0, "0001 0002 0003 0004");
	/** @type {Record<string, Uint8Array>} */
	const bad = {
		"nothing": new Uint8Array(0),
		"a frame and a half": new Uint8Array([...good, 0]),
		"an unknown type": frame(0x99, 0, "00"),
		"a message for the other side": frame(0x05, 0, "001e 01 00 00000000"),
		"unknown flags": frame(0x82, 4, "00000001 0000 0000"),
		"an unknown state": frame(0x86, 0, "ffff 0000 00000000"),
		"a rectangle outside": frame(0x82, 3, "00000001 0001 0000 02 0000 0000 0041 0001 000000"),
		"an operation short": frame(0x82, 3, "00000001 0002 0000 02 0000 0000 0040 0001 000000"),
		"a size of nothing": frame(0x85, 0, "0000 0000"),
		"a JPEG with a marker of its own": frame(0x82, 3, "00000001 0001 0000 04 0000 0000 0010 0010 50 00 00000004 28ffd828"),
	};
	for (let n = 0; n < good.length; n++)
		bad[`the first ${n} bytes`] = good.slice(0, n);
	for (const [what, bytes] of Object.entries(bad))
		assert.throws(() => wire.parse(bytes), what);
	assert.deepEqual(wire.parse(good).type, "caret");
});
