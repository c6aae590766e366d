// SPDX-License-Identifier: GPL-3.0-or-later
// What reviewers make of recordings: words that were on the screen are found, with the second at which they came, and a recording
// is saved as a video file, by the page and on the command line.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";
import { Harness, build, outDir, problems, until } from "./harness.mjs";
import { done, enter } from "./support/office.mjs";
import { Remote } from "./support/remote.mjs";
import { PASSPHRASE, recording } from "./support/recordings.mjs";

/** @typedef {import("playwright-core").Page} Page */

const site = recording();
/** @type {Harness} */
let harness;

before(async () => {
	harness = await Harness.start({ users: ["tanaka", "kansa"], prepare: site.prepare,
		brokerExtra: dir => `${site.brokerExtra(dir)}  words: jpn+eng\n` });
	harness.setRoles("kansa", ["reviewer"]);
}, { timeout: 240000 });
after(() => harness?.stop());

/** @param {Page} page */
async function unlock(page)
{
	await page.locator("input[type=file]").setInputFiles(site.secretKey);
	await page.locator("input[type=password][required]").fill(PASSPHRASE);
	await page.keyboard.press("Enter");
}

/** Whether a file is a video that FFmpeg's own program would call one: WebM begins like this.
 * @param {string} file */
function isWebm(file)
{
	const bytes = fs.readFileSync(file);
	return bytes.length > 2000 && bytes.subarray(0, 4).toString("hex") === "1a45dfa3" && bytes.includes("V_VP9");
}

/** @param {string[]} args */
function ctl(...args)
{
	return spawnSync(path.join(build, "bin", "sekishoctl"), ["--socket", path.join(harness.dir, "state", "control.sock"), ...args],
		{ encoding: "utf8" });
}

let began = 0, appeared = 0, id = "";

test("find: a session in which words are to be read", { timeout: 240000 }, async () => {
	const remote = await Remote.open(harness, { user: "tanaka" });
	await remote.go("/type");
	await remote.point(300, 150);
	await remote.page.mouse.click(300, 150);
	await remote.reports("has its field focused", report => report.focus === "TEXTAREA");
	appeared = Date.now();
	await remote.page.keyboard.type("procurement ledger 2031");
	await remote.hasText("procurement ledger 2031");
	await new Promise(resolve => setTimeout(resolve, 2500)); // it rests, and is read as it stands
	await remote.go("/second");
	await new Promise(resolve => setTimeout(resolve, 2500));
	assert.equal(ctl("stop", "user", "tanaka").status, 0);
	await remote.phase("ended");
	await remote.close();
});

test("find: the reviewer finds the second at which a phrase was on the screen", { timeout: 240000 }, async () => {
	const page = await enter(harness, "kansa", "review");
	const search = page.getByPlaceholder("画面に表示されていた文字"), found = page.locator(".hits li");
	await search.fill("procurement ledger");
	await page.keyboard.press("Enter");
	await unlock(page);
	await until("the recordings are read", async () => {
		await search.press("Enter");
		await page.waitForTimeout(1000);
		return await found.count() > 0;
	}, 180000);
	[{ recording: id, began_us: began }] = (await done(page, "recordings/list", { user: "tanaka" })).rows;
	const hits = (await done(page, "find", { phrase: "procurement ledger" }, "review")).hits;
	const at = began / 1000 + hits[0].at_us / 1000;
	assert.ok(at >= appeared - 1000 && at <= appeared + 20000, `${at - appeared} ms after the first letter`);
	await page.screenshot({ path: path.join(outDir, "review-find.png") });
	// Japanese, of two letters and of more
	for (const phrase of ["二番", "二番目のページ"])
		await until(`${phrase} is found`, async () => (await done(page, "find", { phrase }, "review")).hits.length > 0, 60000);
	// the link leads there
	await found.first().getByRole("link").click();
	await page.locator("input[name=reason]").fill("申請 13号");
	await page.keyboard.press("Enter");
	await page.locator("sek-player[data-sought]").waitFor();
	await until("the player is there", async () =>
		Math.abs(Number(await page.locator("sek-player").getAttribute("data-at")) - hits[0].at_us) < 100000);
	await page.screenshot({ path: path.join(outDir, "review-found.png") });
	// and is saved as a video
	await page.getByRole("button", { name: "動画として保存" }).click();
	await page.getByLabel("終了位置").fill("x");
	await page.getByLabel("理由").fill("申請 13号");
	await page.keyboard.press("Enter");
	await page.getByRole("alert").filter({ hasText: /./ }).first().waitFor();
	await page.getByLabel("終了位置").fill("0:00:05");
	const [download] = await Promise.all([page.waitForEvent("download"), page.keyboard.press("Enter")]);
	const file = path.join(outDir, "review.webm");
	await download.saveAs(file);
	assert.match(download.suggestedFilename(), /^tanaka-.*\.webm$/);
	assert.ok(isWebm(file));
	assert.deepEqual(problems(page), []);
	await page.context().close();
});

test("find: an administrator of the machine exports on the command line, on the record", { timeout: 240000 }, () => {
	const out = path.join(harness.dir, "out.webm"), passphrase = path.join(harness.dir, "passphrase");
	fs.writeFileSync(passphrase, `${PASSPHRASE}\n`, { mode: 0o600 });
	const command = ["recording", "export", id, out, "--secret", site.secretKey, "--passphrase-file", passphrase, "--to", "4"];
	assert.equal(ctl(...command).status, 2, "nothing without a reason");
	const result = ctl(...command, "--reason", "証拠として");
	assert.equal(result.status, 0, result.stderr);
	assert.ok(isWebm(out));
	const found = JSON.parse(ctl("--json", "audit", "search", "--what", "recording.exported").stdout);
	const details = JSON.stringify(found);
	assert.ok(details.includes("証拠として") && details.includes("申請 13号") && details.includes(id), details);
});
