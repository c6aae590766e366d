// SPDX-License-Identifier: GPL-3.0-or-later
// What a member of staff does with the session page, for tests: waits for it, goes to addresses, types, composes.

import path from "node:path";
import { outDir, until } from "../harness.mjs";

/** @typedef {import("playwright-core").Page} Page */
/** @typedef {import("../harness.mjs").Harness} Harness */

export class Remote {
	/** @param {Harness} harness
	 * @param {Page} page the session page */
	constructor(harness, page)
	{
		this.harness = harness;
		this.page = page;
	}

	/** Logs in and waits for the first picture.
	 * @param {Harness} harness
	 * @param {import("playwright-core").BrowserContextOptions & { user?: string }} [options] */
	static async open(harness, options = {})
	{
		const { user, ...context } = options;
		const page = await harness.newPage(context);
		await harness.login(page, user ?? harness.users[0]);
		const remote = new Remote(harness, page);
		await remote.live();
		return remote;
	}

	/** @param {string} name
	 * @param {number} [patienceMs] */
	async phase(name, patienceMs = 60000)
	{
		const view = this.page.locator("sek-session");
		await until(`the session page is ${name}`, async () => {
			const phase = await view.getAttribute("data-phase", { timeout: 1000 }).catch(() => null);
			if (phase === "ended" && name !== "ended")
				throw new Error(`ended instead: ${await this.page.locator("sek-overlay h1").textContent()}\n${this.harness.logs()}`);
			return phase === name;
		}, patienceMs);
	}

	async live()
	{
		await this.phase("live");
	}

	/** Words of the overlay's heading. */
	heading()
	{
		return this.page.locator("sek-overlay h1").textContent();
	}

	/** Types an address of the site into the remote browser's address bar and waits until the page tells of itself.
	 * @param {string} target */
	async go(target)
	{
		const { site } = this.harness, before = site.requests.length;
		site.report = null;
		await this.page.keyboard.press("Control+l");
		await this.page.keyboard.type(`${site.url.replace("http://", "")}${target}`);
		await this.page.keyboard.press("Enter");
		await until(`the remote browser asks for ${target}`, () => site.requests.slice(before).includes(target), 20000);
		await this.reports(`tells of itself on ${target}`,
			report => report.page === new URL(target, site.url).pathname);
	}

	/** Waits until the remote page's report fits.
	 * @param {string} what
	 * @param {(report: import("./site.mjs").Report) => boolean} fits
	 * @param {number} [patienceMs] */
	async reports(what, fits, patienceMs = 15000)
	{
		const { site } = this.harness;
		try {
			return await until(`the remote page ${what}`,
				() => (site.report && fits(site.report) ? site.report : null), patienceMs);
		} catch (error) {
			throw new Error(`${error}\nlast report: ${JSON.stringify(site.report)}`);
		}
	}

	/** @param {string} text that must be in the remote page's field, exactly */
	async hasText(text)
	{
		await this.reports(`has the text ${JSON.stringify(text).slice(0, 80)}`, report => report.text === text);
	}

	/** Composes as an input method does: each step is shown, the last text is committed.
	 * @param {string[]} steps
	 * @param {string} committed */
	async compose(steps, committed)
	{
		const devtools = await this.#devtools();
		for (const text of steps)
			await devtools.send("Input.imeSetComposition", { text, selectionStart: text.length, selectionEnd: text.length });
		await devtools.send("Input.insertText", { text: committed });
	}

	/** Shows a composition and leaves it.
	 * @param {string} text */
	async composing(text)
	{
		const devtools = await this.#devtools();
		await devtools.send("Input.imeSetComposition", { text, selectionStart: text.length, selectionEnd: text.length });
	}

	/** @type {import("playwright-core").CDPSession | null} */
	#session = null;

	async #devtools()
	{
		this.#session ??= await this.page.context().newCDPSession(this.page);
		return this.#session;
	}

	/** The input method's box in the window. */
	async box()
	{
		return this.page.locator("textarea.ime").evaluate(area => {
			const { left, top, width, height } = area.getBoundingClientRect();
			return { left, top, width, height };
		});
	}

	/** @param {string} name of the file under tests/e2e/out */
	async screenshot(name)
	{
		await this.page.screenshot({ path: path.join(outDir, `${name}.png`) });
	}

	/** Colours of the window at some points, as "r,g,b".
	 * @param {[number, number][]} points device pixels
	 * @returns {Promise<string[]>} */
	async colours(points)
	{
		const png = (await this.page.screenshot()).toString("base64");
		const canvas = await this.#drawingPage();
		return canvas.evaluate(async ([data, wanted]) => {
			const bytes = Uint8Array.from(atob(data), character => character.charCodeAt(0));
			const image = await createImageBitmap(new Blob([bytes]));
			const context = /** @type {OffscreenCanvasRenderingContext2D} */
				(new OffscreenCanvas(image.width, image.height).getContext("2d"));
			context.drawImage(image, 0, 0);
			return wanted.map(([x, y]) => context.getImageData(x, y, 1, 1).data.slice(0, 3).join(","));
		}, /** @type {[string, [number, number][]]} */ ([png, points]));
	}

	/** @type {Page | null} */
	#drawing = null;

	async #drawingPage()
	{
		this.#drawing ??= await (await (await this.harness.browser()).newContext()).newPage();
		return this.#drawing;
	}

	async close()
	{
		await this.#drawing?.context().close();
		await this.page.context().close();
	}
}
