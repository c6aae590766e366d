// SPDX-License-Identifier: GPL-3.0-or-later
// Browsing through the whole chain: real broker, real render host, real sandboxed browser.

import assert from "node:assert/strict";
import path from "node:path";
import { after, before, test } from "node:test";
import { Harness, outDir, problems, until } from "./harness.mjs";
import { Remote } from "./support/remote.mjs";
import { patternCells } from "./support/site.mjs";

/** @type {Harness} */
let harness;
/** @type {Remote} */
let remote;
/** From corner to corner of the screen. */
const ACROSS = Array.from({ length: 40 }, (_, i) => /** @type {[number, number]} */ ([30 * i + 20, 18 * i + 20]));
/** What was on the screen at the moment when the page first showed it. @type {string[]} */
let first = [];

before(async () => {
	harness = await Harness.start({ users: ["tanaka", "suzuki"] });
	const page = await harness.newPage();
	await harness.login(page);
	remote = new Remote(harness, page);
	await remote.live();
	first = await remote.colours(ACROSS);
	await remote.painted();
}, { timeout: 240000 });
after(async () => {
	await remote?.close();
	await harness?.stop();
});

test("browse: the first picture is a browser, not black", { timeout: 120000 }, async () => {
	assert.equal(await remote.page.locator("sek-overlay").isVisible(), false);
	await remote.screenshot("first-picture");
	// the first frame is small, to learn how fast the line is: on a busy machine the rest of the window is seen to follow
	assert.notEqual(first[0], "0,0,0");
	await until("all of it is there", async () => !(await remote.colours(ACROSS)).includes("0,0,0"));
});

test("browse: an address typed into the remote address bar opens there", { timeout: 120000 }, async () => {
	await remote.go("/second");
	await until("the page's colour is on the screen", async () =>
		(await remote.colours([[640, 600]]))[0] === "20,200,160");
	await remote.screenshot("second-page");
});

test("browse: what is typed arrives exactly, keys by place and character", { timeout: 120000 }, async () => {
	await remote.go("/type");
	await remote.page.mouse.click(300, 250);
	await remote.reports("has its field focused", report => report.focus === "TEXTAREA");
	const text = "The quick brown fox (jumps) over \"the\" lazy dog; 0123456789 +-*/=~^|\\@#$%&_<>?!{}[]:,.'`";
	await remote.page.keyboard.type(text);
	await remote.hasText(text);
	await remote.page.keyboard.press("Enter");
	await remote.page.keyboard.press("Shift+A");
	await remote.page.keyboard.press("b");
	await remote.page.keyboard.press("Backspace");
	await remote.page.keyboard.press("ArrowLeft");
	await remote.page.keyboard.type("c");
	await remote.hasText(`${text}\ncA`);
	await remote.page.keyboard.press("Control+a");
	await remote.page.keyboard.press("Delete");
	await remote.hasText("");
	const keys = remote.report?.keys ?? [];
	assert.ok(keys.includes("+KeyT:T") && keys.some(key => key.startsWith("-KeyT:")),
		"the page saw the physical key go down and up");
	await remote.screenshot("typed");
});

/** The same keys of two keyboards, and what is printed on them: where the key is, what it gives, and with Shift. */
const LAYOUTS = {
	JIS: [["Digit2", "2", "\""], ["Digit6", "6", "&"], ["Digit7", "7", "'"], ["Digit8", "8", "("], ["Digit9", "9", ")"],
		["Minus", "-", "="], ["Equal", "^", "~"], ["IntlYen", "\\", "|"], ["BracketLeft", "@", "`"], ["BracketRight", "[", "{"],
		["Semicolon", ";", "+"], ["Quote", ":", "*"], ["Backslash", "]", "}"], ["IntlRo", "\\", "_"]],
	US: [["Digit2", "2", "@"], ["Digit6", "6", "^"], ["Digit7", "7", "&"], ["Digit8", "8", "*"], ["Digit9", "9", "("],
		["Minus", "-", "_"], ["Equal", "=", "+"], ["BracketLeft", "[", "{"], ["BracketRight", "]", "}"],
		["Semicolon", ";", ":"], ["Quote", "'", "\""], ["Backslash", "\\", "|"], ["Backquote", "`", "~"]],
};

