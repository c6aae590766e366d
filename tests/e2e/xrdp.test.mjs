// SPDX-License-Identifier: GPL-3.0-or-later
// Debian's xrdp as a render host: a user of that machine is logged in by PAM, works on a desktop of its own (a window manager and a terminal), leaves it, and finds it again.

import assert from "node:assert/strict";
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import fs from "node:fs";
import net from "node:net";
import path from "node:path";
import { after, before, test } from "node:test";
import { Harness, build, outDir, problems, until } from "./harness.mjs";
import { Remote } from "./support/remote.mjs";

const NAME = "desk8.example", USER = "sekisho-xrdp", HOME = `/home/${USER}`, TYPED = `${HOME}/typed`, SESMAN_PORT = 3350, SIZE = { width: 1024, height: 700 };
const needs = ["/usr/sbin/xrdp", "/usr/lib/xorg/modules/drivers/xrdpdev_drv.so", "/usr/bin/jwm", "/usr/bin/xterm"];
const skip = needs.some(file => !fs.existsSync(file)) && "xrdp, xorgxrdp, jwm or xterm is not installed";
const password = randomBytes(9).toString("hex"), because = ["--reason", "a desktop of the outer zone"];

/** @type {Harness} */
let harness;
let port = 0;
/** @type {import("node:child_process").ChildProcess | undefined} */
let sesman;
/** @type {import("node:child_process").ChildProcess | undefined} */
let xrdp;

/** @param {string[]} args
 * @param {string} [input] */
function done(args, input)
{
	const result = spawnSync(path.join(build, "bin", "sekishoctl"), ["--socket", path.join(harness.dir, "state", "control.sock"), ...args, ...because],
		{ encoding: "utf8", input });
	assert.equal(result.status, 0, `${args.join(" ")}: ${result.stdout}${result.stderr}`);
}

/** @param {number} at port
 * @param {string} [address]
 * @returns {Promise<boolean>} */
const answers = (at, address = "127.0.0.1") => new Promise(resolve => {
	const socket = net.connect(at, address, () => {
		socket.destroy();
		resolve(true);
	}).on("error", () => resolve(false));
});

/** It takes ::1 where there is one. */
const sesmanAnswers = async () => await answers(SESMAN_PORT, "::1") || answers(SESMAN_PORT);

async function startServer()
{
	const at = (/** @type {string} */ name) => path.join(harness.dir, name), file = (/** @type {string} */ name) => fs.readFileSync(`/etc/xrdp/${name}`, "utf8");
	removeUser(); // of a run that was killed
	execFileSync("useradd", ["-m", "-s", "/bin/sh", USER]);
	execFileSync("chpasswd", { input: `${USER}:${password}\n` });
	fs.writeFileSync(`${HOME}/desktop.xml`, `<?xml version="1.0"?><JWM><Tray y="-1" height="28"><TaskList/></Tray><Desktops><Background type="solid">#204a87</Background></Desktops>` +
		`<StartupCommand>xterm -bg '#00aa66' -fg white -geometry 100x30+60+60 -e sh -c 'cat &gt; ${TYPED}'</StartupCommand></JWM>\n`);
	fs.writeFileSync(`${HOME}/startwm.sh`, `#!/bin/sh\nexec jwm -f ${HOME}/desktop.xml\n`, { mode: 0o755 });
	execFileSync(harness.program("certs"), ["host", at("pki"), NAME]);
	fs.writeFileSync(at("sesman.ini"), file("sesman.ini").replace(/^LogFile=.*/m, `LogFile=${at("sesman.log")}`).replace(/^EnableSyslog=.*/gm, "EnableSyslog=false"));
	if (!await sesmanAnswers()) // where xrdp looks for it is not to be chosen; a machine that has xrdp as a service has one already
		sesman = spawn("/usr/sbin/xrdp-sesman", ["--nodaemon", "--config", at("sesman.ini")], { stdio: "ignore" });
	do {
		port = 20000 + Math.floor(Math.random() * 10000);
	} while (await answers(port));
	fs.writeFileSync(at("xrdp.ini"), file("xrdp.ini").replace(/^port=3389/m, `port=tcp://127.0.0.1:${port}`).replace(/^autorun=.*/m, "autorun=Xorg")
		.replace(/^security_layer=.*/m, "security_layer=tls").replace(/^certificate=.*/m, `certificate=${at(`pki/${NAME}.crt`)}`)
		.replace(/^key_file=.*/m, `key_file=${at(`pki/${NAME}.key`)}`).replace(/^LogFile=.*/m, `LogFile=${at("xrdp.log")}`).replace(/^EnableSyslog=.*/gm, "EnableSyslog=false"));
	xrdp = spawn("/usr/sbin/xrdp", ["--nodaemon", "--config", at("xrdp.ini")], { stdio: "ignore" });
	await until("xrdp answers", async () => await answers(port) && await sesmanAnswers(), 60000);
}

