// SPDX-License-Identifier: GPL-3.0-or-later
// Standard VNC viewers as clients, in a real window, through the whole chain.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createHmac } from "node:crypto";
import fs from "node:fs";
import https from "node:https";
import path from "node:path";
import { after, before, test } from "node:test";
import { build, Harness, until } from "./harness.mjs";
import { Screen } from "./support/native.mjs";
import { recording } from "./support/recordings.mjs";
import { patternCells } from "./support/site.mjs";
import { GVncViewer, VncViewer } from "./support/vncviewer.mjs";

const PORT = 20000 + Math.floor(Math.random() * 10000);
const recorded = recording();

/** @type {Harness} */
let harness;
/** @type {Screen} */
let screen;
/** @type {VncViewer} */
let viewer;

/** @param {string[]} args of sekishoctl */
function control(...args)
{
	const result = spawnSync(path.join(build, "bin/sekishoctl"), ["--socket", path.join(harness.dir, "state/control.sock"), ...args], { encoding: "utf8" });
	assert.equal(result.status, 0, `${args.join(" ")}: ${result.stdout}${result.stderr}`);
	return result.stdout;
}

/** A number of the broker's metrics.
 * @param {string} name */
async function number(name)
{
	const text = await (await fetch(`http://127.0.0.1:${PORT + 2}/metrics`)).text();
	return Number(text.split("\n").find(line => line.startsWith(`sekisho_${name} `))?.split(" ").at(-1));
}

before(async () => {
	harness = await Harness.start({ users: ["tanaka"], prepare: recorded.prepare,
		brokerExtra: dir => `${recorded.brokerExtra(dir)}vnc_viewers:\n  port: ${PORT}\n  language: en\nmetrics:\n  address: 127.0.0.1\n  port: ${PORT + 2}\n` });
	const dir = path.join(harness.dir, "x");
	fs.mkdirSync(dir);
	screen = await Screen.start(dir, "1400x900"); // else the viewer thinks of full screen
}, { timeout: 120000 });
after(async () => {
	await viewer?.stop();
	await screen?.stop();
	await harness?.stop();
});

test("vncviewer: a wrong password is refused, with the reason in words", { timeout: 120000 }, async () => {
	viewer = new VncViewer(harness, screen, PORT, { password: "wrong" });
	await viewer.says("The user name or the password is wrong");
	await viewer.stop();
	assert.doesNotMatch(harness.broker.log(), /viewer\.open/);
});

test("vncviewer: log-in, then the isolated browser", { timeout: 120000 }, async () => {
	viewer = new VncViewer(harness, screen, PORT, { args: ["-NoJPEG=1"] });
	await viewer.rests();
	screen.screenshot("vncviewer-live");
});

test("vncviewer: it is counted: metrics, and what administrators are told", async () => {
	assert.deepEqual(await Promise.all(["vnc_viewers", "vnc_viewer_connections", "sessions_attached", "vnc_viewers_opened_total",
		'vnc_viewer_refusals_total{why="told"}', "vnc_viewer_faults_total"].map(number)), [1, 1, 1, 1, 1, 0]);
	assert.equal(JSON.parse(control("--json", "status")).vnc_viewers, 1);
	assert.match(control("session", "list"), /vnc viewer/);
});

test("vncviewer: who speaks RFB is locked up", () => {
	const pid = spawnSync("pgrep", ["-n", "-f", path.join(harness.dir, "bin/sekisho-encoder-rfb")], { encoding: "utf8" }).stdout.trim();
	const status = fs.readFileSync(`/proc/${pid}/status`, "utf8");
	assert.match(status, /^Seccomp:\t2$/m);
	assert.match(status, /^NoNewPrivs:\t1$/m);
	assert.match(status, /^CapEff:\t0+$/m);
	assert.deepEqual(fs.readdirSync(`/proc/${pid}/fd`), ["0", "1", "2", "3", "4", "5"]);
	for (const name of ["net", "mnt", "user", "ipc"])
		assert.notEqual(fs.readlinkSync(`/proc/${pid}/ns/${name}`), fs.readlinkSync(`/proc/self/ns/${name}`));
});

test("vncviewer: what is typed arrives exactly, Japanese too", { timeout: 120000 }, async () => {
	await viewer.go("/type");
	screen.click(300, 250);
	await until("the field has the focus", () => viewer.report?.focus === "TEXTAREA");
	const text = "The quick brown fox (jumps) \"over\" 0123456789 +-*/=~^|\\@#$%&_<>?!{}[]:,.'`;";
	screen.type(text);
	await until(`the text; it is ${viewer.report?.text}`, () => viewer.report?.text === text);
	screen.key("ctrl+a", "Delete");
	await until("an empty field", () => viewer.report?.text === "");
	screen.type("日本語ひらがなカタカナ");
	await until(`the Japanese text; it is ${viewer.report?.text}`, () => viewer.report?.text === "日本語ひらがなカタカナ");
});

