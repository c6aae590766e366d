// SPDX-License-Identifier: GPL-3.0-or-later
// A supervisor's approval, by two people at their pages: a long text copied in the isolated browser waits, is looked at, refused with a
// reason or approved, and only then reaches who asked for it. The same with a document, whose very pages the approver sees.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";
import { Harness, outDir, problems, until } from "./harness.mjs";
import { done, enter } from "./support/office.mjs";
import { pdf } from "./support/pdf.mjs";
import { Remote } from "./support/remote.mjs";

/** @type {Harness} */
let harness;
/** @type {Remote} */
let remote;
/** @typedef {import("playwright-core").Page} Page */
/** @type {Page} */
let office;
/** @type {Page} */
let approver;

const LONG = "承認が必要な長い文字です。MARKER-7d1e";

before(async () => {
	harness = await Harness.start({ users: ["tanaka", "kacho", "bucho", "kanri"],
		brokerExtra: dir => `documents:\n  path: ${dir}/state/documents\n  least_free_mib: 16\n` });
	harness.setRoles("kanri", ["administrator"]);
	harness.setRoles("kacho", []); // an approver needs no role
	office = await enter(harness, "kanri", "admin");
	await done(office, "groups/add", { name: "eigyo", text: "営業課", reason: "試験" });
	await done(office, "groups/add-member", { name: "eigyo", user: "tanaka", reason: "試験" });
	for (const [attribute, value] of [["clipboard", "to-inner"], ["clipboard_confirm", false], ["clipboard_approval_chars", 10]])
		await policy(String(attribute), value);
	harness.site.files.set("/three.pdf", { type: "application/pdf", body: pdf(3), attachment: true });
	remote = await Remote.open(harness, { permissions: ["clipboard-read", "clipboard-write"] });
}, { timeout: 240000 });

/** @param {string} attribute
 * @param {unknown} value */
async function policy(attribute, value)
{
	const { values: now } = await done(office, "policies/show", { scope: "group", name: "eigyo" });
	await done(office, "policies/set", { scope: "group", name: "eigyo", attribute, value, expected: now[attribute]?.version ?? 0, reason: "試験" });
}

after(async () => {
	await remote?.close();
	await harness?.stop();
}, { timeout: 120000 });

/** @param {Page} page
 * @param {string} name */
const shot = (page, name) => page.screenshot({ path: path.join(outDir, `${name}.png`) });
/** @param {string} text of the page */
const says = text => remote.page.locator(".toast").getByText(text).waitFor();

/** Copies a text over there.
 * @param {string} text */
async function copy(text)
{
	await remote.go("/type");
	await remote.point(300, 150);
	await remote.page.mouse.click(300, 150);
	await remote.settled();
	await remote.page.keyboard.type("x"); // once this is there, the field has the keys and the input method
	await remote.hasText("x");
	await remote.page.keyboard.press("Control+a");
	await remote.page.keyboard.type(text);
	await remote.hasText(text);
	await remote.page.keyboard.press("Control+a");
	await remote.page.keyboard.press("Control+c");
}

async function openPanel()
{
	await remote.page.keyboard.press("F8");
	await remote.page.locator("[data-action=documents]").click();
	await remote.page.locator("dialog.documents").waitFor();
}

test("approve: without an approver it is refused, and both the user and the administrator are told", { timeout: 120000 }, async () => {
	await copy(LONG);
	await says("承認者が登録されていません");
	await office.goto(`${harness.url}/admin/#policies/group/eigyo`);
	await office.locator(".place .notice").getByText("eigyo").waitFor();
	await shot(office, "approve-policy-warning-ja");
	await office.goto(`${harness.url}/admin/#groups/eigyo`);
	await office.getByRole("button", { name: "承認者を登録・変更" }).click();
	await office.locator("dialog input[name=user]").fill("kacho");
	await office.locator("dialog input[name=reason]").fill("任命");
	await shot(office, "approve-set-ja");
	await office.locator("dialog button[type=submit]").click();
	await office.getByRole("cell", { name: "承認できる" }).waitFor();
	await shot(office, "approve-group-ja");
});

