// SPDX-License-Identifier: GPL-3.0-or-later
//
// node kill.mjs URL PASSWORD ADDRESS [WORD]: two members of staff browse through HAProxy, each with a real browser, and look at a page that changes four times a
// second. Meanwhile machines are killed and lines cut (functions of site.sh). What is measured is what they see: the longest time without a change of their
// picture, whether the page is the same one afterwards, and what their screens said. Run by tests/zones/run --kill in the staff's machine. WORD: only
// what has it in its name. Exit code 0: everybody came back as the table says that they must.
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import { inflateSync } from "node:zlib";
import { chromium } from "../e2e/node_modules/playwright-core/index.mjs";

const [url, password, address, word] = process.argv.slice(2);
const { root, dir, id, build } = process.env;
const sleep = ms => new Promise(resolve => setTimeout(resolve, ms));

/** Runs functions of site.sh.
 * @param {string} commands */
function act(commands)
{
	return execFileSync("bash", ["-c", `. "$root/tests/support/lib.sh"; . "$root/tests/zones/site.sh"; ${commands}`],
		{ encoding: "utf8", env: { ...process.env, root, dir, id, build }, stdio: ["ignore", "pipe", "inherit"] }).trim();
}

/** One pixel of a PNG of one pixel: a filter byte and the samples.
 * @param {Buffer} png */
function pixel(png)
{
	const data = [];

	for (let at = 8; at < png.length; at += 12 + png.readUInt32BE(at))
		if (png.toString("latin1", at + 4, at + 8) === "IDAT")
			data.push(png.subarray(at + 8, at + 8 + png.readUInt32BE(at)));
	return [...inflateSync(Buffer.concat(data))].slice(1);
}

class Staff {
	said = new Set();
	longest = 0;
	changed = performance.now();
	last = "";
	blue = -1;

	constructor(name, page)
	{
		this.name = name;
		this.page = page;
	}

	static async at(browser, name)
	{
		const context = await browser.newContext({ locale: "en-GB", viewport: { width: 1024, height: 700 }, ignoreHTTPSErrors: true });
		const s = new Staff(name, await context.newPage());

		await s.page.goto(url);
		await s.page.fill("input[name=user]", name);
		await s.page.fill("input[name=password]", password);
		await s.page.keyboard.press("Enter");
		void s.watch();
		await s.browse();
		return s;
	}

	/** Opens the page that changes, until it is seen. */
	async browse()
	{
		for (const end = performance.now() + 120000; this.blue < 0;) {
			if (performance.now() > end)
				throw new Error(`${this.name} sees no page`);
			if (await this.phase() === "live") {
				await this.page.mouse.click(500, 400);
				await this.page.keyboard.press("Control+l");
				await this.page.keyboard.type(`${address}#x`);
				await this.page.keyboard.press("Enter");
			}
			for (let i = 0; i < 20 && this.blue < 0; i++)
				await sleep(200);
		}
	}

	phase()
	{
		return this.page.evaluate(() => /** @type {HTMLElement | null} */ (document.querySelector("sek-session"))?.dataset.phase ?? "").catch(() => "");
	}

	async watch()
	{
		while (!this.over) {
			try {
				const [r, g, b] = pixel(await this.page.screenshot({ clip: { x: 512, y: 500, width: 1, height: 1 } }));
				const now = performance.now(), is = `${r},${g},${b}`, ours = Math.abs(g - 128) <= 4 && r <= 40 && b >= 4 && b <= 110;

				if (ours && is !== this.last) {
					this.longest = Math.max(this.longest, now - this.changed);
					this.changed = now;
					this.blue = Math.round(b / 8) * 8;
					this.last = is;
				}
				const phase = await this.phase();
				if (phase && phase !== "live")
					this.said.add((await this.page.locator("sek-overlay").innerText().catch(() => "")).split("\n")[0].trim() || phase);
			} catch { /* the page is being changed */ }
			await sleep(80);
		}
	}

	mark()
	{
		this.said.clear();
		this.longest = 0;
		this.changed = performance.now();
		this.was = this.blue;
	}

	/** Whether the picture has gone on changing for two seconds. */
	async back(patienceMs)
	{
		for (const end = performance.now() + patienceMs; performance.now() < end; await sleep(200)) {
			const longest = this.longest;
			if (performance.now() - this.changed > 700)
				continue;
			await sleep(2000);
			if (performance.now() - this.changed < 1000 && this.longest === longest)
				return true;
		}
		return false;
	}
}

// one machine each: HAProxy sends a client's connections to one broker
fs.writeFileSync(`${dir}/chromium2`, `#!/bin/sh\nexec ip netns exec ${process.env.staff2} /usr/bin/chromium "$@"\n`, { mode: 0o755 });
const browsers = [];
/** @type {Staff[]} */
const staff = [];
for (const [name, executablePath] of [["staff1", "/usr/bin/chromium"], ["staff2", `${dir}/chromium2`]]) {
	if (staff.length) {
		await sleep(1000);
		act(`move_staff2 ${3 - holders().staff1.broker}`);
	}
	browsers.push(await chromium.launch({ executablePath, args: ["--no-sandbox"] }));
	staff.push(await Staff.at(browsers.at(-1), name));
}

/** Which broker and which render host have whose session now, as the store says.
 * @returns {Record<string, { broker: number, host: number }>} */
function holders()
{
	const rows = act(`cd / && "$(pg_bin)/psql" -qAtX -h "$dir/pgsock" -U postgres -d sekisho -c 'SELECT "user", broker, host FROM sekisho.sessions'`).split("\n");

	return Object.fromEntries(rows.filter(Boolean).map(r => r.split("|")).map(([user, broker, host]) =>
		[user, { broker: Number(broker.slice(-1)), host: Number(/render(\d)/.exec(host)?.[1] ?? 0) }]));
}

