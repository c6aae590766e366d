// SPDX-License-Identifier: GPL-3.0-or-later
// A farm whose parts may be killed: the broker and two render hosts, each kept alive as a service manager would, the hosts behind relays, recordings on
// a disk of their own (a tmpfs). What is known of it comes from the control socket, the audit log and /proc.

import { spawn, spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { BROKER_UID, build, Harness, until } from "../../e2e/harness.mjs";
import { Relay } from "./relay.mjs";

/** Restarts a program half a second after it ended, until it is told to stop. Its own process is what the load test takes samples below. */
class Keeper {
	/** @param {string} dir
	 * @param {string} name
	 * @param {string[]} words of the program
	 * @param {number} [uid] */
	constructor(dir, name, words, uid)
	{
		this.name = name;
		this.logPath = path.join(dir, `${name}.log`);
		this.stopPath = path.join(dir, `${name}.stop`);
		const log = fs.openSync(this.logPath, "a");
		this.process = spawn("sh", ["-c", 'stop=$1; shift; while [ ! -e "$stop" ]; do "$@"; sleep 0.5; done', "keeper", this.stopPath, ...words],
			{ stdio: ["ignore", log, log], uid, gid: uid });
		fs.closeSync(log);
		this.ended = new Promise(resolve => this.process.on("exit", resolve));
	}

	get alive()
	{
		return this.process.exitCode === null && this.process.signalCode === null;
	}

	/** The program's process id, 0 if it does not run at this moment. */
	get pid()
	{
		return processes().find(p => p.parent === this.process.pid && p.name.startsWith("sekisho-"))?.pid ?? 0;
	}

	log()
	{
		return fs.readFileSync(this.logPath, "utf8");
	}

	/** @param {NodeJS.Signals} signal */
	signal(signal)
	{
		const pid = this.pid;
		if (pid)
			process.kill(pid, signal);
	}

	async stop()
	{
		fs.writeFileSync(this.stopPath, "");
		this.signal("SIGTERM");
		const timer = setTimeout(() => this.signal("SIGKILL"), 15000);
		await this.ended;
		clearTimeout(timer);
	}
}

/** Every process: id, name (cut at 15 bytes), parent, when it began (in ticks since the machine's start). */
export function processes()
{
	return fs.readdirSync("/proc").filter(name => /^\d+$/.test(name)).flatMap(pid => {
		try {
			const stat = fs.readFileSync(`/proc/${pid}/stat`, "utf8"), close = stat.lastIndexOf(")");
			const fields = stat.slice(close + 2).split(" ");
			return [{ pid: Number(pid), name: stat.slice(stat.indexOf("(") + 1, close), parent: Number(fields[1]), began: Number(fields[19]) }];
		} catch {
			return []; // it ended meanwhile
		}
	});
}

/** What descends from a process, itself too.
 * @param {number} root */
export function below(root)
{
	const all = processes(), ours = new Set([root]);
	for (let grown = true; grown;) {
		grown = false;
		for (const p of all)
			if (!ours.has(p.pid) && ours.has(p.parent)) {
				ours.add(p.pid);
				grown = true;
			}
	}
	return all.filter(p => ours.has(p.pid));
}

const DISK_MIB = 512;

export class Farm {
	/** @type {Harness} */ harness = /** @type {any} */ (null);
	/** @type {Keeper} */ broker = /** @type {any} */ (null);
	/** @type {{ name: string, keeper: Keeper, relay: Relay, sessions: string }[]} */ hosts = [];
	#mounted = "";
	#ja = false;

	/** @param {number} staff
	 * @param {boolean} ja what happened is told in Japanese */
	static async start(staff, ja)
	{
		const farm = new Farm();
		farm.#ja = ja;
		try {
			await farm.#start(staff);
		} catch (error) {
			await farm.stop();
			throw error;
		}
		return farm;
	}

	/** @param {number} staff */
	async #start(staff)
	{
		this.harness = await Harness.start({ users: [], maxSessions: staff + 4, renderHost: false, login: "  needs: password+totp\n",
			brokerExtra: dir => `recording:\n  path: ${dir}/recordings\n  public_key: ${dir}/recording.pub\n  warn_free_mib: 64\n  least_free_mib: 32\n`,
			prepare: dir => this.#prepare(dir) });
		await this.harness.broker.stop();
		this.broker = new Keeper(this.dir, "broker", [this.harness.program("broker"), "--config", path.join(this.dir, "broker.yaml")], BROKER_UID);
		this.harness.broker = /** @type {any} */ (this.broker);
		await until("the control socket", () => this.call(["status"], true) !== null);
		for (const [i, name] of ["render2.sekisho.internal", "render3.sekisho.internal"].entries())
			await this.#addHost(name, i, Math.ceil(staff / 2) + 4);
		this.call(["host", "remove", "render1.sekisho.internal", "--reason", "chaos"]);
		await until("both hosts in contact", () => this.hosts.every(host => this.hostState(host.name) === "up"), 30000);
	}

	/** @param {string} dir */
	#prepare(dir)
	{
		const made = spawnSync(path.join(dir, "bin/sekisho-recording"), ["keygen", path.join(dir, "recording.pub"), path.join(dir, "recording.secret")],
			{ input: "a passphrase of a load test\n", encoding: "utf8" });
		if (made.status !== 0)
			throw new Error(`the recording key could not be made: ${made.stderr}`);
		const disk = path.join(dir, "recordings");
		fs.mkdirSync(disk, { mode: 0o700 });
		const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", `size=${DISK_MIB}m,mode=0700,uid=${BROKER_UID},gid=${BROKER_UID}`, "tmpfs", disk]);
		if (mounted.status !== 0)
			throw new Error("the disk for recordings could not be mounted");
		this.#mounted = disk;
	}

	/** @param {string} name
	 * @param {number} i
	 * @param {number} most sessions */
	async #addHost(name, i, most)
	{
		const dir = this.dir, at = this.harness.addresses, own = path.join(dir, name);
		if (spawnSync(this.harness.program("certs"), ["host", path.join(dir, "pki"), name]).status !== 0)
			throw new Error(`no certificate for ${name}`);
		fs.mkdirSync(own);
		const sessions = fs.mkdtempSync("/dev/shm/sekisho-chaos.");
		fs.chmodSync(sessions, 0o711);
		const port = 20000 + process.pid % 20000 + i, config = path.join(own, "renderd.yaml");
		// The harness's own configuration, for another name and place.
		fs.writeFileSync(config, fs.readFileSync(path.join(dir, "renderd.yaml"), "utf8").replaceAll("render1.sekisho.internal", name)
			.replace(/^( {2}port:).*/m, `$1 ${port}`).replace(/^( {2}directory:).*/m, `$1 ${sessions}`).replace(/^( {2}max:).*/m, `$1 ${most}`)
			.replace(/^( {2}uid_base:) (\d+)/m, (_, key, base) => `${key} ${Number(base) + 100000 * (i + 1)}`), { mode: 0o600 });
		const keeper = new Keeper(own, "renderd", [this.harness.program("renderd"), "--config", config]);
		const relay = await Relay.start(at?.host ?? "", at?.host ?? "", port);
		this.hosts.push({ name, keeper, relay, sessions });
		this.call(["host", "add", name, at?.host ?? "", String(relay.port), "--reason", "chaos"]);
	}

	/** @param {string} en
	 * @param {string} ja */
	say(en, ja)
	{
		return this.#ja ? ja : en;
	}

	get dir()
	{
		return this.harness.dir;
	}

	get disk()
	{
		return this.#mounted;
	}

	/** sekishoctl's answer; null if it could not be had and that is allowed.
	 * @param {string[]} words
	 * @param {boolean} [mayFail] */
	call(words, mayFail = false)
	{
		const run = spawnSync(path.join(build, "bin/sekishoctl"), ["--json", "--socket", path.join(this.dir, "state/control.sock"), ...words],
			{ encoding: "utf8", timeout: 10000 });
		if (run.status === 0)
			return JSON.parse(run.stdout);
		if (mayFail)
			return null;
		throw new Error(`sekishoctl ${words.join(" ")}: ${run.status} ${run.stdout}${run.stderr}`);
	}

	/** @returns {{ session: string, state: string, host: string, attached: boolean }[] | null} null: the broker does not answer now */
	sessions()
	{
		return this.call(["session", "list"], true)?.rows ?? null;
	}

	/** As the broker knows it: up, full, lost, ...
	 * @param {string} name
	 * @returns {string} */
	hostState(name)
	{
		return /** @type {{ name: string, state: string }[]} */ (this.call(["host", "list"], true)?.rows ?? []).find(row => row.name === name)?.state ?? "unknown";
	}

	/** Records of the audit log from that number on.
	 * @param {number} [from]
	 * @returns {{ seq: number, time: string, who: string, what: string, object: string, outcome: string, details: Record<string, string> }[]} */
	audit(from = 0)
	{
		const folder = path.join(this.dir, "state/audit");
		return fs.readdirSync(folder).filter(name => name.endsWith(".log")).sort().flatMap(name => fs.readFileSync(path.join(folder, name), "utf8").split("\n"))
			.flatMap(line => {
				try {
					return [JSON.parse(line)];
				} catch {
					return []; // the end of what is being written
				}
			}).filter(record => record.seq > from);
	}

	async stop()
	{
		await this.broker?.stop();
		for (const host of this.hosts) {
			await host.keeper.stop();
			await host.relay.stop();
			fs.rmSync(host.sessions, { recursive: true, force: true });
		}
		if (this.#mounted)
			spawnSync("umount", [this.#mounted]);
		await this.harness?.stop();
	}
}
