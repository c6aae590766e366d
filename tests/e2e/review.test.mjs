// SPDX-License-Identifier: GPL-3.0-or-later
// Reviewing, through the whole chain: a session in which known things happen is recorded, found in the list and played,
// and the player's picture is, pixel for pixel, what the user's client had shown at that moment.

import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";
import { Harness, outDir, problems, until } from "./harness.mjs";
import { enter, op } from "./support/office.mjs";
import { Remote } from "./support/remote.mjs";
import { PASSPHRASE, SECOND, makeFilm, recording } from "./support/recordings.mjs";

/** @typedef {import("playwright-core").Page} Page */
/** What a client showed around a moment (milliseconds since 1970).
 * @typedef {{ at: number, hash: string, what: string }} Moment */

/** Where the low byte of the version stands in a recording's header (docs/recording.md). */
const FORMAT_VERSION_AT = 9;
const site = recording({ two: true });
/** @type {Harness} */
let harness;
/** @type {Page} */
let office;

before(async () => {
	harness = await Harness.start({ users: ["tanaka", "suzuki", "mori", "kansa", "kansa2", "kanri"], ...site });
	harness.setRoles("kansa", ["reviewer"]);
	harness.setRoles("kansa2", ["reviewer"]);
	harness.setRoles("kanri", ["administrator"]);
	office = await enter(harness, "kanri", "admin");
	for (const [attribute, value] of [["clipboard", "both"], ["clipboard_confirm", false]])
		assert.equal((await op(office, "policies/set", { scope: "site", attribute, value, expected: 0, reason: "試験" }))[0], 200);
}, { timeout: 240000 });
after(() => harness?.stop());

/** The hash of every pixel of a canvas that a worker draws.
 * @param {Page} page
 * @param {string} selector */
function pixels(page, selector)
{
	return page.evaluate(async wanted => {
		const canvas = /** @type {HTMLCanvasElement} */ (document.querySelector(wanted));
		const copy = new OffscreenCanvas(canvas.width, canvas.height);
		const context = /** @type {OffscreenCanvasRenderingContext2D} */ (copy.getContext("2d", { willReadFrequently: true }));
		context.drawImage(canvas, 0, 0);
		const { data } = context.getImageData(0, 0, copy.width, copy.height);
		const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", data));
		return `${copy.width}x${copy.height} ${[...hash].map(b => b.toString(16).padStart(2, "0")).join("")}`;
	}, selector);
}

/** Waits until the client's picture has been the same for a while, and remembers it: a caret blinks, so it is not for ever.
 * @param {Remote} remote
 * @param {string} what
 * @returns {Promise<Moment>} */
async function steady(remote, what)
{
	let last = "", since = Date.now();
	return until(`the picture rests: ${what}`, async () => {
		const before = Date.now(), hash = await pixels(remote.page, "sek-screen canvas");
		if (hash !== last)
			since = Date.now();
		last = hash;
		// the middle: a recording is a little ahead of what a busy client has drawn
		return before - since >= 300 ? { at: (since + before) / 2, hash, what } : null;
	}, 30000);
}

/** The worker's picture comes onto the page a moment after the player has said where it is.
 * @param {Page} page
 * @param {Moment} moment
 * @param {string} [what] */
async function shows(page, moment, what = moment.what)
{
	const end = Date.now() + 3000;
	let hash = "";
	do
		hash = await pixels(page, "sek-player .picture > canvas");
	while (hash !== moment.hash && Date.now() < end);
	assert.equal(hash, moment.hash, what);
}

/** Opens a recording's player by its row in the list.
 * @param {Page} page
 * @param {string} user
 * @param {string} reason */
