// SPDX-License-Identifier: GPL-3.0-or-later
// A session's life as its user sees it: broken lines, second windows, ends of every kind.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Harness, problems, until } from "./harness.mjs";
import { descendants } from "./support/processes.mjs";
import { Remote } from "./support/remote.mjs";

const LINGER_SECONDS = 8;

/** @type {Harness} */
let harness;
/** @type {Remote} */
let remote;

before(async () => {
	harness = await Harness.start({ users: ["tanaka", "suzuki"], lingerSeconds: LINGER_SECONDS });
	remote = await Remote.open(harness);
}, { timeout: 240000 });
after(async () => {
	await remote?.close();
	await harness?.stop();
});

/** Starts a new session after one has ended.
 * @param {Remote} which */
async function again(which)
{
	await which.page.getByRole("button", { name: "もう一度始める" }).click();
	await which.live();
	await which.painted();
}

/** Kills a process that may have ended by itself just now.
 * @param {number} pid */
function end(pid)
{
	try {
		process.kill(pid, "SIGKILL");
	} catch (error) {
		if (/** @type {NodeJS.ErrnoException} */ (error).code !== "ESRCH")
			throw error;
	}
}

/** Ends a process of the session and waits for the words that the user gets.
 * @param {number} ancestor
 * @param {RegExp} command
 * @param {RegExp} words */
async function killed(ancestor, command, words)
{
	const victims = descendants(ancestor).filter(process => command.test(process.command));
	assert.ok(victims.length > 0, `no process ${command} under ${ancestor}`);
	for (const victim of victims)
		end(victim.pid);
	await remote.phase("ended", 30000);
	assert.match(await remote.heading() ?? "", words);
	await again(remote);
}

test("life: a line that breaks comes back to the same page, by itself", { timeout: 120000 }, async () => {
	await remote.go("/type");
	await remote.page.mouse.click(300, 250);
	await remote.page.keyboard.type("still here");
	await remote.hasText("still here");
	const asked = harness.site.requests.length;
	harness.line.cut();
	await remote.phase("reconnecting");
	await remote.page.getByRole("heading", { name: "接続が切れています" }).waitFor();
	await remote.screenshot("reconnecting");
	harness.line.mend();
	await remote.page.getByRole("button", { name: "今すぐ接続" }).click();
	await remote.live();
	await remote.page.keyboard.type("!");
	await remote.hasText("still here!");
	assert.equal(harness.site.requests.length, asked, "the page was not loaded again");
});

test("life: a short break needs nobody to press anything", { timeout: 120000 }, async () => {
	harness.line.cut();
	await remote.phase("reconnecting");
	harness.line.mend();
	await remote.live();
	await remote.page.keyboard.type("!");
	await remote.hasText("still here!!");
});

test("life: a key that was down when the line broke is not down afterwards", { timeout: 120000 }, async () => {
	await remote.page.keyboard.down("Shift");
	await remote.page.keyboard.down("W");
	await remote.hasText("still here!!W");
	harness.line.cut();
	await remote.phase("reconnecting");
	harness.line.mend();
	await remote.live();
	await remote.reports("sees Shift up", ({ keys }) =>
		keys.lastIndexOf("-ShiftLeft:Shift") > keys.lastIndexOf("+ShiftLeft:Shift"));
	await remote.page.keyboard.up("W");
	await remote.page.keyboard.up("Shift");
	await remote.page.keyboard.type("z");
	await remote.hasText("still here!!Wz");
});

test("life: a broker that is killed, or restarted, comes back with everybody's page, nobody logs in again", { timeout: 240000 }, async () => {
	const other = await Remote.open(harness, { user: "suzuki" });
	await other.go("/second");
	const asked = harness.site.requests.length;
	await harness.broker.kill();
	await remote.phase("reconnecting");
	await other.phase("reconnecting");
	harness.startBroker();
	await remote.live();
	await other.live();
	await remote.page.keyboard.type("?");
	await remote.hasText("still here!!Wz?");
	await remote.page.keyboard.press("Backspace");
	await remote.hasText("still here!!Wz");
	assert.equal(harness.site.requests.length, asked, "no page was loaded again");
	assert.match(harness.broker.log(), /session\.restored/);
	// a restart in good order is no different for those who sit before it
	harness.broker.process.kill("SIGUSR1");
	await remote.phase("reconnecting");
	await harness.broker.ended;
	assert.match(harness.broker.log(), /broker\.stopped/);
	harness.startBroker();
	await remote.live();
	await other.live();
	await remote.page.keyboard.type("?");
	await remote.hasText("still here!!Wz?");
	await remote.page.keyboard.press("Backspace");
	await remote.hasText("still here!!Wz");
	assert.equal(harness.site.requests.length, asked, "no page was loaded again");
	await other.page.keyboard.press("F8");
	await other.page.getByRole("button", { name: "閲覧を終了" }).click();
	await other.page.getByRole("button", { name: "終了する" }).click();
	await other.phase("ended");
	await other.close();
});

