// SPDX-License-Identifier: GPL-3.0-or-later
// Faults while a farm is loaded. Each fault waits until the staff are there again; its outcome goes into the result of the load test, and so does what the
// verifying tools say of audit log and recordings in the end. Exit code 1 if anything was not as it should be.

import { spawn, spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import { until } from "../../e2e/harness.mjs";
import { Farm } from "./farm.mjs";
import { faults } from "./faults.mjs";

const { values } = parseArgs({ options: { staff: { type: "string", default: "6" }, only: { type: "string" }, json: { type: "string", default: "chaos.json" },
	report: { type: "string" }, lang: { type: "string", default: "en" } } });
const staff = Number(values.staff), json = path.resolve(values.json), only = values.only?.split(",");
for (const name of only ?? [])
	if (!faults.some(fault => fault.what === name))
		throw new Error(`no fault ${name}; there are ${faults.map(fault => fault.what).join(", ")}`);

/** @typedef {{ at_s: number, recovered_s: number, what: string, expected: string, happened: string, ok: boolean }} Event */
/** @typedef {{ what: string, found: string, ok: boolean }} Check */

/** @param {Farm} farm */
const full = farm => (farm.sessions()?.filter(row => row.state === "running" && row.attached).length ?? 0) >= staff;

/** All faults, one after the other, each when the staff are there.
 * @param {Farm} farm
 * @param {() => boolean} goesOn the load test runs
 * @param {number} began */
async function doFaults(farm, goesOn, began)
{
	/** @type {Event[]} */
	const events = [];
	for (const fault of faults.filter(f => !only || only.includes(f.what))) {
		await until("all staff are there", () => full(farm) || !goesOn(), 90000);
		await new Promise(resolve => setTimeout(resolve, 5000)); // so that everybody is at work
		if (!goesOn())
			throw new Error("the load test ended before its faults");
		const at_s = (performance.now() - began) / 1000;
		const outcome = await fault.run(farm);
		const recovered = await until("all staff are there again", () => full(farm), 60000).then(() => true, () => false);
		const recovered_s = recovered ? (performance.now() - began) / 1000 - at_s : 0;
		events.push({ at_s, recovered_s, what: fault.what, expected: fault.expected, happened: outcome.happened + (recovered ? "" : farm.say("; the staff did not come back", "。利用者は復帰しなかった")),
			ok: outcome.ok && recovered });
		console.log(`${events.at(-1)?.ok ? "ok    " : "FAILED"} ${fault.what}: ${events.at(-1)?.happened}`);
	}
	return events;
}

/** @param {string} program
 * @param {string[]} words */
function tool(program, words)
{
	const run = spawnSync(program, words, { encoding: "utf8" });
	return { status: run.status, text: `${run.stdout}${run.stderr}`.trim() };
}

/** What the tools say of what was kept; the broker has ended.
 * @param {Farm} farm
 * @param {number} logins that the load test saw succeed */
function verify(farm, logins)
{
	const bin = (/** @type {string} */ name) => farm.harness.program(name), state = path.join(farm.dir, "state"), passphrase = path.join(farm.dir, "passphrase");
	const audit = tool(bin("audit-verify"), ["--lang", values.lang, "--key", path.join(state, "audit.key.pub"), path.join(state, "audit")]);
	fs.writeFileSync(passphrase, "a passphrase of a load test\n", { mode: 0o600 });
	const recordings = tool(bin("recording-verify"), ["--lang", values.lang, "--key", path.join(state, "recording.key.pub"), "--secret", path.join(farm.dir, "recording.secret"),
		"--passphrase-file", passphrase, "--audit", path.join(state, "audit"), farm.disk]);
	const records = farm.audit(), started = records.filter(r => r.what === "session.started"), recorded = new Set(records.filter(r => r.what === "recording.started")
		.map(r => r.details.session));
	const without = started.filter(r => !recorded.has(r.object)).length, ok = records.filter(r => r.what === "login.ok").length;
	/** @type {Check[]} */
	const checks = [
		{ what: "audit", found: audit.text.split("\n").slice(0, 3).join(" "), ok: audit.status === 0 },
		{ what: "recordings", found: recordings.text.split("\n").slice(-3).join(" "), ok: recordings.status === 0 },
		{ what: "sessions", found: farm.say(`${started.length} sessions began, ${without} of them without a recording`, `開始したセッション ${started.length} 件、録画のないもの ${without} 件`), ok: started.length > 0 && without === 0 },
		{ what: "logins", found: farm.say(`${logins} log-ins were answered with yes, ${ok} are on the record`, `許可されたログイン ${logins} 件、監査ログにあるもの ${ok} 件`), ok: logins > 0 && ok >= logins },
	];
	return checks;
}

/** @param {Farm} farm
 * @param {string} users */
function startLoad(farm, users)
{
	const words = ["run", "--broker", farm.harness.direct.replace("https://", ""), "--ca", path.join(farm.dir, "pki/ca.crt"), "--users", users,
		"--site", farm.harness.addresses?.site ?? "", "--staff", String(staff), "--ramp", "1/2", "--hold", "1800", "--no-stop", "--hosts", "2", "--recorded", "--quiet",
		"--title", "chaos", "--json", json, "--broker-pid", String(farm.broker.process.pid),
		...farm.hosts.flatMap(host => ["--renderd-pid", String(host.keeper.process.pid)])];
	return spawn(farm.harness.program("load"), words, { stdio: ["ignore", "inherit", "inherit"] });
}

const farm = await Farm.start(staff, values.lang === "ja");
process.on("SIGINT", () => {}); // sekisho-load ends in good order, too; then the farm is taken down
let bad = 1;
try {
	const users = path.join(farm.dir, "users");
	const made = tool(farm.harness.program("load"), ["users", "--socket", path.join(farm.dir, "state/control.sock"), "--add", String(staff * 4),
		"--broker", farm.harness.direct.replace("https://", ""), "--ca", path.join(farm.dir, "pki/ca.crt"), "--output", users]);
	if (made.status !== 0)
		throw new Error(`the users could not be made: ${made.text}`);
	const load = startLoad(farm, users), began = performance.now();
	let goesOn = true;
	const ended = new Promise(resolve => load.on("exit", code => {
		goesOn = false;
		resolve(code);
	}));
	const events = await doFaults(farm, () => goesOn, began).finally(() => load.kill("SIGINT"));
	await ended;
	await farm.broker.stop();
	const result = JSON.parse(fs.readFileSync(json, "utf8"));
	const logins = result.seconds.reduce((/** @type {number} */ sum, /** @type {{ logins: number }} */ s) => sum + s.logins, 0);
	const checks = verify(farm, logins);
	for (const check of checks)
		console.log(`${check.ok ? "ok    " : "FAILED"} ${check.what}: ${check.found}`);
	fs.writeFileSync(json, JSON.stringify({ ...result, events, checks }));
	bad = [...events, ...checks].filter(one => !one.ok).length;
	console.log(`${events.length} faults, ${checks.length} checks, ${bad} not as they should be; ${json}`);
	if (values.report && tool(farm.harness.program("load"), ["report", json, "-o", values.report, "--lang", values.lang]).status !== 0)
		throw new Error("no report");
} catch (error) {
	console.error(farm.harness.logs());
	throw error;
} finally {
	await farm.stop();
}
process.exitCode = bad ? 1 : 0;
