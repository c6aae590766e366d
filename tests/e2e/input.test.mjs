// SPDX-License-Identifier: GPL-3.0-or-later
// The arithmetic of the web client that needs no browser: keys, text, wheel, sizes, the caret's place, waiting, order.

import assert from "node:assert/strict";
import { test } from "node:test";
import { backoffMs } from "../../client/web/backoff.mjs";
import { placePicture, splitPicture, wantedPicture, wantedTogether } from "../../client/web/geometry.mjs";
import { caretBox } from "../../client/web/input/caret.mjs";
import { Keyboard } from "../../client/web/input/keyboard.mjs";
import { Wheel, buttonMask, toPicture } from "../../client/web/input/pointer.mjs";
import { Gestures } from "../../client/web/input/touch.mjs";
import { LineQuality } from "../../client/web/quality.mjs";
import { Queue } from "../../client/web/queue.mjs";
import { cleanText, keyCodepoint, splitText } from "../../client/web/text.mjs";
import { View, ZOOM_MAX } from "../../client/web/view.mjs";

const CODES = { KeyA: 30, KeyQ: 16, KeyV: 47, KeyE: 18, ControlLeft: 29, ShiftLeft: 42, AltRight: 100, MetaLeft: 125,
	Enter: 28, Quote: 40, Insert: 110, Backquote: 41 };

/** @param {string} code
 * @param {string} key
 * @param {Partial<import("../../client/web/input/keyboard.mjs").KeyLike>} [more]
 * @returns {import("../../client/web/input/keyboard.mjs").KeyLike} */
function key(code, key, more = {})
{
	return { code, key, keyCode: 65, isComposing: false, ctrlKey: false, altKey: false, metaKey: false, shiftKey: false,
		timeStamp: 0, getModifierState: () => false, ...more };
}

function keyboard()
{
	/** @type {string[]} */
	const sent = [];
	const board = new Keyboard(CODES, (code, down, codepoint) => {
		sent.push(`${down ? "+" : "-"}${code}${codepoint ? `:${String.fromCodePoint(codepoint)}` : ""}`);
	});
	return { board, sent };
}

test("keys: a plain key goes out by its place and its character, repeats too", () => {
	const { board, sent } = keyboard();
	assert.equal(board.keyDown(key("KeyA", "a")), "sent");
	assert.equal(board.keyDown(key("KeyA", "a")), "sent");
	assert.equal(board.keyUp(key("KeyA", "a")), "sent");
	assert.equal(board.keyUp(key("KeyA", "a")), "local", "let go once only");
	assert.deepEqual(sent, ["+30:a", "+30:a", "-30:a"]);
});

test("keys: what the input method has taken is not sent", () => {
	const { board, sent } = keyboard();
	assert.equal(board.keyDown(key("KeyA", "Process", { keyCode: 229 })), "local");
	assert.equal(board.keyUp(key("KeyA", "a")), "local");
	assert.equal(board.keyDown(key("KeyA", "a", { isComposing: true })), "local");
	assert.equal(board.keyDown(key("Enter", "Enter", { isComposing: true })), "local");
	for (const name of ["Zenkaku", "Hankaku", "KanaMode", "Convert", "NonConvert", "Eisu", "Hiragana"])
		assert.equal(board.keyDown(key("Backquote", name)), "local", name);
	assert.equal(board.keyDown(key("Lang1", "Lang1")), "local");
	assert.deepEqual(sent, []);
});

test("keys: a dead key and its letter are left to the browser, the next letter is not", () => {
	const { board, sent } = keyboard();
	assert.equal(board.keyDown(key("Quote", "Dead")), "local");
	assert.equal(board.keyUp(key("Quote", "Dead")), "local");
	assert.equal(board.keyDown(key("ShiftLeft", "Shift")), "sent");
	assert.equal(board.keyDown(key("KeyE", "É")), "local");
	assert.equal(board.keyDown(key("KeyA", "a")), "sent");
	assert.deepEqual(sent, ["+42", "+30:a"]);
});

test("keys: a dead key that something else follows is over", () => {
	const { board, sent } = keyboard();
	board.keyDown(key("Quote", "Dead"));
	assert.equal(board.keyDown(key("Enter", "Enter")), "sent");
	assert.equal(board.keyDown(key("KeyE", "e")), "sent");
	assert.deepEqual(sent, ["+28", "+18:e"]);
});