test("life: reloading the page comes back to the same session", { timeout: 120000 }, async () => {
	await remote.page.reload();
	await remote.live();
	await remote.page.getByText("前回の続きを表示しています").waitFor();
	await remote.page.keyboard.type("y");
	await remote.hasText("still here!!Wzy");
});

test("life: a second window takes over, the first one says so and stays quiet until it is asked", { timeout: 120000 },
	async () => {
		const second = new Remote(harness, await remote.page.context().newPage());
		await second.page.goto(harness.url);
		await second.live();
		await remote.phase("ended");
		assert.equal(await remote.heading(), "別の画面で開かれました");
		await remote.screenshot("taken-over");
		await new Promise(resolve => setTimeout(resolve, 2500));
		assert.equal(await second.page.locator("sek-session").getAttribute("data-phase"), "live", "nobody took it back");
		await remote.page.bringToFront();
		await remote.page.getByRole("button", { name: "この画面で続ける" }).click();
		await remote.live();
		await second.phase("ended");
		await second.page.close();
		await remote.page.keyboard.type("x");
		await remote.hasText("still here!!Wzyx");
	});

test("life: ended by the user, said in words; the next session knows nothing of it", { timeout: 120000 }, async () => {
	await remote.page.keyboard.press("F8");
	await remote.page.getByRole("button", { name: "閲覧を終了" }).click();
	await remote.screenshot("end-question");
	await remote.page.getByRole("button", { name: "続ける", exact: true }).click();
	await remote.phase("live");
	await remote.page.keyboard.press("F8");
	await remote.page.getByRole("button", { name: "閲覧を終了" }).click();
	await remote.page.getByRole("button", { name: "終了する" }).click();
	await remote.phase("ended");
	assert.equal(await remote.heading(), "閲覧を終了しました");
	await remote.screenshot("ended");
	await again(remote);
	await remote.go("/type");
	await remote.hasText("");
});

test("life: a decoder that is killed ends its own session only, said in words", { timeout: 240000 }, async () => {
	const broker = harness.broker.process.pid ?? 0;
	const mine = descendants(broker).map(process => process.pid);
	const other = await Remote.open(harness, { user: "suzuki" });
	const decoder = descendants(broker).find(process =>
		!mine.includes(process.pid) && /sekisho-decoder/.test(process.command));
	assert.ok(decoder, "the other session has a decoder of its own");
	end(decoder.pid);
	await other.phase("ended");
	assert.match(await other.heading() ?? "", /受け取りに問題が起きたため終了しました/);
	await remote.phase("live");
	await again(other);
	await other.close();
	await remote.go("/second");
});

test("life: the X server's end is told in words", { timeout: 120000 }, async () => {
	await killed(harness.renderd.process.pid ?? 0, /^\/usr\/bin\/Xvfb/, /画面が異常終了/);
});

test("life: the browser's crash is told in words", { timeout: 120000 }, async () => {
	await killed(harness.renderd.process.pid ?? 0, /^\/usr\/lib\/chromium\/chromium (?!--type)/,
		/^ブラウザーが異常終了しました$/);
});

test("life: closing the last tab ends the session, said in words", { timeout: 120000 }, async () => {
	await remote.page.keyboard.press("Control+w");
	await remote.phase("ended", 30000);
	assert.equal(await remote.heading(), "ブラウザーのウィンドウが閉じられました");
	await again(remote);
});

test("life: a line that is away longer than sessions wait is told, nothing new starts unasked", { timeout: 240000 },
	async () => {
		harness.line.cut();
		await remote.phase("reconnecting");
		await new Promise(resolve => setTimeout(resolve, (LINGER_SECONDS + 2) * 1000));
		harness.line.mend();
		await remote.phase("ended", 30000);
		assert.equal(await remote.heading(), "前の閲覧は終了していました");
		await remote.screenshot("lost");
		await again(remote);
	});

test("life: a log-in that has ended leads to the log-in page, with words", { timeout: 120000 }, async () => {
	const context = remote.page.context();
	await context.clearCookies();
	harness.line.cut();
	await remote.phase("reconnecting");
	harness.line.mend();
	await remote.page.getByText("ログインの有効期間が切れました").waitFor({ timeout: 60000 });
	await remote.page.locator("input[name=user]").fill("tanaka");
	await remote.page.locator("input[name=password]").fill(harness.password);
	await remote.page.keyboard.press("Enter");
	await remote.live();
});

test("life: logging out ends the session and the log-in", { timeout: 120000 }, async () => {
	await remote.page.keyboard.press("F8");
	await remote.page.getByRole("button", { name: "ログアウト" }).click();
	await remote.page.getByRole("button", { name: "ログアウトする" }).click();
	await remote.page.getByText("ログアウトしました").waitFor();
	const me = await remote.page.evaluate(async () => (await fetch("/api/me")).status);
	assert.equal(me, 401);
	await until("nothing of the session is left", () => descendants(harness.renderd.process.pid ?? 0)
		.every(process => !/Xvfb|chromium\/chromium/.test(process.command)), 60000);
});

test("life: no fault was told on the console", () => {
	assert.deepEqual(problems(remote.page), []);
});
