// SPDX-License-Identifier: GPL-3.0-or-later
// Administrators and reviewers at their pages.

import assert from "node:assert/strict";

/** @typedef {import("playwright-core").Page} Page */

/** Opens a page and logs in.
 * @param {import("../harness.mjs").Harness} harness
 * @param {string} user
 * @param {"admin" | "review"} where
 * @param {import("playwright-core").BrowserContextOptions} [options]
 * @returns {Promise<Page>} */
export async function enter(harness, user, where, options)
{
	const page = await harness.newPage(options);
	await page.goto(`${harness.url}/${where}/`);
	await page.locator("input[name=user]").fill(user);
	await page.locator("input[name=password]").fill(harness.password);
	await page.keyboard.press("Enter");
	await page.getByRole("navigation").first().waitFor();
	return page;
}

/** Runs an operation as the page does.
 * @param {Page} page
 * @param {string} name
 * @param {object} input
 * @param {"admin" | "review"} [api]
 * @returns {Promise<[number, any]>} */
export function op(page, name, input, api = "admin")
{
	return page.evaluate(async ([where, body]) => {
		const answer = await fetch(where, { method: "POST", body, headers: { "Content-Type": "application/json" } });
		return /** @type {[number, any]} */ ([answer.status, await answer.json().catch(() => null)]);
	}, [`/api/${api}/${name}`, JSON.stringify(input)]);
}

/** The same where nothing may go wrong.
 * @param {Page} page
 * @param {string} name
 * @param {object} input
 * @param {"admin" | "review"} [api]
 * @returns {Promise<any>} */
export async function done(page, name, input, api)
{
	const [status, answer] = await op(page, name, input, api);
	assert.equal(status, 200, `${name}: ${JSON.stringify(answer)}`);
	return answer;
}
