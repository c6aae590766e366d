// SPDX-License-Identifier: GPL-3.0-or-later
// The administration page, against a real broker: users, live sessions, policies, in both languages.

import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";
import { Harness, outDir, problems, until } from "./harness.mjs";
import { makeCards } from "../support/cards.mjs";

/** @type {Harness} */
let harness;

before(async () => {
	harness = await Harness.start({ users: ["tanaka", "kanri", "kanri2"],
		brokerExtra: "administration:\n  second_administrator: true\nages:\n  image_max_days: 90\n" });
	harness.setRoles("kanri", ["staff", "administrator"]);
	harness.setRoles("kanri2", ["staff", "administrator"]);
}, { timeout: 120000 });
after(() => harness?.stop());

/** Opens the administration and logs in.
 * @param {string} user
 * @param {import("playwright-core").BrowserContextOptions} [options] */
async function enter(user, options)
{
	const page = await harness.newPage(options);
	await page.goto(`${harness.url}/admin/`);
	await page.locator("input[name=user]").fill(user);
	await page.locator("input[name=password]").fill(harness.password);
	await page.keyboard.press("Enter");
	return page;
}

/** Runs an operation as the page does.
 * @param {import("playwright-core").Page} page
 * @param {string} name
 * @param {object} input */
function op(page, name, input)
{
	return page.evaluate(async ([path, body]) => {
		const answer = await fetch(`/api/admin/${path}`, { method: "POST", body, headers: { "Content-Type": "application/json" } });
		return [answer.status, await answer.json()];
	}, [name, JSON.stringify(input)]);
}

/** @param {import("playwright-core").Page} page
 * @param {string} name */
const shot = (page, name) => page.screenshot({ path: path.join(outDir, `admin-${name}.png`) });

test("admin: staff see nothing of it", { timeout: 120000 }, async () => {
	const page = await enter("tanaka");
	await page.getByRole("alert").getByText("権限がありません").waitFor();
	assert.equal(await page.locator("table").count(), 0);
	await shot(page, "forbidden");
	await page.context().close();
});

test("admin: a user is added, found, disabled and enabled, by keyboard", { timeout: 120000 }, async () => {
	const page = await enter("kanri");
	await page.getByRole("link", { name: "ユーザー" }).click();
	await page.getByRole("rowheader", { name: "tanaka", exact: true }).waitFor();
	await page.getByRole("button", { name: "ユーザーを追加" }).focus();
	await page.keyboard.press("Enter");
	await page.keyboard.type("jiro");
	await page.keyboard.press("Enter");
	await page.getByRole("alert").getByText("「理由」について").waitFor();
	await shot(page, "add-wrong");
	for (let i = 0; i < 12 && !await page.getByLabel("理由").evaluate(e => e === document.activeElement); i++)
		await page.keyboard.press("Tab");
	await page.keyboard.type("<b>採用</b>'; DROP TABLE users; --");
	await page.keyboard.press("Enter");
	const secret = await page.locator(".secret").textContent();
	assert.match(secret ?? "", /^[^ ]{16,}$/);
	await shot(page, "password");
	await page.keyboard.press("Enter");
	await page.getByRole("searchbox").fill("JIR");
	const row = page.getByRole("row", { name: /^jiro /u });
	await row.waitFor();
	await until("only that one is shown", async () => await page.locator("tbody tr").count() === 1);
	await row.getByRole("button", { name: "停止" }).click();
	await page.getByLabel("理由").fill("退職");
	await page.keyboard.press("Enter");
	await row.getByText("停止中").waitFor();
	await row.getByRole("button", { name: "再開" }).click();
	await page.getByLabel("理由").fill("復職");
	await page.keyboard.press("Enter");
	await row.getByText("有効").waitFor();
	await shot(page, "users");
	assert.deepEqual(problems(page), []);
	await page.context().close();
});

