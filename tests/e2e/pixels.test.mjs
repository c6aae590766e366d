// SPDX-License-Identifier: GPL-3.0-or-later
// What Chromium really paints goes through the codec unharmed: pages of our own site, at several places, as the pictures of
// unit.codec.real.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { chromium } from "playwright-core";
import { build } from "./harness.mjs";

const WIDTH = 1280, HEIGHT = 720;

/** A page with what pages have: text in two scripts, a table with lines, a form, a gradient, a drawing with fine noise, letters on it. */
const PAGE = `<!doctype html><html lang="ja"><meta charset="utf-8"><title>画素</title>
<style>body{margin:24px;font:17px/1.7 "Noto Sans CJK JP",sans-serif}h1{color:#0a5}td{border:1px solid #889;padding:4px 12px}
.g{height:160px;background:linear-gradient(100deg,#134,#d84,#fe9)}b{color:#c22}</style>
<h1>関所の画素 Pixels of a page</h1><div class="g"></div><form><input value="名前"> <select><option>一</select> <button>送信</button></form>
<p id="text"></p><canvas width="900" height="320"></canvas><table id="table"></table><script>
for (let i = 0; i < 40; i++)
	text.innerHTML += "画素は隔離された側で描かれ、<b>正確に</b>届く。The quick brown fox, " + i * 7919 + ", <a href='#'>jumps</a>. ";
for (let i = 0; i < 30; i++)
	table.innerHTML += "<tr>" + "<td>" + [i, i * i, "行" + i, (i / 7).toFixed(5)].join("<td>") + "</tr>";
const c = document.querySelector("canvas").getContext("2d"), photo = c.createImageData(900, 320);
let seed = 1;
for (let i = 0; i < photo.data.length; i += 4) {
	const x = i / 4 % 900, y = i / 3600 | 0;
	seed = seed * 1103515245 + 12345 & 0x7fffffff;
	photo.data.set([128 + 90 * Math.sin(x / 70) + seed % 13, 120 + 80 * Math.cos(y / 40 + x / 200) + seed % 11, (x + y) / 5 + seed % 17, 255], i);
}
c.putImageData(photo, 0, 0);
c.font = "32px sans-serif";
c.fillStyle = "#fff";
c.fillText("字幕 letters on a photograph", 80, 260);
</script></html>`;

/** @type {import("playwright-core").Browser} */
let browser;
/** @type {string} */
let folder;

before(async () => {
	folder = await mkdtemp(path.join(tmpdir(), "sekisho-pixels-"));
	browser = await chromium.launch({ executablePath: process.env.SEK_CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox"] });
}, { timeout: 120000 });
after(async () => {
	await browser?.close();
	await rm(folder, { recursive: true, force: true });
});

/** A PNG as PPM; Chromium itself unpacks it.
 * @param {import("playwright-core").Page} tool
 * @param {Buffer} png */
async function ppm(tool, png)
{
	const rgb = await tool.evaluate(async (/** @type {string} */ base64) => {
		const bytes = Uint8Array.from(atob(base64), c => c.charCodeAt(0));
		const bitmap = await createImageBitmap(new Blob([bytes], { type: "image/png" }), { colorSpaceConversion: "none" });
		const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
		const context = /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext("2d"));
		context.drawImage(bitmap, 0, 0);
		const rgba = context.getImageData(0, 0, bitmap.width, bitmap.height).data;
		let text = "";
		for (let i = 0; i < rgba.length; i += 4)
			text += String.fromCharCode(rgba[i] ?? 0, rgba[i + 1] ?? 0, rgba[i + 2] ?? 0);
		return btoa(text);
	}, png.toString("base64"));
	return Buffer.concat([Buffer.from(`P6 ${WIDTH} ${HEIGHT} 255\n`), Buffer.from(rgb, "base64")]);
}

test("pages that Chromium painted are exact after every update", { timeout: 240000 }, async () => {
	const page = await browser.newPage({ viewport: { width: WIDTH, height: HEIGHT } });
	const tool = await browser.newPage();
	const files = [];

	await page.setContent(PAGE);
	for (const [x, y] of [[0, 0], [0, 53], [0, 340], [0, 347], [0, 900], [0, 0]]) {
		const file = path.join(folder, `${files.length}.ppm`);
		await page.evaluate(([left, top]) => scrollTo(left ?? 0, top ?? 0), [x, y]);
		await writeFile(file, await ppm(tool, await page.screenshot()));
		files.push(file);
	}
	await assert.doesNotReject(promisify(execFile)(path.join(build, "bin/test_codec_real"), [], {
		env: { ...process.env, SEK_REAL_PICTURES: files.join(":"), SEK_REAL_CORPUS: "" },
	}));
});
