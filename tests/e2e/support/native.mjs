// SPDX-License-Identifier: GPL-3.0-or-later
// sekisho-viewer in a real window of an X server of its own, for tests: what stands on the screen, pixel by pixel; keys and clicks
// by XTEST.

import { spawn, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import zlib from "node:zlib";
import { outDir, until } from "../harness.mjs";

/** @typedef {import("../harness.mjs").Harness} Harness */

/** A picture as a PNG file, for people to look at.
 * @param {string} file
 * @param {number} width
 * @param {number} height
 * @param {(x: number, y: number) => [number, number, number]} pixel */
function writePng(file, width, height, pixel)
{
	const rows = Buffer.alloc(height * (1 + width * 3));
	for (let y = 0; y < height; y++)
		for (let x = 0; x < width; x++)
			rows.set(pixel(x, y), y * (1 + width * 3) + 1 + x * 3);
	const chunk = (/** @type {string} */ name, /** @type {Buffer} */ data) => {
		const body = Buffer.concat([Buffer.from(name), data]), out = Buffer.alloc(body.length + 8);
		out.writeUInt32BE(data.length, 0);
		body.copy(out, 4);
		let crc = ~0;
		for (const byte of body) {
			crc ^= byte;
			for (let i = 0; i < 8; i++)
				crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
		}
		out.writeUInt32BE(~crc >>> 0, body.length + 4);
		return out;
	};
	const head = Buffer.alloc(13);
	head.writeUInt32BE(width, 0);
	head.writeUInt32BE(height, 4);
	head.set([8, 2, 0, 0, 0], 8);
	fs.writeFileSync(file, Buffer.concat([Buffer.from("89504e470d0a1a0a", "hex"), chunk("IHDR", head),
		chunk("IDAT", zlib.deflateSync(rows, { level: 1 })), chunk("IEND", Buffer.alloc(0))]));
}

/** An X server in whose framebuffer one can look. */
export class Screen {
	/** @type {import("node:child_process").ChildProcess} */ #server;
	#file;
	display = "";

	/** @param {string} dir
	 * @param {string} size */
	constructor(dir, size)
	{
		this.#file = path.join(dir, "Xvfb_screen0");
		this.#server = spawn("Xvfb", ["-displayfd", "3", "-screen", "0", `${size}x24`, "-fbdir", dir, "-nolisten", "tcp", "-noreset",
			"-nocursor"], { stdio: ["ignore", "ignore", "ignore", "pipe"] });
	}

	/** @param {string} dir
	 * @param {string} [size] */
	static async start(dir, size = "1280x800")
	{
		const screen = new Screen(dir, size);
		let said = "";
		/** @type {import("node:stream").Readable} */ (screen.#server.stdio[3]).on("data", data => {
			said += data;
		});
		await until("the X server is up", () => said.includes("\n"));
		screen.display = `:${said.trim()}`;
		return screen;
	}

	/** What stands there now; pixel(x, y) is r, g, b. */
	look()
	{
		const bytes = fs.readFileSync(this.#file), field = (/** @type {number} */ i) => bytes.readUInt32BE(i * 4);
		const start = field(0) + field(19) * 12, width = field(4), height = field(5), stride = field(12);
		/** @param {number} x
		 * @param {number} y
		 * @returns {[number, number, number]} */
		const pixel = (x, y) => {
			const at = start + y * stride + x * 4;
			return [bytes[at + 2] ?? 0, bytes[at + 1] ?? 0, bytes[at] ?? 0];
		};
		return { width, height, pixel, at: (/** @type {number} */ x, /** @type {number} */ y) => pixel(x, y).join(",") };
	}

	/** Keeps a picture of it in the folder of the tests' output.
	 * @param {string} name */
	screenshot(name)
	{
		const { width, height, pixel } = this.look();
		writePng(path.join(outDir, `${name}.png`), width, height, pixel);
	}

	/** @param {...string} args of xdotool */
	tool(...args)
	{
		const result = spawnSync("xdotool", args, { env: { ...process.env, DISPLAY: this.display }, encoding: "utf8" });
		if (result.status !== 0)
			throw new Error(`xdotool ${args.join(" ")}: ${result.error ?? result.stderr}`);
	}

	/** @param {string} text */
	type(text)
	{
		this.tool("type", "--delay", "20", "--", text); // a password may begin with -
	}

	/** @param {...string} keys */
	key(...keys)
	{
		this.tool("key", "--delay", "20", ...keys);
	}

	/** @param {number} x
	 * @param {number} y */
	click(x, y)
	{
		this.tool("mousemove", String(x), String(y), "click", "1");
	}

	async stop()
	{
		const ended = new Promise(resolve => this.#server.on("exit", resolve));
		if (this.#server.exitCode !== null || this.#server.signalCode !== null)
			return;
		this.#server.kill("SIGTERM");
		await ended;
	}
}

/** The viewer, told to say on its standard error what happens. */
export class Native {
	#who = randomBytes(3).toString("hex");
	#visits = 100;
	said = "";

	/** @param {Harness} harness
	 * @param {Screen} screen
	 * @param {string[]} args
	 * @param {{ env?: Record<string, string>, under?: string[] }} [how] under: a command that starts it */
	constructor(harness, screen, args, { env = {}, under = [] } = {})
	{
		this.harness = harness;
		this.screen = screen;
		const [program = "", ...rest] = [...under, harness.program("viewer"), "--broker", harness.url.slice("https://".length), "--verbose",
			...args];
		this.process = spawn(program, rest,
			{ env: { PATH: process.env.PATH ?? "", HOME: harness.dir, DISPLAY: screen.display, SDL_VIDEODRIVER: "x11", LANG: "C.UTF-8", ...env },
				stdio: ["ignore", "inherit", "pipe"] });
		this.process.stderr.on("data", data => {
			this.said += data;
		});
		/** @type {Promise<number | null>} */
		this.ended = new Promise(resolve => this.process.on("exit", code => resolve(code)));
	}

	/** The phase that it said last, and the decoder's process.
	 * @returns {{ name: string, key: string, decoder: number }} */
	get phase()
	{
		const last = [...this.said.matchAll(/phase (\S+) (\S*) decoder (\d+)/g)].at(-1);
		return { name: last?.[1] ?? "", key: last?.[2] ?? "", decoder: Number(last?.[3] ?? 0) };
	}

	/** @param {string} name
	 * @param {number} [patienceMs] */
	async in(name, patienceMs = 60000)
	{
		await until(`the viewer is ${name}; it said:\n${this.said}`, () => this.phase.name === name, patienceMs);
	}

	/** @param {string} words of a line that it has said or says soon */
	async says(words)
	{
		await until(`it says ${words}; it said:\n${this.said}`, () => this.said.includes(words));
	}

	/** Waits until a point of the screen has a colour.
	 * @param {number} x
	 * @param {number} y
	 * @param {string} colour */
	async shows(x, y, colour)
	{
		await until(`${colour} at ${x}, ${y}`, () => this.screen.look().at(x, y) === colour).catch(error => {
			this.screen.screenshot("native-failed");
			throw error;
		});
	}

	/** What the remote page told last. */
	get report()
	{
		return this.harness.site.reports.get(this.#who) ?? null;
	}

	/** Waits until the screen rests: a browser that has just started takes no input before. */
	async rests()
	{
		let last = "", since = performance.now();
		await until("the first page is painted", () => {
			const { at } = this.screen.look(), now = Array.from({ length: 400 }, (_, i) => at(16 + 64 * (i % 20), 20 + 38 * Math.floor(i / 20))).join();
			if (now !== last)
				since = performance.now();
			last = now;
			return performance.now() - since > 600;
		});
	}

	/** Opens a page of the site in the isolated browser.
	 * @param {string} target */
	async go(target)
	{
		const visit = String(++this.#visits);
		// By a click: Ctrl+L goes to the page first, and a machine types faster than the page says that it does not want it.
		this.screen.click(600, 63);
		this.screen.key("ctrl+a");
		this.screen.type(`${this.harness.site.url.replace("http://", "")}${target}?who=${this.#who}&visit=${visit}`);
		this.screen.key("Return");
		await until(`${target} is open`, () => this.report?.visit === visit && this.report.page === target && this.report.painted);
	}

	async stop()
	{
		if (this.process.exitCode === null && this.process.signalCode === null)
			this.process.kill("SIGTERM");
		return this.ended;
	}
}