async function play(page, user, reason)
{
	await page.getByRole("searchbox").fill(user);
	const row = page.locator("tbody tr").filter({ hasText: user }).first();
	await until("only that user's", async () => (await page.locator("tbody th").allTextContents()).every(name => name === user));
	await row.getByRole("button", { name: "再生" }).click();
	if (await page.locator("input[type=file]").or(page.locator("input[name=reason]")).first().getAttribute("type") === "file")
		await unlock(page, PASSPHRASE);
	await page.locator("input[name=reason]").fill(reason);
	await page.keyboard.press("Enter");
	await page.locator("sek-player[data-sought]").waitFor();
}

/** The site's key takes two persons: the second one's field comes with the file.
 * @param {Page} page
 * @param {string} passphrase the first one's */
async function unlock(page, passphrase)
{
	await page.locator("input[type=file]").setInputFiles(site.secretKey);
	await page.getByLabel("2人目のパスフレーズ", { exact: true }).fill(SECOND);
	await page.getByLabel("パスフレーズ", { exact: true }).fill(passphrase);
	await page.keyboard.press("Enter");
}

/** Goes to a moment by the player's own slider of time; gives what the player says it took.
 * @param {Page} page
 * @param {number} at microseconds since the recording began */
async function seek(page, at)
{
	const player = page.locator("sek-player"), before = await player.getAttribute("data-sought");
	await page.locator("sek-timeline").evaluate((line, us) => line.dispatchEvent(new CustomEvent("sek-seek", { detail: us })), at);
	await until("the player is there", async () => await player.getAttribute("data-sought") !== before);
	return Number(await player.getAttribute("data-sought-ms"));
}

/** A copy with other bits in one byte.
 * @param {Buffer} bytes
 * @param {number} at
 * @param {number} bits */
function changed(bytes, at, bits)
{
	const copy = Buffer.from(bytes);
	copy[at] = (copy[at] ?? 0) ^ bits;
	return copy;
}

/** @type {Moment[]} */
const moments = [];
let recordingId = "";

test("review: a session in which known things happen is recorded", { timeout: 180000 }, async () => {
	const remote = await Remote.open(harness, { user: "tanaka", permissions: ["clipboard-read", "clipboard-write"] });
	moments.push(await steady(remote, "the first page"));
	await remote.go("/type");
	await remote.point(300, 150);
	await remote.page.mouse.click(300, 150);
	await remote.reports("has its field focused", report => report.focus === "TEXTAREA");
	await remote.page.keyboard.type("The quick brown fox");
	await remote.hasText("The quick brown fox");
	moments.push(await steady(remote, "a phrase is typed"));
	await remote.page.evaluate(() => navigator.clipboard.writeText("貼り付けた文"));
	await remote.page.evaluate(() => window.dispatchEvent(new Event("blur")));
	await remote.page.keyboard.press("Control+v");
	await remote.hasText("The quick brown fox貼り付けた文");
	moments.push(await steady(remote, "a text is pasted"));
	await remote.go("/long");
	await remote.point(600, 500);
	moments.push(await steady(remote, "a long page"));
	await remote.page.mouse.wheel(0, 360);
	await remote.reports("has scrolled", report => report.scroll >= 100);
	moments.push(await steady(remote, "it is scrolled"));
	await remote.page.setViewportSize({ width: 1000, height: 700 });
	await until("the picture has the new size", async () => (await pixels(remote.page, "sek-screen canvas")).startsWith("1000x700"));
	await remote.go("/second");
	moments.push(await steady(remote, "a second page, in a smaller window"));
	assert.equal(new Set(moments.map(moment => moment.hash)).size, moments.length, "each moment looks different");
	assert.deepEqual(problems(remote.page), []);
	const [, { rows }] = await op(office, "sessions/list", {});
	assert.equal((await op(office, "sessions/end", { session: rows[0].session, reason: "試験の終わり" }))[0], 200);
	await remote.phase("ended");
	await remote.close();
});

