// SPDX-License-Identifier: GPL-3.0-or-later
// Text that an input method composes here arrives there exactly, and the composition is shown at the remote caret.

import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { Harness, problems, until } from "./harness.mjs";
import { Remote } from "./support/remote.mjs";

/** @type {Harness} */
let harness;
/** @type {Remote} */
let remote;

before(async () => {
	harness = await Harness.start();
	remote = await Remote.open(harness);
	await remote.go("/type");
	await remote.page.mouse.click(300, 250);
	await remote.reports("has its field focused", report => report.focus === "TEXTAREA");
}, { timeout: 240000 });
after(async () => {
	await remote?.close();
	await harness?.stop();
});

beforeEach(async () => {
	if (!remote || remote.report?.text === "")
		return;
	await remote.page.keyboard.press("Control+a");
	await remote.page.keyboard.press("Delete");
	await remote.hasText("");
});

/** 300 different characters, from all over the common and the rarer kanji. */
const KANJI = Array.from({ length: 300 }, (_, i) => String.fromCodePoint(0x4e00 + i * 69)).join("");

test("ime: a composed word arrives once, exactly", { timeout: 120000 }, async () => {
	await remote.compose(["k", "こ", "こn", "こん", "こんにちは", "今日は"], "今日は");
	await remote.hasText("今日は");
	assert.equal(await remote.page.locator("textarea.ime").inputValue(), "", "the local field is empty again");
});

test("ime: words, keys and emoji keep their order", { timeout: 120000 }, async () => {
	await remote.compose(["し", "しぶや"], "渋谷区");
	await remote.page.keyboard.type(" abc");
	await remote.compose(["👍"], "👍");
	await remote.page.keyboard.press("Enter");
	await remote.compose(["せかい"], "世界、👨‍👩‍👧‍👦𠮷野家");
	await remote.page.keyboard.type("!");
	await remote.hasText("渋谷区 abc👍\n世界、👨‍👩‍👧‍👦𠮷野家!");
});

test("ime: 300 different kanji in one go and one by one", { timeout: 120000 }, async () => {
	assert.equal(new Set(KANJI).size, 300);
	await remote.compose(["かんじ"], KANJI);
	await remote.hasText(KANJI);
	await remote.page.keyboard.press("Control+a");
	for (let i = 0; i < 60; i++)
		await remote.compose([KANJI.slice(i, i + 1)], KANJI.slice(i * 5, i * 5 + 5));
	await remote.hasText(KANJI);
});

test("ime: text longer than one message arrives whole", { timeout: 120000 }, async () => {
	const long = "長い文を一度に確定する。".repeat(170);
	assert.ok(Buffer.byteLength(long) > 4096);
	await remote.compose(["ながい"], long);
	await remote.hasText(long);
});

test("ime: Japanese in the address bar reaches the server", { timeout: 120000 }, async () => {
	const { site } = harness, words = "こんにちは世界、渋谷区👍", before = site.requests.length;
	await remote.addressBar();
	await remote.page.keyboard.type(`${site.url.replace("http://", "")}/second?q=`);
	await remote.settled();
	await remote.compose(["こんにちは"], words);
	await remote.page.keyboard.press("Enter");
	const asked = await until("the server is asked", () =>
		site.requests.slice(before).find(target => target.startsWith("/second?q=")));
	assert.equal(new URL(asked, site.url).searchParams.get("q"), words, site.requests.slice(before).join("\n"));
	await remote.go("/type");
	await remote.reports("has its field focused", report => report.focus === "TEXTAREA");
});

test("ime: a composition that is given up sends nothing", { timeout: 120000 }, async () => {
	await remote.composing("まちがい");
	await remote.composing("");
	await remote.page.keyboard.type("ok");
	await remote.hasText("ok");
});