test("keys: AltGr travels as the character that it makes, without the Ctrl that Windows adds", () => {
	const { board, sent } = keyboard();
	board.keyDown(key("ControlLeft", "Control", { timeStamp: 1000 }));
	board.keyDown(key("AltRight", "AltGraph", { timeStamp: 1000.5 }));
	board.keyDown(key("KeyQ", "@", { ctrlKey: true, altKey: true }));
	board.keyUp(key("KeyQ", "@"));
	board.keyUp(key("ControlLeft", "Control"));
	board.keyUp(key("AltRight", "AltGraph"));
	assert.deepEqual(sent, ["+29", "-29", "+16:@", "-16:@"]);
});

test("keys: a Ctrl that was really held stays held under AltGr", () => {
	const { board, sent } = keyboard();
	board.keyDown(key("ControlLeft", "Control", { timeStamp: 1000 }));
	board.keyDown(key("AltRight", "AltGraph", { timeStamp: 2000 }));
	assert.deepEqual(sent, ["+29"]);
	assert.equal(board.control, true);
});

test("keys: letting go of Command lets go of everything (macOS tells of nothing else)", () => {
	const { board, sent } = keyboard();
	board.keyDown(key("MetaLeft", "Meta"));
	board.keyDown(key("KeyA", "a", { metaKey: true }));
	board.keyUp(key("MetaLeft", "Meta"));
	assert.deepEqual(sent, ["+125", "+30:a", "-125", "-30"]);
});

test("keys: a paste goes out and is shown to the browser too; after forget() nothing is held", () => {
	const { board } = keyboard();
	assert.equal(board.keyDown(key("KeyV", "v", { ctrlKey: true })), "through");
	assert.equal(board.keyDown(key("Insert", "Insert", { shiftKey: true })), "through");
	board.forget();
	assert.equal(board.keyUp(key("KeyV", "v")), "local");
});

test("keys: unknown keys without a character stay here, with one they go out", () => {
	const { board, sent } = keyboard();
	assert.equal(board.keyDown(key("BrowserSearch", "BrowserSearch")), "local");
	assert.equal(board.keyDown(key("", "ñ")), "sent");
	assert.deepEqual(sent, ["+0:ñ"]);
});

test("text: one character has a code point, names and controls have none", () => {
	assert.equal(keyCodepoint("a"), 0x61);
	assert.equal(keyCodepoint("𠮷"), 0x20bb7);
	for (const name of ["Enter", "", "か\u3099", "\u0008", "\ud800", "\u007f", "\u0085"])
		assert.equal(keyCodepoint(name), 0, JSON.stringify(name));
});

test("text: is cleaned of controls and broken pairs, line ends become one", () => {
	assert.equal(cleanText("a\r\nb\rc\td\u0000\u001b\u007f\u009b"), "a\nb\nc\td");
	assert.equal(cleanText("\ud83d\udc4d\ud83d x \udc4d"), "👍 x ");
	assert.equal(cleanText("👨‍👩‍👧‍👦渋谷区\u{E0100}"), "👨‍👩‍👧‍👦渋谷区\u{E0100}");
});

test("text: is cut at 4096 bytes where a character ends, and nothing is lost", () => {
	for (const text of ["", "a", "a".repeat(4096), "a".repeat(4097), `a${"漢".repeat(3000)}`, `é${"👍".repeat(2500)}`]) {
		const pieces = splitText(text, 4096);
		assert.equal(pieces.join(""), text);
		for (const piece of pieces) {
			const bytes = new TextEncoder().encode(piece).length;
			assert.ok(bytes >= 1 && bytes <= 4096);
			assert.equal(cleanText(piece), piece, "no half pair");
		}
	}
	assert.equal(splitText("a".repeat(4096), 4096).length, 1);
	assert.equal(splitText("漢".repeat(1366), 4096).length, 2);
});

