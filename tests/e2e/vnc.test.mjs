// SPDX-License-Identifier: GPL-3.0-or-later
// A VNC machine as a render host: an administrator adds it, gives its password, tests it; a member of staff works on its desktop.

import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import fs from "node:fs";
import net from "node:net";
import path from "node:path";
import { after, before, test } from "node:test";
import { chromium } from "playwright-core";
import { Harness, build, outDir, problems, until } from "./harness.mjs";
import { Remote } from "./support/remote.mjs";

const NAME = "desk7.example", OPEN = "open.example", PASSWORD = "s3cret", SIZE = { width: 1024, height: 700 };

/** @type {Harness} */
let harness;
/** @type {import("node:child_process").ChildProcess} */
let server;
/** @type {import("playwright-core").Browser} */
let desktop;
/** @type {import("playwright-core").Page} */
let onDesktop;
let port = 0;

/** @param {number} candidate port
 * @returns {Promise<boolean>} */
const isFree = candidate => new Promise(resolve => {
	const probe = net.createServer().on("error", () => resolve(false)).listen(candidate, "127.0.0.1", () => probe.close(() => resolve(true)));
});

/** Xvnc with TLS and a certificate of the site's CA, as any desktop of the outer zone may have it. */
async function startServer()
{
	const at = (/** @type {string} */ name) => path.join(harness.dir, name);
	assert.equal(spawnSync(harness.program("certs"), ["host", at("pki"), NAME]).status, 0);
	assert.equal(spawnSync("x11vnc", ["-storepasswd", PASSWORD, at("vnc.passwd")]).status, 0);
	while (!await isFree(port = 20000 + Math.floor(Math.random() * 10000))); // outgoing connections take from 32768 on
	server = spawn("Xvnc", ["-displayfd", "3", "-rfbport", String(port), "-interface", "127.0.0.1", "-SecurityTypes", "X509Vnc,VncAuth", "-X509Cert",
		at(`pki/${NAME}.crt`), "-X509Key", at(`pki/${NAME}.key`), "-PasswordFile", at("vnc.passwd"), "-geometry", "800x600", "-depth", "24",
		"-nolisten", "tcp", "-AlwaysShared"], { stdio: ["ignore", "ignore", "ignore", "pipe"] });
	const display = await new Promise((resolve, reject) => {
		let text = "";
		/** @type {import("node:stream").Readable} */ (server.stdio[3]).on("data", data => {
			text += data;
			if (text.endsWith("\n"))
				resolve(text.trim());
		});
		server.on("exit", reject);
	});
	desktop = await chromium.launch({ executablePath: process.env.SEK_CHROMIUM ?? "/usr/bin/chromium", headless: false,
		chromiumSandbox: process.getuid?.() !== 0, env: { ...process.env, DISPLAY: `:${display}` },
		args: ["--window-position=0,0", "--window-size=800,600", "--disable-gpu", "--mute-audio"] });
	onDesktop = await (await desktop.newContext({ viewport: null })).newPage();
	await onDesktop.setContent("<body style='margin:0;background:#0a6'><textarea autofocus style='font-size:24px;width:90%;height:200px'></textarea>");
	await onDesktop.locator("textarea").focus();
}

before(async () => {
	harness = await Harness.start({ users: ["tanaka", "suzuki", "kanri"], renderHost: false });
	harness.setRoles("kanri", ["staff", "administrator"]);
	await startServer();
}, { timeout: 120000 });
after(async () => {
	await desktop?.close();
	server?.kill();
	await harness?.stop();
});

/** @param {import("playwright-core").Page} page
 * @param {string} name */
const shot = (page, name) => page.screenshot({ path: path.join(outDir, `vnc-${name}.png`) });

async function administration()
{
	const page = await harness.newPage({ locale: "en-GB" });
	await page.goto(`${harness.url}/admin/`);
	await page.locator("input[name=user]").fill("kanri");
	await page.locator("input[name=password]").fill(harness.password);
	await page.keyboard.press("Enter");
	return page;
}

test("vnc: an administrator adds a desktop, tests it, and is told which step fails", { timeout: 120000 }, async () => {
	const page = await administration();
	await page.getByRole("link", { name: "Render hosts" }).click();
	await page.getByRole("button", { name: "Add a render host" }).click();
	await page.getByLabel("Host name").fill(NAME);
	await page.getByLabel("Address", { exact: true }).fill("127.0.0.1");
	await page.getByLabel("Port", { exact: true }).fill(String(port));
	await page.getByLabel("Kind", { exact: true }).selectOption({ label: "VNC" });
	await page.getByLabel("Reason").fill("a desktop of the outer zone");
	await shot(page, "add");
	await page.getByRole("dialog").getByRole("button", { name: "Add a render host" }).click();
	const row = page.getByRole("row", { name: new RegExp(`^${NAME}`) });
	await row.getByText("not known yet").waitFor();
	for (const [said, password] of [["log-in refused", ""], ["ok", PASSWORD]]) {
		if (password) {
			await row.getByRole("button", { name: "Log-in there" }).click();
			await page.getByLabel("Password there").fill(password);
			await page.getByLabel("Reason").fill("its own");
			await shot(page, "password");
			await page.keyboard.press("Enter");
			await until("the form is gone", async () => await page.getByRole("dialog").count() === 0);
		}
		await row.getByRole("button", { name: "Test connection" }).click();
		await page.getByLabel("Reason").fill("does it work?");
		await page.keyboard.press("Enter");
		await row.getByText(`Test: ${said}`).waitFor();
		await shot(page, `test-${said.replace(" ", "-")}`);
	}
	assert.deepEqual(problems(page), []);
	// What was said there is in nobody's hands but the decoder's.
	const state = path.join(harness.dir, "state");
	for (const name of [...fs.readdirSync(state), "../broker.log"]) {
		const file = path.join(state, name);
		if (fs.statSync(file).isFile())
			assert.ok(!fs.readFileSync(file).includes(PASSWORD), name);
	}
	await page.context().close();
});