test("ime: the local field stands on the remote caret and follows it", { timeout: 120000 }, async () => {
	const near = async () => {
		const line = remote.report?.line, box = await remote.box();
		return line && Math.abs(box.left - line.x) <= 4 && box.top >= line.y - 6 && box.top + box.height <= line.y + line.height + 6;
	};
	await until("the field is at the caret", near).catch(async error => {
		throw new Error(`${error} ${JSON.stringify([remote.report?.line, await remote.box()])}`);
	});
	const at = await remote.box();
	await remote.compose(["もじ"], "文字を入れる");
	await remote.hasText("文字を入れる");
	await until("the field has followed", near);
	assert.ok((await remote.box()).left > at.left + 60);
});

test("ime: the composition is shown at the caret, legible, and goes away", { timeout: 120000 }, async () => {
	await remote.page.keyboard.type("before ");
	await remote.hasText("before ");
	await remote.settled();
	const place = await remote.box();
	await remote.composing("へんかんちゅう");
	const shown = await remote.page.locator("textarea.ime").evaluate(area => {
		const style = getComputedStyle(area), box = area.getBoundingClientRect();
		return { background: style.backgroundColor, colour: style.color, left: box.left, top: box.top,
			width: box.width, scroll: area.scrollWidth, size: parseFloat(style.fontSize) };
	});
	assert.equal(shown.background, "rgb(255, 255, 255)");
	assert.equal(shown.colour, "rgb(17, 17, 17)");
	assert.deepEqual([shown.left, shown.top], [place.left, place.top]);
	assert.ok(shown.width >= 7 * shown.size, "the whole composition can be read");
	await remote.screenshot("composing");
	await remote.compose(["変換中"], "変換中");
	await remote.hasText("before 変換中");
	assert.equal(await remote.page.locator("textarea.ime.composing").count(), 0);
});

test("ime: a click in the middle of a composition accepts it first", { timeout: 120000 }, async () => {
	await remote.composing("とちゅう");
	await remote.page.mouse.click(300, 300);
	await remote.hasText("とちゅう");
	assert.equal(await remote.page.locator("textarea.ime").inputValue(), "");
});

test("ime: text without a key (emoji panel, dead keys) arrives once", { timeout: 120000 }, async () => {
	const devtools = await remote.page.context().newCDPSession(remote.page);
	await devtools.send("Input.insertText", { text: "😀é" });
	await remote.page.keyboard.type("x");
	await remote.hasText("😀éx");
});

test("ime: pasting from this computer is refused with words, pasting inside the remote browser works", { timeout: 120000 },
	async () => {
		const { page } = remote;
		await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
		await page.evaluate(() => navigator.clipboard.writeText("秘密"));
		await page.keyboard.press("Control+v");
		await page.getByText("貼り付けは許可されていません").waitFor();
		await remote.screenshot("paste-refused");
		await page.keyboard.type("a");
		await remote.hasText("a");
		await page.keyboard.press("Control+a");
		await page.keyboard.press("Control+c");
		await page.keyboard.press("End");
		await page.keyboard.press("Control+v");
		await remote.hasText("aa");
		assert.equal(await page.evaluate(() => navigator.clipboard.readText()), "秘密", "nothing came back either");
	});

test("ime: dropping is refused with words and does not leave the page", { timeout: 120000 }, async () => {
	const { page } = remote, before = page.url();
	const outcome = await page.evaluate(() => {
		const data = new DataTransfer();
		data.items.add(new File(["x"], "x.txt", { type: "text/plain" }));
		const target = /** @type {Element} */ (document.querySelector("sek-screen"));
		return ["dragenter", "dragover", "drop"].map(type =>
			!target.dispatchEvent(new DragEvent(type, { bubbles: true, cancelable: true, dataTransfer: data })));
	});
	assert.deepEqual(outcome, [true, true, true]);
	await page.getByText("ドラッグは許可されていません").waitFor();
	assert.equal(page.url(), before);
});

test("ime: no fault was told on the console", () => {
	assert.deepEqual(problems(remote.page), []);
});
