// SPDX-License-Identifier: GPL-3.0-or-later
// Documents cross as pixels, through the whole chain: a page offers a file, Chromium catches it, its pages are rendered outside, and what the
// inner browser gets is a PDF of pictures that says what was to be seen and holds nothing of what was in the file.

import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";
import { Harness, root, until } from "./harness.mjs";
import { done, enter } from "./support/office.mjs";
import { PASSPHRASE, recording } from "./support/recordings.mjs";
import { Remote } from "./support/remote.mjs";

const USER = "山田太郎";
/** What stands in every part of a file that nobody may see, and what a virus scanner would find (in two pieces: this is not it). */
const MARKS = ["SEKISHO-MARK", "EICAR-STAN" + "DARD-ANTIVIRUS", "JavaScript", "EmbeddedFile"];
const site = recording({ siteKey: true });

/** @type {Harness} */
let harness;
/** @type {Remote} */
let remote;
/** @type {import("playwright-core").Page} */
let office;
/** Every byte of the stream that the session's page received. @type {Buffer[]} */
const received = [];
let folder = "";

/** @param {string} attribute
 * @param {unknown} value */
async function policy(attribute, value)
{
	const { values: now } = await done(office, "policies/show", { scope: "site" });
	await done(office, "policies/set", { scope: "site", attribute, value, expected: now[attribute]?.version ?? 0, reason: "試験" });
}

/** A request as the session's page makes it.
 * @param {string} where
 * @param {object} [body]
 * @returns {Promise<{ status: number, json: any }>} */
function api(where, body)
{
	return remote.page.evaluate(async ([url, text]) => {
		const answer = await fetch(url ?? "", text ? { method: "POST", body: text, headers: { "Content-Type": "application/json" } } : {});
		return { status: answer.status, json: await answer.json().catch(() => null) };
	}, [where, body ? JSON.stringify(body) : ""]);
}

/** The bytes of an answer, to a POST of `body` if there is one.
 * @param {string} where
 * @param {import("playwright-core").Page} [page]
 * @param {object} [body]
 * @returns {Promise<Buffer>} */
async function bytes(where, page = remote.page, body = undefined)
{
	const text = await page.evaluate(async ([url, post]) => {
		const how = post ? { method: "POST", body: post, headers: { "Content-Type": "application/json" } } : {};
		const answer = new Uint8Array(await (await fetch(url ?? "", how)).arrayBuffer());
		let all = "";
		for (let i = 0; i < answer.length; i += 32768)
			all += String.fromCharCode(...answer.subarray(i, i + 32768));
		return btoa(all);
	}, [where, body ? JSON.stringify(body) : ""]);
	return Buffer.from(text, "base64");
}

/** The remote browser goes to an address of the site that is a file.
 * @param {string} target */
async function offer(target)
{
	await remote.address(`${harness.site.url.replace("http://", "")}${target}`);
}

/** Takes a document over and waits for its end.
 * @param {object} wish
 * @returns {Promise<any>} as GET gives it */
async function take(wish)
{
	const asked = await api("/api/documents", { for: "file", name: "書類", ...wish });
	assert.equal(asked.status, 201, JSON.stringify(asked.json));
	return until("the document is over", async () => {
		const { json } = await api(`/api/documents/${asked.json.id}`);
		return json.state === "working" ? null : json;
	}, 120000);
}

/** The file that was offered, once it is caught: before that there is none.
 * @param {object} [wish] */
function caught(wish = {})
{
	return until("a document is caught", async () => {
		const d = await take({ from: "download", ...wish });
		return d.state === "failed" && d.reason === "none" ? null : d;
	}, 120000);
}

/** @param {Buffer} all
 * @param {string} what */
function clean(all, what)
{
	for (const mark of MARKS)
		assert.equal(all.includes(mark), false, `${mark} in ${what}`);
}

/** Words of a page, read by tesseract from its picture.
 * @param {string} pdf
 * @param {number} page */
