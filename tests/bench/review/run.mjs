// SPDX-License-Identifier: GPL-3.0-or-later
// Opening, seeking and thumbnails in one long recording, as a reviewer's browser sees them. Targets (issue 5): first picture within a
// second, a seek within 300 ms in 8 hours. A seek is measured in the player, from the wish to the picture on its canvas.

import { Harness, until } from "../../e2e/harness.mjs";
import { PASSPHRASE, makeFilm, recording } from "../../e2e/support/recordings.mjs";

const SEEKS = 60, OPENS = 5;
const site = recording();
const harness = await Harness.start({ users: ["kansa"], renderHost: false, ...site });

/** @param {number[]} numbers */
function line(numbers)
{
	const sorted = numbers.toSorted((a, b) => a - b), at = (/** @type {number} */ p) =>
		(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * p))] ?? 0).toFixed(0);
	return `median ${at(0.5)} ms, p95 ${at(0.95)} ms, most ${at(1)} ms`;
}

try {
	harness.setRoles("kansa", ["reviewer"]);
	const began = performance.now(), film = makeFilm(harness, Number(process.env.HOURS ?? 8));
	console.log(`recording: ${(film.length_us / 3.6e9).toFixed(2)} h, ${(film.bytes / 1e6).toFixed(1)} MB, ${film.frames} frames, ` +
		`${film.snapshots} snapshots, made in ${((performance.now() - began) / 1000).toFixed(0)} s`);
	const page = await harness.newPage({ viewport: { width: 1280, height: 800 } });
	await page.goto(`${harness.url}/review/`);
	await page.locator("input[name=user]").fill("kansa");
	await page.locator("input[name=password]").fill(harness.password);
	await page.keyboard.press("Enter");
	await page.locator("tbody tr").first().waitFor();
	/** @type {number[]} */
	const opens = [], seeks = [], near = [];
	for (let i = 0; i < OPENS; i++) {
		await page.goto(`${harness.url}/review/#play/${film.id}`);
		if (i === 0) {
			await page.locator("input[type=file]").setInputFiles(site.secretKey);
			await page.locator("input[type=password][required]").fill(PASSPHRASE);
			await page.keyboard.press("Enter");
		}
		await page.locator("input[name=reason]").fill("bench");
		// from the reason's Enter to the first picture, in the page's own clock
		opens.push(await page.evaluate(() => new Promise(resolve => {
			const start = performance.now();
			const look = () => document.querySelector("sek-player[data-sought]") ? resolve(performance.now() - start) : requestAnimationFrame(look);
			/** @type {HTMLButtonElement} */ (document.querySelector("dialog button[type=submit]")).click();
			look();
		})));
		if (i < OPENS - 1) {
			await page.goto(`${harness.url}/review/#`);
			await page.locator("tbody tr").first().waitFor();
		}
	}
	const player = page.locator("sek-player");
	const seek = async (/** @type {number} */ at) => {
		const before = await player.getAttribute("data-sought");
		await page.locator("sek-timeline").evaluate((element, us) => element.dispatchEvent(new CustomEvent("sek-seek", { detail: us })), at);
		await until("there", async () => await player.getAttribute("data-sought") !== before);
		return Number(await player.getAttribute("data-sought-ms"));
	};
	let seed = 12345;
	for (let i = 0; i < SEEKS; i++) {
		seed = (seed * 1103515245 + 12345) % 2147483648;
		const at = Math.floor(seed / 2147483648 * film.length_us);
		seeks.push(await seek(at));
		near.push(await seek(at + 5000000));
	}
	console.log(`first picture, ${OPENS} times: ${line(opens)}`);
	console.log(`seek anywhere, ${SEEKS} times: ${line(seeks)}`);
	console.log(`5 seconds on, ${SEEKS} times: ${line(near)}`);
} finally {
	await harness.stop();
}