test("admin: a live session is seen, spoken to and ended", { timeout: 240000 }, async () => {
	const user = await harness.newPage();
	await harness.login(user, "tanaka");
	await user.locator("sek-session[data-phase=live]").waitFor({ timeout: 60000 });
	const page = await enter("kanri", { locale: "en-GB" });
	const row = page.getByRole("row", { name: "tanaka" });
	await row.getByText("watching").waitFor();
	await shot(page, "sessions");
	await row.getByRole("button", { name: "Message" }).click();
	await page.keyboard.type("<b>17時</b>に点検のため終了します");
	await shot(page, "message");
	await page.keyboard.press("Enter");
	await user.getByText("管理者からのお知らせ: <b>17時</b>に点検のため終了します").waitFor();
	await shot(user, "message-seen");
	await page.getByRole("link", { name: "Render hosts" }).click();
	await page.getByRole("rowheader", { name: "render1.sekisho.internal" }).waitFor();
	await shot(page, "hosts");
	await page.getByRole("link", { name: "Live sessions" }).click();
	await row.getByRole("button", { name: "Policy" }).click();
	await page.getByRole("button", { name: "Change: Watermark" }).click();
	await page.getByLabel("New value").selectOption({ label: "yes" });
	await page.getByLabel("Reason").fill("suspicious");
	await page.keyboard.press("Enter");
	await page.getByText("In force. Live sessions follow at once.").waitFor();
	await page.keyboard.press("Enter");
	await page.locator("tr[data-attribute=watermark]").getByText("Session = yes").waitFor();
	await shot(page, "override");
	await page.getByRole("navigation").getByRole("link", { name: "Live sessions" }).click();
	await row.getByRole("button", { name: "End" }).click();
	await page.getByLabel("Reason").fill("inspection");
	await page.keyboard.press("Enter");
	await user.getByText("管理者がセッションを終了しました").or(user.locator("sek-session[data-phase=ended]")).first().waitFor();
	await page.getByText("Nothing found").waitFor();
	await page.getByRole("link", { name: "Audit log" }).click();
	await page.getByRole("row", { name: /session\.end .*reason=inspection/u }).waitFor();
	await page.getByPlaceholder("What", { exact: true }).fill("session.override");
	await page.keyboard.press("Enter");
	await until("only that is shown", async () => await page.locator("tbody tr").count() === 1);
	await page.getByRole("row", { name: /session\.override .*reason=suspicious/u }).waitFor();
	await shot(page, "audit");
	assert.deepEqual(problems(page), []);
	await page.context().close();
	await user.context().close();
});

test("admin: the clipboard policy of a group is changed, approved by a second person, explained, and in the history",
	{ timeout: 90000 }, async () => {
		const page = await enter("kanri");
		await page.getByRole("link", { name: "グループ" }).click();
		await page.getByRole("button", { name: "グループを追加" }).click();
		await page.getByLabel("グループ名").fill("zeimu");
		await page.getByLabel("説明").fill("税務課 <i>");
		await page.getByLabel("理由").fill("新設");
		await page.keyboard.press("Enter");
		await page.getByRole("link", { name: "zeimu" }).click();
		await page.getByRole("button", { name: "メンバーを追加" }).click();
		await page.getByRole("textbox", { name: "ユーザー" }).fill("tanaka");
		await page.getByLabel("理由").fill("異動");
		await page.keyboard.press("Enter");
		await page.getByRole("rowheader", { name: "tanaka" }).waitFor();
		await shot(page, "group");

		await page.getByRole("main").getByRole("link", { name: "ポリシー" }).click();
		await page.getByRole("button", { name: "変更: クリップボード", exact: true }).click();
		await page.getByLabel("新しい値").selectOption({ label: "庁内から隔離ブラウザーへ" });
		await page.getByLabel("理由").fill("窓口の申請入力のため");
		await shot(page, "policy-edit");
		await page.keyboard.press("Enter");
		await page.getByText("別の管理者の承認を待っています").waitFor();
		await shot(page, "policy-waits");
		await page.keyboard.press("Enter");
		const here = page.locator("tr[data-attribute=clipboard]");
		await here.getByText("（指定なし）").waitFor();
		await page.getByRole("button", { name: "承認", exact: true }).click();
		await page.getByLabel("理由").fill("自分で");
		await page.keyboard.press("Enter");
		await page.getByRole("alert").getByText("自分で申請した変更は承認できません").waitFor();
		await page.keyboard.press("Escape");

		const second = await enter("kanri2");
		await second.getByRole("link", { name: "ポリシー" }).click();
		await second.getByRole("button", { name: "承認", exact: true }).click();
		await second.getByLabel("理由").fill("確認しました");
		await second.keyboard.press("Enter");
		await second.getByText("適用済み (kanri2: 確認しました)").waitFor();
		await shot(second, "policy-history");

		await page.goto(`${harness.url}/admin/#users/tanaka`);
		const explained = page.locator(".explain tr").filter({ hasText: "クリップボード" }).first();
		await explained.getByText("グループ: zeimu", { exact: true }).waitFor();
		assert.match(await explained.textContent() ?? "", /庁内から隔離ブラウザーへ/);
		await shot(page, "explain");
		assert.deepEqual([...problems(page), ...problems(second)], []);
		await page.context().close();
		await second.context().close();
	});

