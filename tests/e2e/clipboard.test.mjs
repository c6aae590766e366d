// SPDX-License-Identifier: GPL-3.0-or-later
// Copy and paste between the staff member's computer and the isolated browser, by their keys and in both directions, with
// a policy that an administrator changes in mid-session.

import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { after, afterEach, before, test } from "node:test";
import { Harness, problems, until } from "./harness.mjs";
import { done, enter } from "./support/office.mjs";
import { Remote } from "./support/remote.mjs";

/** @type {Harness} */
let harness;
/** @type {Remote} */
let remote;
/** @type {import("playwright-core").Page} */
let office;

before(async () => {
	harness = await Harness.start({ users: ["tanaka", "kanri"] });
	harness.setRoles("kanri", ["staff", "administrator"]);
	office = await enter(harness, "kanri", "admin");
	remote = await Remote.open(harness, { permissions: ["clipboard-read", "clipboard-write"] });
}, { timeout: 240000 });

after(async () => {
	await remote?.close();
	await harness?.stop();
}, { timeout: 120000 });

afterEach(() => assert.deepEqual(problems(remote.page), []));

/** Sets attributes of the site's policy; they are in force when this returns.
 * @param {Record<string, unknown>} values */
async function policy(values)
{
	for (const [attribute, value] of Object.entries(values)) {
		const { values: now } = await done(office, "policies/show", { scope: "site" });
		await done(office, "policies/set", { scope: "site", attribute, value, expected: now[attribute]?.version ?? 0, reason: "試験" });
	}
}

const local = {
	/** @param {string} text */
	write: text => remote.page.evaluate(value => navigator.clipboard.writeText(value), text),
	read: () => remote.page.evaluate(() => navigator.clipboard.readText()),
};

/** Pastes what was copied on this computer: the window has been left for that and come back to. */
async function paste()
{
	await remote.page.evaluate(() => window.dispatchEvent(new Event("blur")));
	await remote.page.keyboard.press("Control+v");
}

/** A new page with an empty field that has the focus. */
async function field()
{
	await remote.go("/type");
	await remote.point(300, 150);
	await remote.page.mouse.click(300, 150);
}

/** Copies all of the field over there. */
async function copyAll()
{
	await remote.page.keyboard.press("Control+a");
	await remote.page.keyboard.press("Control+c");
}

/** @param {string} text of the page */
const says = text => remote.page.locator(".toast").getByText(text).waitFor();

/** Descriptors of the decoder that are pipes: its input is always one.
 * @returns {number} */
function decoderPipes()
{
	const pids = fs.readdirSync("/proc").filter(name => /^\d+$/.test(name));
	for (const pid of pids) {
		try {
			if (!fs.readFileSync(`/proc/${pid}/cmdline`, "utf8").startsWith(path.join(harness.dir, "bin/sekisho-decoder")))
				continue;
			return fs.readdirSync(`/proc/${pid}/fd`)
				.filter(fd => fs.readlinkSync(`/proc/${pid}/fd/${fd}`).startsWith("pipe:")).length;
		} catch {
			// it ended meanwhile
		}
	}
	return -1;
}

/** Lines of the audit log that speak of the clipboard. */
async function records()
{
	const { rows } = await done(office, "audit/search", { limit: 50 });
	return JSON.stringify(rows.filter((/** @type {any} */ row) => JSON.stringify(row).includes("clipboard.to-")));
}

test("clipboard: built in, nothing crosses, both keys say so, and there is no pipe", { timeout: 120000 }, async () => {
	await field();
	await local.write("秘密");
	await paste();
	await says("貼り付けは許可されていません");
	await remote.page.keyboard.type("x");
	await remote.hasText("x");
	await copyAll();
	await says("お使いのパソコンへのコピーは、方針により許可されていません");
	assert.equal(decoderPipes(), 1);
	assert.equal(await local.read(), "秘密");
});

test("clipboard: allowed in mid-session, the very next paste and copy cross", { timeout: 120000 }, async () => {
	await field();
	await policy({ clipboard_confirm: false, clipboard_per_minute: 600, clipboard: "both" });
	await local.write("関所を通る\r\n二行目\u202e\u0007");
	await remote.page.keyboard.type("a");
	await paste();
	await remote.page.keyboard.type("b");
	await remote.hasText("a関所を通る\n二行目b");
	await until("the pipe is there", () => decoderPipes() === 2);
	await copyAll();
	await until("the text is on the local clipboard", async () => await local.read() === "a関所を通る\n二行目b");
	await says("文字をお使いのパソコンにコピーしました");
});

test("clipboard: refused in mid-session, the very next paste and copy do not cross", { timeout: 120000 }, async () => {
	await field();
	await remote.page.keyboard.type("中");
	await local.write("古い");
	await policy({ clipboard: "none" });
	await copyAll();
	await says("お使いのパソコンへのコピーは、方針により許可されていません");
	await until("the pipe has gone", () => decoderPipes() === 1);
	await remote.page.keyboard.press("End");
	await paste();
	await says("貼り付けは許可されていません");
	await remote.page.keyboard.type("!");
	// the other side's own clipboard still works there
	await remote.reports("pasted its own copy", report => report.text.endsWith("!"));
	assert.equal(await local.read(), "古い");
	assert.ok(!remote.report?.text.includes("古い"));
});

test("clipboard: one direction is not the other", { timeout: 120000 }, async () => {
	await policy({ clipboard: "to-outer" });
	await field();
	await local.write("外へ");
	await paste();
	await remote.hasText("外へ");
	await remote.page.keyboard.type("z");
	await remote.hasText("外へz");
	await copyAll();
	await says("お使いのパソコンへのコピーは、方針により許可されていません");
	assert.equal(decoderPipes(), 1);
	await policy({ clipboard: "to-inner" });
	await copyAll();
	await until("it came in", async () => await local.read() === "外へz");
	await field();
	await local.write("中から");
	await paste();
	await says("貼り付けは許可されていません");
	await policy({ clipboard: "both" });
});