test("wheel: notches, lines and pages are counted in 1/120 notch and no part is lost", () => {
	assert.deepEqual(new Wheel().add({ deltaX: 0, deltaY: 100, deltaMode: 0 }), { dx: 0, dy: 120 });
	assert.deepEqual(new Wheel().add({ deltaX: 0, deltaY: -3, deltaMode: 1 }), { dx: 0, dy: -120 });
	assert.deepEqual(new Wheel().add({ deltaX: 1, deltaY: 0, deltaMode: 2 }), { dx: 150, dy: 0 });
	const wheel = new Wheel();
	let sum = 0;
	for (let i = 0; i < 1000; i++)
		sum += wheel.add({ deltaX: 0, deltaY: 0.25, deltaMode: 0 }).dy;
	assert.ok(Math.abs(sum - 300) <= 1, `${sum}`);
	const huge = new Wheel();
	assert.equal(huge.add({ deltaX: 0, deltaY: 1e9, deltaMode: 0 }).dy, 12000);
	assert.equal(huge.add({ deltaX: 0, deltaY: -100, deltaMode: 0 }).dy, -120, "what was too much is forgotten");
});

test("pointer: buttons as the wire numbers them, positions inside the picture", () => {
	assert.equal(buttonMask(1), 1);
	assert.equal(buttonMask(2), 4);
	assert.equal(buttonMask(4), 2);
	assert.equal(buttonMask(8 | 16), 24);
	assert.equal(buttonMask(1 | 2 | 4 | 8 | 16 | 32), 31);
	const place = { left: 0, top: 0, scale: 1.25, width: 1600, height: 1000 };
	assert.deepEqual(toPicture(place, 100, 80), { x: 125, y: 100 });
	assert.deepEqual(toPicture(place, -5, 99999), { x: 0, y: 999 });
});

const LIMITS = { widthMin: 160, heightMin: 120, widthMax: 1920, heightMax: 1200, scaleMin: 50, scaleMax: 400 };

test("sizes: one picture pixel for each device pixel, at every scale of the screen", () => {
	for (const ratio of [1, 1.25, 1.5, 2]) {
		const area = { cssWidth: 900 / ratio, cssHeight: 600 / ratio, deviceWidth: 900, deviceHeight: 600 };
		const wanted = wantedPicture(area, LIMITS);
		assert.deepEqual(wanted, { width: 900, height: 600, scalePercent: ratio * 100 });
		assert.equal(placePicture(area, wanted, 900, 600).scale, ratio);
	}
});

test("sizes: a window larger than the site allows gets the whole picture, enlarged", () => {
	const area = { cssWidth: 3840, cssHeight: 2160, deviceWidth: 3840, deviceHeight: 2160 };
	const wanted = wantedPicture(area, LIMITS);
	assert.deepEqual(wanted, { width: 1920, height: 1080, scalePercent: 50 });
	const place = placePicture(area, wanted, 1920, 1080);
	assert.equal(place.scale, 0.5);
	assert.deepEqual(toPicture(place, 3839, 2159), { x: 1919, y: 1079 });
});

test("sizes: a tiny window gets the smallest picture, shrunk; an old picture is fitted", () => {
	const area = { cssWidth: 80, cssHeight: 60, deviceWidth: 80, deviceHeight: 60 };
	const wanted = wantedPicture(area, LIMITS);
	assert.deepEqual([wanted.width, wanted.height], [160, 120]);
	assert.equal(placePicture(area, wanted, 160, 120).scale, 2);
	const large = { cssWidth: 1000, cssHeight: 500, deviceWidth: 1000, deviceHeight: 500 };
	assert.equal(placePicture(large, wantedPicture(large, LIMITS), 500, 500).scale, 1);
});

test("sizes: two windows beside each other are one picture, each shows its part", () => {
	const limits = { widthMin: 320, heightMin: 200, widthMax: 3840, heightMax: 2160, scaleMin: 50, scaleMax: 400 };
	const left = { width: 1280, height: 900, scalePercent: 100 }, right = { width: 1920, height: 1080, scalePercent: 100 };
	assert.deepEqual(wantedTogether(left, right, limits), { width: 3200, height: 900, scalePercent: 100 });
	assert.deepEqual(splitPicture(3200, 900, left, right), [{ x: 0, width: 1280, height: 900 }, { x: 1280, width: 1920, height: 900 }]);
	const less = wantedTogether(left, right, { ...limits, widthMax: 1600 });
	assert.deepEqual(less, { width: 1600, height: 450, scalePercent: 50 });
	const [a, b] = splitPicture(1600, 450, left, right);
	assert.ok(a.width === 640 && b.x === 640 && b.width === 960);
	assert.deepEqual(splitPicture(1, 1, left, right), [{ x: 0, width: 1, height: 1 }, { x: 1, width: 0, height: 1 }]);
});