test("browse: what is printed on the keys of JIS and US keyboards arrives", { timeout: 120000 }, async () => {
	const devtools = await remote.page.context().newCDPSession(remote.page);
	await remote.go("/type");
	await remote.page.mouse.click(300, 250);
	for (const [layout, keys] of Object.entries(LAYOUTS)) {
		let wanted = "";
		for (const [code, plain, shifted] of keys) {
			for (const [key, shift] of /** @type {[string, boolean][]} */ ([[plain, false], [shifted, true]])) {
				const more = { modifiers: shift ? 8 : 0, windowsVirtualKeyCode: 65, code, key, text: key };
				if (shift)
					await devtools.send("Input.dispatchKeyEvent", { type: "keyDown", code: "ShiftLeft", key: "Shift", modifiers: 8,
						windowsVirtualKeyCode: 16 });
				await devtools.send("Input.dispatchKeyEvent", { type: "keyDown", ...more });
				await devtools.send("Input.dispatchKeyEvent", { type: "keyUp", ...more });
				if (shift)
					await devtools.send("Input.dispatchKeyEvent", { type: "keyUp", code: "ShiftLeft", key: "Shift",
						windowsVirtualKeyCode: 16 });
				wanted += key;
			}
		}
		await remote.hasText(wanted);
		assert.ok(remote.report?.keys.some(key => key.startsWith("+Quote:")), `${layout}: by the place of the key, too`);
		await remote.page.keyboard.press("Control+a");
		await remote.page.keyboard.press("Delete");
		await remote.hasText("");
	}
});

test("browse: a held key repeats as long as it is held here", { timeout: 120000 }, async () => {
	await remote.page.keyboard.down("x");
	for (let i = 0; i < 6; i++)
		await remote.page.keyboard.down("x");
	await remote.page.keyboard.up("x");
	await remote.hasText("xxxxxxx");
	await remote.page.keyboard.press("Control+a");
	await remote.page.keyboard.press("Delete");
	await remote.hasText("");
});

test("browse: leaving the window lets go of every key and button", { timeout: 120000 }, async () => {
	await remote.go("/type");
	await remote.page.mouse.click(300, 250);
	await remote.reports("has its field focused", report => report.focus === "TEXTAREA");
	await remote.page.keyboard.down("Shift");
	await remote.page.keyboard.down("Q");
	const before = await remote.reports("sees the keys down", report => report.keys.some(key => key.startsWith("+KeyQ")));
	assert.ok(!before.keys.some(key => /^-(KeyQ|Shift)/.test(key)), before.keys.join(" "));
	await remote.page.evaluate(() => window.dispatchEvent(new Event("blur")));
	await remote.reports("sees them up", report =>
		report.keys.some(key => key.startsWith("-KeyQ")) && report.keys.some(key => key.startsWith("-ShiftLeft")));
	await remote.page.keyboard.up("Q");
	await remote.page.keyboard.up("Shift");
	await remote.page.keyboard.press("Backspace");
	await remote.hasText("");
});

test("browse: the wheel scrolls the remote page, both ways", { timeout: 120000 }, async () => {
	await remote.go("/long");
	await remote.point(600, 500);
	await remote.page.mouse.wheel(0, 300);
	const down = await remote.reports("has scrolled", report => report.scroll >= 100);
	await remote.page.mouse.wheel(0, -3000);
	await remote.reports("is back at its top", report => report.scroll === 0);
	assert.ok(down.scroll < 1500, `${down.scroll} pixels for three notches`);
});

test("browse: the pointer is where it is here, with its buttons", { timeout: 120000 }, async () => {
	await remote.go("/long");
	await remote.point(400, 500);
	await remote.page.mouse.down({ button: "middle" });
	await remote.reports("sees the middle button", report => report.pointer.buttons === 4);
	await remote.page.mouse.up({ button: "middle" });
	await remote.page.mouse.move(410, 510);
	await remote.reports("sees it let go", report => report.pointer.buttons === 0);
	await remote.page.mouse.click(400, 500);
});

test("browse: a click follows a link", { timeout: 120000 }, async () => {
	await remote.go("/link");
	const top = 800 - (remote.report?.height ?? 0);
	await remote.point(250, top + 140);
	await remote.page.mouse.click(250, top + 140);
	await remote.reports("is the second one", report => report.page === "/second");
});

test("browse: the context menu is the remote browser's, never this one's", { timeout: 120000 }, async () => {
	const stopped = await remote.page.locator("sek-screen").evaluate(screen => {
		const event = new MouseEvent("contextmenu", { bubbles: true, cancelable: true });
		screen.dispatchEvent(event);
		return event.defaultPrevented;
	});
	assert.equal(stopped, true);
});

test("browse: the remote pointer's shape is shown here", { timeout: 120000 }, async () => {
	await remote.go("/cursor");
	await remote.point(600, 400);
	const cursor = () => remote.page.locator("sek-screen").evaluate(screen => getComputedStyle(screen).cursor);
	await until("the cross is shown", async () => (await cursor()).includes("blob:"));
	const cross = await cursor();
	await remote.go("/type");
	await remote.point(300, 250);
	await until("the text cursor is shown", async () => (await cursor()).includes("blob:") && await cursor() !== cross);
});

test("browse: the remote screen takes the window's size", { timeout: 120000 }, async () => {
	await remote.go("/second");
	for (const [width, height] of /** @type {[number, number][]} */ ([[1000, 640], [1437, 901], [1280, 800]])) {
		await remote.page.setViewportSize({ width, height });
		await remote.reports(`is ${width} wide`, report => report.width === width);
		await until("the picture fills the window", async () => {
			const [corner] = await remote.colours([[width - 30, height - 8]]);
			return corner === "20,200,160";
		});
		const canvas = await remote.page.locator("sek-screen canvas").boundingBox();
		assert.deepEqual([canvas?.width, canvas?.height], [width, height]);
	}
	await remote.screenshot("resized");
});

