// SPDX-License-Identifier: GPL-3.0-or-later
// The page for people without a mouse, for screen readers, and against foreign content.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Harness, problems } from "./harness.mjs";
import { Remote } from "./support/remote.mjs";

/** @typedef {import("playwright-core").Page} Page */

/** @type {Harness} */
let harness;

before(async () => {
	harness = await Harness.start();
}, { timeout: 120000 });
after(() => harness?.stop());

/** What is wrong with the page's names and roles, checked in the page.
 * @param {Page} page
 * @returns {Promise<string[]>} */
function faults(page)
{
	return page.evaluate(() => {
		/** @type {string[]} */
		const found = [];
		const shown = (/** @type {Element} */ element) => element.checkVisibility({ checkVisibilityCSS: true });
		const name = (/** @type {Element} */ element) => element.getAttribute("aria-label") ||
			(element.getAttribute("aria-labelledby") ?? "").split(" ").map(id => document.getElementById(id)?.textContent).join("") ||
			/** @type {HTMLInputElement} */ (element).labels?.[0]?.textContent || element.textContent?.trim();
		for (const element of document.querySelectorAll("button, input, textarea, [role=img], dialog, nav, [role=region]"))
			if (shown(element) && !name(element))
				found.push(`no name: ${element.outerHTML.slice(0, 80)}`);
		for (const image of document.querySelectorAll("img:not([alt])"))
			found.push(`no alt: ${image.outerHTML.slice(0, 80)}`);
		const ids = [...document.querySelectorAll("[id]")].map(element => element.id);
		if (new Set(ids).size !== ids.length)
			found.push("an id that two elements have");
		for (const attribute of ["aria-describedby", "aria-labelledby"])
			for (const element of document.querySelectorAll(`[${attribute}]`))
				for (const id of (element.getAttribute(attribute) ?? "").trim().split(/\s+/))
					if (id && !document.getElementById(id))
						found.push(`refers to nothing: ${id}`);
		if (document.querySelectorAll("main").length !== 1)
			found.push("not one main landmark");
		if (!document.documentElement.lang || !document.title)
			found.push("no language or title");
		if ([...document.querySelectorAll("h1")].filter(shown).length > 1)
			found.push("two first headings");
		for (const element of document.querySelectorAll("[tabindex]"))
			if (Number(element.getAttribute("tabindex")) > 0)
				found.push("a tabindex above 0");

		// Contrast of every text against the nearest background that is painted (WCAG 2.2, 1.4.3).
		const parse = (/** @type {string} */ colour) => (colour.match(/[\d.]+/g) ?? []).map(Number);
		const light = (/** @type {number[]} */ rgb) => {
			const [r = 0, g = 0, b = 0] = rgb.slice(0, 3).map(value => {
				const part = value / 255;
				return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
			});
			return 0.2126 * r + 0.7152 * g + 0.0722 * b;
		};
		const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
		while (walker.nextNode()) {
			const element = walker.currentNode.parentElement;
			const exempt = "[aria-disabled=true], .sr-only, noscript";
			if (!element || !walker.currentNode.textContent?.trim() || !shown(element) || element.closest(exempt))
				continue;
			let behind = /** @type {Element | null} */ (element);
			while (behind && (parse(getComputedStyle(behind).backgroundColor)[3] ?? 1) < 1)
				behind = behind.parentElement;
			const style = getComputedStyle(element);
			const [a, b] = [light(parse(style.color)), light(behind ? parse(getComputedStyle(behind).backgroundColor) : [255, 255, 255])];
			const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
			const large = parseFloat(style.fontSize) >= 24 || (parseFloat(style.fontSize) >= 18.66 && Number(style.fontWeight) >= 700);
			if (contrast < (large ? 3 : 4.5))
				found.push(`contrast ${contrast.toFixed(2)}: ${element.textContent?.slice(0, 40)}`);
		}
		return found;
	});
}

/** @param {Page} page
 * @returns {Promise<string>} what has the keyboard's focus */
function focused(page)
{
	return page.evaluate(() => {
		const element = document.activeElement;
		return element?.getAttribute("name") || element?.getAttribute("data-action") || element?.getAttribute("aria-label") ||
			element?.textContent || "";
	});
}

for (const colorScheme of /** @type {const} */ (["light", "dark"]))
	test(`access: the log-in page has names, roles and contrast (${colorScheme})`, { timeout: 120000 }, async () => {
		const page = await harness.newPage({ colorScheme });
		await page.goto(harness.url);
		await page.locator("sek-login").waitFor();
		assert.deepEqual(await faults(page), []);
		await page.locator("button[type=submit]").click();
		assert.deepEqual(await faults(page), []);
		await page.context().close();
	});

/** Goes along the bar's buttons to the one of that name; from the last one it comes to the first.
 * @param {Page} page
 * @param {string} action */
async function walkTo(page, action)
{
	for (let i = 0; i < 20 && await focused(page) !== action; i++)
		await page.keyboard.press("ArrowRight");
	assert.equal(await focused(page), action);
}

