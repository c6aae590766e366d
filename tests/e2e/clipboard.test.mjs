// SPDX-License-Identifier: GPL-3.0-or-later
// Copy and paste between the staff member's computer and the isolated browser, by its keys and in both directions, with a
// policy that changes in mid-session.

import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { Harness, problems, until } from "./harness.mjs";
import { Remote } from "./support/remote.mjs";

/** @type {Harness} */
let harness;
/** @type {Remote} */
let remote;

before(async () => {
	harness = await Harness.start();
	remote = await Remote.open(harness, { permissions: ["clipboard-read", "clipboard-write"] });
}, { timeout: 120000 });

after(async () => {
	await remote?.close();
	await harness?.stop();
}, { timeout: 60000 });

afterEach(() => assert.deepEqual(problems(remote.page), []));

const local = {
	/** @param {string} text */
	write: text => remote.page.evaluate(value => navigator.clipboard.writeText(value), text),
	read: () => remote.page.evaluate(() => navigator.clipboard.readText()),
};

/** What the user copied on this computer and not over there: the window has been left and come back to. */
async function leftAndBack()
{
	await remote.page.evaluate(() => window.dispatchEvent(new Event("blur")));
}

/** A new page with an empty field that has the focus. */
async function field()
{
	await remote.go("/type");
	await remote.point(300, 150);
	await remote.page.mouse.click(300, 150);
}

test("clipboard: Ctrl+V brings text of this computer, typed around it in order", { timeout: 60000 }, async () => {
	await field();
	await local.write("関所を通る\r\n二行目");
	await leftAndBack();
	await remote.page.keyboard.type("a");
	await remote.page.keyboard.press("Control+v");
	await remote.page.keyboard.type("b");
	await remote.hasText("a関所を通る\n二行目b");
});

test("clipboard: Ctrl+C brings text to this computer", { timeout: 60000 }, async () => {
	await field();
	await local.write("old");
	await remote.page.keyboard.type("hello");
	await remote.hasText("hello");
	await remote.page.keyboard.press("Control+a");
	await remote.page.keyboard.press("Control+c");
	await until("the text is on the local clipboard", async () => await local.read() === "hello");
});

test("clipboard: ten thousand characters of Japanese, there and back", { timeout: 90000 }, async () => {
	const text = Array.from({ length: 10000 }, (_, i) => String.fromCodePoint(0x4e00 + i * 7 % 20000)).join("");
	await field();
	await local.write(text);
	await leftAndBack();
	await remote.page.keyboard.press("Control+v");
	await remote.hasText(text);
	await local.write("old");
	await remote.page.keyboard.press("Control+a");
	await remote.page.keyboard.press("Control+c");
	await until("it is back", async () => await local.read() === text);
});
