// SPDX-License-Identifier: GPL-3.0-or-later
// The native viewer, in a real window, through the whole chain.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";
import { Harness, until } from "./harness.mjs";
import { Native, Screen } from "./support/native.mjs";
import { patternCells } from "./support/site.mjs";

/** @type {Harness} */
let harness;
/** @type {Screen} */
let screen;
/** @type {Native} */
let viewer;

const GROUND = "232,237,242", WHITE = "255,255,255", PASSWORD_Y = 400;

/** @param {string[]} [args]
 * @param {{ env?: Record<string, string>, under?: string[] }} [how] */
async function start(args = [], how)
{
	const native = new Native(harness, screen, ["--ca", `${harness.dir}/pki/ca.crt`, "--lang", "ja", "--size", "1280x800", ...args], how);
	await native.shows(20, 20, GROUND);
	await native.shows(640, PASSWORD_Y, WHITE);
	return native;
}

/** The log-in form, by keys.
 * @param {string} password */
function logIn(password)
{
	screen.type("tanaka");
	screen.key("Tab");
	screen.type(password);
	screen.key("Return");
}

before(async () => {
	harness = await Harness.start({ users: ["tanaka"] });
	const dir = path.join(harness.dir, "x");
	fs.mkdirSync(dir);
	screen = await Screen.start(dir);
}, { timeout: 60000 });
after(async () => {
	await viewer?.stop();
	await screen?.stop();
	await harness?.stop();
});

test("viewer: another CA than the site's is refused, also one that the machine trusts", { timeout: 30000 }, async () => {
	const other = path.join(harness.dir, "other");
	const made = spawnSync(harness.program("certs"), ["init", other]);
	assert.equal(made.status, 0);
	viewer = new Native(harness, screen, ["--ca", `${other}/ca.crt`, "--size", "1280x800"],
		{ env: { SSL_CERT_FILE: `${harness.dir}/pki/ca.crt` } });
	await viewer.shows(640, PASSWORD_Y, WHITE);
	logIn(harness.password);
	await viewer.says("login error.network");
	await viewer.stop();
	assert.doesNotMatch(harness.broker.log(), /login\.ok/);
});

test("viewer: no session where the decoder cannot be jailed", { timeout: 30000 }, async () => {
	viewer = await start([], { under: ["unshare", "--user", "--map-root-user", "sh", "-c",
		"echo 0 > /proc/sys/user/max_user_namespaces; exec \"$@\"", "sh"] });
	logIn(harness.password);
	await viewer.in("ended");
	assert.equal(viewer.phase.key, "viewer.no-jail");
	screen.screenshot("native-no-jail");
	await viewer.stop();
	assert.doesNotMatch(harness.broker.log(), /stream\.open/);
});

test("viewer: log-in by hand, a wrong password in words, then the isolated browser", { timeout: 60000 }, async () => {
	viewer = await start();
	logIn("wrong");
	await viewer.says("login error.login");
	screen.screenshot("native-wrong-password");
	screen.type(harness.password);
	screen.key("Return");
	await viewer.in("live");
	await viewer.rests();
	screen.screenshot("native-live");
});

test("viewer: the decoder is locked up", () => {
	const status = fs.readFileSync(`/proc/${viewer.phase.decoder}/status`, "utf8");
	assert.match(status, /^Seccomp:\t2$/m);
	assert.match(status, /^NoNewPrivs:\t1$/m);
	assert.match(status, /^CapEff:\t0+$/m);
	assert.match(status, /^Uid:\t65534\t/m);
	assert.deepEqual(fs.readdirSync(`/proc/${viewer.phase.decoder}/fd`), ["0", "1", "2", "3"]);
	for (const name of ["net", "mnt", "user", "ipc"])
		assert.notEqual(fs.readlinkSync(`/proc/${viewer.phase.decoder}/ns/${name}`), fs.readlinkSync(`/proc/self/ns/${name}`));
	assert.deepEqual(fs.readdirSync(path.join("/proc", String(viewer.phase.decoder), "root")), []);
});

test("viewer: what is typed arrives exactly, keys by place and character", { timeout: 30000 }, async () => {
	await viewer.go("/type");
	screen.click(300, 250);
	await until("the field has the focus", () => viewer.report?.focus === "TEXTAREA");
	const text = "The quick brown fox (jumps) \"over\" 0123456789 +-*/=~^|\\@#$%&_<>?!{}[]:,.'`;";
	screen.type(text);
	await until(`the text; it is ${viewer.report?.text}`, () => viewer.report?.text === text);
	const keys = viewer.report?.keys ?? [];
	assert.ok(keys.includes("+KeyT:T") && keys.some(key => key.startsWith("-KeyT:")), "the physical key went down and up");
	screen.key("ctrl+a", "Delete");
	await until("an empty field", () => viewer.report?.text === "");
});

test("viewer: every pixel is the remote one", { timeout: 30000 }, async () => {
	await viewer.go("/pattern");
	const top = 800 - (viewer.report?.height ?? 0);
	await until("the pattern, exactly", () => {
		const { at } = screen.look();
		return patternCells().every(({ x, y, colour }) => at(x, y + top) === colour);
	}).catch(error => {
		screen.screenshot("native-failed");
		throw error;
	});
	screen.screenshot("native-pattern");
});

test("viewer: the menu stands over the picture and goes again", { timeout: 20000 }, async () => {
	const before = screen.look().at(20, 700);
	assert.equal(before, WHITE);
	screen.key("F8");
	await until("the picture behind it is dark", () => screen.look().at(20, 700) !== before);
	screen.screenshot("native-menu");
	screen.key("Escape");
	await viewer.shows(20, 700, before);
});

test("viewer: another size of the window is the remote browser's, too", { timeout: 30000 }, async () => {
	screen.tool("search", "--class", "sekisho-viewer", "windowsize", "1000", "640");
	await until("the page is narrower", () => viewer.report?.width === 1000);
	screen.tool("search", "--class", "sekisho-viewer", "windowsize", "1280", "800");
	await until("the page is as it was", () => viewer.report?.width === 1280);
});

test("viewer: connects again by itself when the line was cut", { timeout: 40000 }, async () => {
	harness.line.cut();
	await viewer.in("reconnecting");
	harness.line.mend();
	await viewer.in("live");
	await viewer.go("/second");
	await viewer.shows(640, 600, "20,200,160");
});

test("viewer: a decoder that dies ends the picture in words, and the session can be gone on with", { timeout: 30000 }, async () => {
	process.kill(viewer.phase.decoder, "SIGKILL");
	await viewer.in("ended");
	assert.equal(viewer.phase.key, "viewer.decoder-died");
	screen.key("Return");
	await viewer.in("live");
	await viewer.shows(640, 600, "20,200,160");
	assert.equal(await viewer.stop(), 0);
});