test("caret: the input method's box lies on the remote caret", () => {
	const place = { left: 0, top: 0, scale: 2, width: 1600, height: 1000 };
	const box = caretBox(place, { x: 300, y: 200, width: 2, height: 48 }, { x: 5, y: 5 });
	assert.deepEqual(box, { left: 150, top: 100, width: 1, height: 24, fontSize: 17 });
});

test("caret: unknown, it is where the user clicked, else in the lower left corner", () => {
	const place = { left: 0, top: 0, scale: 1, width: 800, height: 600 };
	assert.equal(caretBox(place, null, { x: 200, y: 300 }).left, 200);
	assert.equal(caretBox(place, null, null).top, 572);
	const silly = caretBox(place, { x: 65535, y: 65535, width: 65535, height: 65535 }, null);
	assert.ok(silly.left <= 800 && silly.top <= 600 && silly.height <= 96);
});

function gestures()
{
	/** @type {string[]} */
	const acts = [];
	const note = (/** @type {string} */ name) => (/** @type {any[]} */ ...values) => {
		acts.push([name, ...values.map(value => typeof value === "number" ? Math.round(value * 100) / 100 : value)].join(" "));
	};
	const hand = new Gestures({ tap: note("tap"), press: note("press"), drag: note("drag"), scroll: note("scroll"),
		fling: note("fling"), pinch: note("pinch") });
	return { hand, acts };
}

test("fingers: a tap, and a second one meant for the same place", () => {
	const { hand, acts } = gestures();
	for (const [x, t] of [[100, 0], [110, 200], [110, 900]]) {
		hand.down(1, x, 50, t);
		hand.move(1, x + 3, 52, t + 10); // no finger is still
		hand.up(1, x + 3, 52, t + 40);
	}
	assert.deepEqual(acts, ["tap 100 50", "tap 100 50", "tap 110 50"]);
});

test("fingers: held and let go is the right button, held and moved drags", () => {
	const { hand, acts } = gestures();
	hand.down(1, 10, 10, 0);
	assert.equal(hand.hold(), true);
	hand.up(1, 12, 10, 700);
	hand.down(1, 10, 10, 1000);
	hand.hold();
	hand.move(1, 60, 10, 1600);
	hand.up(1, 70, 10, 1700);
	assert.deepEqual(acts, ["press 10 10", "drag 10 10 begin", "drag 60 10 move", "drag 70 10 end"]);
	hand.down(1, 10, 10, 2000);
	hand.move(1, 40, 10, 2010);
	assert.equal(hand.hold(), false, "it scrolls already");
});

test("fingers: scrolling follows the finger, and goes on only if it was let go in motion", () => {
	const { hand, acts } = gestures();
	hand.down(1, 100, 300, 0);
	hand.move(1, 100, 280, 20);
	hand.move(1, 100, 260, 40);
	hand.up(1, 100, 260, 45);
	assert.deepEqual(acts, ["scroll 100 300 0 -20", "scroll 100 300 0 -20", "fling 100 300 0 -1"]);
	acts.length = 0;
	hand.down(1, 100, 300, 1000);
	hand.move(1, 100, 200, 1020);
	hand.up(1, 100, 200, 1500);
	assert.deepEqual(acts, ["scroll 100 300 0 -100"]);
});

test("fingers: two look closer around their middle; one that stays behind means nothing", () => {
	const { hand, acts } = gestures();
	hand.down(1, 100, 100, 0);
	hand.down(2, 200, 100, 10);
	hand.move(2, 300, 100, 20);
	assert.deepEqual(acts, ["pinch 2 200 100 50 0"]);
	hand.up(2, 300, 100, 30);
	hand.move(1, 400, 400, 40);
	hand.up(1, 400, 400, 50);
	assert.equal(acts.length, 1);
	hand.down(3, 5, 5, 100); // and the hand is free again
	hand.up(3, 5, 5, 110);
	assert.equal(acts[1], "tap 5 5");
});