test("vnc: its desktop is worked on, Japanese included, in a window of the user's size", { timeout: 120000 }, async () => {
	const remote = await Remote.open(harness, { user: "tanaka", viewport: SIZE, filled: false });
	await until("the desktop has taken the window's size", async () => {
		const size = await onDesktop.evaluate(() => [screen.width, screen.height]);
		return size[0] === SIZE.width && (size[1] ?? 0) > 600;
	});
	await until("its colour is on the screen", async () => (await remote.colours([[400, 500]]))[0] === "0,170,102");
	const field = onDesktop.locator("textarea");
	await remote.page.mouse.click(300, 200);
	await remote.page.keyboard.type("Abc \"1\" _\\~");
	await until("keys arrive", async () => await field.inputValue() === "Abc \"1\" _\\~");
	await remote.compose(["k", "こ", "こんにちは", "今日は"], "今日は、");
	await remote.page.keyboard.type("x");
	await remote.compose(["せきしょ"], "関所");
	try {
		await until("composed text arrives", async () => await field.inputValue() === "Abc \"1\" _\\~今日は、x関所");
	} catch (error) {
		throw new Error(`${error}: ${await field.inputValue()}`);
	}
	await shot(remote.page, "desktop");
	assert.deepEqual(problems(remote.page), []);
	await remote.close();
});

test("vnc: what is not encrypted is said in red wherever the host stands", { timeout: 120000 }, async () => {
	const program = path.join(build, "bin", "sekishoctl"), socket = ["--socket", path.join(harness.dir, "state", "control.sock"), "--lang", "en"];
	const ctl = (/** @type {string[]} */ ...args) => spawnSync(program, [...socket, ...args], { encoding: "utf8", input: `${PASSWORD}\n` });
	const onTerminal = (/** @type {string[]} */ ...args) => spawnSync("script", ["-qec", [program, ...socket, ...args].join(" "), "/dev/null"],
		{ encoding: "utf8", env: { ...process.env, TERM: "xterm", NO_COLOR: "" } }).stdout;
	for (const args of [["host", "add", OPEN, "127.0.0.1", String(port), "open", "--kind", "vnc", "--insecure", "true"], ["host", "password", OPEN],
		["policy", "set", "user:suzuki", "pool", '["open"]']]) {
		const done = ctl(...args, "--reason", "old");
		assert.equal(done.status, 0, done.stdout + done.stderr);
	}
	const session = await harness.newPage(), page = await administration();
	await harness.login(session, "suzuki");
	await new Remote(harness, session).live();

	/** @param {import("playwright-core").Locator} mark */
	const isRed = async mark => {
		await mark.waitFor({ timeout: 60000 });
		const [red, green, blue] = (await mark.evaluate(e => getComputedStyle(e).color)).match(/\d+/g)?.map(Number) ?? [];
		assert.ok(red && red > 120 && Math.max(green ?? 255, blue ?? 255) < red / 2, `${red}, ${green}, ${blue}`);
	};
	await page.getByRole("link", { name: "Render hosts" }).click();
	const row = page.getByRole("row", { name: new RegExp(`^${OPEN}`) });
	await isRed(row.getByText("INSECURE", { exact: true }));
	assert.equal(await page.getByText("INSECURE", { exact: true }).count(), 1); // and the other one is not
	await row.getByRole("button", { name: "Test connection" }).click();
	await isRed(page.getByRole("dialog").getByText("Everybody on the way can see"));
	await shot(page, "insecure-question");
	await page.keyboard.press("Escape");
	await page.getByRole("link", { name: "Live sessions" }).click();
	await isRed(page.getByRole("row", { name: /^suzuki/ }).getByText("INSECURE", { exact: true }));
	await shot(page, "insecure-session");

	const red = (/** @type {string} */ text) => `\x1b[1;31m${text}\x1b[0m`;
	const hosts = onTerminal("host", "list").split("\n"), sessions = onTerminal("session", "list").split("\n");
	assert.ok(hosts.some(line => line.startsWith(red(OPEN)) && line.includes(red("yes"))), hosts.join("\n"));
	assert.ok(hosts.some(line => line.startsWith(NAME) && !line.includes("\x1b")));
	assert.ok(sessions.some(line => line.includes("suzuki") && line.includes(red(OPEN)) && line.includes(red("yes"))), sessions.join("\n"));
	assert.match(onTerminal("host", "test", OPEN), /\x1b\[1;31mINSECURE: nothing is encrypted/);
	assert.match(onTerminal("selfcheck"), /\x1b\[1;31m[^\x1b]*without encryption[^\x1b]*open\.example[^\x1b]*\x1b\[0m/);
	assert.doesNotMatch(ctl("host", "list").stdout, /\x1b/); // what a program reads has no colours
	await session.context().close();
	await page.context().close();
});
