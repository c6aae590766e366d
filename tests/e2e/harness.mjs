// SPDX-License-Identifier: GPL-3.0-or-later
// Starts a whole Sekisho for a test: PKI, render host, broker, a user, a web site in the outer zone, and a line between
// browser and broker that can be cut. Everything on loopback addresses of its own, everything removed by stop().

import { spawn, spawnSync } from "node:child_process";
import { createHash, randomBytes, X509Certificate } from "node:crypto";
import fs from "node:fs";
import net from "node:net";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { Line } from "./support/line.mjs";
import { Site } from "./support/site.mjs";

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../..");
export const build = path.resolve(process.env.SEK_BUILD ?? path.join(root, "build/release"));
export const outDir = path.join(root, "tests/e2e/out");

const HOST = "render1.sekisho.internal";
export const BROKER_UID = 64210;

/** Runs a program to its end; throws with what it said if it fails.
 * @param {string} program
 * @param {string[]} args
 * @param {{ input?: string, uid?: number }} [options] */
function run(program, args, options = {})
{
	const result = spawnSync(program, args, { encoding: "utf8", input: options.input, uid: options.uid,
		gid: options.uid });
	if (result.error || result.status !== 0)
		throw new Error(`${program} ${args.join(" ")}: ${result.error ?? ""} ${result.status}\n${result.stdout}${result.stderr}`);
}

/** A port of the address on which nobody listens now.
 * @param {string} address
 * @returns {Promise<number>} */
function freePort(address)
{
	return new Promise((resolve, reject) => {
		const server = net.createServer();
		server.on("error", reject);
		server.listen(0, address, () => {
			const { port } = /** @type {net.AddressInfo} */ (server.address());
			server.close(() => resolve(port));
		});
	});
}

/** Waits until check gives something true; throws with `what` when it takes too long.
 * @template T
 * @param {string} what
 * @param {() => T | Promise<T>} check
 * @param {number} [patienceMs]
 * @returns {Promise<NonNullable<T>>} */
export async function until(what, check, patienceMs = 60000)
{
	const deadline = performance.now() + patienceMs;
	for (;;) {
		const value = await check();
		if (value)
			return /** @type {NonNullable<T>} */ (value);
		if (performance.now() > deadline)
			throw new Error(`waited ${patienceMs} ms in vain: ${what}`);
		await new Promise(resolve => setTimeout(resolve, 40));
	}
}

/** A program that runs for as long as the test wants it. */
class Daemon {
	/** @param {string} name
	 * @param {string} program
	 * @param {string[]} args
	 * @param {string} logPath
	 * @param {number | undefined} uid */
	constructor(name, program, args, logPath, uid)
	{
		this.name = name;
		this.logPath = logPath;
		const log = fs.openSync(logPath, "a");
		this.process = spawn(program, args, { stdio: ["ignore", log, log], uid, gid: uid });
		fs.closeSync(log);
		/** @type {Promise<void>} */
		this.ended = new Promise(resolve => {
			this.process.on("exit", () => resolve());
			this.process.on("error", () => resolve());
		});
	}

	get alive()
	{
		return this.process.exitCode === null && this.process.signalCode === null && this.process.pid !== undefined;
	}

	log()
	{
		return fs.readFileSync(this.logPath, "utf8");
	}

	/** As a fault would end it: without a word. */
	async kill()
	{
		this.process.kill("SIGKILL");
		await this.ended;
	}

	async stop()
	{
		if (!this.alive)
			return;
		this.process.kill("SIGTERM");
		const timer = setTimeout(() => this.process.kill("SIGKILL"), 10000);
		await this.ended;
		clearTimeout(timer);
	}
}

export class Harness {
	/** @type {string} */ dir = "";
	/** @type {string} */ url = "";
	/** @type {string} */ direct = ""; // past the line
	hostPort = 0;
	brokerUid = BROKER_UID;
	password = randomBytes(9).toString("base64url");
	/** @type {Daemon} */ broker = /** @type {any} */ (null);
	/** @type {Daemon | null} */ second = null; // another broker on the same store; the line leads to it when the first is away
	/** @type {Daemon} */ renderd = /** @type {any} */ (null);
	/** @type {Site} */ site = /** @type {any} */ (null);
	/** @type {Line} */ line = /** @type {any} */ (null);
	/** @type {import("playwright-core").Browser | null} */ #browser = null;
	#spki = "";
	#sessions = "";