test("clipboard: ten thousand characters of Japanese, there and back; one more is refused", { timeout: 240000 }, async () => {
	const text = Array.from({ length: 10000 }, (_, i) => String.fromCodePoint(0x4e00 + i * 7 % 20000)).join("");
	await field();
	await local.write(`${text}一`);
	await paste();
	await says("一度に渡せるのは 10000 文字までです");
	await local.write(text);
	await paste();
	await remote.hasText(text);
	await local.write("古い");
	await copyAll();
	await until("it is back", async () => await local.read() === text);
	await remote.page.keyboard.press("End");
	await remote.page.keyboard.type("x");
	await remote.hasText(`${text}x`);
	await local.write("古い");
	await copyAll();
	await says("一度に渡せるのは 10000 文字までです");
	assert.equal(await local.read(), "古い");
});

test("clipboard: with confirm, nothing crosses before the yes", { timeout: 240000 }, async () => {
	const { page } = remote, dialog = page.locator("dialog");
	await field();
	await policy({ clipboard_confirm: true });
	await local.write("確認\u0000する");
	await paste();
	await dialog.getByText("お使いのパソコンから隔離ブラウザーへ 4 文字を渡します").waitFor();
	assert.equal(await dialog.locator("textarea").inputValue(), "確認する");
	await remote.screenshot("clipboard-confirm");
	await dialog.getByRole("button", { name: "やめる" }).click();
	await says("渡しませんでした");
	await page.keyboard.type("n");
	await remote.hasText("n");
	await paste();
	await dialog.getByRole("button", { name: "渡す" }).click();
	await remote.hasText("n確認する");

	await local.write("古い");
	await copyAll();
	await dialog.getByText("隔離ブラウザーからお使いのパソコンへ 5 文字を渡します").waitFor();
	assert.equal(await local.read(), "古い");
	await dialog.getByRole("button", { name: "渡す" }).click();
	await until("after the yes it is there", async () => await local.read() === "n確認する");
	await policy({ clipboard_confirm: false });
});

test("clipboard: HTML crosses as its text, a picture not at all", { timeout: 120000 }, async () => {
	const { page } = remote;
	await field();
	await page.evaluate(() => navigator.clipboard.write([new ClipboardItem({
		"text/html": new Blob(["<b>太字</b>"], { type: "text/html" }),
		"text/plain": new Blob(["太字"], { type: "text/plain" }),
	})]));
	await paste();
	await remote.hasText("太字");
	await page.evaluate(async () => {
		const canvas = new OffscreenCanvas(8, 8);
		canvas.getContext("2d");
		await navigator.clipboard.write([new ClipboardItem({ "image/png": await canvas.convertToBlob() })]);
	});
	await paste();
	await says("コピーと貼り付けができるのは文字だけです");
	await page.keyboard.type(".");
	await remote.hasText("太字.");
});

test("clipboard: what is copied over there as HTML comes as text only", { timeout: 120000 }, async () => {
	const { page } = remote;
	await remote.go("/article");
	await local.write("古い");
	await page.mouse.click(640, 500);
	await copyAll();
	const text = await until("the article's text is here", async () => {
		const now = await local.read();
		return now !== "古い" ? now : null;
	});
	assert.doesNotMatch(text, /<\w/);
	const types = await page.evaluate(async () => (await navigator.clipboard.read()).flatMap(item => [...item.types]));
	assert.deepEqual(types, ["text/plain"]);
});

test("clipboard: the cap of transfers is told and kept", { timeout: 120000 }, async () => {
	await field();
	await policy({ clipboard_per_minute: 1 });
	await local.write("いち");
	await paste();
	await says("回数の上限に達しました");
	await remote.page.keyboard.type("q");
	await remote.hasText("q");
	await policy({ clipboard_per_minute: 600 });
});

test("clipboard: each transfer and each refusal is on the record, its text only if the policy says so", { timeout: 120000 },
	async () => {
		const before = await records();
		assert.match(before, /"sha256"/);
		assert.match(before, /too-long/);
		assert.match(before, /declined/);
		assert.doesNotMatch(before, /確認する/);
		await policy({ clipboard_log: "text" });
		await field();
		await local.write("記録される文");
		await paste();
		await remote.hasText("記録される文");
		assert.match(await records(), /記録される文/);
		await policy({ clipboard_log: "size" });
	});

test("clipboard: without permission a panel is offered, and the bar sends text", { timeout: 240000 }, async () => {
	const { page } = remote;
	await field();
	await page.keyboard.type("手で");
	await remote.hasText("手で");
	// as a browser that refuses: no permission, no recent click
	await page.evaluate(() => {
		Object.defineProperty(navigator.clipboard, "writeText", { value: () => Promise.reject(new Error("no")), configurable: true });
	});
	await copyAll();
	const dialog = page.locator("dialog");
	await dialog.getByText("隔離ブラウザーでコピーされた文字").waitFor();
	await remote.screenshot("clipboard-panel");
	await dialog.getByRole("button", { name: "コピーする" }).click();
	await until("it was copied by hand", async () => await local.read() === "手で");
	await page.evaluate(() => Reflect.deleteProperty(navigator.clipboard, "writeText"));

	await page.keyboard.press("End");
	await page.keyboard.press("F8");
	await page.getByRole("button", { name: "文字を送る" }).click();
	await dialog.locator("textarea").fill("送る");
	await remote.screenshot("clipboard-send");
	await dialog.getByRole("button", { name: "送る", exact: true }).click();
	await remote.hasText("手で送る");
});