test("review: an administrator without the role gets nothing", { timeout: 120000 }, async () => {
	for (const name of ["recordings/list", "recordings/show", "recordings/purge"])
		assert.deepEqual((await op(office, name, { recording: "0".repeat(32), reason: "x" }))[0], 403, name);
	for (const name of ["state", "open", "blocks", "unlock"])
		assert.deepEqual(await op(office, name, { recording: "0".repeat(32), reason: "x" }, "review"), [403, { error: "forbidden" }], name);
	await office.goto(`${harness.url}/review/`);
	await office.getByRole("alert").getByText("権限がありません").waitFor();
	assert.equal(await office.locator("table").count(), 0);
	await office.goto(`${harness.url}/admin/`);
});

test("review: the recording is found, and each moment is what the client had shown, pixel for pixel", { timeout: 180000 }, async () => {
	const page = await enter(harness, "kansa", "review");
	await until("the recording has ended", async () => {
		const [, { rows }] = await op(page, "recordings/list", { ended: "ended-admin", marks: ["clipboard"], user: "tanaka" });
		recordingId = rows[0]?.recording ?? "";
		return recordingId;
	});
	await page.getByRole("searchbox").fill("tanaka");
	await page.locator("tbody tr").first().getByRole("button", { name: "再生" }).click();
	await unlock(page, "wrong");
	await page.getByRole("alert").getByText("パスフレーズが鍵ファイルと合いません").waitFor();
	await page.screenshot({ path: path.join(outDir, "review-unlock.png") });
	await unlock(page, PASSPHRASE);
	await page.locator("input[name=reason]").waitFor();
	await page.keyboard.press("Enter");
	await page.getByRole("alert").getByText("「理由」について").waitFor();
	assert.equal(await page.locator("sek-player").count(), 0, "nothing is shown without a reason");
	await page.locator("input[name=reason]").fill("申請 12号 <b>");
	await page.keyboard.press("Enter");
	await page.locator("sek-player[data-sought]").waitFor();
	const [, { recording: row }] = await op(page, "recordings/show", { recording: recordingId });
	// forwards, then from behind: each seek begins elsewhere
	for (const moment of [...moments, ...moments.toReversed()]) {
		await seek(page, moment.at * 1000 - row.began_us);
		await shows(page, moment);
	}
	// played through without a seek it comes to the same pictures
	const [first, , third] = /** @type {[Moment, Moment, Moment]} */ (/** @type {unknown} */ (moments));
	await seek(page, first.at * 1000 - row.began_us);
	await page.keyboard.press("5");
	await page.keyboard.press("k");
	await until("it has been played", async () =>
		Number(await page.locator("sek-player").getAttribute("data-at")) > third.at * 1000 - row.began_us, 30000);
	await page.keyboard.press("k");
	await seek(page, third.at * 1000 - row.began_us);
	await shows(page, third, "played on to it");
	for (const text of ["録画を開始", "利用者が接続", "6 文字を貼り付け", "録画を終了"])
		await page.locator(".happenings").getByText(text).first().waitFor();
	await page.screenshot({ path: path.join(outDir, "review-player.png") });
	assert.deepEqual(problems(page), []);
	await office.goto(`${harness.url}/admin/#audit`);
	await office.getByPlaceholder("操作", { exact: true }).or(office.locator("input[name=what]")).first().fill("recording.viewed");
	await office.keyboard.press("Enter");
	await office.getByRole("row", { name: /kansa .*申請 12号 <b>/u }).waitFor();
	await page.context().close();
});

