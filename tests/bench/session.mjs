// SPDX-License-Identifier: GPL-3.0-or-later
// What one session costs, with the real chain and a real browser as the client:
//   node tests/bench/session.mjs [--rounds N] [--warm N] [--idle SECONDS]
// Prints: log-in click to first painted page (cold: page cache dropped, warm); of each process memory (PSS), idle CPU and how
// often a second it is woken (voluntary context switches of all its threads).
// Needs root and a build (SEK_BUILD, default build/release); `npm ci` in tests/e2e first.

import fs from "node:fs";
import { parseArgs } from "node:util";
import { Harness, until } from "../e2e/harness.mjs";

const { values } = parseArgs({ options: { rounds: { type: "string", default: "5" }, warm: { type: "string", default: "1" }, idle: { type: "string", default: "20" } } });
const rounds = Number(values.rounds), idleSeconds = Number(values.idle);
const TICKS_PER_SECOND = 100;

/** Processes of this run by name: those whose executable or arguments lie below the harness's folders, and Chromium's.
 * @param {Harness} harness */
function processes(harness)
{
	const all = fs.readdirSync("/proc").filter(name => /^\d+$/.test(name)).map(pid => {
		try {
			const stat = fs.readFileSync(`/proc/${pid}/stat`, "utf8");
			const close = stat.lastIndexOf(")"), fields = stat.slice(close + 2).split(" ");
			return { pid: Number(pid), name: stat.slice(stat.indexOf("(") + 1, close), parent: Number(fields[1]),
				ticks: Number(fields[11]) + Number(fields[12]) };
		} catch {
			return null;
		}
	}).filter(process => process !== null);
	const ours = new Set([harness.broker.process.pid, harness.renderd.process.pid]);
	for (let grown = true; grown;) {
		grown = false;
		for (const process of all)
			if (!ours.has(process.pid) && ours.has(process.parent)) {
				ours.add(process.pid);
				grown = true;
			}
	}
	return all.filter(process => ours.has(process.pid));
}

/** PSS in KiB: everything, and the gap's shared pixels apart.
 * @param {number} pid */
function memory(pid)
{
	let total = 0, gap = 0, inGap = false;
	for (const line of fs.readFileSync(`/proc/${pid}/smaps`, "utf8").split("\n")) {
		if (/^[0-9a-f]+-[0-9a-f]+ /.test(line))
			inGap = line.includes("memfd:sekisho-gap");
		const pss = /^Pss:\s+(\d+) kB/.exec(line);
		if (pss) {
			total += Number(pss[1]);
			gap += inGap ? Number(pss[1]) : 0;
		}
	}
	return { total, gap };
}

/** Times that the process's threads have gone to sleep so far.
 * @param {number} pid */
function sleeps(pid)
{
	let n = 0;
	for (const thread of fs.readdirSync(`/proc/${pid}/task`))
		n += Number(/^voluntary_ctxt_switches:\s+(\d+)/m.exec(fs.readFileSync(`/proc/${pid}/task/${thread}/status`, "utf8"))?.[1] ?? 0);
	return n;
}

/** @param {Harness} harness */
function byName(harness)
{
	const table = new Map();
	for (const process of processes(harness)) {
		const row = table.get(process.name) ?? { count: 0, ticks: 0, pss: 0, gap: 0, sleeps: 0 };
		try {
			const { total, gap } = memory(process.pid);
			row.pss += total;
			row.gap += gap;
			row.sleeps += sleeps(process.pid);
		} catch {
			continue;
		}
		row.count++;
		row.ticks += process.ticks;
		table.set(process.name, row);
	}
	return table;
}

/** Log-in click to the first painted page, as the client's own page shows it.
 * @param {Harness} harness */
