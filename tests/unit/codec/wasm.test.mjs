// SPDX-License-Identifier: GPL-3.0-or-later
// The WebAssembly module and the C library agree. Run by ctest: node --test wasm.test.mjs, with SEK_WASM (the module)
// and SEK_WASM_CASES (the program that writes the cases) in the environment.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { test } from "node:test";

const bytes = readFileSync(process.env.SEK_WASM);
const lines = execFileSync(process.env.SEK_WASM_CASES, { maxBuffer: 1 << 30, encoding: "latin1" }).trimEnd().split("\n");
const UPDATE = 0x82;

function load()
{
	return new WebAssembly.Instance(new WebAssembly.Module(bytes), {}).exports;
}

function receive(wire, frame)
{
	new Uint8Array(wire.memory.buffer, wire.sek_in(), frame.length).set(frame);
	return wire.sek_receive(frame.length);
}

/** Draws the update that was received into an RGBA picture; returns how many JPEGs it had, or a negative refusal. */
function draw(wire, picture, width)
{
	const jpegs = [];
	if (wire.sek_frame_flags() & 1)
		new Uint32Array(picture.buffer).fill(0xff000000);
	for (;;) {
		const ops = new Uint32Array(wire.memory.buffer, wire.sek_ops(), wire.sek_op_count() * 10);
		for (let i = 0; i < ops.length; i += 10) {
			const [op, x, y, w, h, sx, sy, colour, data, n] = ops.subarray(i, i + 10);
			const row = k => ((y + k) * width + x) * 4;
			if (op === 1) {
				const copy = picture.slice();
				for (let k = 0; k < h; k++)
					picture.set(copy.subarray(((sy + k) * width + sx) * 4, ((sy + k) * width + sx + w) * 4), row(k));
			} else if (op === 2) {
				const px = new Uint32Array(picture.buffer);
				for (let k = 0; k < h; k++)
					px.fill(colour, row(k) / 4, row(k) / 4 + w);
			} else if (op === 3) {
				assert.equal(n, w * h * 4);
				const from = new Uint8Array(wire.memory.buffer, data, n);
				for (let k = 0; k < h; k++)
					picture.set(from.subarray(k * w * 4, (k + 1) * w * 4), row(k));
			} else {
				assert.equal(op, 4);
				const jpeg = new Uint8Array(wire.memory.buffer, data, n);
				assert.deepEqual([jpeg[0], jpeg[1], jpeg[n - 2], jpeg[n - 1]], [0xff, 0xd8, 0xff, 0xd9]);
				jpegs.push(Buffer.from(jpeg).toString("hex"));
			}
		}
		const more = wire.sek_next_ops();
		if (more <= 0)
			return more < 0 ? more : jpegs;
	}
}

const hex = text => new Uint8Array(Buffer.from(text, "hex"));

test("frames give the pixels, fields and bytes that C gives", () => {
	const wire = load();
	let picture = new Uint8Array(0), width = 0, jpegs = [], type = 0, seen = 0;
	for (const line of lines) {
		const [kind, ...rest] = line.split(" ");
		if (kind === "frame") {
			type = receive(wire, hex(rest[0]));
			assert.ok(type > 0, `refused: ${type}`);
			if (type === 0x85) {
				width = wire.sek_width();
				picture = new Uint8Array(width * wire.sek_height() * 4);
			}
			if (type === UPDATE) {
				const n = draw(wire, picture, width);
				assert.ok(Array.isArray(n), `refused: ${n}`);
				jpegs.push(...n);
			}
		} else if (kind === "picture") {
			assert.deepEqual([width, wire.sek_height()], [Number(rest[0]), Number(rest[1])]);
			assert.equal(Buffer.compare(picture, hex(rest[2])), 0, `picture ${seen}`);
			seen++;
			jpegs = [];
		} else if (kind === "sum") {
			let sum = 0x811c9dc5;
			for (const px of new Uint32Array(picture.buffer))
				sum = Math.imul(sum ^ (px & 255) << 16 ^ px & 0xff00 ^ px >>> 16 & 255, 0x01000193);
			assert.deepEqual([width, wire.sek_height(), sum >>> 0], rest.map(Number));
			seen++;
			jpegs = [];
		} else if (kind === "mode") {
			wire.sek_mode(Number(rest[0]));
		} else if (kind === "jpegs") {
			assert.deepEqual(jpegs, rest.filter(hexes => hexes !== ""));
			seen++;
			jpegs = [];
		} else if (kind === "fields") {
			assert.equal(type, Number(rest[0]));
			assert.deepEqual(rest.slice(1).map((_, i) => wire.sek_field(i) >>> 0), rest.slice(1).map(Number));
		} else if (kind === "bytes") {
			const expected = hex(rest[1]);
			assert.deepEqual(new Uint8Array(wire.memory.buffer, wire.sek_field(Number(rest[0])), expected.length), expected);
		}
	}
	assert.equal(seen, 27);
});

