// SPDX-License-Identifier: GPL-3.0-or-later
// The faults of a chaos run: what is done, what should happen, and how it is seen whether it did. What happened is read from the audit log (what ended,
// and as what) and from the broker's list of sessions, never from what a fault was meant to do.

import { spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { until } from "../../e2e/harness.mjs";
import { below } from "./farm.mjs";

/** @typedef {import("./farm.mjs").Farm} Farm */
/** @typedef {{ happened: string, ok: boolean }} Outcome */
/** @typedef {{ what: string, expected: string, run: (farm: Farm) => Promise<Outcome> }} Fault */

const sleep = (/** @type {number} */ ms) => new Promise(resolve => setTimeout(resolve, ms));

/** What the audit log says of sessions since a record: those that ended by themselves (nobody wanted it), by state.
 * @param {Farm} farm
 * @param {number} from */
function ended(farm, from)
{
	/** @type {Map<string, string[]>} */
	const by = new Map();
	for (const record of farm.audit(from))
		if (record.what === "session.ended" && record.details.state !== "ended-user")
			by.set(record.details.state ?? "?", [...by.get(record.details.state ?? "?") ?? [], record.object]);
	return by;
}

/** "2 ended as decoder-died, 1 ended as host-lost", or "none ended".
 * @param {Farm} farm
 * @param {Map<string, string[]>} by */
function told(farm, by)
{
	return [...by].map(([state, sessions]) => farm.say(`${sessions.length} ended as ${state}`, `${sessions.length} 件が ${state} で終了`)).join(farm.say(", ", "、")) ||
		farm.say("none ended", "終了なし");
}

/** How many records of that kind came since.
 * @param {Farm} farm
 * @param {number} from
 * @param {string} what */
const count = (farm, from, what) => farm.audit(from).filter(record => record.what === what).length;

/** The number of the newest record.
 * @param {Farm} farm */
const newest = farm => farm.audit().at(-1)?.seq ?? 0;

/** @param {Farm} farm */
const running = farm => farm.sessions()?.filter(row => row.state === "running").map(row => row.session) ?? [];

/** Kills some of the processes of that name below a process; returns how many there were to kill.
 * @param {number} root
 * @param {string} name
 * @param {number} most */
function killSome(root, name, most)
{
	const victims = below(root).filter(p => p.name.startsWith(name)).slice(0, most);
	for (const victim of victims)
		process.kill(victim.pid, "SIGKILL");
	return victims.length;
}

/** @param {Farm} farm */
async function decodersKilled(farm)
{
	const from = newest(farm), live = running(farm).length, killed = killSome(farm.broker.pid, "sekisho-decode", 2);
	await until("their end", () => (ended(farm, from).get("decoder-died") ?? []).length >= killed, 10000).catch(() => {});
	await sleep(1000);
	const by = ended(farm, from);
	return { happened: farm.say(`of ${live} sessions ${killed} lost their decoder`, `${live} セッション中 ${killed} 件のデコーダーを終了`) + ": " + told(farm, by),
		ok: killed > 0 && by.size === 1 && by.get("decoder-died")?.length === killed };
}

/** @param {Farm} farm */
async function encodersKilled(farm)
{
	const from = newest(farm), live = running(farm).length, killed = killSome(farm.broker.pid, "sekisho-encode", 2);
	await until("their restart", () => count(farm, from, "session.encoder-restarted") >= killed, 10000).catch(() => {});
	await sleep(1000);
	const by = ended(farm, from), restarted = count(farm, from, "session.encoder-restarted");
	return { happened: farm.say(`of ${live} sessions ${killed} lost their encoder: ${restarted} got a new one, `,
		`${live} セッション中 ${killed} 件のエンコーダーを終了: ${restarted} 件に新しいもの、`) + told(farm, by), ok: killed > 0 && restarted === killed && by.size === 0 };
}

/** The browser itself: its helpers are told what they are.
 * @param {{ pid: number, name: string }} p */
function isBrowser(p)
{
	try {
		return p.name === "chromium" && !fs.readFileSync(`/proc/${p.pid}/cmdline`, "utf8").includes("--type=");
	} catch {
		return false; // it ended meanwhile
	}
}

/** @param {Farm} farm */
async function chromiumsKilled(farm)
{
	const from = newest(farm), live = running(farm).length;
	let killed = 0;
	for (const host of farm.hosts) { // the newest: an older one may be of a session that has ended and whose sandbox the host still keeps
		const victim = below(host.keeper.process.pid ?? 0).filter(isBrowser).sort((a, b) => b.began - a.began)[0];
		if (victim) {
			process.kill(victim.pid, "SIGKILL");
			killed++;
		}
	}
	await until("their end", () => (ended(farm, from).get("browser-crashed") ?? []).length >= killed, 15000).catch(() => {});
	await sleep(1000);
	const by = ended(farm, from);
	return { happened: farm.say(`of ${live} sessions ${killed} lost their browser`, `${live} セッション中 ${killed} 件のブラウザーを終了`) + ": " + told(farm, by), ok: killed > 0 && by.size === 1 && by.get("browser-crashed")?.length === killed };
}

/** @param {Farm} farm
 * @param {string} host */
const onHost = (farm, host) => farm.sessions()?.filter(row => row.host === host && row.state === "running").map(row => row.session) ?? [];

/** Those of `by` that are not in `own`.
 * @param {Map<string, string[]>} by
 * @param {string[]} own */
const strangers = (by, own) => [...by.values()].flat().filter(session => !own.includes(session)).length;

/** @param {Farm} farm */
async function renderdKilled(farm)
{
	const host = farm.hosts[1];
	if (!host)
		throw new Error("no second host");
	const from = newest(farm), own = onHost(farm, host.name), live = running(farm).length;
	host.keeper.signal("SIGKILL");
	await until("the end of its sessions", () => [...ended(farm, from).values()].flat().length >= own.length, 60000).catch(() => {});
	await until("the host is back", () => farm.hostState(host.name) === "up", 30000).catch(() => {});
	const by = ended(farm, from), others = strangers(by, own), all = [...by.values()].flat().length;
	return { happened: farm.say(`${own.length} of ${live} sessions ran there: ${told(farm, by)}; ${others} of the other host; the host is ${farm.hostState(host.name)} again`,
		`${live} セッション中 ${own.length} 件が動作: ${told(farm, by)}、別のホストの終了 ${others} 件、ホストの状態は ${farm.hostState(host.name)}`),
		ok: own.length > 0 && all === own.length && others === 0 && farm.hostState(host.name) === "up" };
}

/** @param {Farm} farm */
async function networkCut(farm)
{
	const host = farm.hosts[0];
	if (!host)
		throw new Error("no host");
	const from = newest(farm), own = onHost(farm, host.name);
	host.relay.cut();
	await sleep(3000);
	host.relay.mend();
	await until("their return", () => count(farm, from, "session.reconnected") >= own.length, 30000).catch(() => {});
	await sleep(500);
	const by = ended(farm, from), back = count(farm, from, "session.reconnected");
	return { happened: farm.say(`${own.length} sessions ran there: ${back} reconnected, `, `${own.length} セッションが動作: ${back} 件が再接続、`) + told(farm, by), ok: own.length > 0 && back >= own.length && by.size === 0 };
}

/** @param {Farm} farm */
async function networkDelayed(farm)
{
	const host = farm.hosts[0];
	if (!host)
		throw new Error("no host");
	const from = newest(farm), own = onHost(farm, host.name);
	host.relay.delayMs = 100;
	await sleep(12000);
	host.relay.delayMs = 0;
	await sleep(3000);
	const by = ended(farm, from), again = count(farm, from, "session.reconnecting");
	return { happened: farm.say(`${own.length} sessions ran there: ${told(farm, by)}, ${again} had to reconnect`,
		`${own.length} セッションが動作: ${told(farm, by)}、再接続 ${again} 件`), ok: own.length > 0 && by.size === 0 && again === 0 };
}

/** @param {Farm} farm */
async function brokerKilled(farm)
{
	const from = newest(farm), before = running(farm), began = performance.now();
	farm.broker.signal("SIGKILL");
	await until("the broker is gone", () => farm.sessions() === null, 5000).catch(() => {});
	await until("all sessions are back", () => {
		const now = running(farm);
		return before.every(session => now.includes(session));
	}, 30000).catch(() => {});
	const seconds = (performance.now() - began) / 1000, now = running(farm), back = before.filter(session => now.includes(session)).length;
	const by = ended(farm, from), lost = [...by].filter(([state]) => state !== "broker-stopping").length;
	return { happened: farm.say(`${back} of ${before.length} sessions were back after ${seconds.toFixed(1)} s; `,
		`${before.length} セッション中 ${back} 件が ${seconds.toFixed(1)} 秒で復帰、`) + told(farm, by),
		ok: before.length > 0 && back === before.length && seconds <= 10.5 && lost === 0 };
}

/** @param {Farm} farm */
async function diskFull(farm)
{
	const from = newest(farm), before = running(farm).length, filler = path.join(farm.disk, "filler");
	const free = () => {
		const s = fs.statfsSync(farm.disk);
		return s.bavail * s.bsize;
	};
	if (spawnSync("fallocate", ["-l", String(Math.max(1, free() - (8 << 20))), filler]).status !== 0)
		throw new Error("the disk could not be filled");
	await until("the end of the sessions", () => (farm.sessions() ?? []).length === 0, 30000).catch(() => {});
	const started = count(farm, newest(farm), "session.started");
	await sleep(4000);
	const atFull = farm.sessions()?.length ?? -1, by = ended(farm, from);
	const refused = farm.audit(from).filter(record => record.what === "recording.failed" && record.outcome === "refused").length;
	fs.unlinkSync(filler);
	return { happened: farm.say(`${before} sessions: ${told(farm, by)}; ${refused} times none began; ${atFull} sessions while it was full`,
		`${before} セッション: ${told(farm, by)}。開始の拒否 ${refused} 回、満杯の間のセッション ${atFull} 件`),
		ok: before > 0 && started === 0 && atFull === 0 && [...by.keys()].every(state => state === "not-recorded") && (by.get("not-recorded")?.length ?? 0) >= before };
}

/** @type {Fault[]} */
export const faults = [
	{ what: "chromiums-killed", expected: "The sessions of the killed browsers end, each with its reason; no other.", run: chromiumsKilled },
	{ what: "decoders-killed", expected: "The sessions of the killed decoders end, each with its reason; no other.", run: decodersKilled },
	{ what: "encoders-killed", expected: "Each session gets a new encoder; none ends.", run: encodersKilled },
	{ what: "network-cut", expected: "A host's line is cut for 3 s: its sessions reconnect; none ends.", run: networkCut },
	{ what: "network-delayed", expected: "A host's line takes 100 ms more each way for 12 s: no session ends or reconnects.", run: networkDelayed },
	{ what: "renderd-killed", expected: "The sessions of that host end, none of the other; the host comes back by itself.", run: renderdKilled },
	{ what: "broker-killed", expected: "All sessions are back within 10 s; none ends.", run: brokerKilled },
	{ what: "disk-full", expected: "No session goes on or begins unrecorded; all that run end as not recorded.", run: diskFull },
];
