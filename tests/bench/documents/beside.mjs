// SPDX-License-Identifier: GPL-3.0-or-later
// Whether a document of 300 pages that crosses disturbs browsing: node beside.mjs. A whole farm on this machine; one session in which somebody types all the
// time, before, while and after the document is made. Delays are the broker's own: from a key to the next picture for that client.

import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { Harness, root, until } from "../../e2e/harness.mjs";
import { done, enter } from "../../e2e/support/office.mjs";
import { Remote } from "../../e2e/support/remote.mjs";

const KEYS = 60, EVERY_MS = 100, PORT = 20000 + Math.floor(Math.random() * 9000);
const harness = await Harness.start({ users: ["yamada", "kanri"],
	brokerExtra: dir => `documents:\n  path: ${dir}/state/documents\n  least_free_mib: 16\nmetrics:\n  address: 127.0.0.1\n  port: ${PORT}\n` });
const folder = path.join(harness.dir, "made");

/** Sum and number of all delays so far. */
async function delays()
{
	const text = await (await fetch(`http://127.0.0.1:${PORT}/metrics`)).text();
	const of = (/** @type {string} */ name) => Number(new RegExp(`input_delay_seconds_${name} ([0-9.]+)`).exec(text)?.[1]);
	return { sum: of("sum"), n: of("count") };
}

try {
	harness.setRoles("kanri", ["staff", "administrator"]);
	fs.mkdirSync(folder);
	execFileSync("python3", [path.join(root, "tests/support/documents/make.py"), folder]);
	harness.site.files.set("/long.pdf", { type: "application/pdf", body: fs.readFileSync(path.join(folder, "long.pdf")), attachment: true });
	const office = await enter(harness, "kanri", "admin");
	for (const [attribute, value] of [["download", "pixels"], ["document_max_pages", 400]])
		await done(office, "policies/set", { scope: "site", attribute, value, expected: 0, reason: "bench" });
	const remote = await Remote.open(harness), { page } = remote;
	const api = (/** @type {string} */ where, /** @type {object | undefined} */ body = undefined) => page.evaluate(async ([url, text]) => {
		const answer = await fetch(url ?? "", text ? { method: "POST", body: text, headers: { "Content-Type": "application/json" } } : {});
		return answer.json();
	}, [where, body ? JSON.stringify(body) : ""]);
	const type = async (/** @type {string} */ what, /** @type {() => Promise<boolean>} */ more) => {
		const before = await delays();
		for (let i = 0; i < KEYS || await more(); i++) {
			await page.keyboard.press(i % 20 === 19 ? "Home" : "a");
			await new Promise(resolve => setTimeout(resolve, EVERY_MS));
		}
		const after = await delays(), n = after.n - before.n;
		console.log(`${what}: ${(1000 * (after.sum - before.sum) / n).toFixed(1)} ms from a key to the next picture (${n} keys)`);
	};
	await remote.addressBar();
	await page.keyboard.type(`${harness.site.url.replace("http://", "")}/long.pdf`);
	await page.keyboard.press("Enter");
	const ask = async () => (await api("/api/documents", { from: "download", for: "file", name: "long" })).id;
	let id = await until("the file is caught", async () => {
		const asked = await ask();
		const now = await until("its end or its pages", async () => {
			const d = await api(`/api/documents/${asked}`);
			return d.state !== "working" || d.pages > 0 ? d : null;
		}, 60000);
		return now.pages > 0 ? asked : null;
	}, 60000);
	await api(`/api/documents/${id}/cancel`, {});
	await remote.addressBar();
	await type("before", async () => false);
	id = await until("the document begins", ask);
	const began = performance.now();
	let last = await api(`/api/documents/${id}`);
	await type("beside", async () => (last = await api(`/api/documents/${id}`)).state === "working");
	console.log(`document: ${last.state} ${last.reason} ${last.pages} pages, ${Math.round(last.bytes / 1000)} kB in ${((performance.now() - began) / 1000).toFixed(1)} s`);
	await type("after", async () => false);
	const text = await page.evaluate(async url => {
		const answer = new Uint8Array(await (await fetch(url)).arrayBuffer());
		return Array.from(answer, byte => String.fromCharCode(byte)).join("");
	}, `/api/documents/${id}/file`);
	fs.writeFileSync(path.join(folder, "crossed.pdf"), Buffer.from(text, "latin1"));
	for (const number of [1, 150, 300]) {
		execFileSync("pdftoppm", ["-r", "200", "-f", `${number}`, "-l", `${number}`, "-singlefile", "-png", path.join(folder, "crossed.pdf"), path.join(folder, "page")]);
		const words = execFileSync("tesseract", [path.join(folder, "page.png"), "-", "-l", "eng"], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
		console.log(`page ${number} reads: ${words.trim().split("\n")[0]}`);
	}
	await remote.close();
} finally {
	await harness.stop();
}
