// SPDX-License-Identifier: GPL-3.0-or-later
// Policies in live sessions, as members of staff meet them: addresses, files, the watermark. The clipboard has tests of its own.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, afterEach, before, test } from "node:test";
import { Harness, problems, root, until } from "./harness.mjs";
import { done, enter } from "./support/office.mjs";
import { Remote } from "./support/remote.mjs";

const USER = "山田太郎";
/** Colours of the page /second and of the PDF, and where both cover the window. */
const PAGE = "20,200,160", PAPER = "200,60,20", PLACE = /** @type {[number, number][]} */ ([[760, 500]]);

/** @type {Harness} */
let harness;
/** @type {Remote} */
let remote;
/** @type {import("playwright-core").Page} */
let office;

/** A PDF of one page with a large rectangle on it. */
function pdf()
{
	const draw = `${PAPER.split(",").map(part => (Number(part) / 255).toFixed(4)).join(" ")} rg 40 40 520 720 re f`;
	const objects = ["<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Kids[3 0 R]/Count 1>>",
		"<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents 4 0 R/Resources<<>>>>",
		`<</Length ${draw.length}>>\nstream\n${draw}\nendstream`];
	let text = "%PDF-1.4\n";
	const table = objects.map((object, i) => {
		const line = `${String(text.length).padStart(10, "0")} 00000 n \n`;
		text += `${i + 1} 0 obj\n${object}\nendobj\n`;
		return line;
	});
	return `${text}xref\n0 5\n0000000000 65535 f \n${table.join("")}trailer\n<</Size 5/Root 1 0 R>>\n` +
		`startxref\n${text.length}\n%%EOF\n`;
}

before(async () => {
	harness = await Harness.start({ users: [USER, "kanri"] });
	harness.setRoles("kanri", ["staff", "administrator"]);
	harness.site.files.set("/doc.pdf", { type: "application/pdf", body: pdf() });
	harness.site.files.set("/taken.pdf", { type: "application/pdf", body: pdf(), attachment: true });
	harness.site.files.set("/a.zip", { type: "application/zip", body: `PK\x05\x06${"\0".repeat(18)}` });
	harness.site.files.set("/a.docx",
		{ type: "application/vnd.openxmlformats-officedocument.wordprocessingml.document", body: "PK" });
	office = await enter(harness, "kanri", "admin");
	remote = await Remote.open(harness);
}, { timeout: 240000 });

after(async () => {
	await remote?.close();
	await harness?.stop();
}, { timeout: 120000 });

afterEach(() => assert.deepEqual(problems(remote.page), []));

/** Sets an attribute of the site's policy.
 * @param {string} attribute
 * @param {unknown} value */
async function policy(attribute, value)
{
	const { values: now } = await done(office, "policies/show", { scope: "site" });
	await done(office, "policies/set", { scope: "site", attribute, value, expected: now[attribute]?.version ?? 0, reason: "試験" });
}

/** Types an address of the site into the remote address bar; nothing need come of it.
 * @param {string} target */
async function type(target)
{
	await remote.addressBar();
	await remote.page.keyboard.type(`${harness.site.url.replace("http://", "")}${target}`);
	await remote.page.keyboard.press("Enter");
}

/** @param {string} what
 * @param {[number, number][]} points
 * @param {string} colour */
async function shows(what, points, colour)
{
	try {
		await until(what, async () => (await remote.colours(points)).every(one => one === colour));
	} catch (error) {
		await remote.screenshot("failed");
		throw new Error(`${error}\nthere is ${await remote.colours(points)}`);
	}
}

/** Waits until the render host's log has as many lines with the word as before and one more.
 * @param {string} word
 * @param {() => Promise<void>} act */
async function untilLogged(word, act)
{
	const count = () => harness.renderd.log().split(word).length;
	const known = count();
	await act();
	await until(`the render host's log tells of ${word}`, () => count() > known);
}

/** Files in the sandbox's home that somebody could have downloaded. */
function downloads()
{
	/** @type {string[]} */
	const found = [];
	let homes = 0;
	for (const pid of fs.readdirSync("/proc").filter(name => /^\d+$/.test(name))) {
		try {
			const command = fs.readFileSync(`/proc/${pid}/cmdline`, "utf8");
			if (!command.includes("--user-data-dir=/home/session/profile") || command.includes("--type="))
				continue;
			const home = path.join("/proc", pid, "root", "home/session");
			if (!fs.existsSync(path.join(home, "profile")))
				continue; // the helper that starts it
			homes += 1;
			found.push(...fs.readdirSync(home, { recursive: true }).map(String)
				.filter(name => /\.(pdf|zip|docx|crdownload)$|Downloads\/./.test(name)));
		} catch {
			// it ended meanwhile
		}
	}
	assert.ok(homes > 0, "no browser's home was found");
	return found;
}