test("access: the whole way by keyboard alone", { timeout: 240000 }, async () => {
	const page = await harness.newPage();
	await page.goto(harness.url);
	await page.locator("sek-login").waitFor();
	assert.equal(await focused(page), "user");
	await page.keyboard.type("tanaka");
	await page.keyboard.press("Tab");
	assert.equal(await focused(page), "password");
	await page.keyboard.type(harness.password);
	await page.keyboard.press("Tab");
	assert.equal(await focused(page), "パスワードを表示");
	await page.keyboard.press("Tab");
	await page.keyboard.press("Enter");
	const remote = new Remote(harness, page);
	await remote.live();
	assert.equal(await focused(page), "隔離ブラウザーへの入力");
	assert.deepEqual(await faults(page), []);

	await page.keyboard.press("Tab");
	assert.equal(await focused(page), "隔離ブラウザーへの入力", "Tab belongs to the remote browser");
	await page.keyboard.press("F8");
	assert.equal(await focused(page), "fullscreen");
	await remote.screenshot("bar");
	assert.deepEqual(await faults(page), []);
	await walkTo(page, "keys");
	await page.keyboard.press("Escape");
	assert.equal(await focused(page), "隔離ブラウザーへの入力");

	await page.keyboard.press("F8");
	await walkTo(page, "keys");
	await page.keyboard.press("Enter");
	await page.getByRole("dialog", { name: "キー操作" }).waitFor();
	assert.deepEqual(await faults(page), []);
	await remote.screenshot("keys");
	await page.keyboard.press("Escape");
	assert.equal(await focused(page), "隔離ブラウザーへの入力");

	await page.keyboard.press("F8");
	await walkTo(page, "end");
	await page.keyboard.press("Enter");
	assert.equal(await focused(page), "続ける", "the harmless answer has the focus");
	await page.keyboard.press("Tab");
	await page.keyboard.press("Enter");
	await remote.phase("ended");
	assert.equal(await focused(page), "again");
	assert.deepEqual(await faults(page), []);
	await page.keyboard.press("Enter");
	await remote.live();
	assert.deepEqual(problems(page), []);
	await remote.close();
});

test("access: a broken line does not shut the keyboard in", { timeout: 120000 }, async () => {
	const remote = await Remote.open(harness);
	const { page } = remote;
	harness.line.cut();
	try {
		await page.getByRole("button", { name: "今すぐ接続" }).waitFor();
		assert.deepEqual(await faults(page), []);
		await page.keyboard.press("Tab");
		assert.equal(await focused(page), "retry");
	} finally {
		harness.line.mend();
	}
	await page.keyboard.press("Enter");
	await remote.live();
	assert.equal(await focused(page), "隔離ブラウザーへの入力");
	await remote.close();
});

test("access: the language can be changed in the session, and the words follow", { timeout: 120000 }, async () => {
	const remote = await Remote.open(harness);
	const { page } = remote;
	await page.keyboard.press("F8");
	await page.getByRole("button", { name: "English" }).click();
	await page.getByRole("button", { name: "End browsing" }).waitFor();
	assert.equal(await page.locator("html").getAttribute("lang"), "en");
	assert.equal(await page.title(), "Web browsing – Sekisho");
	assert.equal(await page.locator("sek-screen canvas").getAttribute("aria-label"), "Screen of the isolated browser");
	await remote.close();
});

test("access: a screen reader hears the state and what the screen is", { timeout: 120000 }, async () => {
	const remote = await Remote.open(harness);
	const screen = remote.page.getByRole("application");
	assert.equal(await screen.getAttribute("aria-roledescription"), "遠隔の画面");
	const description = await remote.page.locator("textarea.ime").evaluate(area =>
		document.getElementById(area.getAttribute("aria-describedby") ?? "")?.textContent);
	assert.match(description ?? "", /F8/);
	const states = remote.page.locator("[role=status]", { hasText: "接続中" });
	assert.equal(await states.count(), 1);
	await remote.close();
});

test("access: full screen and back", { timeout: 120000 }, async () => {
	const remote = await Remote.open(harness);
	const { page } = remote;
	await page.keyboard.press("F8");
	await page.keyboard.press("Enter");
	await page.waitForFunction(() => document.fullscreenElement !== null);
	await page.keyboard.press("F8");
	await page.getByRole("button", { name: "全画面を終了" }).click();
	await page.waitForFunction(() => document.fullscreenElement === null);
	assert.equal(await focused(page), "隔離ブラウザーへの入力");
	assert.deepEqual(problems(page), []);
	await remote.close();
});

test("access: nothing is fetched from elsewhere, nothing inline, and the headers forbid both", { timeout: 120000 },
	async () => {
		const page = await harness.newPage();
		/** @type {string[]} */
		const asked = [];
		page.on("request", request => asked.push(request.url()));
		page.on("websocket", socket => asked.push(socket.url().replace("wss:", "https:")));
		await harness.login(page);
		const remote = new Remote(harness, page);
		await remote.live();
		for (const url of asked)
			assert.ok(url.startsWith(`${harness.url}/`) || url.startsWith("blob:"), url);
		const response = await page.request.get(harness.url, { ignoreHTTPSErrors: true }).catch(() => null);
		const headers = response?.headers() ?? await page.evaluate(async () =>
			Object.fromEntries((await fetch("/")).headers.entries()));
		const policy = headers["content-security-policy"] ?? "";
		assert.match(policy, /default-src 'none'/);
		assert.match(policy, /script-src 'self' 'wasm-unsafe-eval'(;|$)/);
		assert.match(policy, /style-src 'self'(;|$)/);
		assert.doesNotMatch(policy, /unsafe-inline|'unsafe-eval'|https?:|\*/);
		const inline = await page.evaluate(async () => {
			const text = await (await fetch("/")).text();
			return [/<script(?![^>]*src=)/.test(text), /<style/.test(text), /\son\w+=/.test(text), /style=/.test(text)];
		});
		assert.deepEqual(inline, [false, false, false, false]);
		assert.deepEqual(problems(page), []);
		await remote.close();
	});