test("vncviewer: every pixel is the remote one", { timeout: 120000 }, async () => {
	await viewer.go("/pattern");
	const top = 800 - (viewer.report?.height ?? 0);
	await until("the pattern, exactly", () => {
		const { at } = screen.look();
		return patternCells().every(({ x, y, colour }) => at(x, y + top) === colour);
	}).catch(error => {
		screen.screenshot("vncviewer-failed");
		throw error;
	});
	screen.screenshot("vncviewer-pattern");
});

test("vncviewer: another size of the window is the remote browser's, too", { timeout: 120000 }, async () => {
	await viewer.go("/type");
	const before = viewer.report?.width;
	screen.tool("search", "--onlyvisible", "--name", "TigerVNC", "windowsize", "1000", "700");
	await until(`the page is narrower than ${before}`, () => (viewer.report?.width ?? 0) < 1010);
	screen.tool("search", "--onlyvisible", "--name", "TigerVNC", "windowsize", "1280", "800");
	await until("and wide again", () => viewer.report?.width === before);
});

test("vncviewer: text crosses when the policy says so and it is pasted, and not before", { timeout: 120000 }, async () => {
	const local = (/** @type {string} */ text) => spawnSync("xclip", ["-selection", "clipboard"],
		{ input: text, stdio: ["pipe", "ignore", "ignore"], env: { ...process.env, DISPLAY: screen.display } }); // it stays, and would hold our pipes
	await viewer.go("/type");
	screen.click(300, 250);
	await until("the field has the focus", () => viewer.report?.focus === "TEXTAREA");
	local("閉じている間の文字");
	screen.key("ctrl+v");
	screen.type("x");
	await until(`only what was typed; it is ${viewer.report?.text}`, () => viewer.report?.text === "x");
	control("policy", "set", "site", "clipboard", "both", "--reason", "試験");
	local("問いのあとの文字");
	const shown = () => {
		const { at } = screen.look();
		return Array.from({ length: 600 }, (_, y) => at(640, y)).includes("179,38,30"); // its rim
	};
	for (let left = 10; left > 0 && !shown(); left--) {
		screen.key("ctrl+v"); // what the viewer has offered by then
		await until("the question", shown, 1000).catch(() => null);
	}
	screen.screenshot("vncviewer-question");
	assert.ok(shown(), "the question stands in the picture");
	await new Promise(resolve => setTimeout(resolve, 1000)); // nothing counts at once
	screen.type("yyy");
	screen.key("Return");
	assert.ok(shown());
	screen.key("Escape");
	await until("it has gone", () => !shown());
	assert.equal(viewer.report?.text, "x");
	local("問いのあとの文字 2");
	for (let left = 10; left > 0 && !shown(); left--) {
		screen.key("ctrl+v");
		await until("the question", shown, 1000).catch(() => null);
	}
	await new Promise(resolve => setTimeout(resolve, 1000));
	for (const digit of "23456789") // which one it is stands in the picture
		screen.key(digit);
	await until("the text", () => viewer.report?.text?.includes("2"), 60000);
	assert.match(viewer.report?.text ?? "", /^x問いのあとの文字 2/);
	screen.key("ctrl+a", "Delete");
	screen.type("x");
	await until("as it was", () => viewer.report?.text === "x");
	control("policy", "set", "site", "clipboard_confirm", "false", "--reason", "試験");
	local("関所を越える文字 ✓");
	for (let left = 10; left > 0 && !viewer.report?.text?.includes("✓"); left--) {
		screen.key("ctrl+v"); // what the viewer has offered by then
		await new Promise(resolve => setTimeout(resolve, 500));
	}
	assert.match(viewer.report?.text ?? "", /^x関所を越える文字 ✓/);
	const audit = control("audit", "search", "--what", "clipboard.to-outer");
	assert.match(audit, /clipboard\.to-outer/);
});

test("vncviewer: a viewer that is closed leaves the session, the next one finds it", { timeout: 120000 }, async () => {
	const text = viewer.report?.text;
	await viewer.stop();
	await until("the session has lost its client", () => /session\.detached/.test(harness.broker.log()));
	const who = viewer;
	viewer = new VncViewer(harness, screen, PORT, { args: ["-NoJPEG=1"] });
	await viewer.rests();
	assert.equal(harness.broker.log().match(/session\.opened/g)?.length, 1);
	screen.click(300, 250);
	screen.type("!");
	await until("the same page", () => who.report?.text !== text && who.report?.text?.includes("!"));
});