test("review: two at once; notes, flags, legal hold; steps and events by keyboard", { timeout: 240000 }, async () => {
	const [one, two] = [await enter(harness, "kansa", "review"), await enter(harness, "kansa2", "review")];
	await play(one, "tanaka", "一人目");
	await play(two, "tanaka", "二人目");
	const [, { recording: row }] = await op(one, "recordings/show", { recording: recordingId });
	const typed = /** @type {Moment} */ (moments[1]), second = /** @type {Moment} */ (moments[5]);
	await Promise.all([seek(one, typed.at * 1000 - row.began_us), seek(two, second.at * 1000 - row.began_us)]);
	await shows(one, typed);
	await shows(two, second);
	await one.keyboard.press("m");
	await one.keyboard.type("<i>ここ</i>");
	await one.keyboard.press("Enter");
	await one.locator(".notes").getByText("<i>ここ</i>").waitFor();
	await one.getByRole("button", { name: "法的保全にする" }).click();
	await one.getByLabel("理由").fill("調査");
	await one.keyboard.press("Enter");
	await one.getByRole("button", { name: "法的保全を解く" }).waitFor();
	assert.equal((await op(two, "recordings/purge", { recording: recordingId, reason: "x" }))[1].error, "held");
	const at = () => one.locator("sek-player").getAttribute("data-at").then(Number);
	const now = await at();
	await one.keyboard.press("]");
	await until("the next event", async () => await at() > now);
	await one.keyboard.press("[");
	await until("the one before", async () => await at() < now);
	const before = await at();
	await one.keyboard.press(".");
	await until("the next change", async () => await at() > before);
	const there = await at();
	await one.getByRole("button", { name: "English" }).click();
	await one.getByRole("button", { name: "End legal hold" }).waitFor();
	await until("it stands where it stood, and asks for no reason again", async () => await at() === there);
	await one.getByRole("button", { name: "日本語" }).click();
	await one.locator("sek-player[data-sought]").waitFor();
	await one.keyboard.press("?");
	await one.getByRole("heading", { name: "キー操作の一覧" }).waitFor();
	await one.keyboard.press("Escape");
	assert.deepEqual([...problems(one), ...problems(two)], []);
	await one.context().close();
	await two.context().close();
});

test("review: what is deleted while somebody looks at it is gone, and the player says so", { timeout: 240000 }, async () => {
	const film = makeFilm(harness, 0.02);
	const [one, two] = [await enter(harness, "kansa", "review"), await enter(harness, "kansa2", "review")];
	await one.goto(`${harness.url}/review/#play/${film.id}`);
	await unlock(one, PASSPHRASE);
	await one.locator("input[name=reason]").fill("試験");
	await one.keyboard.press("Enter");
	await one.locator("sek-player[data-sought]").waitFor();
	assert.equal((await op(two, "recordings/purge", { recording: film.id, reason: "期限" }))[0], 200);
	await one.getByText("この録画は削除されました").first().waitFor({ timeout: 60000 });
	assert.equal(await one.locator("sek-player .picture").count(), 0, "no picture of it stays");
	await one.context().close();
	await two.context().close();
});

test("review: files that are not as they were written open with a clear message", { timeout: 240000 }, async () => {
	const page = await enter(harness, "kansa", "review");
	const film = makeFilm(harness, 0.02), file = path.join(harness.dir, "state/recordings", `${film.id}.sekrec`);
	const whole = fs.readFileSync(file);
	/** @type {[string, Buffer, string][]} */
	const cases = [["cut", whole.subarray(0, 200), "壊れているか、改変されています"], ["foreign", Buffer.from("RIFF".repeat(100)), "壊れているか、改変されています"],
		["future", changed(whole, FORMAT_VERSION_AT, 0x7f), "新しい版で作られた"]];
	await page.goto(`${harness.url}/review/#play/${film.id}`);
	await unlock(page, PASSPHRASE);
	for (const [what, bytes, message] of cases) {
		fs.writeFileSync(file, bytes);
		await page.locator("input[name=reason]").fill(what);
		await page.keyboard.press("Enter");
		await page.getByRole("alert").getByText(message).waitFor().finally(() =>
			page.screenshot({ path: path.join(outDir, `review-${what}.png`) }));
		await page.reload();
	}
	// one bit of one second: the rest is shown, and that second says what it is
	fs.writeFileSync(file, changed(whole, Math.floor(whole.length / 2), 1));
	await page.locator("input[name=reason]").fill("a bit");
	await page.keyboard.press("Enter");
	await page.locator("sek-player[data-sought]").waitFor();
	await page.keyboard.press("Home");
	await page.keyboard.press("5");
	await page.keyboard.press("i");
	await page.keyboard.press("k");
	await page.locator("sek-player[data-unreadable]").waitFor();
	await page.getByText("この部分の録画は改変されているため表示できません").waitFor();
	await page.context().close();
});

