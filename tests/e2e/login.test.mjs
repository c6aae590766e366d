// SPDX-License-Identifier: GPL-3.0-or-later
// The log-in page, against a real broker.

import assert from "node:assert/strict";
import https from "node:https";
import path from "node:path";
import { after, before, test } from "node:test";
import { Harness, outDir, problems, until } from "./harness.mjs";

/** @type {Harness} */
let harness;

before(async () => {
	harness = await Harness.start({ users: ["tanaka", "suzuki", "sato"], renderHost: false });
}, { timeout: 120000 });
after(() => harness?.stop());

/** @param {import("playwright-core").Page} page
 * @param {string} user
 * @param {string} password */
async function attempt(page, user, password)
{
	await page.locator("input[name=user]").fill(user);
	await page.locator("input[name=password]").fill(password);
	await page.keyboard.press("Enter");
}

/** Posts JSON as another computer would; whatever is answered.
 * @param {string} url
 * @param {object} body
 * @returns {Promise<number>} the status, 0 if none came */
function post(url, body)
{
	return new Promise(resolve => {
		const request = https.request(url, { method: "POST", ca: harness.ca(), agent: false,
			headers: { "Content-Type": "application/json", "Origin": harness.url } }, response => {
			response.resume();
			response.on("end", () => resolve(response.statusCode ?? 0));
		});
		request.on("error", () => resolve(0));
		request.end(JSON.stringify(body));
	});
}

test("login: Japanese and English by the browser's language, and by the switch", { timeout: 120000 }, async () => {
	const page = await harness.newPage({ locale: "ja-JP" });
	await page.goto(harness.url);
	await page.getByRole("heading", { name: "ログイン" }).waitFor();
	assert.equal(await page.locator("html").getAttribute("lang"), "ja");
	await page.screenshot({ path: path.join(outDir, "login-ja.png") });
	await page.getByRole("button", { name: "English" }).click();
	await page.getByRole("heading", { name: "Log in" }).waitFor();
	assert.equal(await page.locator("html").getAttribute("lang"), "en");
	await page.reload();
	await page.getByRole("heading", { name: "Log in" }).waitFor();
	assert.deepEqual(problems(page), []);
	await page.context().close();

	const english = await harness.newPage({ locale: "en-GB", colorScheme: "dark" });
	await english.goto(harness.url);
	await english.getByRole("heading", { name: "Log in" }).waitFor();
	await english.screenshot({ path: path.join(outDir, "login-en-dark.png") });
	await english.context().close();
});

test("login: a wrong password and an unknown user get the same words, said aloud", { timeout: 120000 }, async () => {
	const page = await harness.newPage();
	await page.goto(harness.url);
	/** @type {(string | null)[]} */
	const said = [];
	for (const user of ["tanaka", "nobody-here"]) {
		await attempt(page, user, "wrong password");
		const alert = page.getByRole("alert");
		await until("the page says that it was wrong", async () => (await alert.textContent())?.includes("違います"));
		said.push(await alert.textContent());
		assert.equal(await page.locator("input[name=password]").inputValue(), "");
		assert.equal(await page.locator("input[name=password]").getAttribute("aria-invalid"), "true");
	}
	assert.equal(said[0], said[1]);
	await page.screenshot({ path: path.join(outDir, "login-wrong.png") });
	assert.deepEqual(problems(page), []);
	await page.context().close();
});

test("login: empty fields are asked for, the focus goes there", { timeout: 120000 }, async () => {
	const page = await harness.newPage();
	await page.goto(harness.url);
	await page.locator("button[type=submit]").click();
	await page.getByRole("alert").getByText("ユーザー名を入力").waitFor();
	assert.equal(await page.evaluate(() => document.activeElement?.getAttribute("name")), "user");
	await page.keyboard.type("tanaka");
	await page.keyboard.press("Enter");
	await page.getByRole("alert").getByText("パスワードを入力").waitFor();
	assert.equal(await page.evaluate(() => document.activeElement?.getAttribute("name")), "password");
	await page.context().close();
});

test("login: Caps Lock is told while the password is typed; the password can be shown", { timeout: 120000 }, async () => {
	const page = await harness.newPage();
	await page.goto(harness.url);
	await page.locator("input[name=password]").focus();
	await page.evaluate(() => {
		const event = new KeyboardEvent("keydown", { key: "A", bubbles: true, modifierCapsLock: true });
		document.querySelector("input[name=password]")?.dispatchEvent(event);
	});
	await page.getByText("Caps Lock がオン").waitFor();
	await page.keyboard.type("a");
	assert.equal(await page.getByText("Caps Lock がオン").count(), 0);
	await page.getByRole("button", { name: "パスワードを表示" }).click();
	assert.equal(await page.locator("input[name=password]").getAttribute("type"), "text");
	await page.context().close();
});

test("login: too many failures are counted down, nobody else waits, and then it works", { timeout: 240000 }, async () => {
	const page = await harness.newPage();
	await page.goto(harness.url);
	const hint = page.locator(".countdown");
	for (let i = 0; i < 20 && !await hint.textContent(); i++) {
		await attempt(page, "suzuki", `wrong ${i}`);
		await until("an answer", async () => await page.getByRole("alert").textContent());
	}
	assert.match(await hint.textContent() ?? "", /あと \d+ 秒/);
	assert.equal(await page.locator("button[type=submit]").getAttribute("aria-disabled"), "true");
	await page.screenshot({ path: path.join(outDir, "login-throttled.png") });
	// Another member of staff is not locked out by that.
	const other = await harness.newPage();
	await harness.login(other, "tanaka");
	await other.locator("sek-session").waitFor();
	await other.context().close();
	await page.getByText("もう一度お試しいただけます。", { exact: true }).waitFor({ timeout: 60000 });
	await attempt(page, "suzuki", harness.password);
	await page.locator("sek-session").waitFor();
	await page.context().close();
});

test("login: in a rush a member of staff gets in without trying again", { timeout: 120000 }, async () => {
	const page = await harness.newPage();
	await page.goto(harness.url);
	let rush = true;
	/** @type {Set<number>} */
	const told = new Set();
	const others = Array.from({ length: 48 }, async () => {
		while (rush) {
			told.add(await post(`${harness.url}/api/login`, { user: "tanaka", password: harness.password }));
			await new Promise(resolve => setTimeout(resolve, 100));
		}
	});
	try {
		await until("others are told that it is busy", () => told.has(503));
		await attempt(page, "sato", harness.password);
		// It gets in while the rush goes on, at once or after standing in line; it is never sent back to the form.
		await page.locator("sek-session").waitFor({ timeout: 60000 });
	} finally {
		rush = false;
		await Promise.all(others);
	}
	await page.context().close();
});

test("login: without a log-in there is no session", { timeout: 120000 }, async () => {
	const page = await harness.newPage();
	await page.goto(harness.url);
	const refused = await page.evaluate(async () => {
		const answer = await fetch("/api/session", { method: "POST", body: "{}",
			headers: { "Content-Type": "application/json" } });
		return [answer.status, await answer.json()];
	});
	assert.deepEqual(refused, [401, { error: "login-required" }]);
	await page.context().close();
});

test("login: a render host that is not there is told in words", { timeout: 120000 }, async () => {
	const page = await harness.newPage();
	await harness.login(page, "tanaka");
	await page.getByRole("heading", { name: "利用できる閲覧用サーバーがありません" }).waitFor({ timeout: 60000 });
	await page.screenshot({ path: path.join(outDir, "no-host.png") });
	await page.getByRole("button", { name: "もう一度始める" }).waitFor();
	assert.deepEqual(problems(page), []);
	await page.context().close();
});
