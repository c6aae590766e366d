// SPDX-License-Identifier: GPL-3.0-or-later
// What a session that runs wild does to the one beside it, with real sandboxed browsers in real limits:
//   node tests/bench/neighbours.mjs [--keys 60] [--host-cores N] [--json]
// One user types; the time from each key press to the next picture on the page's canvas is taken in the client's own page. Beside
// it another user's browser spins on every core, eats memory, or (as somebody who has taken it over would) forks without end.
// --host-cores gives the render host the first N cores and everything else (broker, its children, the users' own browsers) the others, as if
// they were two machines.
// Exit code 1 if the calm user's session was lost, or a key had no effect.
// Needs root and a build (SEK_BUILD, default build/release); `npm ci` in tests/e2e first.

import { spawn, spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import { parseArgs } from "node:util";
import { Harness, until } from "../e2e/harness.mjs";
import { descendants } from "../e2e/support/processes.mjs";
import { Remote } from "../e2e/support/remote.mjs";

const { values } = parseArgs({ options: { keys: { type: "string", default: "60" }, json: { type: "boolean", default: false },
	"host-cores": { type: "string", default: "0" } } });
const keys = Number(values.keys), PAUSE_MS = 60, RISE_MS = 4000, PATIENCE_MS = 20000;

const SPIN = `<!doctype html><title>spin</title><script>
const code = new Blob(["for (;;) {}"], { type: "text/javascript" });
for (let i = 0; i < ${2 * os.cpus().length}; i++) new Worker(URL.createObjectURL(code));
</script>spinning`;
const EAT = `<!doctype html><title>eat</title><script>
const kept = [];
setInterval(() => { const block = new Uint8Array(64 << 20); crypto.getRandomValues(block.subarray(0, 65536));
	for (let i = 0; i < block.length; i += 4096) block[i] = i; kept.push(block); }, 20);
</script>eating`;

/** In the client's page, before anything else: when keys go down, when pictures are drawn.
 * @returns {void} */
function watch()
{
	const seen = /** @type {any} */ (window);
	seen.sekKeys = [];
	seen.sekDrawn = [];
	const Plain = window.Worker;
	window.Worker = class extends Plain {
		/** @param {string | URL} url
		 * @param {WorkerOptions} [options] */
		constructor(url, options)
		{
			super(url, options);
			this.addEventListener("message", event => {
				if (event.data?.type === "drawn")
					seen.sekDrawn.push(performance.now());
			});
		}
	};
	window.addEventListener("keydown", () => seen.sekKeys.push(performance.now()), true);
}

/** @param {number[]} sorted
 * @param {number} part */
const at = (sorted, part) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? NaN;

/** @param {Remote} calm */
async function measure(calm)
{
	/** @type {number[]} */
	const took = [];
	for (let i = 0; i < keys; i++) {
		await calm.page.evaluate(() => { const seen = /** @type {any} */ (window); seen.sekKeys = []; seen.sekDrawn = []; });
		await calm.page.keyboard.press("abcdefgh"[i % 8] ?? "a");
		const ms = await until("the key on the screen", () => calm.page.evaluate(() => {
			const seen = /** @type {any} */ (window), pressed = seen.sekKeys[0];
			const drawn = seen.sekDrawn.find((/** @type {number} */ t) => t >= pressed);
			return drawn === undefined ? 0 : Math.max(drawn - pressed, 0.1);
		}), PATIENCE_MS);
		took.push(ms);
		await new Promise(resolve => setTimeout(resolve, PAUSE_MS));
	}
	return took.sort((a, b) => a - b);
}

/** Runs a shell's fork bomb as the session's own user, in its namespaces and in its cgroups: all that whoever took the browser over has.
 * @param {Harness} harness
 * @param {number[]} known processes of other sessions */
function bomb(harness, known)
{
	const browser = descendants(harness.renderd.process.pid ?? 0).find(process => !known.includes(process.pid) &&
		/chromium\/chromium /.test(process.command) && !/--type/.test(process.command));
	if (!browser)
		throw new Error("the wild session has no browser");
	const uid = fs.statSync(`/proc/${browser.pid}`).uid;
	const groups = fs.readFileSync(`/proc/${browser.pid}/cgroup`, "utf8").trim().split("\n").map(line => line.split(":"))
		.filter(([, , path]) => (path?.length ?? 0) > 1)
		.map(([, kind, path]) => `/sys/fs/cgroup/${kind ? `${kind}/` : ""}${path}/cgroup.procs`).filter(file => fs.existsSync(file));
	const child = spawn("/bin/bash", ["-c", `for g in ${groups.join(" ")}; do echo $$ > $g; done
exec nsenter -t ${browser.pid} -n -i -u setpriv --reuid ${uid} --regid ${uid} --clear-groups /bin/bash -c 'b() { b | b & }; b; sleep 60'`],
	{ stdio: "ignore", detached: true });
	return { child, groups: groups.length };
}

/** @param {number} pid with everything that it has started
 * @param {string} cores as taskset takes them */
function pin(pid, cores)
{
	for (const one of [pid, ...descendants(pid).map(process => process.pid)])
		spawnSync("taskset", ["-acp", cores, String(one)]);
}

const harness = await Harness.start({ users: ["calm", "wild"] });
const hostCores = Number(values["host-cores"]), cores = os.cpus().length;
if (hostCores > 0 && hostCores < cores) {
	pin(process.pid, `${hostCores}-${cores - 1}`);
	pin(harness.renderd.process.pid ?? 0, `0-${hostCores - 1}`);
}
harness.site.files.set("/spin", { type: "text/html; charset=utf-8", body: SPIN });
harness.site.files.set("/eat", { type: "text/html; charset=utf-8", body: EAT });
/** @type {{ beside: string, p50: number, p95: number, worst: number, wild: string }[]} */
const table = [];
try {
	const page = await harness.newPage();
	await page.addInitScript(watch);
	await harness.login(page, "calm");
	const calm = new Remote(harness, page);
	await calm.live();
	await calm.painted();
	await calm.go("/type");
	await page.mouse.click(300, 250);
	/** @param {string} beside
	 * @param {string} wild what has become of the other one */
	const row = async (beside, wild) => {
		const ms = await measure(calm);
		table.push({ beside, p50: at(ms, 0.5), p95: at(ms, 0.95), worst: ms.at(-1) ?? NaN, wild });
	};
	const known = descendants(harness.renderd.process.pid ?? 0).map(process => process.pid);
	await row("nobody", "-");
	for (const deed of ["rest", "spin", "eat", "fork"]) {
		const wild = await Remote.open(harness, { user: "wild" });
		let groups = "";
		if (deed === "fork")
			groups = ` (in ${bomb(harness, known).groups} cgroups)`;
		else if (deed !== "rest")
			await wild.go(`/${deed}`).catch(() => {}); // such a page may never tell that it was painted
		await page.bringToFront();
		await new Promise(resolve => setTimeout(resolve, RISE_MS));
		await row(deed + groups, "");
		const phase = await wild.page.locator("sek-session").getAttribute("data-phase");
		const last = table.at(-1);
		if (last)
			last.wild = phase === "ended" ? await wild.heading() ?? "ended" : phase ?? "?";
		await wild.page.evaluate(() => fetch("/api/logout", { method: "POST", body: "{}", headers: { "Content-Type": "application/json" } }));
		await wild.close();
		await until("the wild session is gone", () => descendants(harness.renderd.process.pid ?? 0).every(process =>
			known.includes(process.pid) || !/chromium\/chromium/.test(process.command)), 60000);
	}
	await calm.phase("live");
	await calm.close();
} catch (error) {
	console.error(harness.logs());
	process.exitCode = 1;
	throw error;
} finally {
	await harness.stop();
}
if (values.json) {
	console.log(JSON.stringify(table, null, 1));
} else {
	console.log(`${"beside".padEnd(22)}${"p50 ms".padStart(10)}${"p95 ms".padStart(10)}${"worst ms".padStart(10)}  the other session`);
	for (const r of table)
		console.log(`${r.beside.padEnd(22)}${[r.p50, r.p95, r.worst].map(n => n.toFixed(1).padStart(10)).join("")}  ${r.wild}`);
}
