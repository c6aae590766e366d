// SPDX-License-Identifier: GPL-3.0-or-later
// The log-in page's further steps, against a real broker: one-time codes, recovery codes, the notice, a smart card.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHmac } from "node:crypto";
import path from "node:path";
import { test } from "node:test";
import { Harness, outDir, problems } from "./harness.mjs";
import { makeCards } from "../support/cards.mjs";

/** The code of a step of 30 seconds (RFC 6238).
 * @param {string} secret base32
 * @param {number} step */
function code(secret, step)
{
	const bits = [...secret.replace(/ /g, "")].map(c => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(c).toString(2).padStart(5, "0")).join("");
	const key = Buffer.from((bits.match(/.{8}/g) ?? []).map(byte => parseInt(byte, 2)));
	const counter = Buffer.alloc(8);
	counter.writeBigUInt64BE(BigInt(step));
	const mac = createHmac("sha1", key).update(counter).digest(), at = (mac[19] ?? 0) & 15;
	return String((mac.readUInt32BE(at) & 0x7fffffff) % 1000000).padStart(6, "0");
}

/** @param {import("playwright-core").Page} page
 * @param {import("playwright-core").Locator} what */
async function expectInView(page, what)
{
	const box = await what.boundingBox();
	assert.ok(box && box.y + box.height <= (page.viewportSize()?.height ?? 0), `${JSON.stringify(box)} is in view`);
}

const now = () => Math.floor(Date.now() / 30000);

test("factors: set-up by QR code, recovery codes, the notice, a code at the next log-in", { timeout: 120000 }, async () => {
	const harness = await Harness.start({ renderHost: false, login: `  needs: password+totp
  notice:
    ja: 利用は記録されます。
    en: Use is recorded.
` });
	try {
		const page = await harness.newPage();
		await harness.login(page);
		await page.getByRole("heading", { name: "認証アプリを登録してください" }).waitFor();
		const qr = page.getByRole("img", { name: /QR コード/ });
		assert.ok(((await qr.locator("path").getAttribute("d"))?.length ?? 0) > 2000);
		await page.screenshot({ path: path.join(outDir, "login-enrol-ja.png") });
		// who is asked for it sees all of it, and how to leave
		await expectInView(page, page.getByRole("button", { name: "キャンセル（登録しない）" }));
		// not now: by the button and by Escape; each time a new secret
		const first = await page.locator("code.secret").innerText();
		await page.getByRole("button", { name: "キャンセル（登録しない）" }).click();
		await page.getByText("何も登録されていません").waitFor();
		assert.equal((await page.context().cookies()).length, 0);
		await harness.login(page);
		await page.getByRole("heading", { name: "認証アプリを登録してください" }).waitFor();
		await page.keyboard.press("Escape");
		await page.getByText("何も登録されていません").waitFor();
		await harness.login(page);
		await page.getByRole("heading", { name: "認証アプリを登録してください" }).waitFor();
		assert.notEqual(await page.locator("code.secret").innerText(), first);
		const secret = await page.locator("code.secret").innerText();
		const input = page.getByLabel("確認コード");
		await input.fill("000000");
		await page.keyboard.press("Enter");
		await page.getByRole("alert").filter({ hasText: "コードが違うか" }).waitFor();
		const used = now();
		// full-width, as a Japanese input method leaves them
		await input.fill([...code(secret, used)].map(c => String.fromCharCode(c.charCodeAt(0) + 0xfee0)).join(""));
		await page.keyboard.press("Enter");
		await page.getByRole("heading", { name: "回復コードを控えてください" }).waitFor();
		const codes = await page.locator(".recovery code").allInnerTexts();
		assert.equal(codes.length, 10);
		await page.screenshot({ path: path.join(outDir, "login-recovery-ja.png") });
		await page.getByRole("button", { name: "控えました" }).click();

		await page.getByRole("heading", { name: "ご利用の前に" }).waitFor();
		await page.getByText("利用は記録されます。").waitFor();
		assert.equal(await page.locator("sek-session").count(), 0);
		await page.getByRole("button", { name: "English" }).click();
		await page.getByText("Use is recorded.").waitFor();
		await page.screenshot({ path: path.join(outDir, "notice-en.png") });
		await page.getByRole("button", { name: "I have read this" }).click();
		await page.locator("sek-session").waitFor();
		assert.deepEqual(problems(page), []);
		await page.context().close();

		const again = await harness.newPage({ locale: "en-US" });
		await harness.login(again);
		await again.getByRole("heading", { name: "Enter your one-time code" }).waitFor();
		assert.equal(await again.locator("code.secret").count(), 0);
		await again.getByLabel("One-time code").fill(code(secret, used));
		await again.keyboard.press("Enter");
		await again.getByRole("alert").filter({ hasText: "used already" }).waitFor();
		await again.getByLabel("One-time code").fill(codes[0] ?? "");
		await again.keyboard.press("Enter");
		await again.locator("sek-session").waitFor();
		assert.deepEqual(problems(again), []);
	} catch (error) {
		console.error(harness.logs());
		throw error;
	} finally {
		await harness.stop();
	}
});

test("factors: a smart card opens the door, its absence does not", { timeout: 120000 }, async () => {
	const harness = await Harness.start({ renderHost: false, prepare: dir => makeCards(path.join(dir, "cards"), ["tanaka"]),
		login: `  needs: certificate
  certificates:
    ca: cards/ca.crt
    crl: cards/ca.crl
` });
	try {
		const card = path.join(harness.dir, "cards/tanaka");
		execFileSync(harness.program("broker"), ["--config", path.join(harness.dir, "broker.yaml"), "user", "bind-certificate", "tanaka",
			`${card}.crt`], { uid: harness.brokerUid, gid: harness.brokerUid, stdio: "pipe" });
		const page = await harness.newPage({ ignoreHTTPSErrors: true, clientCertificates: [
			{ origin: harness.url, certPath: `${card}.crt`, keyPath: `${card}.key` }] });
		await page.goto(harness.url);
		await page.getByRole("button", { name: "証明書（IC カード）でログイン" }).click();
		await page.locator("sek-session").waitFor();
		await page.context().close();

		const without = await harness.newPage();
		await harness.login(without);
		await without.getByRole("alert").filter({ hasText: "証明書（IC カード）も必要です" }).waitFor();
		assert.equal(await without.getByRole("button", { name: "証明書（IC カード）でログイン" }).count(), 0);
		assert.equal(await without.locator("sek-session").count(), 0);
	} catch (error) {
		console.error(harness.logs());
		throw error;
	} finally {
		await harness.stop();
	}
});