test("admin: a certificate is bound by its file, shown with its end, and unbound; the history says what was done", { timeout: 120000 }, async () => {
	const dir = path.join(harness.dir, "cards");
	makeCards(dir, ["tanaka"]);
	// a key that stands in the same file stays on this machine
	const both = path.join(dir, "both.pem");
	fs.writeFileSync(both, fs.readFileSync(path.join(dir, "tanaka.key"), "utf8") + fs.readFileSync(path.join(dir, "tanaka.crt"), "utf8"));
	const page = await enter("kanri");
	/** @type {string[]} */
	const sent = [];
	page.on("request", request => void sent.push(request.postData() ?? ""));
	await page.locator("nav").waitFor();
	await page.goto(`${harness.url}/admin/#users/tanaka`);
	await page.getByText("登録はありません。").waitFor();
	await page.getByRole("button", { name: "証明書を登録" }).click();
	const dialog = page.getByRole("dialog");
	await dialog.getByLabel("証明書ファイル").setInputFiles(path.join(dir, "tanaka.key"));
	await dialog.getByLabel("理由").fill("カードの発行");
	await dialog.getByRole("button", { name: "証明書を登録" }).click();
	await dialog.getByRole("alert").getByText("証明書ファイル").waitFor();
	await dialog.getByLabel("証明書ファイル").setInputFiles(both);
	await shot(page, "bind");
	await dialog.getByRole("button", { name: "証明書を登録" }).click();
	const table = page.locator("table.certificates");
	await table.getByRole("rowheader", { name: "CN=tanaka" }).waitFor();
	assert.match(await table.innerText(), /[0-9a-f]{64}/);
	assert.match(await table.innerText(), /20\d\d\/\d+\/\d+/);
	assert.ok(sent.some(body => body.includes("BEGIN CERTIFICATE")));
	assert.ok(sent.every(body => !body.includes("PRIVATE")));
	await page.getByText("証明書", { exact: true }).first().waitFor();
	await shot(page, "user");
	await table.getByRole("button", { name: "証明書を解除" }).click();
	await dialog.getByLabel("理由").fill("カードの紛失");
	await dialog.getByRole("button", { name: "証明書を解除" }).click();
	await page.getByText("登録はありません。").waitFor();

	const fresh = await op(page, "users/set-roles", { name: "tanaka", roles: ["staff", "approver"], reason: "上長" });
	assert.equal(fresh[0], 200);
	await page.goto(`${harness.url}/admin/#policies/user/tanaka`);
	const history = page.locator("sek-list").last();
	await history.getByText("職員 → 職員, 承認者").waitFor();
	await history.getByText("クライアント証明書").first().waitFor();
	assert.match(await history.innerText(), /（指定なし） → [0-9a-f]{64}/);
	assert.deepEqual(problems(page), []);
	await page.context().close();
});

test("admin: of two editors the second is told, and nothing is overwritten", { timeout: 120000 }, async () => {
	const [one, two] = [await enter("kanri", { locale: "en-GB" }), await enter("kanri2", { locale: "en-GB" })];
	for (const page of [one, two]) {
		await page.getByRole("link", { name: "Policies" }).click();
		await page.getByRole("button", { name: "Change: Idle limit (minutes)" }).click();
	}
	/** @param {import("playwright-core").Page} page
	 * @param {string} value */
	const submit = async (page, value) => {
		await page.getByLabel("New value").fill(value);
		await page.getByLabel("Reason").fill("test");
		await page.keyboard.press("Enter");
	};
	await submit(one, "20");
	await one.getByText("In force. Live sessions follow at once.").waitFor();
	await submit(two, "10");
	await two.getByRole("alert").getByText("Nothing was overwritten").waitFor();
	await shot(two, "conflict");
	await two.keyboard.press("Escape");
	await two.locator("tr[data-attribute=idle_minutes] .set").getByText("20").waitFor();
	assert.deepEqual([...problems(one), ...problems(two)], []);
	await one.context().close();
	await two.context().close();
});

