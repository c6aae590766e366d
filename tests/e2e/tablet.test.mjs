// SPDX-License-Identifier: GPL-3.0-or-later
// Without mouse and keyboard: fingers, a closer look, keys on the screen, and what the session page says of the line.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Harness, problems, until } from "./harness.mjs";
import { Remote } from "./support/remote.mjs";

/** @type {Harness} */
let harness;
/** @type {Remote} */
let remote;
/** @type {import("playwright-core").CDPSession} */
let devtools;

before(async () => {
	harness = await Harness.start({ users: ["tanaka"] });
	remote = await Remote.open(harness, { user: "tanaka", hasTouch: true, viewport: { width: 1024, height: 700 } });
	devtools = await remote.page.context().newCDPSession(remote.page);
}, { timeout: 240000 });
after(async () => {
	await remote?.close();
	await harness?.stop();
});

/** @param {"touchStart" | "touchMove" | "touchEnd"} type
 * @param {...[number, number]} points */
async function touch(type, ...points)
{
	await devtools.send("Input.dispatchTouchEvent", { type, touchPoints: points.map(([x, y], id) => ({ x, y, id })) });
}

/** @param {number} x
 * @param {number} y */
async function tap(x, y)
{
	await touch("touchStart", [x, y]);
	await touch("touchEnd");
}

/** What somebody does by keys in the bar.
 * @param {string} action */
async function bar(action)
{
	await remote.page.keyboard.press("F8");
	await remote.page.locator(`sek-bar [data-action=${action}]`).click();
	await remote.page.mouse.move(500, 400); // under the pointer the bar would stay
	if (await remote.page.locator("sek-bar.open").count() > 0)
		await remote.page.keyboard.press("Escape");
	await remote.page.locator(".bar-body").waitFor({ state: "hidden" });
}

/** Where the remote field's text begins, in the window. */
async function field()
{
	await remote.go("/type");
	const { line } = await remote.reports("tells where its field is", report => Boolean(report.line));
	return /** @type {{ x: number, y: number, height: number }} */ (line);
}

test("tablet: a tap is a click, two are a double click, held and moved selects", { timeout: 120000 }, async () => {
	const { x, y } = await field();
	await tap(x + 200, y + 15);
	await remote.reports("has its field focused", report => report.focus === "TEXTAREA");
	await remote.page.keyboard.type("alpha bravo");
	await remote.hasText("alpha bravo");
	await remote.settled();
	await tap(x + 20, y + 15);
	await tap(x + 21, y + 15);
	await remote.page.keyboard.type("one ");
	await remote.reports("has the first word replaced", report => /^one ?bravo$/.test(report.text.replace("  ", " ")));
	await remote.page.keyboard.press("Control+a");
	await remote.page.keyboard.type("selected by a finger");
	await remote.hasText("selected by a finger");
	await touch("touchStart", [x + 2, y + 15]);
	await new Promise(resolve => setTimeout(resolve, 700)); // held
	await touch("touchMove", [x + 200, y + 15]);
	await touch("touchMove", [x + 400, y + 15]);
	await touch("touchEnd");
	await remote.page.keyboard.press("Delete");
	await remote.hasText("");
});

test("tablet: one finger scrolls, and the page goes on when it is let go in motion", { timeout: 120000 }, async () => {
	await remote.go("/long");
	await touch("touchStart", [500, 600]);
	for (let y = 580; y >= 200; y -= 20)
		await touch("touchMove", [500, y]);
	const { scroll } = await remote.reports("has scrolled", report => report.scroll >= 100);
	await touch("touchEnd");
	await remote.reports("went on", report => report.scroll >= scroll);
	await touch("touchStart", [500, 200]);
	for (let y = 220; y <= 680; y += 20)
		await touch("touchMove", [500, y]);
	await touch("touchEnd");
	await remote.reports("came back", report => report.scroll < scroll);
});