function removeUser()
{
	spawnSync("pkill", ["-KILL", "-u", USER]); // its desktop outlives its server
	spawnSync("userdel", ["-r", USER]);
}

if (!skip) {
	before(async () => {
		harness = await Harness.start({ users: ["tanaka"], renderHost: false });
		await startServer();
	}, { timeout: 120000 });
	after(async () => {
		xrdp?.kill("SIGTERM"); // first, lest the session comes back and makes another desktop
		spawnSync("pkill", ["-TERM", "-u", USER, "-x", "jwm"]); // with it its desktop ends, and the X server takes its socket away
		await until("that desktop is over", () => !works()).catch(() => {});
		sesman?.kill("SIGTERM");
		removeUser();
		await harness?.stop();
	}, { timeout: 120000 });
}

const typed = () => fs.existsSync(TYPED) ? fs.readFileSync(TYPED, "utf8") : "";
const works = () => spawnSync("pgrep", ["-u", USER]).status === 0;

test("xrdp: PAM logs in, a desktop is worked on, left and found again; with a wrong password there is none", { timeout: 240000, skip }, async () => {
	done(["host", "add", NAME, "127.0.0.1", String(port), "desks", "--kind", "rdp"]);
	done(["policy", "set", "site", "pool", '["desks"]']);
	done(["host", "password", NAME, USER], `not ${password}\n`);
	const page = await harness.newPage({ viewport: SIZE });
	const remote = new Remote(harness, page);
	/** @param {string} what
	 * @param {[number, number][]} points
	 * @param {(colours: string[]) => boolean} fits */
	const shows = (what, points, fits) => until(what, async () => fits(await remote.colours(points)), 60000).catch(async error => {
		await page.screenshot({ path: path.join(outDir, "xrdp-failed.png") });
		throw error;
	});
	const again = async () => {
		done(["stop", "all"]);
		await page.getByRole("button", { name: "もう一度始める", exact: true }).click({ timeout: 60000 });
		await remote.live();
	};
	const desktop = () => shows("the desktop with its terminal is there", [[900, 400], [400, 300]], ([wall, terminal]) => wall === "32,74,135" && terminal === "0,170,102");
	const type = async (/** @type {string} */ text) => {
		await page.mouse.click(400, 300);
		await page.keyboard.type(text);
		await page.keyboard.press("Enter");
	};

	await harness.login(page, "tanaka");
	await remote.live();
	const said = Array.from({ length: 190 }, (_, x) => /** @type {[number, number]} */ ([25 + x, 92])); // the last line of xrdp's own window: "login failed for user ..."
	await shows("xrdp says what failed", [[300, 21], ...said], ([title, ...line]) => title === "0,156,181" && new Set(line).size > 1);
	await page.screenshot({ path: path.join(outDir, "xrdp-wrong.png") });
	assert.match(fs.readFileSync(path.join(harness.dir, "xrdp.log"), "utf8"), new RegExp(`login failed for user ${USER}`));
	assert.ok(!works(), "somebody works there without a password");

	done(["host", "password", NAME, USER], `${password}\n`);
	await again();
	await desktop();
	assert.ok(works());
	await type("3 + 4 = 7 (approved) @city");
	await until("what was typed is there", () => typed() === "3 + 4 = 7 (approved) @city\n", 60000);
	await page.screenshot({ path: path.join(outDir, "xrdp-desktop.png") });

	await again(); // the session ended, the desktop there did not
	await desktop();
	await type("again");
	await until("the same program goes on", () => typed() === "3 + 4 = 7 (approved) @city\nagain\n", 60000);
	assert.deepEqual(problems(page), []);
	await remote.close();
});