test("written frames are byte for byte what C writes", () => {
	const wire = load();
	let count = 0;
	for (const line of lines.filter(l => l.startsWith("up "))) {
		const [call, expected] = line.slice(3).split(" : ");
		const [name, ...args] = call.split(" ");
		const n = wire[`sek_write_${name}`](...args.map(Number));
		assert.equal(Buffer.from(wire.memory.buffer, wire.sek_out(), n).toString("hex"), expected, call);
		count++;
	}
	assert.equal(count, 12);
	const text = new TextEncoder().encode("渋谷区👍\n");
	new Uint8Array(wire.memory.buffer, wire.sek_text_buf(), text.length).set(text);
	const n = wire.sek_write_text(text.length);
	assert.equal(n, 8 + text.length);
	assert.deepEqual(new Uint8Array(wire.memory.buffer, wire.sek_out() + 8, text.length), text);
	assert.equal(wire.sek_write_text(text.length - 2), 0, "half a character");
});

test("arguments out of bounds write nothing", () => {
	const wire = load();
	for (const [name, ...args] of [["hello", 65536 + 1920, 1080, 100, 0], ["hello", 1920, 1080, 100, 256],
		["hello", 159, 1080, 100, 0], ["resize", 65536 + 200, 200, 100], ["resize", 200, 119, 100],
		["key", 65536 + 30, 1, 0], ["key", 30, 2, 0], ["key", 256, 1, 0], ["key", 30, 1, 0xd800],
		["pointer", 65536, 0, 0], ["pointer", 0, -1, 0], ["pointer", 0, 0, 32], ["pointer", 0, 0, 256],
		["wheel", 0, 0, 65536, 0], ["wheel", 0, 0, 0, -12001], ["wheel", 0, 65536, 0, 0], ["text", 0],
		["text", 4097], ["visibility", 2]])
		assert.equal(wire[`sek_write_${name}`](...args), 0, `${name} ${args}`);
});

test("what is refused", () => {
	const wire = load();
	const size = hex(lines[0].slice(6));
	assert.equal(receive(wire, size), 0x85);
	assert.ok(wire.sek_receive(0xffffffff) < 0);
	assert.ok(wire.sek_receive(size.length - 1) < 0);
	assert.ok(receive(wire, new Uint8Array([...size, 0])) < 0, "trailing byte");
	assert.ok(receive(wire, hex("0200000000000004" + "00000000")) < 0, "an upward message");
	assert.ok(receive(wire, hex("7f00000000000000")) < 0, "unknown");
	wire.sek_reset();
	const fill = hex("8202000000000014" + "0000000000010000" + "02" + "0000000000010001" + "112233");
	assert.ok(receive(wire, fill) < 0, "no size yet");
	assert.equal(receive(wire, size), 0x85);
	assert.equal(receive(wire, fill), UPDATE);
	assert.equal(wire.sek_op_count(), 1);
	assert.equal(wire.sek_next_ops(), 0);
	// what is for the recording only is nothing for a client; in a recording, everything else stays as it was
	const flags = (value, frame = fill) => new Uint8Array([frame[0], value, ...frame.slice(2)]);
	for (const [value, live, recorded] of [[4, false, true], [5, false, true], [6, false, true], [8, true, true], [10, true, true],
		[9, false, false], [12, false, false], [16, false, false]]) {
		for (const [mode, good] of [[0, live], [1, recorded]]) {
			wire.sek_mode(mode);
			assert.equal(receive(wire, flags(value)) === UPDATE, good, `flags ${value} in mode ${mode}`);
		}
	}
	wire.sek_mode(1);
	assert.equal(receive(wire, flags(5)), UPDATE);
	assert.equal(wire.sek_field(1), 5);
	assert.ok(receive(wire, hex("0200000000000004" + "00000000")) < 0, "an upward message");
	assert.ok(receive(wire, hex("8504000000000004" + "00100010")) < 0, "another message that is aside");
});

test("damaged frames never trap nor draw outside", () => {
	const wire = load();
	const frames = lines.filter(l => l.startsWith("frame ")).map(l => hex(l.slice(6))).filter(f => f.length < 200000);
	let seed = 1, refused = 0;
	const random = n => {
		seed = Math.imul(seed ^ seed >>> 15, 0x2c1b3c6d) + 0x9e3779b9 | 0;
		return ((seed ^ seed >>> 13) >>> 0) % n;
	};
	for (let i = 0; i < 3000; i++) {
		const frame = frames[random(frames.length)].slice();
		for (let k = random(4) + 1; k > 0; k--)
			frame[8 + random(Math.min(frame.length - 8, random(2) ? 60 : 1 << 20))] = random(256);
		wire.sek_mode(i % 2);
		const type = receive(wire, frame);
		let more = type < 0 ? -1 : 0;
		if (type === UPDATE) {
			do {
				const ops = new Uint32Array(wire.memory.buffer, wire.sek_ops(), wire.sek_op_count() * 10);
				for (let o = 0; o < ops.length; o += 10) {
					assert.ok(ops[o + 1] + ops[o + 3] <= wire.sek_width());
					assert.ok(ops[o + 2] + ops[o + 4] <= wire.sek_height());
					assert.ok(ops[o + 8] + ops[o + 9] <= wire.memory.buffer.byteLength);
				}
				more = wire.sek_next_ops();
			} while (more > 0);
		}
		refused += more < 0;
	}
	assert.ok(refused > 500);
});