test("approve: a long text waits, is seen by the approver alone, and is refused with a reason", { timeout: 120000 }, async () => {
	await remote.page.evaluate(() => navigator.clipboard.writeText("前の文字"));
	await remote.page.keyboard.press("Control+c");
	await says("上長の承認を待っています");
	assert.equal(await remote.page.evaluate(() => navigator.clipboard.readText()), "前の文字");
	approver = await enter(harness, "kacho", /** @type {any} */ ("approve"), { locale: "ja-JP", viewport: { width: 1280, height: 800 } });
	await approver.locator("tr[data-id]").waitFor();
	assert.match(await approver.title(), /^\(1\) /);
	await shot(approver, "approve-queue-ja");
	await approver.locator("tr[data-id] a.button").click();
	await until("the text is there", async () => await approver.locator(".whole-text").inputValue().catch(() => "") === LONG);
	await approver.getByRole("button", { name: "却下する" }).click();
	await approver.getByText("却下の理由を入力してください").waitFor();
	await approver.locator("aside textarea").fill("個人情報が含まれています");
	await shot(approver, "approve-text-ja");
	await approver.getByRole("button", { name: "却下する" }).click();
	await approver.getByText("却下しました").waitFor();
	await says("個人情報が含まれています");
	await openPanel();
	await remote.page.locator("dialog.documents li[data-state=refused]").getByText("kacho さん：個人情報が含まれています").waitFor();
	await shot(remote.page, "approve-panel-refused-ja");
	await remote.page.keyboard.press("Escape");
});

test("approve: approved, it is taken from the panel, in English, by the keyboard", { timeout: 120000 }, async () => {
	await copy(LONG);
	await says("上長の承認を待っています");
	await approver.locator("tr[data-id]").waitFor(); // the list refreshes itself
	await approver.evaluate(() => localStorage.setItem("sekisho.language", "en"));
	await approver.reload();
	await approver.locator("tr[data-id] a.button").focus();
	await approver.keyboard.press("Enter");
	await shot(approver, "approve-text-en");
	await approver.getByRole("button", { name: "Approve" }).focus();
	await approver.keyboard.press("Enter");
	await approver.getByText("Approved:").waitFor();
	await approver.getByText("Nothing waits for your approval").waitFor();
	await shot(approver, "approve-done-en");
	await says("コピーした文字が承認されました");
	await openPanel();
	const row = remote.page.locator("dialog.documents li[data-state=approved]");
	await row.waitFor();
	await shot(remote.page, "approve-panel-ja");
	await row.locator("[data-deed=copy]").focus();
	await remote.page.keyboard.press("Enter");
	await until("the text is on the local clipboard", async () => await remote.page.evaluate(() => navigator.clipboard.readText()) === LONG);
	await row.locator("[data-deed=delete]").click();
	await row.waitFor({ state: "detached" });
	await remote.page.keyboard.press("Escape");
	const { rows } = await done(office, "audit/search", { limit: 100 });
	const words = rows.map((/** @type {any} */ r) => r.what).filter((/** @type {string} */ w) => /^(approval|clipboard)\./.test(w));
	assert.deepEqual(words.reverse(), ["clipboard.to-inner", "approval.asked", "approval.viewed", "approval.refused", "approval.asked", "approval.viewed",
		"approval.approved", "clipboard.to-inner"]);
	assert.ok(!JSON.stringify(rows).includes("MARKER-7d1e"));
	for (const page of [remote.page, approver])
		assert.deepEqual(problems(page), []);
});