test("review: who watches live sees what the user sees, a little later, and the user is told", { timeout: 180000 }, async () => {
	const remote = await Remote.open(harness, { user: "suzuki" });
	const page = await enter(harness, "kansa", "review");
	await page.getByRole("searchbox").fill("suzuki");
	const row = page.locator("tbody tr").filter({ hasText: "suzuki" });
	await row.getByText("利用中").waitFor();
	assert.equal(await remote.page.locator(".watched").textContent(), "");
	await remote.page.locator('sek-bar[data-recorded="true"]').waitFor({ state: "attached" });
	assert.equal(await remote.page.locator(".bar-recorded").textContent(), "録画中");
	await row.getByRole("button", { name: "ライブで見る" }).click();
	await unlock(page, PASSPHRASE);
	await page.locator("input[name=reason]").fill("立会い");
	await page.keyboard.press("Enter");
	await remote.page.getByText("監査担当者がこの画面を見ています").waitFor();
	await page.getByText("ライブ（1〜2秒遅れ）").waitFor();
	await remote.go("/second");
	await remote.point(700, 600);
	await steady(remote, "the page that is watched");
	try {
		await until("the watcher sees the same", async () =>
			await pixels(page, "sek-player .picture > canvas") === await pixels(remote.page, "sek-screen canvas"));
	} finally {
		await page.screenshot({ path: path.join(outDir, "review-live.png") });
		await remote.screenshot("review-watched");
	}
	await page.getByRole("link", { name: /録画一覧/ }).first().click();
	await until("the user is told that it is over", async () => await remote.page.locator(".watched").textContent() === "");
	assert.deepEqual([...problems(page), ...problems(remote.page)], []);
	await page.context().close();
	await remote.close();
});

test("review: a recording that begins in the middle of a session begins with the client's picture", { timeout: 180000 }, async () => {
	const policy = (/** @type {string} */ value, /** @type {number} */ expected) =>
		op(office, "policies/set", { scope: "user", name: "mori", attribute: "recording", value, expected, reason: "試験" });
	const [status, off] = await policy("off", 0);
	assert.equal(status, 200, JSON.stringify(off));
	const remote = await Remote.open(harness, { user: "mori" });
	const page = await enter(harness, "kansa", "review");
	await remote.go("/long");
	await remote.point(600, 500);
	const before = await steady(remote, "nothing is recorded yet");
	const list = () => op(page, "recordings/list", { user: "mori" });
	assert.deepEqual((await list())[1].rows, []);
	const [done, required] = await policy("required", off.change);
	assert.equal(done, 200, JSON.stringify(required));
	await until("it is recorded", async () => (await list())[1].rows[0]?.recording);
	// the page does not change: all that the recording has of it is the picture that was made for it
	await new Promise(resolve => { setTimeout(resolve, 1500); });
	const middle = await steady(remote, "the page as it was");
	assert.equal(middle.hash, before.hash);
	await remote.page.mouse.wheel(0, 360);
	await remote.reports("has scrolled", report => report.scroll >= 100);
	const scrolled = await steady(remote, "it is scrolled");
	const { rows } = (await op(office, "sessions/list", {}))[1];
	const { session } = rows.find((/** @type {{ user: string }} */ row) => row.user === "mori");
	assert.equal((await op(office, "sessions/end", { session, reason: "試験の終わり" }))[0], 200);
	await remote.phase("ended");
	await until("the recording has ended", async () => (await list())[1].rows[0]?.state !== "running");
	await play(page, "mori", "途中から");
	const [row] = (await list())[1].rows;
	for (const moment of [middle, scrolled, middle]) {
		await seek(page, moment.at * 1000 - row.began_us);
		await shows(page, moment);
	}
	assert.deepEqual(problems(page), []);
	await page.context().close();
	await remote.close();
});
