// SPDX-License-Identifier: GPL-3.0-or-later
// The native viewer, in a real window, through the whole chain.

import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";
import { Harness, build, until } from "./harness.mjs";
import { makeCards } from "../support/cards.mjs";
import { Native, Screen } from "./support/native.mjs";
import { pdf } from "./support/pdf.mjs";
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
	harness = await Harness.start({ users: ["tanaka"], brokerExtra: folder => `documents:\n  path: ${folder}/state/documents\n  least_free_mib: 16\n` });
	const dir = path.join(harness.dir, "x");
	fs.mkdirSync(dir);
	screen = await Screen.start(dir);
}, { timeout: 120000 });
after(async () => {
	await viewer?.stop();
	await screen?.stop();
	await harness?.stop();
});

test("viewer: another CA than the site's is refused, also one that the machine trusts", { timeout: 120000 }, async () => {
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

test("viewer: no session where the decoder cannot be jailed", { timeout: 120000 }, async () => {
	viewer = await start([], { under: ["unshare", "--user", "--map-root-user", "sh", "-c",
		"echo 0 > /proc/sys/user/max_user_namespaces; exec \"$@\"", "sh"] });
	logIn(harness.password);
	await viewer.in("ended");
	assert.equal(viewer.phase.key, "viewer.no-jail");
	screen.screenshot("native-no-jail");
	await viewer.stop();
	assert.doesNotMatch(harness.broker.log(), /stream\.open/);
});

test("viewer: log-in by hand, a wrong password in words, then the isolated browser", { timeout: 120000 }, async () => {
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

test("viewer: what is typed arrives exactly, keys by place and character", { timeout: 120000 }, async () => {
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

test("viewer: every pixel is the remote one", { timeout: 120000 }, async () => {
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

test("viewer: the menu stands over the picture and goes again", { timeout: 120000 }, async () => {
	const before = screen.look().at(20, 700);
	assert.equal(before, WHITE);
	screen.key("F8");
	await until("the picture behind it is dark", () => screen.look().at(20, 700) !== before);
	screen.screenshot("native-menu");
	screen.key("Escape");
	await viewer.shows(20, 700, before);
});

test("viewer: another size of the window is the remote browser's, too", { timeout: 120000 }, async () => {
	screen.tool("search", "--class", "sekisho-viewer", "windowsize", "1000", "640");
	await until("the page is narrower", () => viewer.report?.width === 1000);
	screen.tool("search", "--class", "sekisho-viewer", "windowsize", "1280", "800");
	await until("the page is as it was", () => viewer.report?.width === 1280);
});

test("viewer: connects again by itself when the line was cut", { timeout: 120000 }, async () => {
	harness.line.cut();
	await viewer.in("reconnecting");
	harness.line.mend();
	await viewer.in("live");
	await viewer.go("/second");
	await viewer.shows(640, 600, "20,200,160");
});

test("viewer: a decoder that dies ends the picture in words, and the session can be gone on with", { timeout: 120000 }, async () => {
	process.kill(viewer.phase.decoder, "SIGKILL");
	await viewer.in("ended");
	assert.equal(viewer.phase.key, "viewer.decoder-died");
	screen.key("Return");
	await viewer.in("live");
	await viewer.shows(640, 600, "20,200,160");
});

test("viewer: a text crosses in each direction once the user has seen it and said yes", { timeout: 120000 }, async () => {
	const control = ["--socket", path.join(harness.dir, "state", "control.sock")], because = ["--reason", "試験"];
	for (const [attribute, value] of [["clipboard", "both"], ["clipboard_confirm", "true"]])
		execFileSync(path.join(build, "bin/sekishoctl"), [...control, "policy", "set", "site", attribute ?? "", value ?? "", ...because]);
	const clip = (/** @type {string[]} */ ...args) => ["xclip", "-selection", "clipboard", "-display", screen.display, ...args];
	const copied = () => spawnSync("sh", ["-c", clip("-o").join(" ")], { encoding: "utf8" }).stdout;
	spawnSync("sh", ["-c", `${clip().join(" ")} > /dev/null 2>&1`], { input: "関所を通る" });
	const dark = () => until("the question stands over the picture", () => screen.look().at(1240, 700) !== WHITE);
	await viewer.go("/type");
	screen.click(300, 250);
	await viewer.shows(1240, 700, WHITE);
	screen.key("ctrl+v");
	await dark();
	screen.screenshot("native-clipboard-out");
	assert.equal(viewer.report?.text ?? "", "");
	screen.key("Return");
	await until("the text is there", () => viewer.report?.text === "関所を通る");
	await viewer.shows(1240, 700, WHITE);
	screen.type("!");
	await until("what is typed goes on behind it", () => viewer.report?.text === "関所を通る!");
	screen.key("ctrl+a", "ctrl+c");
	await dark();
	assert.equal(copied(), "関所を通る");
	screen.key("Return");
	await until("it is in this computer's clipboard", () => copied() === "関所を通る!");
});

test("viewer: a download is taken over as pages and saved here", { timeout: 240000 }, async () => {
	harness.site.files.set("/three.pdf", { type: "application/pdf", body: pdf(3), attachment: true });
	execFileSync(path.join(build, "bin/sekishoctl"), ["--socket", path.join(harness.dir, "state", "control.sock"), "policy", "set", "site", "download", "pixels",
		"--reason", "試験"]);
	await until("the file is caught", async () => {
		screen.click(600, 63);
		screen.key("ctrl+a");
		screen.type(`${harness.site.url.replace("http://", "")}/three.pdf`);
		screen.key("Return");
		return until("once", () => viewer.said.includes("document caught 1"), 5000).catch(() => null);
	}, 60000);
	const before = screen.look().at(20, 700);
	screen.key("F8", "Down", "Down", "Down", "Return"); // back, full screen, paste, documents
	await until("the card", () => screen.look().at(20, 700) !== before, 60000);
	screen.screenshot("native-documents");
	screen.key("Return");
	await until(`it is ready; it said:\n${viewer.said}`, () => viewer.said.includes("document released"), 60000);
	screen.key("Down", "Down", "Return"); // the page that is shown, save
	await until(`it is saved; it said:\n${viewer.said}`, () => viewer.said.includes("document saved"), 60000);
	const [, file = ""] = /document saved (.*)\n/.exec(viewer.said) ?? [];
	assert.equal(path.dirname(file), harness.dir);
	assert.match(path.basename(file), /^文書 \d{4}-\d\d-\d\d\.pdf$/);
	assert.equal(fs.statSync(file).mode & 0o777, 0o600);
	assert.match(execFileSync("pdfinfo", [file], { encoding: "utf8" }), /^Pages: +3$/m);
	screen.screenshot("native-documents-saved");
	const veiled = screen.look().at(1240, 40);
	screen.key("Escape");
	await until("the picture", () => screen.look().at(1240, 40) !== veiled, 60000);
	await viewer.go("/type"); // the file was shown in a tab of its own
});

test("viewer: log-out by the menu ends the session and leads back to the form", { timeout: 120000 }, async () => {
	await viewer.shows(1240, 700, WHITE);
	screen.key("F8", "Up", "Up", "Return"); // from the first button to the last but one
	screen.key("Return");
	await viewer.in("login");
	assert.equal(viewer.phase.key, "login.logged-out");
	await until("the session has ended", () => harness.broker.log().includes("session.ended"));
	await viewer.shows(20, 20, GROUND);
	screen.screenshot("native-logged-out");
	assert.equal(await viewer.stop(), 0);
});

test("viewer: a kiosk has no way out but to log out, and then nobody's name stands there", { timeout: 240000 }, async () => {
	viewer = await start(["--kiosk", "--user", ""]);
	logIn(harness.password);
	await viewer.in("live");
	await viewer.rests();
	screen.key("alt+F4", "ctrl+q"); // the isolated browser's: its window goes, this one stays
	await until("the session has ended", () => ["ended", "live"].includes(viewer.phase.name));
	if (viewer.phase.name === "ended") {
		screen.screenshot("native-kiosk-ended");
		screen.key("Return");
		await viewer.in("live");
		await viewer.rests();
	}
	screen.key("F8", "Up"); // the last one: log out, where else it is to close
	screen.screenshot("native-kiosk-menu");
	screen.key("Return", "Return");
	await viewer.in("login");
	await viewer.shows(640, PASSWORD_Y, WHITE);
	assert.equal(viewer.process.exitCode, null);
	logIn(harness.password); // into empty fields
	await viewer.in("live");
	await viewer.stop();
});

test("viewer: a client certificate from files or from a token opens the door, and nothing else does", { timeout: 120000 }, async () => {
	const cards = await Harness.start({ renderHost: false, prepare: dir => makeCards(path.join(dir, "cards"), ["tanaka", "suzuki"]),
		login: `  needs: certificate
  certificates:
    ca: cards/ca.crt
    crl: cards/ca.crl
` });
	try {
		const card = path.join(cards.dir, "cards/tanaka"), tokens = path.join(cards.dir, "tokens");
		const env = { SOFTHSM2_CONF: path.join(cards.dir, "softhsm.conf"), PKCS11_MODULE_PATH: "/usr/lib/softhsm/libsofthsm2.so" };
		const tool = (/** @type {string} */ program, /** @type {string[]} */ ...args) =>
			execFileSync(program, args, { env: { ...process.env, ...env, GNUTLS_PIN: "1234" }, stdio: "pipe" });
		execFileSync(cards.program("broker"), ["--config", path.join(cards.dir, "broker.yaml"), "user", "bind-certificate", "tanaka",
			`${card}.crt`], { uid: cards.brokerUid, gid: cards.brokerUid, stdio: "pipe" });
		fs.mkdirSync(tokens);
		fs.writeFileSync(env.SOFTHSM2_CONF, `directories.tokendir = ${tokens}\nobjectstore.backend = file\n`);
		fs.writeFileSync(`${card}.pass`, "open sesame\n", { mode: 0o600 });
		tool("openssl", "pkcs12", "-export", "-in", `${card}.crt`, "-inkey", `${card}.key`, "-out", `${card}.p12`, "-passout", "pass:open sesame");
		tool("openssl", "pkcs8", "-topk8", "-nocrypt", "-in", `${card}.key`, "-out", `${card}.p8`);
		tool("softhsm2-util", "--init-token", "--free", "--label", "staff", "--pin", "1234", "--so-pin", "1234");
		tool("softhsm2-util", "--import", `${card}.p8`, "--token", "staff", "--label", "login", "--id", "01", "--pin", "1234");
		tool("p11tool", "--provider", env.PKCS11_MODULE_PATH, "--batch", "--login", "--write", "--load-certificate", `${card}.crt`, "--label",
			"login", "--id", "01", "pkcs11:token=staff");
		const ca = ["--ca", `${cards.dir}/pki/ca.crt`, "--size", "1280x800"], object = "pkcs11:token=staff;object=login;pin-value=1234";
		const logins = () => cards.broker.log().match(/login\.ok/g)?.length ?? 0;
		const good = [["--certificate", `${card}.crt`, "--key", `${card}.key`], ["--certificate", `${card}.p12`, "--passphrase-file", `${card}.pass`],
			["--certificate", `${object};type=cert`, "--key", `${object};type=private`]];
		for (const [i, args] of good.entries()) {
			viewer = new Native(cards, screen, [...ca, ...args], { env });
			await viewer.shows(640, PASSWORD_Y, WHITE);
			screen.key("Tab", "Tab", "Tab", "Return"); // user, password, log in, certificate
			await until(`${args} opens the door; it said:\n${viewer.said}`, () => logins() === i + 1);
			await viewer.stop();
		}
		// somebody else's, and none
		viewer = new Native(cards, screen, [...ca, "--certificate", `${cards.dir}/cards/suzuki.crt`, "--key", `${cards.dir}/cards/suzuki.key`]);
		await viewer.shows(640, PASSWORD_Y, WHITE);
		screen.key("Tab", "Tab", "Tab", "Return");
		await viewer.says("login error.certificate");
		await viewer.stop();
		viewer = new Native(cards, screen, ca);
		await viewer.shows(640, PASSWORD_Y, WHITE);
		logIn(cards.password);
		await viewer.says("login error.certificate-needed");
		await viewer.stop();
		// one that cannot be used is no log-in without it
		viewer = new Native(cards, screen, [...ca, "--certificate", `${card}.p12`]);
		assert.equal(await viewer.ended, 1);
		assert.equal(logins(), good.length);
	} finally {
		await viewer?.stop();
		await cards.stop();
	}
});