async function firstPage(harness)
{
	const page = await harness.newPage({ viewport: { width: 1920, height: 1080 } });
	await page.goto(harness.url);
	await page.locator("input[name=user]").fill(harness.users[0] ?? "");
	await page.locator("input[name=password]").fill(harness.password);
	const started = performance.now();
	await page.locator("button[type=submit]").click();
	await until("a picture", () => page.evaluate(() => {
		const overlay = document.querySelector("sek-overlay");
		return document.querySelector("canvas") !== null && overlay instanceof HTMLElement && !overlay.checkVisibility();
	}), 60000);
	return { page, ms: performance.now() - started };
}

/** @param {Harness} harness
 * @param {import("playwright-core").Page} page */
async function endSession(harness, page)
{
	await page.evaluate(() => fetch("/api/logout", { method: "POST", body: "{}", headers: { "Content-Type": "application/json" } }));
	await page.context().close();
	await until("the session is gone", () => !processes(harness).some(process => process.name.includes("decoder")), 30000);
}

/** Waits until the render host has its warm sandboxes again, and they have come to rest.
 * @param {Harness} harness */
async function stocked(harness)
{
	if (!harness.warm)
		return;
	await until("a warm sandbox", () => {
		const log = harness.renderd.log();
		return (log.match(/session\.browser .*session=warm-/g) ?? []).length - (log.match(/warm\.taken/g) ?? []).length >= harness.warm;
	}, 60000);
	await new Promise(resolve => setTimeout(resolve, 1000));
}

/** @param {string} title
 * @param {Map<string, { count: number, pss: number }>} table */
function warmCost(title, table)
{
	let total = 0;
	for (const [name, row] of table)
		if (!/sekisho-(broker|renderd)/.test(name))
			total += row.pss;
	console.log(`${title}: ${(total / 1024).toFixed(0)} MiB PSS`);
}

const harness = await Harness.start({ warm: Number(values.warm) });
try {
	await harness.browser();
	await stocked(harness);
	if (harness.warm) {
		await new Promise(resolve => setTimeout(resolve, 4000));
		warmCost(`${harness.warm} warm, before anybody came`, byName(harness));
	}
	fs.writeFileSync("/proc/sys/vm/drop_caches", "3");
	const cold = await firstPage(harness);
	await endSession(harness, cold.page);
	await stocked(harness);
	const warm = [];
	for (let i = 0; i < rounds; i++) {
		const { page, ms } = await firstPage(harness);
		warm.push(ms);
		await endSession(harness, page);
		await stocked(harness);
	}
	warm.sort((a, b) => a - b);
	if (rounds > 0) console.log(`log-in click to first painted page, 1920x1080: cold ${cold.ms.toFixed(0)} ms, warm median ` +
		`${warm[warm.length >> 1]?.toFixed(0)} ms (${rounds} rounds, worst ${warm.at(-1)?.toFixed(0)} ms)`);

	const { page } = await firstPage(harness);
	await new Promise(resolve => setTimeout(resolve, 5000));
	const before = byName(harness);
	await new Promise(resolve => setTimeout(resolve, idleSeconds * 1000));
	const after = byName(harness);
	console.log(`\n${"process".padEnd(18)}${"count".padStart(6)}${"PSS MiB".padStart(10)}${"gap MiB".padStart(10)}${"idle CPU %".padStart(12)}${"wakes/s".padStart(10)}`);
	for (const [name, row] of [...after].sort((a, b) => b[1].pss - a[1].pss)) {
		const used = (row.ticks - (before.get(name)?.ticks ?? 0)) / TICKS_PER_SECOND / idleSeconds * 100;
		console.log(`${name.padEnd(18)}${String(row.count).padStart(6)}${((row.pss - row.gap) / 1024).toFixed(1).padStart(10)}` +
			`${(row.gap / 1024).toFixed(1).padStart(10)}${used.toFixed(2).padStart(12)}` +
			`${((row.sleeps - (before.get(name)?.sleeps ?? 0)) / idleSeconds).toFixed(1).padStart(10)}`);
	}
	await endSession(harness, page);
} finally {
	await harness.stop();
}
