// SPDX-License-Identifier: GPL-3.0-or-later
//
// node staff.mjs URL USER PASSWORD ADDRESS PICTURE: a member of staff in the inner zone logs in with a browser, opens ADDRESS in the isolated one, and
// looks at it. The page at ADDRESS is green (tests/zones/run serves it); exit code 0 once the picture is.
import { inflateSync } from "node:zlib";
import { chromium } from "../e2e/node_modules/playwright-core/index.mjs";

const [url, user, password, address, picture] = process.argv.slice(2);
const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox"] });
const page = await (await browser.newContext({ locale: "ja-JP", viewport: { width: 1280, height: 800 }, ignoreHTTPSErrors: true })).newPage();

/** The colour in the middle of what is shown: the one pixel of a PNG, whose data are a filter byte and the samples.
 * @returns {Promise<number[]>} */
async function middle()
{
	const png = await page.screenshot({ clip: { x: 640, y: 500, width: 1, height: 1 } });
	const data = [];

	for (let at = 8; at < png.length; at += 12 + png.readUInt32BE(at))
		if (png.toString("latin1", at + 4, at + 8) === "IDAT")
			data.push(png.subarray(at + 8, at + 8 + png.readUInt32BE(at)));
	return [...inflateSync(Buffer.concat(data))].slice(1);
}

await page.goto(url);
await page.fill("input[name=user]", user);
await page.fill("input[name=password]", password);
await page.keyboard.press("Enter");
let seen = false;
for (let i = 0; i < 60 && !seen; i++) {
	await page.waitForTimeout(500);
	if (i % 8 === 5) {
		await page.mouse.click(600, 500);
		await page.keyboard.press("Control+l");
		await page.keyboard.type(address);
		await page.keyboard.press("Enter");
	}
	const [r, g, b] = await middle();
	seen = r < 40 && g > 120 && g < 140 && b < 40;
}
await page.screenshot({ path: picture });
await browser.close();
process.exit(seen ? 0 : 1);