/** name: what is done. before: commands, given the broker of staff1's session; wait: until it is undone; after: commands. lost: sessions of that host are over. moves: when it is
 * undone, another broker has the session. */
const cases = [
	{ name: "a broker is upgraded (SIGUSR1, a new process)", before: n => `kill_pid broker${n} USR1; while kill -0 "$(cat "$dir/broker${n}.pid")" 2>/dev/null; do sleep 0.1; done; start_broker ${n}` },
	{ name: "a broker is stopped (SIGTERM) for 15 s", before: n => `kill_pid broker${n} TERM`, wait: 15000, after: n => `start_broker ${n}` },
	{ name: "a broker is killed (SIGKILL) and stays away", before: n => `kill_pid broker${n} KILL`, wait: 15000, after: n => `start_broker ${n}` },
	{ name: "a broker's line to HAProxy is cut for 20 s", before: n => `pull b${n} inner0 down`, wait: 20000, after: n => `pull b${n} inner0 up; in_zone $id-b${n} ip route replace 10.99.0.0/16 dev inner0` },
	{ name: "a broker's line to the render hosts is cut for 30 s", moves: true, before: n => `pull b${n} outer0 down`, wait: 30000, after: n => `pull b${n} outer0 up; in_zone $id-b${n} ip route replace default via 192.168.50.21` },
	{ name: "PostgreSQL is killed (SIGKILL) and back after 20 s", all: true, newcomer: true, before: () => "kill_pid database KILL", wait: 20000, after: () => "sleep 1; start_database" },
	{ name: "HAProxy is killed and back after 3 s", all: true, before: () => "kill_pid front KILL; sleep 3; start_front" },
	{ name: "a render host's renderd is killed and started again", lost: true, before: (_, h) => `kill_pid render${h} KILL; sleep 1; start_render ${h}` },
];

/** Until everybody's picture changes, HAProxy finds both brokers well, and both know both render hosts. */
async function steady()
{
	for (const s of staff)
		await s.back(60000);
	for (let i = 0; i < 300 && act("up") !== "2"; i++)
		await sleep(200);
	await sleep(3000);
}

let bad = 0;

/** @param {Staff} s
 * @returns {Promise<[string, string]>} what became of it, and the longest time without a new picture */
async function goesOn(s)
{
	const back = await s.back(60000), same = s.blue === s.was;

	if (!back || !same)
		bad++;
	if (!back) {
		s.blue = -1;
		await s.page.locator("sek-overlay button").first().click({ timeout: 5000 }).catch(() => {});
		await s.browse();
	}
	return [!back ? "DID NOT COME BACK" : same ? "the same page goes on" : "ANOTHER PAGE", (s.longest / 1000).toFixed(1)];
}

/** The session is over: when its user is told, and how long a new one takes from there.
 * @param {Staff} s
 * @param {number} begun
 * @returns {Promise<[string, string]>} */
async function anew(s, begun)
{
	while (await s.phase() !== "ended") {
		if (performance.now() - begun > 60000) {
			bad++;
			return ["NOT TOLD", "-"];
		}
		await sleep(100);
	}
	const told = performance.now();
	s.blue = -1;
	await s.page.locator("sek-overlay button").first().click();
	await s.browse();
	return [`told so; a new page ${((performance.now() - told) / 1000).toFixed(1)} s after asking for it`, ((told - begun) / 1000).toFixed(1)];
}

/** What somebody sees who logs in now. */
async function newcomer()
{
	const context = await browsers[0].newContext({ locale: "en-GB", ignoreHTTPSErrors: true }), page = await context.newPage();

	try {
		await page.goto(url);
		await page.fill("input[name=user]", "staff");
		await page.fill("input[name=password]", password);
		await page.keyboard.press("Enter");
		for (let i = 0; i < 100; i++) {
			const said = await page.locator("[role=alert]").allInnerTexts().catch(() => []);
			if (said.join("").trim())
				return said.join(" ").trim();
			await sleep(100);
		}
		return (await page.locator("body").innerText()).replaceAll("\n", " ").slice(0, 200);
	} catch (error) {
		return String(error.message).split("\n")[0];
	} finally {
		await context.close();
	}
}

const rows = [];
for (const c of cases) {
	if (word && !c.name.includes(word))
		continue;
	await steady();
	const of = holders(), n = of.staff1.broker, h = of.staff1.host;
	for (const s of staff)
		s.mark();
	const begun = performance.now();
	act(c.before(n, h));
	if (c.newcomer)
		console.log(`a newcomer's page said: ${await newcomer()}`);
	await sleep(Math.max(0, (c.wait ?? 0) - (performance.now() - begun)));
	if (c.moves && holders().staff1?.broker === n) {
		bad++;
		console.log("STILL AT THE SAME BROKER");
	}
	if (c.after)
		act(c.after(n, h));
	const row = async s => {
		const hit = c.all || (c.lost ? of[s.name].host === h : of[s.name].broker === n);
		const [fate, seconds] = c.lost && hit ? await anew(s, begun) : await goesOn(s);

		rows.push([c.name, s.name, c.all ? "all" : hit ? "yes" : "no", seconds, fate, [...s.said].join(" / ")]);
		console.log(`| ${rows.at(-1).join(" | ")} |`);
	};
	await Promise.all(staff.map(row));
}
for (const s of staff)
	s.over = true;
for (const browser of browsers)
	await browser.close();
console.log("\n| what happened | staff | theirs | longest time without a new picture (or until told), s | afterwards | what the screen said |\n|---|---|---|---|---|---|");
for (const r of rows)
	console.log(`| ${r.join(" | ")} |`);
process.exit(bad ? 1 : 0);
