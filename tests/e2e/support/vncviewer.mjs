// SPDX-License-Identifier: GPL-3.0-or-later
// Standard VNC viewers in a real window of an X server of their own, for tests: TigerVNC's and gvncviewer.

import { spawn, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import path from "node:path";
import { until } from "../harness.mjs";

/** @typedef {import("../harness.mjs").Harness} Harness */
/** @typedef {import("./native.mjs").Screen} Screen */

export class VncViewer {
	#who = randomBytes(3).toString("hex");
	#visits = 100;
	said = "";

	/** @param {Harness} harness
	 * @param {Screen} screen
	 * @param {number} port
	 * @param {{ user?: string, password?: string, args?: string[] }} [how] */
	constructor(harness, screen, port, { user = "tanaka", password = harness.password, args = [] } = {})
	{
		this.harness = harness;
		this.screen = screen;
		this.process = spawn("xtigervncviewer", ["-SecurityTypes=X509Plain", `-X509CA=${path.join(harness.dir, "pki/ca.crt")}`, "-Log=*:stderr:30",
			"-AlertOnFatalError=0", "-ReconnectOnError=0", "-geometry=1280x800+0+0", "-MenuKey=", ...args, `${harness.addresses?.inner}::${port}`],
		{ env: { PATH: process.env.PATH ?? "", HOME: harness.dir, DISPLAY: screen.display, LANG: "C.UTF-8", VNC_USERNAME: user, VNC_PASSWORD: password },
			stdio: ["ignore", "inherit", "pipe"] });
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

	/** @param {string} words of a line that it has said or says soon */
	async says(words)
	{
		await until(`it says ${words}; it said:\n${this.said}`, () => this.said.replace(/\s+/g, " ").includes(words)); // it breaks its lines
	}

	/** What the remote page told last. */
	get report()
	{
		return this.harness.site.reports.get(this.#who) ?? null;
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

	/** Opens a page of the site in the isolated browser. A browser that has just started may lose what is typed: then once more.
	 * @param {string} target */
	async go(target)
	{
		const visit = String(++this.#visits);
		const isOpen = () => this.report?.visit === visit && this.report.page === target && this.report.painted;
		for (let left = 4; !isOpen(); left--) {
			this.screen.click(600, 63);
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

	async stop()
	{
		if (this.alive)
			this.process.kill("SIGTERM");
		return this.ended;
	}
}