test("policy: a page that leads from page to page is refused from the change on", { timeout: 120000 }, async () => {
	const { site } = harness, visits = () => site.requests.filter(one => one.startsWith("/restless")).length;
	await type("/restless");
	await until("it goes from page to page", () => visits() > 20);
	await untilLogged("egress.rules", () => policy("url_block", [new URL(site.url).hostname]));
	// What was on its way when the proxy took the rules may still be counted; nothing else may.
	await until("it comes to rest", async () => {
		const seen = visits();
		await new Promise(resolve => setTimeout(resolve, 300));
		return visits() === seen;
	});
	const seen = site.requests.length;
	const told = harness.renderd.log().split("outcome=blocked").length;
	await shows("the proxy's page", [[20, 700]], "245,247,249");
	await remote.screenshot("address-refused");
	await type("/second");
	// The browser's own page is white; if it has not read its rules yet, the proxy refuses once more.
	await until("the next address is refused too", async () => (await remote.colours([[20, 700]]))[0] === "255,255,255" ||
		harness.renderd.log().split("outcome=blocked").length > told);
	await remote.screenshot("address-refused-again");
	assert.deepEqual(site.requests.slice(seen), []);
	await untilLogged("egress.rules", () => policy("url_block", []));
	await until("it opens again", async () => {
		await type("/second");
		return until("the request", () => site.requests.includes("/second"), 3000).catch(() => false);
	}, 60000);
	await shows("the page again", PLACE, PAGE);
});

/** Types the address of a file that must be refused: it is fetched up to its head, and the page stays.
 * @param {string} file */
async function refused(file)
{
	await untilLogged("egress.done", async () => {
		await type(file);
		await until(`${file} is asked for`, () => harness.site.requests.includes(file));
	});
	for (let i = 0; i < 12; i++)
		await shows("the page as before", PLACE, PAGE);
	harness.site.requests = [];
}

test("policy: download none: no file opens, PDF neither, and the browser says so", { timeout: 120000 }, async () => {
	await remote.go("/second");
	await refused("/doc.pdf");
	// Only at the first of several: afterwards a mark in the tool bar has to do.
	await shows("the browser's word that the organisation forbids it", [[1000, 145]], "255,255,255");
	await remote.screenshot("download-none");
	await refused("/a.zip");
	await refused("/a.docx");
	assert.deepEqual(downloads(), []);
});

/** A TIFF, which Chromium does not show: 600 x 800 pixels of the colour PAPER. */
function tiff()
{
	const width = 600, height = 800, at = 8 + width * height * 3, tags = [[256, 4, width], [257, 4, height], [258, 3, 8], [259, 3, 1],
		[262, 3, 2], [273, 4, 8], [277, 3, 3], [278, 4, height], [279, 4, width * height * 3]];
	const file = Buffer.alloc(at + 2 + 12 * tags.length + 4);
	file.write("II*\0", "latin1");
	file.writeUInt32LE(at, 4);
	file.fill(Buffer.from(PAPER.split(",").map(Number)), 8, at);
	file.writeUInt16LE(tags.length, at);
	tags.forEach(([tag, type, value], i) => {
		file.writeUInt16LE(tag, at + 2 + 12 * i);
		file.writeUInt16LE(type, at + 4 + 12 * i);
		file.writeUInt32LE(1, at + 6 + 12 * i);
		file.writeUInt32LE(value, at + 10 + 12 * i);
	});
	return file;
}

test("policy: download view: PDF opens inside the sandbox, other files as PDF, or the page says why not", { timeout: 120000 }, async () => {
	await untilLogged("sandbox.rules", () => policy("download", "view"));
	await until("the PDF's page is on the screen", async () => {
		await type("/doc.pdf");
		return until("it", async () => (await remote.colours(PLACE))[0] === PAPER, 5000).catch(() => false);
	}, 45000);
	await remote.screenshot("download-view");
	await remote.go("/second");
	await shows("a page again", PLACE, PAGE);
	harness.site.files.set("/a.tif", { type: "image/tiff", body: tiff() });
	await untilLogged("outcome=shown", () => type("/a.tif"));
	await shows("the picture, in a PDF of the sandbox's own", PLACE, PAPER);
	await remote.screenshot("download-view-tiff");
	const documents = fs.mkdtempSync(path.join(os.tmpdir(), "sek-e2e-documents-"));
	execFileSync("python3", [path.join(root, "tests/support/documents/make.py"), documents]);
	harness.site.files.set("/a.docx", { type: "application/octet-stream", body: fs.readFileSync(path.join(documents, "word.docx")) });
	fs.rmSync(documents, { recursive: true });
	await remote.go("/second");
	await untilLogged("outcome=shown", () => type("/a.docx"));
	await shows("the document's page", PLACE, "255,255,255");
	await remote.screenshot("download-view-docx");
	await remote.go("/second");
	await untilLogged("outcome=reason", () => type("/a.zip")); // it is empty
	await shows("a white page that says so", PLACE, "255,255,255");
	await remote.screenshot("download-view-reason");
	assert.deepEqual(downloads(), []);
	await remote.go("/second");
	await type("/taken.pdf"); // one that its site offers as a file to keep
	await shows("the PDF", PLACE, PAPER);
	await remote.screenshot("download-view-taken");
	await policy("download", "none");
});

test("policy: a watermark in Japanese comes and goes in mid-session", { timeout: 120000 }, async () => {
	await remote.go("/second");
	await remote.page.mouse.click(400, 600);
	// The third row of letters stands at 40 + 2 * 144 pixels, for 32 pixels; between two rows there is nothing.
	const row = Array.from({ length: 400 }, (_, i) => /** @type {[number, number]} */ ([400 + i, 344]));
	const between = row.map(([x]) => /** @type {[number, number]} */ ([x, 420]));
	await shows("a bare page", [...row, ...between], PAGE);
	await policy("watermark", true);
	await until("letters", async () => (await remote.colours(row)).filter(colour => colour !== PAGE).length > 40);
	await remote.screenshot("watermark");
	await shows("nothing between the rows", between, PAGE);
	await policy("watermark", false);
	await shows("a bare page again", [...row, ...between], PAGE);
});