	/** @param {object} [options]
	 * @param {string[]} [options.users]
	 * @param {number} [options.lingerSeconds]
	 * @param {number} [options.warm] sandboxes that the render host keeps ready; SEK_WARM in the environment, else 0
	 * @param {number} [options.idleMinutes]
	 * @param {number} [options.maxSessions] of broker and render host
	 * @param {string | ((dir: string) => string)} [options.brokerExtra] lines at the end of the broker's configuration
	 * @param {string} [options.login] lines of the broker's configuration below `login:`, indented by two
	 * @param {(dir: string) => void} [options.prepare] called with the folder before the broker starts
	 * @param {string[]} [options.synthetic] the render host is sekisho-load-host with these words, no browsers
	 * @param {string} [options.postgresql] folder of the socket of a PostgreSQL that keeps the store
	 * @param {boolean} [options.renderHost] false: none is started */
	constructor(options = {})
	{
		this.users = options.users ?? ["tanaka"];
		this.lingerSeconds = options.lingerSeconds ?? 60;
		this.warm = options.warm ?? Number(process.env.SEK_WARM ?? 0);
		this.idleMinutes = options.idleMinutes ?? 0;
		this.maxSessions = options.maxSessions ?? 8;
		this.brokerExtra = options.brokerExtra ?? "";
		this.renderHost = options.renderHost ?? true;
		this.synthetic = options.synthetic;
		this.postgresql = options.postgresql ?? "";
		this.loginLines = options.login ?? "";
		this.prepare = options.prepare ?? (() => {});
	}

	/** @param {ConstructorParameters<typeof Harness>[0]} [options] */
	static async start(options)
	{
		const harness = new Harness(options);
		try {
			await harness.#start();
		} catch (error) {
			await harness.stop();
			throw error;
		}
		return harness;
	}