test("fingers: what the system takes away means nothing, a drag is let go", () => {
	const { hand, acts } = gestures();
	hand.down(1, 10, 10, 0);
	hand.cancel();
	hand.down(1, 10, 10, 10);
	hand.hold();
	hand.move(1, 100, 10, 600);
	hand.cancel();
	assert.deepEqual(acts, ["drag 10 10 begin", "drag 100 10 move", "drag 10 10 end"]);
	hand.up(1, 100, 10, 700);
	assert.equal(acts.length, 3);
});

const WINDOW = { cssWidth: 1000, cssHeight: 500, deviceWidth: 1000, deviceHeight: 500 };

test("view: what is at the point stays there, and no gap opens at an edge", () => {
	const view = new View();
	view.setBase({ left: 0, top: 0, scale: 1, width: 1000, height: 500 }, WINDOW);
	const before = toPicture(view.place, 250, 100);
	view.zoomBy(2, 250, 100);
	assert.deepEqual(toPicture(view.place, 250, 100), before);
	view.panBy(5000, 5000);
	assert.deepEqual([view.place.left, view.place.top], [0, 0]);
	view.panBy(-5000, -5000);
	assert.deepEqual([view.place.left, view.place.top], [-1000, -500]);
	assert.deepEqual(toPicture(view.place, 999, 499), { x: 999, y: 499 });
	view.zoomBy(1000, 0, 0);
	assert.equal(view.zoom, ZOOM_MAX);
	view.zoomBy(0.0001, 0, 0);
	assert.deepEqual(view.place, { left: 0, top: 0, scale: 1, width: 1000, height: 500 });
});

test("view: steps up and down, and the pointer takes the picture along to its edges", () => {
	const view = new View();
	view.setBase({ left: 0, top: 0, scale: 2, width: 2000, height: 1000 }, WINDOW);
	const seen = [];
	for (const step of /** @type {const} */ ([1, 1, 1, -1, -1, -1, -1])) {
		view.step(step);
		seen.push(Math.round(view.zoom * 100));
	}
	assert.deepEqual(seen, [125, 150, 200, 150, 125, 100, 100]);
	view.step(1);
	view.step(1);
	view.follow(1000, 500);
	assert.deepEqual(toPicture(view.place, 1000, 500), { x: 1999, y: 999 });
	view.follow(0, 0);
	assert.deepEqual(toPicture(view.place, 0, 0), { x: 0, y: 0 });
	view.step(0);
	assert.equal(view.zoom, 1);
});

test("line: one late answer is no slow line; none at all is told at once", () => {
	const line = new LineQuality();
	assert.equal(line.level, null);
	line.add(20);
	assert.equal(line.level, "good");
	line.add(180);
	assert.equal(line.level, "fair");
	for (let i = 0; i < 6; i++)
		line.add(400);
	assert.equal(line.level, "poor");
	line.add(null);
	assert.equal(line.level, "silent");
	line.add(30);
	assert.notEqual(line.level, "silent");
	line.reset();
	assert.equal(line.level, null);
});

test("reconnect: waits longer each time, never more than 18 s, never all at once", () => {
	let before = 0;
	for (let attempt = 0; attempt < 10; attempt++) {
		const wait = backoffMs(attempt, 0.5);
		assert.ok(wait >= before && wait <= 18000);
		before = wait;
		assert.notEqual(backoffMs(attempt, 0), backoffMs(attempt, 1));
	}
	assert.ok(backoffMs(0, 1) < 300);
});

test("queue: strictly in order, stops at the first failure, holds only so much", { timeout: 120000 }, async () => {
	/** @type {number[]} */
	const done = [];
	/** @type {unknown[]} */
	const failures = [];
	const queue = new Queue(8, error => failures.push(error));
	for (let i = 0; i < 5; i++)
		queue.add(async () => {
			await new Promise(resolve => setTimeout(resolve, 10 - 2 * i));
			done.push(i);
			if (i === 3)
				throw new Error("three");
		});
	while (failures.length === 0)
		await new Promise(resolve => setTimeout(resolve, 5));
	await new Promise(resolve => setTimeout(resolve, 20));
	assert.deepEqual(done, [0, 1, 2, 3]);
	assert.equal(failures.length, 1);

	const full = new Queue(2, error => failures.push(error));
	for (let i = 0; i < 4; i++)
		full.add(() => new Promise(() => {}));
	assert.equal(failures.length, 2);
});