function read(pdf, page)
{
	const picture = path.join(folder, "page");
	execFileSync("pdftoppm", ["-r", "200", "-f", `${page}`, "-l", `${page}`, "-singlefile", "-png", pdf, picture]);
	return execFileSync("tesseract", [`${picture}.png`, "-", "-l", "eng"], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
}

before(async () => {
	harness = await Harness.start({ users: [USER, "kanri", "kansa"], prepare: site.prepare,
		brokerExtra: dir => `${site.brokerExtra(dir)}documents:\n  path: ${dir}/state/documents\n  least_free_mib: 16\n` });
	harness.setRoles("kanri", ["staff", "administrator"]);
	harness.setRoles("kansa", ["reviewer"]);
	folder = path.join(harness.dir, "documents-test");
	fs.mkdirSync(folder);
	execFileSync("python3", [path.join(root, "tests/support/documents/make.py"), folder]);
	for (const name of ["plain.pdf", "word.docx", "mail.eml", "archive.zip", "locked.docx"])
		harness.site.files.set(`/${name}`, { type: "application/octet-stream", body: fs.readFileSync(path.join(folder, name)), attachment: true });
	office = await enter(harness, "kanri", "admin");
	await policy("download", "pixels");
	await policy("print", "pixels");
	await policy("document_text", true);
	await policy("documents_per_day", 1000); /* waiting asks again and again, and each time counts */
	const page = await harness.newPage();
	page.on("websocket", socket => socket.on("framereceived", ({ payload }) => received.push(Buffer.from(payload))));
	await harness.login(page, USER);
	remote = new Remote(harness, page);
	await remote.live();
	await remote.painted();
}, { timeout: 240000 });

after(async () => {
	await remote?.close();
	await harness?.stop();
}, { timeout: 120000 });

test("documents: a PDF with scripts and files in it becomes a PDF of pictures that reads the same", { timeout: 240000 }, async () => {
	const original = fs.readFileSync(path.join(folder, "plain.pdf"));
	for (const mark of MARKS.slice(0, 2))
		assert.ok(original.includes(mark), `the test's own file has ${mark}`);
	await offer("/plain.pdf");
	const d = await caught({ text: true });
	assert.equal(d.state, "released", d.reason);
	const pdf = await bytes(`/api/documents/${d.id}/file`), file = path.join(folder, "crossed.pdf");
	fs.writeFileSync(file, pdf);
	assert.equal(pdf.length, d.bytes);
	assert.equal(execFileSync("sha256sum", [file], { encoding: "utf8" }).split(" ")[0], d.sha256);
	clean(pdf, "the PDF");
	assert.equal(spawnSync("qpdf", ["--check", file]).status, 0);
	assert.match(execFileSync("pdftotext", [file, "-"], { encoding: "utf8" }), /Visible 7431/);
	assert.match(read(file, 1), /Visible 7431/);
	assert.match(execFileSync("pdfinfo", [file], { encoding: "utf8" }), /^Producer: +Sekisho$/m);
	const picture = await bytes(`/api/documents/${d.id}/pages/1`);
	assert.equal(picture.subarray(1, 4).toString(), "PNG");
	clean(picture, "the page");
});

test("documents: an Office file with macros, a mail with scripts and an archive cross likewise; one with a password says so", { timeout: 240000 }, async () => {
	let last = (await take({ from: "download" })).sha256; // of the test before
	for (const name of ["word.docx", "mail.eml", "archive.zip"]) {
		await offer(`/${name}`);
		const d = await until(`${name} is caught`, async () => {
			const now = await take({ from: "download" });
			return now.state === "released" && now.sha256 !== last ? now : null;
		}, 120000);
		last = d.sha256;
		const file = path.join(folder, `${name}.pdf`);
		fs.writeFileSync(file, await bytes(`/api/documents/${d.id}/file`));
		clean(fs.readFileSync(file), name);
		assert.match(read(file, 1), /7431/, name);
	}
	await offer("/locked.docx");
	await until("the one with a password is caught", async () => (await take({ from: "download" })).reason === "encrypted", 120000);
});

test("documents: the page that the browser shows crosses by print", { timeout: 240000 }, async () => {
	await remote.go("/");
	const d = await take({ from: "page", for: "print" });
	assert.equal(d.state, "released", d.reason);
	assert.ok(d.pages >= 1);
});

test("documents: nothing of what was in the files reached the inner side, nor any file that the broker wrote", async () => {
	assert.ok(received.length > 10);
	clean(Buffer.concat(received), "the stream");
	const names = execFileSync("find", [path.join(harness.dir, "state"), path.join(harness.dir, "broker.log"), "-type", "f"], { encoding: "utf8" })
		.trim().split("\n");
	assert.ok(names.some(name => name.endsWith(".doc")) && names.some(name => name.endsWith(".sekrec")));
	for (const name of names) {
		const all = fs.readFileSync(name);
		for (const mark of MARKS.slice(0, 2))
			assert.equal(all.includes(mark), false, `${mark} in ${name}`);
	}
});

test("documents: nor does the recording hold it, opened as a reviewer opens it", { timeout: 120000 }, async () => {
	const reviewer = await enter(harness, "kansa", "review");
	await done(reviewer, "unlock", { passphrase: PASSPHRASE }, "review");
	const { rows } = await done(reviewer, "recordings/list", { limit: 10 });
	assert.equal(rows.length, 1);
	const { view, head } = await done(reviewer, "open", { recording: rows[0].recording, reason: "試験" }, "review");
	assert.ok(head.blocks > 1);
	let seen = 0;
	for (let from = 0; from < head.blocks;) {
		const all = await bytes("/api/review/blocks", reviewer, { view, from, count: 64 });
		clean(all, `blocks from ${from}`);
		seen += all.length;
		for (let at = 0; at < all.length; at += 8 + all.readUInt32LE(at + 4))
			from = all.readUInt32LE(at) + 1;
	}
	assert.ok(seen > 10000);
	await reviewer.close();
});

test("documents: a document that another can have is refused to this one, and without the policy there is no way at all", async () => {
	await policy("download", "view");
	const refused = await until("the policy is in force", async () => {
		const answer = await api("/api/documents", { from: "download", for: "file", name: "書類" });
		return answer.status === 403 ? answer : null;
	});
	assert.deepEqual(refused.json, { error: "policy" });
	const running = execFileSync("ps", ["-eo", "args"], { encoding: "utf8" }).split("\n").filter(line => line.includes(harness.dir));
	assert.ok(running.some(line => line.includes("sekisho-decoder ")), "the session's own decoder");
	assert.deepEqual(running.filter(line => /sekisho-paper|sekisho-decoder pages|sekisho-pages/.test(line)), []);
});