test("tablet: two fingers look closer, one then moves the picture, and clicks land where they are seen", { timeout: 120000 }, async () => {
	const { x, y } = await field(), canvas = remote.page.locator("sek-screen canvas");
	await touch("touchStart", [250, 150], [350, 150]);
	for (let i = 1; i <= 5; i++)
		await touch("touchMove", [250 - 10 * i, 150], [350 + 10 * i, 150]);
	await touch("touchEnd");
	const box = await canvas.evaluate(element => element.getBoundingClientRect().toJSON());
	assert.ok(box.width > 1900 && box.width < 2200, `twice as large: ${box.width}`);
	assert.equal(await remote.page.locator("sek-bar [data-action=zoom-whole]").textContent(), `${Math.round(box.width / 10.24)}%`);
	await remote.screenshot("tablet-zoom");
	const zoom = box.width / 1024;
	await tap(box.left + (x + 300) * zoom, box.top + (y + 15) * zoom);
	await remote.reports("has its field focused", report => report.focus === "TEXTAREA");
	await remote.page.keyboard.type("seen from near");
	await remote.hasText("seen from near");
	// the input method's box is over the caret that is seen
	await remote.settled();
	const near = await remote.box();
	assert.ok(Math.abs(near.top - (box.top + y * zoom)) < 30 * zoom, JSON.stringify({ near, box, y }));
	await bar("zoom-whole");
	await until("the whole picture is there", async () =>
		await canvas.evaluate(element => element.getBoundingClientRect().width) === 1024);
});

test("tablet: keys on the screen reach the page; a modifier stays for one key", { timeout: 120000 }, async () => {
	const { x, y } = await field();
	await tap(x + 200, y + 15);
	await remote.page.keyboard.type("to be cut");
	await remote.hasText("to be cut");
	await bar("special");
	const keys = remote.page.locator("sek-keys");
	await remote.screenshot("tablet-keys");
	await keys.getByRole("button", { name: "Ctrl", exact: true }).tap();
	assert.equal(await keys.getByRole("button", { name: "Ctrl", exact: true }).getAttribute("aria-pressed"), "true");
	await remote.page.keyboard.press("a"); // of the keyboard: the modifier of the screen is meant for it
	await until("the modifier is let go", async () =>
		await keys.getByRole("button", { name: "Ctrl", exact: true }).getAttribute("aria-pressed") === "false");
	await keys.getByRole("button", { name: "Delete", exact: true }).tap();
	await remote.hasText("");
	for (const name of ["半角/全角", "変換"])
		await keys.getByRole("button", { name, exact: true }).tap();
	await remote.reports("saw the keys of Japanese keyboards", report =>
		["Lang5", "Zenkaku", "Convert"].some(name => report.keys.some(key => key.includes(name))));
	await keys.getByRole("button", { name: "閉じる" }).tap();
	await keys.waitFor({ state: "hidden" });
});

test("tablet: what a soft keyboard does without keys arrives as keys", { timeout: 120000 }, async () => {
	await remote.page.keyboard.press("Control+a");
	await remote.page.keyboard.press("Delete");
	await devtools.send("Input.insertText", { text: "県庁x" });
	await remote.hasText("県庁x");
	for (const inputType of ["deleteContentBackward", "insertLineBreak"])
		await remote.page.locator("textarea.ime").evaluate((area, type) =>
			area.dispatchEvent(new InputEvent("beforeinput", { inputType: type, bubbles: true, cancelable: true })), inputType);
	await remote.hasText("県庁\n");
});

test("tablet: the bar tells how good the line is", { timeout: 120000 }, async () => {
	await until("the line is known", async () => await remote.page.locator("sek-bar").getAttribute("data-line") === "good");
	assert.match(await remote.page.locator(".bar-signal").getAttribute("aria-label") ?? "", /^通信は良好です/);
	await remote.page.keyboard.press("F8");
	await remote.screenshot("tablet-bar");
	await remote.page.keyboard.press("Escape");
	assert.deepEqual(problems(remote.page), []);
});