test("admin: a long list is shown page by page, and searched", { timeout: 120000 }, async () => {
	const page = await enter("kanri", { colorScheme: "dark" });
	await page.getByRole("heading", { name: "利用中のセッション" }).waitFor();
	for (let i = 0; i < 57; i++)
		assert.equal((await op(page, "groups/add", { name: `busho${String(i).padStart(2, "0")}`, text: "部署", reason: "新設" }))[0], 200);
	await page.getByRole("link", { name: "グループ" }).click();
	await page.getByRole("heading", { name: "グループ" }).waitFor();
	await page.getByRole("searchbox").fill("busho");
	await page.getByText("57 件中 1～50 件").waitFor();
	assert.equal(await page.getByRole("button", { name: "前へ" }).isDisabled(), true);
	await page.getByRole("button", { name: "次へ" }).click();
	await page.getByText("57 件中 51～57 件").waitFor();
	await page.getByRole("rowheader", { name: "busho56" }).waitFor();
	assert.equal(await page.locator("tbody tr").count(), 7);
	assert.equal(await page.getByRole("button", { name: "次へ" }).isDisabled(), true);
	await page.getByRole("button", { name: "前へ" }).click();
	await page.getByRole("rowheader", { name: "busho00" }).waitFor();
	await page.getByRole("searchbox").fill("BUSHO42");
	await page.getByText("1 件中 1～1 件").waitFor();
	await page.getByRole("searchbox").fill("<script>");
	await page.getByText("該当なし").waitFor();
	await page.getByRole("searchbox").fill("");
	await page.getByRole("rowheader", { name: "busho00" }).waitFor();
	await shot(page, "groups-dark");
	assert.deepEqual(problems(page), []);
	await page.context().close();
});

test("admin: a render host that is too old takes no new session, and both pages say why", { timeout: 240000 }, async () => {
	const built = path.join(harness.dir, "built"), page = await enter("kanri");
	await page.getByRole("heading", { name: "利用中のセッション" }).waitFor();
	/** @param {number} days @param {string} state */
	const make = async (days, state) => {
		fs.utimesSync(built, Date.now() / 1000, Date.now() / 1000 - days * 86400 - 60);
		await until(`the host is ${state}`, async () => (await op(page, "hosts/list", {}))[1].rows[0].state === state, 60000);
	};
	await make(100, "old");
	await page.getByRole("link", { name: "描画サーバー" }).click();
	await page.getByText("期限切れ: イメージ", { exact: true }).waitFor();
	await page.locator(".ages-notice").getByText("100 日経過").waitFor();
	await shot(page, "old-host");
	const staff = await harness.newPage();
	await harness.login(staff);
	await staff.getByText("閲覧用サーバーの更新期限が過ぎているため利用できません").waitFor();
	await staff.context().close();
	await make(0, "up");
	assert.deepEqual((await op(page, "hosts/list", {}))[1].rows[0].too_old, []);
	await page.context().close();
});

test("admin: when the log-in is over, nothing stays on the page", { timeout: 120000 }, async () => {
	const page = await enter("kanri2");
	await page.getByRole("link", { name: "ユーザー" }).click();
	await page.getByRole("rowheader", { name: "tanaka" }).waitFor();
	await page.evaluate(() => fetch("/api/logout", { method: "POST", body: "{}", headers: { "Content-Type": "application/json" } }));
	await page.getByRole("searchbox").fill("t");
	await page.locator("input[name=password]").waitFor();
	assert.equal(await page.getByText("tanaka").count(), 0);
	await page.context().close();
});

test("admin: what cannot be is said in words, in both languages", { timeout: 120000 }, async () => {
	const page = await enter("kanri");
	await page.getByRole("link", { name: "ユーザー" }).click();
	const row = page.getByRole("row", { name: /^kanri /u });
	await row.getByRole("button", { name: "停止" }).click();
	await page.getByLabel("理由").fill("試し");
	await page.keyboard.press("Enter");
	await page.getByRole("alert").getByText("自分自身の").waitFor();
	await page.keyboard.press("Escape");
	await page.getByRole("button", { name: "English" }).click();
	await page.getByRole("heading", { name: "Users" }).waitFor();
	assert.deepEqual(await op(page, "users/list", { limit: "x" }),
		[400, { error: "bad-request", field: "limit", why: "type" }]);
	assert.deepEqual(problems(page), []);
	await page.context().close();
});
