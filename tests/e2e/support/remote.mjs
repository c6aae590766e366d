// SPDX-License-Identifier: GPL-3.0-or-later
// What a member of staff does with the session page, for tests: waits for it, goes to addresses, types, composes.

import { randomBytes } from "node:crypto";
import path from "node:path";
import { outDir, until } from "../harness.mjs";

/** @typedef {import("playwright-core").Page} Page */
/** @typedef {import("../harness.mjs").Harness} Harness */

export class Remote {
	/** Tells the pages of this session apart from others'. */
	#who = randomBytes(3).toString("hex");
	#visits = 100;

	/** @param {Harness} harness
	 * @param {Page} page the session page */
	constructor(harness, page)
	{
		this.harness = harness;
		this.page = page;
	}

	/** Logs in and waits for the first picture.
	 * @param {Harness} harness
	 * @param {import("playwright-core").BrowserContextOptions & { user?: string, filled?: boolean }} [options] filled: as painted() has it */
	static async open(harness, options = {})
	{
		const { user, filled, ...context } = options;
		const page = await harness.newPage(context);
		await harness.login(page, user ?? harness.users[0]);
		const remote = new Remote(harness, page);
		await remote.live();
		await remote.painted(filled);
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

	/** Waits until a new session's browser has painted its first page and rests: it takes no input before that.
	 * @param {boolean} [filled] false: a desktop on which the browser leaves room */
	async painted(filled = true)
	{
		/** @type {Buffer | null} */
		let last = null;
		let since = performance.now();
		const { width = 1000, height = 600 } = this.page.viewportSize() ?? {};
		/** @type {[number, number][]} */
		const places = [[500, 150]];
		if (filled)
			places.push([width - 40, height - 40]);
		await until("the first page is painted", async () => {
			const picture = await this.page.screenshot();
			if (!last?.equals(picture))
				since = performance.now();
			last = picture;
			return performance.now() - since > 500 && !(await this.colours(places)).includes("0,0,0");
		});
	}

	/** Words of the overlay's heading. */
	heading()
	{
		return this.page.locator("sek-overlay h1").textContent();
	}

	/** What the remote page told last.
	 * @returns {import("./site.mjs").Report | null} */
	get report()
	{
		return this.harness.site.reports.get(this.#who) ?? null;
	}

	/** Puts the remote browser's focus into its address bar, everything in it selected. By a click: Ctrl+L goes to the page
	 * first, and a machine types faster than the page says that it does not want it. */
	async addressBar()
	{
		await this.page.mouse.click(600, 63);
		await this.page.keyboard.press("Control+a");
	}

	/** Types an address into the remote browser's address bar and goes there.
	 * @param {string} text */
	async address(text)
	{
		await this.addressBar();
		await this.page.keyboard.type(text);
		await this.page.keyboard.press("Enter");
	}

	/** Waits until the picture that is shown is as large as the remote page says that its screen is: the page knows its new size
	 * earlier than this window, and where a click goes is told by the picture that is seen. */
	async fits()
	{
		const canvas = this.page.locator("sek-screen canvas").first();
		await until("the picture has the size of the remote screen", async () => {
			const wide = await canvas.evaluate(node => /** @type {HTMLCanvasElement} */ (node).width);
			return this.report && Math.abs(wide - this.report.width * this.report.ratio) < 2;
		});
	}

	/** Types an address of the site into the remote browser's address bar and waits until the page tells of itself.
	 * @param {string} target path */
	async go(target)
	{
		const { site } = this.harness;
		this.#visits += 1;
		const asked = `${target}?who=${this.#who}&visit=${this.#visits}`;
		site.reports.delete(this.#who);
		await this.address(`${site.url.replace("http://", "")}${asked}`);
		try {
			await until(`the remote browser asks for ${asked}`, () => site.requests.includes(asked), 60000);
		} catch (error) {
			await this.screenshot("failed");
			throw new Error(`${error}\nasked: ${site.requests.slice(-4).join(" ")}`);
		}
		// The page before goes on telling until this one stands in its place; and Chromium drops the keys and clicks that come
		// before a new page's first picture.
		const visit = String(this.#visits);
		await this.reports(`tells of itself on ${target}`,
			report => report.page === target && report.visit === visit && report.painted);
	}

	/** Waits until the remote page's report fits.
	 * @param {string} what
	 * @param {(report: import("./site.mjs").Report) => boolean} fits
	 * @param {number} [patienceMs] */
	async reports(what, fits, patienceMs = 60000)
	{
		try {
			return await until(`the remote page ${what}`,
				() => (this.report && fits(this.report) ? this.report : null), patienceMs);
		} catch (error) {
			await this.screenshot("failed");
			throw new Error(`${error}\nlast report: ${JSON.stringify(this.report)}`);
		}
	}

	/** Moves the pointer until the remote page knows it: a new page takes no input before it has been painted.
	 * @param {number} x CSS pixels of the window
	 * @param {number} y likewise */
	async point(x, y)
	{
		const top = this.page.viewportSize()?.height ?? 0;
		let wiggle = 0;
		await until(`the remote page knows the pointer at ${x}, ${y}`, async () => {
			const report = this.report;
			if (report && Math.abs(report.pointer.x - x) <= 1 && Math.abs(report.pointer.y - (y - (top - report.height))) <= 1)
				return true;
			wiggle = 1 - wiggle;
			await this.page.mouse.move(x + wiggle, y);
			await this.page.mouse.move(x, y);
			return false;
		});
	}

	/** Waits until the caret has stopped moving: the keys before have had their effect. */
	async settled()
	{
		let last = "", since = performance.now();
		await until("the caret rests", async () => {
			const now = JSON.stringify(await this.box());
			if (now !== last)
				since = performance.now();
			last = now;
			return performance.now() - since > 250;
		});
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