test("vncviewer: gvncviewer, too: log-in, typing, the picture", { timeout: 180000 }, async () => {
	await viewer.stop();
	const other = new GVncViewer(harness, screen, PORT);
	try {
		await other.login("tanaka", harness.password);
		await other.go("/type");
		screen.click(300, 250);
		await until("the field has the focus", () => other.report?.focus === "TEXTAREA", 60000);
		const text = "Hello (World) 0123 +-*/=~ 日本語かな";
		screen.type(text);
		await until(`the text; it is ${other.report?.text}`, () => other.report?.text === text, 60000);
		await other.go("/pattern");
		const top = other.top + 800 - (other.report?.height ?? 0);
		await until("the pattern, as near as the JPEG that it asks for comes to it", () => {
			const { pixel } = screen.look();
			return patternCells().every(({ x, y, colour }) => {
				const is = pixel(x, y + top);
				return colour.split(",").every((part, i) => Math.abs(Number(part) - (is[i] ?? 0)) <= 40); // its quality is low: 20 was seen
			});
		}, 60000);
	} catch (error) {
		screen.screenshot("gvncviewer-failed");
		throw error;
	} finally {
		screen.screenshot("gvncviewer");
		await other.stop();
	}
});

test("vncviewer: the end is told in words; records and recording say what it was", { timeout: 120000 }, async () => {
	viewer = new VncViewer(harness, screen, PORT, { args: ["-NoJPEG=1"] });
	await viewer.rests();
	const [, session] = /session\.opened .*session=(\w+)/.exec(harness.broker.log()) ?? [];
	assert.ok(session);
	control("session", "end", session, "--reason", "試験");
	await until("the card", () => screen.look().at(1000, 700) === "244,245,247");
	screen.screenshot("vncviewer-ended");
	await viewer.stop();
	assert.match(control("audit", "search", "--what", "session.attached"), /vnc viewer/);
	await until("the recording is whole and signed", () => {
		const checked = spawnSync(path.join(build, "bin/sekishoctl"), ["--socket", path.join(harness.dir, "state/control.sock"), "recording", "verify"]);
		return checked.status === 0;
	});
});

/** @param {string} secret in base32
 * @param {number} step */
function code(secret, step)
{
	const bits = [...secret.replace(/[ =]/g, "")].map(c => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(c).toString(2).padStart(5, "0")).join("");
	const counter = Buffer.alloc(8);
	counter.writeBigUInt64BE(BigInt(step));
	const mac = createHmac("sha1", Buffer.from((bits.match(/.{8}/g) ?? []).map(byte => parseInt(byte, 2)))).update(counter).digest();
	return String((mac.readUInt32BE((mac[19] ?? 0) & 15) & 0x7fffffff) % 1000000).padStart(6, "0");
}

test("vncviewer: a one-time code stands behind the password", { timeout: 120000 }, async () => {
	const site = await Harness.start({ renderHost: false, login: "  needs: password+totp\n", brokerExtra: `vnc_viewers:\n  port: ${PORT + 1}\n  language: en\n` });
	/** @param {string} where
	 * @param {Record<string, string>} body
	 * @returns {Promise<Record<string, string>>} */
	const post = (where, body) => new Promise((resolve, reject) => {
		const request = https.request(`${site.direct}${where}`, { method: "POST", ca: site.ca(), headers: { "content-type": "application/json", origin: site.direct } },
			response => {
				let text = "";
				response.on("data", data => {
					text += data;
				}).on("end", () => resolve(JSON.parse(text)));
			});
		request.on("error", reject).end(JSON.stringify(body));
	});
	let one = new VncViewer(site, screen, PORT + 1);
	try {
		await one.says("Set them up in the browser first");
		await one.stop();
		const step = Math.floor(Date.now() / 30000), { ticket = "", secret = "" } = await post("/api/login", { user: "tanaka", password: site.password });
		const done = await post("/api/login/code", { ticket, code: code(secret, step - 1) });
		assert.equal(done["user"], "tanaka");
		one = new VncViewer(site, screen, PORT + 1);
		await one.says("type your password, a plus sign and the six digits");
		await one.stop();
		one = new VncViewer(site, screen, PORT + 1, { password: `${site.password}+${code(secret, Math.floor(Date.now() / 30000))}` });
		await until("it is in", () => /viewer\.open/.test(site.broker.log()));
	} finally {
		await one.stop();
		await site.stop();
	}
});