	async #start()
	{
		if (process.getuid?.() !== 0)
			throw new Error("the render host needs root: one uid for each session");
		fs.mkdirSync(outDir, { recursive: true });
		this.dir = fs.mkdtempSync(path.join(os.tmpdir(), "sekisho-e2e."));
		fs.chmodSync(this.dir, 0o755);
		const base = fs.existsSync("/dev/shm") ? "/dev/shm" : "/run";
		this.#sessions = path.join(base, path.basename(this.dir));
		fs.mkdirSync(this.#sessions, { mode: 0o711 });
		const [a, b] = randomBytes(2).map(byte => 1 + byte % 250);
		const address = (/** @type {number} */ n) => `127.${a}.${b}.${n}`;
		this.addresses = { inner: address(1), outer: address(2), host: address(3), site: address(4) };

		this.#copyPrograms();
		this.site = await Site.start(this.addresses.site);
		const brokerPort = await freePort(this.addresses.inner), hostPort = await freePort(this.addresses.host);
		this.line = await Line.start(this.addresses.inner, this.addresses.inner, brokerPort);
		this.url = `https://${this.addresses.inner}:${this.line.port}`;
		this.hostPort = hostPort;
		this.direct = `https://${this.addresses.inner}:${brokerPort}`;
		this.#makePki();
		this.#writeConfigs(brokerPort, hostPort);
		if (this.renderHost)
			this.startRenderd();
		this.startBroker();
		await until("the broker listens", async () => {
			if (!this.broker.alive || this.renderd?.alive === false)
				throw new Error(`a daemon ended:\n${this.logs()}`);
			return connects(this.addresses?.inner ?? "", brokerPort);
		});
		if (!this.renderHost)
			return;
		await until("the render host listens", () => connects(this.addresses?.host ?? "", hostPort));
		// and is known: a broker that called it too early calls again a little later, and has no host for sessions until then
		await until("the broker hears of the render host", () => this.broker.log().includes("host.watched"), 40000).catch(() => {});
	}

	/** So that other uids can run them wherever the checkout lies. */
	#copyPrograms()
	{
		const bin = path.join(this.dir, "bin");
		fs.mkdirSync(bin);
		for (const name of fs.readdirSync(path.join(build, "bin")))
			if (name.startsWith("sekisho-"))
				fs.copyFileSync(path.join(build, "bin", name), path.join(bin, name));
		fs.cpSync(path.join(build, "web"), path.join(this.dir, "web"), { recursive: true });
		fs.copyFileSync(path.join(root, "render-host/sandbox/chromium-policy.json"), path.join(this.dir, "policy.json"));
	}

	/** @param {string} name of a program, without "sekisho-" */
	program(name)
	{
		return path.join(this.dir, "bin", `sekisho-${name}`);
	}

	/** The CA's certificate, for clients that check it. */
	ca()
	{
		return fs.readFileSync(path.join(this.dir, "pki/ca.crt"));
	}

	#makePki()
	{
		const pki = path.join(this.dir, "pki"), certs = this.program("certs");
		run(certs, ["init", pki]);
		run(certs, ["broker", pki, "broker1"]);
		run(certs, ["https", pki, "https1", "--address", this.addresses?.inner ?? ""]);
		run(certs, ["host", pki, HOST]);
		fs.chmodSync(pki, 0o755);
		for (const name of ["broker1.key", "https1.key"])
			fs.chownSync(path.join(pki, name), BROKER_UID, BROKER_UID);
		const certificate = new X509Certificate(fs.readFileSync(path.join(pki, "https1.crt")));
		const key = certificate.publicKey.export({ type: "spki", format: "der" });
		this.#spki = createHash("sha256").update(key).digest("base64");
	}

	/** @param {number} brokerPort
	 * @param {number} hostPort */
	#writeConfigs(brokerPort, hostPort)
	{
		this.prepare(this.dir);
		const at = this.addresses, dir = this.dir;
		if (!at)
			throw new Error("no addresses");
		fs.mkdirSync(path.join(dir, "state"));
		fs.chownSync(path.join(dir, "state"), BROKER_UID, BROKER_UID);
		const broker = path.join(dir, "broker.yaml"), renderd = path.join(dir, "renderd.yaml");
		fs.writeFileSync(broker, `inner:
  address: ${at.inner}
  port: ${brokerPort}
  certificate: ${dir}/pki/https1.crt
  key: ${dir}/pki/https1.key
  origins:
    - ${this.url}
    - ${this.direct}
outer:
  address: ${at.outer}
pki:
  ca: ${dir}/pki/ca.crt
  crl: ${dir}/pki/ca.crl
  intermediate_certificate: ${dir}/pki/broker1.crt
  intermediate_key: ${dir}/pki/broker1.key
render_hosts:
  - name: ${HOST}
    address: ${at.host}
    port: ${hostPort}
store:
  path: ${dir}/state/sekisho.db${this.postgresql && `\n  postgresql:\n    address: ${this.postgresql}`}
web_root: ${dir}/web
sessions:
  max: ${this.maxSessions}
  linger_seconds: ${this.lingerSeconds}
  idle_minutes: ${this.idleMinutes}
  max_width: 2560
  max_height: 1600
${typeof this.brokerExtra === "string" ? this.brokerExtra : this.brokerExtra(dir)}${this.loginLines ? `login:\n${this.loginLines}` : ""}`);
		fs.writeFileSync(renderd, `name: ${HOST}
listen:
  address: ${at.host}
  port: ${hostPort}
tls:
  certificate: ${dir}/pki/${HOST}.crt
  key: ${dir}/pki/${HOST}.key
  ca: ${dir}/pki/ca.crt
  crl: ${dir}/pki/ca.crl
sessions:
  directory: ${this.#sessions}
  max: ${this.maxSessions}
  uid_base: ${220000 + (randomBytes(1)[0] ?? 0) * 16 * Math.ceil(this.maxSessions / 6)}
  memory_mib: 2048
  processes: 512
  linger_seconds: 30
  max_width: 2560
  max_height: 1600
warm: ${this.warm}
egress:
  allow:
    - ${at.site}/32
browser:
  policy_file: ${dir}/policy.json
image:
  built: ${dir}/built
`);
		fs.writeFileSync(path.join(dir, "built"), "");
		for (const file of [broker, renderd])
			fs.chmodSync(file, 0o600);
		fs.chownSync(broker, BROKER_UID, BROKER_UID);
		for (const user of this.users)
			run(this.program("broker"), ["--config", broker, "user", "add", user, "--password-stdin"],
				{ input: `${this.password}\n`, uid: BROKER_UID });
	}

	/** Gives a user roles, and no other.
	 * @param {string} user
	 * @param {string[]} roles */
	setRoles(user, roles)
	{
		run(path.join(build, "bin/hub-tool"), ["roles", path.join(this.dir, "state/sekisho.db"), user, roles.join(" ")],
			{ uid: BROKER_UID });
	}

	startBroker()
	{
		this.broker = new Daemon("broker", this.program("broker"), ["--config", path.join(this.dir, "broker.yaml")],
			path.join(this.dir, "broker.log"), BROKER_UID);
	}

	/** Another broker on the same store, with addresses of its own.
	 * @param {string} [extra] lines at the end of its configuration */
	async startSecond(extra = "")
	{
		const dir = this.dir, at = this.addresses, config = path.join(dir, "second.yaml");
		if (!at)
			throw new Error("no addresses");
		if (!fs.existsSync(config)) {
			const inner = at.inner.replace(/1$/, "5"), port = await freePort(inner);
			fs.writeFileSync(config, fs.readFileSync(path.join(dir, "broker.yaml"), "utf8")
				.replace(/^inner:\n {2}address: .*\n {2}port: .*$/m, `inner:\n  address: ${inner}\n  port: ${port}`)
				.replace(`${dir}/state/recordings\n`, `${dir}/state/recordings2\n`)
				.replace(/^outer:\n {2}address: .*$/m, `outer:\n  address: ${at.outer.replace(/2$/, "6")}`) +
				`\nsite:\n  broker: second\naudit:\n  path: ${dir}/state/audit2\n  key: ${dir}/state/audit2.key\ncontrol:\n` +
				`  path: ${dir}/state/control2.sock\n${extra}`);
			fs.chmodSync(config, 0o600);
			fs.chownSync(config, BROKER_UID, BROKER_UID);
			this.line.targets.push([inner, port]);
		}
		this.second = new Daemon("second", this.program("broker"), ["--config", config], path.join(dir, "second.log"), BROKER_UID);
		const target = /** @type {[string, number]} */ (this.line.targets[1]);
		await until("the second broker listens", () => {
			if (!this.second?.alive)
				throw new Error(`a daemon ended:\n${this.logs()}`);
			return connects(...target);
		});
	}

	startRenderd()
	{
		const log = path.join(this.dir, "renderd.log"), pki = path.join(this.dir, "pki");
		if (this.synthetic)
			this.renderd = new Daemon("load-host", this.program("load-host"), ["--name", HOST, "--listen", `${this.addresses?.host}:${this.hostPort}`,
				"--ca", `${pki}/ca.crt`, "--crl", `${pki}/ca.crl`, "--certificate", `${pki}/${HOST}.crt`, "--key", `${pki}/${HOST}.key`,
				...this.synthetic], log, undefined);
		else
			this.renderd = new Daemon("renderd", this.program("renderd"), ["--config", path.join(this.dir, "renderd.yaml")], log, undefined);
	}

	/** The staff member's browser: one for the harness; trusts the broker's key and nothing else unknown. */
	async browser()
	{
		this.#browser ??= await chromium.launch({
			executablePath: process.env.SEK_CHROMIUM ?? "/usr/bin/chromium",
			timeout: 60000,
			headless: true,
			// As root the test's own browser has no sandbox; the browser under test, in the outer zone, always has.
			chromiumSandbox: process.getuid?.() !== 0,
			args: [`--ignore-certificate-errors-spki-list=${this.#spki}`, "--disable-gpu", "--mute-audio"],
		});
		return this.#browser;
	}

	/** A page of a new, empty profile.
	 * @param {import("playwright-core").BrowserContextOptions} [options] */
	async newPage(options = {})
	{
		const browser = await this.browser();
		const context = await browser.newContext({ locale: "ja-JP", viewport: { width: 1280, height: 800 }, ...options });
		context.setDefaultTimeout(60000);
		const page = await context.newPage();
		/** @type {string[]} */
		const problems = [];
		problemsOf.set(page, problems);
		page.on("pageerror", error => problems.push(`error: ${error.message}`));
		page.on("console", message => {
			// An answer of the API that is not 200 is no fault of the page.
			const expected = /Failed to load resource|WebSocket connection to/.test(message.text());
			if ((message.type() === "error" || message.type() === "warning") && !expected)
				problems.push(`${message.type()}: ${message.text()}`);
		});
		return page;
	}

	/** Opens the page and logs in.
	 * @param {import("playwright-core").Page} page
	 * @param {string} [user] */
	async login(page, user = this.users[0])
	{
		await page.goto(this.url);
		await page.locator("input[name=user]").fill(user ?? "");
		await page.locator("input[name=password]").fill(this.password);
		await page.keyboard.press("Enter");
	}

	/** What the daemons said, for a failed test. */
	logs()
	{
		const tail = (/** @type {Daemon | null} */ daemon) =>
			daemon ? `--- ${daemon.name}\n${daemon.log().split("\n").slice(-25).join("\n")}` : "";
		return `${tail(this.broker)}\n${tail(this.second)}\n${tail(this.renderd)}`;
	}

	async stop()
	{
		await this.#browser?.close();
		await this.broker?.stop();
		await this.second?.stop();
		await this.renderd?.stop();
		await this.line?.stop();
		await this.site?.stop();
		for (const folder of [this.dir, this.#sessions])
			if (folder)
				fs.rmSync(folder, { recursive: true, force: true });
	}
}

/** @type {WeakMap<import("playwright-core").Page, string[]>} */
const problemsOf = new WeakMap();

/** Faults that the page's console told of since the page was made: script errors, violations of the CSP.
 * @param {import("playwright-core").Page} page
 * @returns {string[]} */
export function problems(page)
{
	return problemsOf.get(page) ?? [];
}

/** Whether something listens there.
 * @param {string} address
 * @param {number} port
 * @returns {Promise<boolean>} */
function connects(address, port)
{
	return new Promise(resolve => {
		const socket = net.connect(port, address);
		socket.on("connect", () => {
			socket.destroy();
			resolve(true);
		});
		socket.on("error", () => resolve(false));
	});
}
