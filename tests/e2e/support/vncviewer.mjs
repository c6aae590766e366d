// SPDX-License-Identifier: GPL-3.0-or-later
// Standard VNC viewers in a real window of an X server of their own, for tests: TigerVNC's and gvncviewer.

import { spawn, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { until } from "../harness.mjs";

/** @typedef {import("../harness.mjs").Harness} Harness */
/** @typedef {import("./native.mjs").Screen} Screen */

/** What both have in common: a picture in the screen's corner, and what the remote page says of itself. */
class Viewer {
	#who = randomBytes(3).toString("hex");
	#visits = 100;
	said = "";
	/** Rows above the picture. */
	top = 0;

	/** @param {Harness} harness
	 * @param {Screen} screen
	 * @param {string} program
	 * @param {string[]} args
	 * @param {Record<string, string>} env */
	constructor(harness, screen, program, args, env)
	{
		this.harness = harness;
		this.screen = screen;
		this.process = spawn(program, args, { env: { PATH: process.env.PATH ?? "", HOME: harness.dir, DISPLAY: screen.display, LANG: "C.UTF-8", ...env },
			stdio: ["ignore", "ignore", "pipe"] });
		this.process.stderr.on("data", data => {
			this.said += data;
		});
		/** @type {Promise<number | null>} */
		this.ended = new Promise(resolve => this.process.on("exit", code => resolve(code)));
	}

	get alive()
	{
		return this.process.exitCode === null && this.process.signalCode === null;
	}

	/** What the remote page told last. */
	get report()
	{
		return this.harness.site.reports.get(this.#who) ?? null;
	}

	/** Opens a page of the site in the isolated browser. A browser that has just started may lose what is typed: then once more.
	 * @param {string} target */
	async go(target)
	{
		const visit = String(++this.#visits);
		const isOpen = () => this.report?.visit === visit && this.report.page === target && this.report.painted;
		for (let left = 4; !isOpen(); left--) {
			this.screen.click(600, 63 + this.top);
			this.screen.key("ctrl+a");
			this.screen.type(`${this.harness.site.url.replace("http://", "")}${target}?who=${this.#who}&visit=${visit}`);
			this.screen.key("Return");
			await until(`${target} is open`, isOpen, 5000).catch(error => {
				this.screen.screenshot("vncviewer-failed");
				if (left === 0)
					throw error;
			});
		}
	}

	/** TigerVNC's viewer leaves inside its handler of SIGTERM, where it now and then waits for itself for ever. */
	async stop()
	{
		if (this.alive)
			this.process.kill("SIGTERM");
		const late = setTimeout(() => this.process.kill("SIGKILL"), 3000);
		await this.ended;
		clearTimeout(late);
	}
}

export class VncViewer extends Viewer {
	/** @param {Harness} harness
	 * @param {Screen} screen
	 * @param {number} port
	 * @param {{ user?: string, password?: string, args?: string[] }} [how] */
	constructor(harness, screen, port, { user = "tanaka", password = harness.password, args = [] } = {})
	{
		super(harness, screen, "xtigervncviewer", ["-SecurityTypes=X509Plain", `-X509CA=${path.join(harness.dir, "pki/ca.crt")}`, "-Log=*:stderr:30",
			"-AlertOnFatalError=0", "-ReconnectOnError=0", "-geometry=1280x800+0+0", "-MenuKey=", ...args, `${harness.addresses?.inner}::${port}`],
		{ VNC_USERNAME: user, VNC_PASSWORD: password });
	}

	/** @param {string} words of a line that it has said or says soon */
	async says(words)
	{
		await until(`it says ${words}; it said:\n${this.said}`, () => this.said.replace(/\s+/g, " ").includes(words)); // it breaks its lines
	}

	/** Waits until there is a picture and it rests, in the screen's corner. */
	async rests()
	{
		await until(`a window; it said:\n${this.said}`, () => spawnSync("xdotool", ["search", "--onlyvisible", "--name", "TigerVNC", "windowmove", "0", "0", "windowfocus"],
			{ env: { ...process.env, DISPLAY: this.screen.display } }).status === 0);
		let last = "", since = performance.now();
		await until(`a picture that rests; it said:\n${this.said}`, () => {
			const { at } = this.screen.look(), now = Array.from({ length: 400 }, (_, i) => at(16 + 64 * (i % 20), 20 + 38 * Math.floor(i / 20)));
			if (now.join() !== last)
				since = performance.now();
			last = now.join();
			return performance.now() - since > 800 && new Set(now).size > 2;
		}, 60000).catch(error => {
			this.screen.screenshot("vncviewer-failed");
			throw error;
		});
	}
}

export class GVncViewer extends Viewer {
	/** Its menu.
	 * @override */
	top = 25;

	/** It looks for the CA below the home of the uid, wherever HOME says that this is.
	 * @param {Harness} harness
	 * @param {Screen} screen
	 * @param {number} port */
	constructor(harness, screen, port)
	{
		const ca = path.join(harness.dir, ".pki/CA");
		fs.mkdirSync(ca, { recursive: true });
		fs.copyFileSync(path.join(harness.dir, "pki/ca.crt"), path.join(ca, "cacert.pem"));
		super(harness, screen, "unshare", ["--mount", "sh", "-c", "mount --bind \"$1\" \"$2\" && exec gvncviewer \"$3\"", "sh", harness.dir,
			os.userInfo().homedir, `${harness.addresses?.inner}:${port - 5900}`], {});
	}

	/** Fills its log-in window, which stands in the screen's corner, and waits for the picture.
	 * @param {string} user
	 * @param {string} password */
	async login(user, password)
	{
		const env = { ...process.env, DISPLAY: this.screen.display }, opened = () => this.harness.broker.log().match(/viewer\.open/g)?.length ?? 0;
		const before = opened();
		await until(`its log-in window; it said:\n${this.said}`, () => spawnSync("xdotool", ["search", "--onlyvisible", "--class", "gvncviewer", "windowfocus"],
			{ env }).status === 0 && this.screen.look().at(165, 22) === "255,255,255", 60000);
		this.screen.click(165, 22);
		this.screen.type(user);
		this.screen.click(165, 61);
		this.screen.type(password);
		this.screen.click(208, 98);
		await until(`it is in; it said:\n${this.said}`, () => opened() > before, 60000);
		await until("a window as large as the picture", () => this.screen.look().at(1279, 700) !== "0,0,0", 60000);
	}
}
