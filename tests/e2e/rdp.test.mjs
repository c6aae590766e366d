// SPDX-License-Identifier: GPL-3.0-or-later
// An RDP host as a render host: added on the command line, tested, and worked on. The server is FreeRDP's, with the log-in by NLA, in
// front of a real desktop.

import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import fs from "node:fs";
import net from "node:net";
import path from "node:path";
import { after, before, test } from "node:test";
import { chromium } from "playwright-core";
import { Harness, build, outDir, problems, until } from "./harness.mjs";
import { Remote } from "./support/remote.mjs";

const NAME = "desk9.example", PASSWORD = "s3cret", SIZE = { width: 1024, height: 700 };

/** @type {Harness} */
let harness;
/** @type {import("node:child_process").ChildProcess[]} */
const children = [];
/** @type {import("playwright-core").Browser} */
let desktop;
/** @type {import("playwright-core").Page} */
let onDesktop;
let port = 0;

/** @param {string[]} args */
function ctl(...args)
{
	return spawnSync(path.join(build, "bin", "sekishoctl"), ["--socket", path.join(harness.dir, "state", "control.sock"), ...args], { encoding: "utf8" });
}

/** @param {number} candidate port
 * @returns {Promise<boolean>} */
const isFree = candidate => new Promise(resolve => {
	const probe = net.createServer().on("error", () => resolve(false)).listen(candidate, "127.0.0.1", () => probe.close(() => resolve(true)));
});

async function startServer()
{
	const at = (/** @type {string} */ name) => path.join(harness.dir, name), own = at(".config/freerdp/shadow");
	assert.equal(spawnSync(harness.program("certs"), ["host", at("pki"), NAME]).status, 0);
	fs.mkdirSync(own, { recursive: true });
	fs.copyFileSync(at(`pki/${NAME}.crt`), path.join(own, "shadow.crt"));
	assert.equal(spawnSync("openssl", ["ec", "-in", at(`pki/${NAME}.key`), "-out", path.join(own, "shadow.key")]).status, 0);
	const hash = spawnSync("openssl", ["dgst", "-provider", "legacy", "-provider", "default", "-md4", "-r"],
		{ input: Buffer.from(PASSWORD, "utf16le"), encoding: "utf8" }).stdout.slice(0, 32);
	fs.writeFileSync(at("sam"), `staff:::${hash}:::\n`);
	const x = spawn("Xvfb", ["-displayfd", "3", "-screen", "0", `${SIZE.width}x${SIZE.height}x24`, "-nolisten", "tcp"],
		{ stdio: ["ignore", "ignore", "ignore", "pipe"] });
	children.push(x);
	const display = await new Promise((resolve, reject) => {
		let text = "";
		/** @type {import("node:stream").Readable} */ (x.stdio[3]).on("data", data => {
			text += data;
			if (text.endsWith("\n"))
				resolve(text.trim());
		});
		x.on("exit", reject);
	});
	desktop = await chromium.launch({ executablePath: process.env.SEK_CHROMIUM ?? "/usr/bin/chromium", headless: false,
		chromiumSandbox: process.getuid?.() !== 0, env: { ...process.env, DISPLAY: `:${display}` },
		args: ["--window-position=0,0", `--window-size=${SIZE.width},${SIZE.height}`, "--disable-gpu", "--mute-audio"] });
	onDesktop = await (await desktop.newContext({ viewport: null })).newPage();
	await onDesktop.setContent("<body style='margin:0;background:#a60'><textarea autofocus style='font-size:24px;width:90%;height:200px'></textarea>");
	await onDesktop.locator("textarea").focus();
	for (let i = 0; i < 4; i++) { // it does not always come up, and then says nothing
		while (!await isFree(port = 20000 + Math.floor(Math.random() * 10000))); // outgoing connections take from 32768 on
		const shadow = spawn("freerdp-shadow-cli", [`/port:${port}`, "/bind-address:127.0.0.1", "/sec:nla", `/sam-file:${at("sam")}`],
			{ stdio: "ignore", env: { ...process.env, HOME: harness.dir, DISPLAY: `:${display}` } });
		children.push(shadow);
		if (await until("the server answers", () => answers(port), 8000).then(() => true, () => false))
			return;
		shadow.kill("SIGKILL");
	}
	throw new Error("freerdp-shadow-cli did not start");
}

/** @param {number} at port
 * @returns {Promise<boolean>} */
function answers(at)
{
	return new Promise(resolve => {
		const socket = net.connect(at, "127.0.0.1", () => {
			socket.destroy();
			resolve(true);
		}).on("error", () => resolve(false));
	});
}

before(async () => {
	harness = await Harness.start({ users: ["tanaka"], renderHost: false });
	await startServer();
}, { timeout: 120000 });
after(async () => {
	await desktop?.close();
	for (const child of children)
		child.kill("SIGKILL");
	await harness?.stop();
});

test("rdp: a host is added, its test names the step, and its desktop is worked on", { timeout: 120000 }, async () => {
	const because = ["--reason", "a desktop of the outer zone"];
	const added = ctl("host", "add", NAME, "127.0.0.1", String(port), "desks", "--kind", "rdp", ...because);
	assert.equal(added.status, 0, added.stderr);
	assert.match(ctl("host", "test", NAME, ...because).stdout, /failed: it refused the name or the password, or none is kept/); // NLA alone, and nobody to log in as
	const secret = spawnSync(path.join(build, "bin", "sekishoctl"), ["--socket", path.join(harness.dir, "state", "control.sock"), "host", "password", NAME, "staff",
		...because], { input: `${PASSWORD}\n`, encoding: "utf8" });
	assert.equal(secret.status, 0, secret.stdout + secret.stderr);
	assert.match(ctl("host", "test", NAME, ...because).stdout, /\bok\b/i);
	const put = ctl("policy", "set", "site", "pool", '["desks"]', ...because);
	assert.equal(put.status, 0, put.stdout + put.stderr);
	const page = await harness.newPage({ viewport: SIZE });
	await harness.login(page, "tanaka");
	const remote = new Remote(harness, page);
	await remote.live();
	await until("the desktop's colour is there", async () => (await remote.colours([[900, 600]]))[0] === "170,102,0");
	await page.mouse.click(300, 200);
	await page.keyboard.type("Minutes of the meeting: 3 + 4 = 7 (approved) @city");
	await until("what was typed is there", async () =>
		await onDesktop.locator("textarea").inputValue() === "Minutes of the meeting: 3 + 4 = 7 (approved) @city");
	await page.screenshot({ path: path.join(outDir, "rdp-desktop.png") });
	assert.deepEqual(problems(page), []);
	await page.context().close();
});