test("approve: a document's very pages, then its file and its print for who asked", { timeout: 240000 }, async () => {
	await remote.page.context().addInitScript(() => {
		window.print = () => {
			/** @type {any} */ (window.top).printed = [...document.images].map(image => image.naturalWidth);
		};
	});
	await policy("print", "pixels");
	await policy("download", "pixels-approved");
	await openPanel();
	const panel = remote.page.locator("dialog.documents");
	await panel.locator("[data-part=take]").waitFor();
	await panel.locator("[data-part=name]").fill("見積書");
	await panel.locator("[data-part=page]").check();
	await shot(remote.page, "approve-panel-new-ja");
	await panel.locator("[data-part=take]").click();
	await panel.locator("li[data-state=waiting], li[data-state=failed]").first().waitFor({ timeout: 60000 });
	await shot(remote.page, "approve-panel-waiting-ja");
	assert.equal(await panel.locator("li .what").first().textContent(), "見積書承認待ち");
	assert.equal(await panel.locator("[data-deed=save]").count(), 0);

	await approver.evaluate(() => localStorage.setItem("sekisho.language", "ja"));
	await approver.reload();
	await approver.locator("tr[data-id] a.button").click();
	const image = approver.locator("img.page");
	await until("the page is shown", () => image.evaluate(i => /** @type {HTMLImageElement} */ (i).naturalWidth > 600));
	await shot(approver, "approve-page-ja");
	await approver.keyboard.press("+");
	await approver.keyboard.press("+");
	await until("it is larger", () => image.evaluate(i => i.clientWidth > 600));
	await shot(approver, "approve-page-large-ja");
	await approver.getByRole("button", { name: "承認する" }).click();
	await approver.getByText("承認しました").waitFor();

	await panel.locator("li[data-state=released]").waitFor();
	await shot(remote.page, "approve-panel-released-ja");
	const [download] = await Promise.all([remote.page.waitForEvent("download"), panel.locator("[data-deed=save]").click()]);
	assert.equal(download.suggestedFilename(), "見積書.pdf");
	const file = fs.readFileSync(await download.path());
	assert.equal(file.subarray(0, 5).toString(), "%PDF-");
	await panel.locator("[data-deed=print]").click();
	const printed = await until("the print dialogue", () => remote.page.evaluate(() => /** @type {any} */ (window).printed));
	assert.equal(printed.length, 1);
	assert.ok(printed[0] > 600);
	const { rows } = await done(office, "audit/search", { limit: 100, search: "見積書" });
	const hash = createHash("sha256").update(file).digest("hex");
	for (const what of ["approval.asked", "approval.approved"])
		assert.equal(rows.find((/** @type {any} */ r) => r.what === what)?.details.sha256, hash, what);
	for (const page of [remote.page, approver])
		assert.deepEqual(problems(page), []);
});

test("approve: a caught download of many pages takes two, and the second may refuse", { timeout: 240000 }, async () => {
	await policy("download", "pixels-approved");
	await policy("approval_bulk_pages", 2);
	await remote.page.keyboard.press("Escape");
	await remote.addressBar();
	await remote.page.keyboard.type(`${harness.site.url.replace("http://", "")}/three.pdf`);
	await remote.page.keyboard.press("Enter");
	await remote.page.locator("[data-action=documents] .bar-count").filter({ hasText: "1" }).waitFor({ state: "attached", timeout: 60000 });
	await openPanel();
	const panel = remote.page.locator("dialog.documents"), newest = panel.locator("li").first();
	await panel.locator("[data-part=download]").check();
	await panel.locator("[data-part=name]").fill("仕様書");
	await panel.locator("[data-part=take]").click();
	await newest.getByText("承認者が 2 人必要ですが").waitFor({ timeout: 60000 });
	await shot(remote.page, "approve-panel-few-ja");
	const until_s = Math.floor(Date.now() / 1000) + 3600;
	await done(office, "groups/set-approver", { name: "eigyo", user: "bucho", deputy: true, until_s, reason: "試験" });
	await panel.locator("[data-part=name]").fill("仕様書");
	await panel.locator("[data-part=take]").click();
	await panel.locator("li[data-state=waiting]").waitFor({ timeout: 60000 });

	await approver.locator("tr[data-id] a.button").click();
	for (const page of [1, 2, 3]) {
		await approver.locator(`img.page[data-page="${page}"]`).waitFor();
		await approver.keyboard.press("ArrowRight");
	}
	await approver.getByText("3 ページのうち 3 ページを確認しました").waitFor();
	await shot(approver, "approve-three-ja");
	await approver.getByRole("button", { name: "承認する" }).click();
	await approver.getByText("もう 1 人の承認を待っています").first().waitFor();
	await shot(approver, "approve-second-ja");
	const second = await enter(harness, "bucho", /** @type {any} */ ("approve"), { locale: "en-GB", viewport: { width: 1280, height: 800 } });
	await second.locator("tr[data-id] a.button").click();
	await second.locator("img.page[data-page=\"1\"]").waitFor();
	await second.locator("aside textarea").fill("Two pages are not needed");
	await shot(second, "approve-page-en");
	await second.getByRole("button", { name: "Refuse" }).click();
	await second.getByText("Refused:").waitFor();
	await panel.locator("li[data-state=refused]").first().getByText("Two pages are not needed").waitFor();
	await shot(remote.page, "approve-panel-end-ja");
	for (const page of [remote.page, approver, second])
		assert.deepEqual(problems(page), []);
});
