// SPDX-License-Identifier: GPL-3.0-or-later
// The store is a PostgreSQL that goes away and comes back, as staff see it.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { Harness, outDir, problems } from "./harness.mjs";
import { Remote } from "./support/remote.mjs";

const tool = fileURLToPath(new URL("../support/postgresql", import.meta.url));
const folder = fs.mkdtempSync(path.join(os.tmpdir(), "sek-pge2e-")), where = path.join(folder, "where");
/** @param {string} what */
const server = what => execFileSync(tool, [what, where], { stdio: "inherit" });
/** @type {Harness} */
let harness;
/** @type {Remote} */
let remote;

before(async () => {
	server("start");
	harness = await Harness.start({ users: ["tanaka", "suzuki"], postgresql: fs.readFileSync(where, "utf8").trim() });
	remote = await Remote.open(harness);
}, { timeout: 240000 });
after(async () => {
	await remote?.close();
	await harness?.stop();
	server("stop");
	fs.rmSync(folder, { recursive: true });
});

test("store: the database is away: browsing goes on, a log-in waits with a word and goes on by itself", { timeout: 240000 }, async () => {
	await remote.go("/type");
	await remote.page.mouse.click(300, 250);
	await remote.page.keyboard.type("before");
	await remote.hasText("before");
	server("freeze"); // nothing of a live session waits for a query
	await remote.page.keyboard.type(" frozen");
	await remote.hasText("before frozen");
	server("thaw");
	server("kill");
	const page = await harness.newPage({ locale: "ja-JP" });
	await page.goto(harness.url);
	await page.locator("input[name=user]").fill("suzuki");
	await page.locator("input[name=password]").fill(harness.password);
	await page.keyboard.press("Enter");
	await page.getByText("サーバーのデータベースが応答していません。", { exact: false }).first().waitFor({ timeout: 60000 });
	await page.screenshot({ path: path.join(outDir, "login-store-away.png") });
	await remote.page.keyboard.type(" while");
	await remote.hasText("before frozen while");
	// whoever asks for a session now is told that it is the database, not the line
	await remote.page.reload();
	await remote.page.locator("sek-overlay h1").getByText("サーバーのデータベースが応答していません", { exact: true }).waitFor({ timeout: 60000 });
	await remote.page.screenshot({ path: path.join(outDir, "session-store-away.png") });
	server("again");
	await page.locator("sek-session").waitFor({ timeout: 60000 });
	await remote.live();
	await remote.page.mouse.click(300, 250);
	await remote.page.keyboard.type(" after");
	await remote.hasText("before frozen while after");
	await remote.live();
	assert.deepEqual(problems(page).filter(line => !line.includes("503")), []);
	await page.context().close();
});