test("browse: a window larger than the site allows shows the whole picture, enlarged", { timeout: 120000 }, async () => {
	await remote.page.setViewportSize({ width: 3200, height: 1600 });
	await remote.reports("has the largest width", report => report.width * report.ratio > 2500);
	await until("the picture fills the window", async () =>
		(await remote.colours([[3150, 1570]]))[0] === "20,200,160");
	await remote.page.setViewportSize({ width: 1280, height: 800 });
	await remote.reports("is 1280 wide again", report => report.width === 1280);
	await remote.fits();
});

test("browse: a second window shows the right part of one wide screen, and takes input", { timeout: 120000 }, async () => {
	const { page } = remote;
	await remote.go("/type");
	await page.keyboard.press("F8");
	const [second] = await Promise.all([page.waitForEvent("popup"), page.locator("sek-bar [data-action=second]").click()]);
	await page.mouse.move(500, 500);
	await page.locator(".bar-body").waitFor({ state: "hidden" });
	const left = page.viewportSize()?.width ?? 0, right = await second.evaluate(() => innerWidth);
	await remote.reports("is as wide as both windows", report => report.width === left + right);
	await second.mouse.move(right - 100, 300);
	await remote.reports("sees the pointer in the second window", report => Math.abs(report.pointer.x - (left + right - 100)) <= 1);
	await second.keyboard.type("from the right");
	await remote.hasText("from the right");
	await second.keyboard.press("Control+a");
	await page.bringToFront();
	await page.keyboard.type("both are one");
	await remote.hasText("both are one");
	// what both show is one picture: the colours at the seam go on
	await remote.go("/pattern");
	const shot = await second.screenshot({ path: path.join(outDir, "second.png") });
	assert.ok(shot.length > 1000);
	await page.keyboard.press("F8");
	await page.locator("sek-bar [data-action=second]").click();
	await page.mouse.move(500, 500);
	await until("the second window is gone", () => second.isClosed());
	await remote.reports("is as wide as the first window", report => report.width === left);
	await remote.fits();
	const alone = await page.context().newPage();
	await alone.goto(`${harness.url}/second.html`);
	assert.match(await alone.getByRole("alert").textContent() ?? "", /2 画面/);
	await alone.close();
});

test("browse: on a screen of 150 % the picture has every device pixel and the page the same size", { timeout: 240000 },
	async () => {
		const sharp = await Remote.open(harness, { user: "suzuki", deviceScaleFactor: 1.5,
			viewport: { width: 1000, height: 640 } });
		await sharp.go("/second");
		const report = await sharp.reports("has a size", report => report.width > 0);
		assert.equal(report.ratio, 1.5);
		assert.equal(report.width, 1000);
		const { width, height } = await sharp.page.locator("sek-screen canvas").evaluate(canvas => {
			const box = canvas.getBoundingClientRect();
			return { width: box.width * devicePixelRatio, height: box.height * devicePixelRatio };
		});
		assert.ok(Math.abs(width - 1500) < 0.1 && Math.abs(height - 960) < 0.1, `${width}x${height}`);
		await sharp.screenshot("hidpi");
		await sharp.close();
	});

test("browse: every colour arrives exactly once the screen is still", { timeout: 120000 }, async () => {
	await remote.go("/pattern");
	const cells = patternCells(), top = 800 - (remote.report?.height ?? 0);
	const points = cells.map(cell => /** @type {[number, number]} */ ([cell.x, top + cell.y]));
	await until("every cell has its colour", async () => {
		const seen = await remote.colours(points);
		return seen.every((colour, i) => colour === cells[i]?.colour);
	}).catch(async error => {
		const seen = await remote.colours(points);
		await remote.screenshot("failed");
		throw new Error(`${error}: ${seen.filter((colour, i) => colour !== cells[i]?.colour).length} of ${cells.length} differ`);
	});
});

test("browse: the picture of the README", { timeout: 120000 }, async () => {
	await remote.page.setViewportSize({ width: 1280, height: 640 });
	await remote.reports("has the window's size", report => report.height > 400 && report.height < 600);
	await remote.go("/article");
	const page = await remote.reports("has the window's size", report => report.height > 400 && report.height < 600);
	await remote.page.mouse.click(700, 640 - page.height + 42);
	await remote.reports("has its field focused", report => report.focus === "INPUT");
	await remote.page.keyboard.type("2026 ");
	await remote.settled();
	await remote.composing("がいどまっぷ");
	await remote.painted();
	await remote.screenshot("article");
	if (process.env.SEK_SCREENSHOT)
		await remote.page.screenshot({ path: process.env.SEK_SCREENSHOT });
	await remote.composing("");
});

test("browse: no fault was told on the console, nothing broke the CSP", () => {
	assert.deepEqual(problems(remote.page), []);
});
