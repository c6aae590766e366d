// SPDX-License-Identifier: GPL-3.0-or-later
// How soon a change that is made at one broker is in force at the other one on the same store, for a session that runs there:
//   node tests/bench/brokers/changes.mjs [--rounds 60] [--postgresql] [--json]
// Two real brokers; at the second one a user's session that runs (on sekisho-load-host, without a browser) with a client that has its stream
// open. An administrator at the first changes the clipboard of the user's group, the user's memberships, a render host, and disables
// the user; printed: from sending that request until the client (or the administrator's page) at the second broker sees it. Changes come at
// random moments; the store is SQLite, which is asked every 250 ms, or a PostgreSQL of Debian's, which tells. Exit code 1 if any kind took longer than a second at its 99th percentile.
// Needs root and a build (SEK_BUILD, default build/release).

import { execFileSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";

import { Harness, root } from "../../e2e/harness.mjs";

const { values } = parseArgs({ options: { rounds: { type: "string", default: "60" }, postgresql: { type: "boolean", default: false },
	json: { type: "boolean", default: false } } });
const rounds = Number(values.rounds), MOST_MS = 1000, build = path.resolve(process.env.SEK_BUILD ?? path.join(root, "build/release"));
process.env.SEK_BIN = path.join(build, "bin");
process.env.NODE_TLS_REJECT_UNAUTHORIZED = "0"; // the harness has one certificate for both brokers, with the first one's address
const { Broker, frame, Stream } = await import("../../unit/hub/integration/harness.mjs");
const HELLO = 0x01, PING = 0x40, PONG = 0x41, POLICY = 0x87, STATE = 0x86;

/** @type {Record<string, number[]>} */
const took = {};
const users = ["staff1", "staff2"];
const folder = fs.mkdtempSync(path.join(os.tmpdir(), "sek-changes-")), where = path.join(folder, "where");
/** @param {string} what */
const server = what => execFileSync(path.join(root, "tests/support/postgresql"), [what, where], { stdio: "inherit" });
if (values.postgresql)
	server("start");
const harness = await Harness.start({ users, synthetic: ["--rate", "1"], maxSessions: 8,
	...values.postgresql ? { postgresql: fs.readFileSync(where, "utf8").trim() } : {} });

/** A client of the harness for unit tests, for a broker of this one's.
 * @param {[string, number]} target */
const at = ([address, port]) => Object.assign(Object.create(Broker.prototype), { address, port, ca: harness.ca(), origin: new URL(harness.url).origin });

const sleep = (/** @type {number} */ ms) => new Promise(resolve => setTimeout(resolve, ms));

/** @param {string} what @param {number} since */
function note(what, since)
{
	(took[what] ??= []).push(performance.now() - since);
}

/** @param {() => unknown} check @param {string} what */
async function seen(check, what)
{
	const end = performance.now() + 30000;
	while (!await check()) {
		if (performance.now() > end)
			throw new Error(`not seen: ${what}\n${harness.logs()}`);
		await sleep(2);
	}
}

try {
	await harness.startSecond();
	execFileSync(path.join(harness.dir, "bin/sekisho-broker"), ["--config", path.join(harness.dir, "broker.yaml"), "user", "first-admin", "root",
		"--password-stdin"], { input: `${harness.password}\n`, uid: harness.brokerUid, gid: harness.brokerUid });
	const [a, b] = harness.line.targets.map(at), admin = await a.login("root", harness.password);
	/** @param {any} broker @param {string} op @param {object} body */
	const ask = async (broker, op, body) => {
		const r = await broker.post(`/api/admin/${op}`, body, { cookie: admin });
		if (r.status !== 200)
			throw new Error(`${op}: ${r.status} ${r.bytes}`);
		return r.json;
	};
	const change = (/** @type {string} */ op, /** @type {object} */ body) => ask(a, op, { reason: "bench", ...body });
	await change("groups/add", { name: "desk" });
	await change("groups/add", { name: "other" });
	await change("groups/add-member", { name: "desk", user: "staff1" });
	await change("policies/set", { scope: "group", name: "other", attribute: "clipboard_confirm", value: false, expected: 0 });

	/** A session that runs at the second broker, with its client. @param {string} user */
	async function browse(user)
	{
		const cookie = await b.login(user, harness.password), { token } = await b.session(cookie);
		const stream = await b.stream({ cookie, token });
		if (!(stream instanceof Stream))
			throw new Error(`no stream: ${JSON.stringify(stream)}`);
		const hello = Buffer.alloc(20);
		hello.writeUInt32BE(0x53454b49, 0);
		[1, 1, 1024, 768, 100].forEach((n, i) => hello.writeUInt16BE(n, 4 + 2 * i));
		stream.send(frame(HELLO, hello));
		await seen(() => stream.messages.some(m => m.bytes[0] === POLICY), "a policy");
		const pong = setInterval(() => {
			for (const m of stream.messages)
				if (m.bytes[0] === PING)
					stream.send(frame(PONG, m.bytes.subarray(8)));
			stream.messages = stream.messages.filter(m => m.bytes[0] === POLICY || m.bytes[0] === STATE);
		}, 500);
		stream.socket.on("close", () => clearInterval(pong));
		const last = () => stream.messages.filter(m => m.bytes[0] === POLICY).at(-1)?.bytes.subarray(8);
		return { stream, clipboard: () => last()?.[0], confirm: () => last()?.[1] };
	}

	const session = await browse("staff1");
	let version = 0;
	for (let i = 0; i < rounds; i++) {
		const wanted = i % 2 ? "none" : "both", before = session.clipboard();
		await sleep(Math.random() * 400);
		let since = performance.now();
		await change("policies/set", { scope: "group", name: "desk", attribute: "clipboard", value: wanted, expected: version });
		await seen(() => session.clipboard() !== before, `clipboard ${wanted}`);
		note("clipboard of a live session", since);
		version = (await ask(a, "policies/show", { scope: "group", name: "desk" })).values.clipboard.version;

		const had = session.confirm();
		await sleep(Math.random() * 400);
		since = performance.now();
		await change(i % 2 ? "groups/remove-member" : "groups/add-member", { name: "other", user: "staff1" });
		await seen(() => session.confirm() !== had, "membership");
		note("membership, likewise", since);

		const host = (await ask(b, "hosts/list", {})).rows[0];
		await sleep(Math.random() * 400);
		since = performance.now();
		await change(i % 2 ? "hosts/undrain" : "hosts/drain", { host: host.name });
		await seen(async () => (await ask(b, "hosts/list", {})).rows[0].drain !== host.drain, "drain");
		note("render host drained, or back", since);
	}
	for (let i = 0; i < Math.min(rounds, 30); i++) {
		const live = await browse("staff2");
		await sleep(Math.random() * 400);
		const since = performance.now();
		await change("users/disable", { name: "staff2", version: (await ask(a, "users/show", { name: "staff2" })).user.version });
		await seen(() => live.stream.endedState() || live.stream.closed, "the end");
		note("user disabled: live session ended", since);
		await change("users/enable", { name: "staff2", version: (await ask(a, "users/show", { name: "staff2" })).user.version });
		await seen(async () => (await b.post("/api/login", { user: "staff2", password: harness.password })).status === 200, "a log-in");
	}
	session.stream.socket.destroy();
} finally {
	await harness.stop();
	if (values.postgresql)
		server("stop");
	fs.rmSync(folder, { recursive: true });
}

const table = Object.entries(took).map(([what, all]) => {
	all.sort((x, y) => x - y);
	const part = (/** @type {number} */ p) => Math.round(all[Math.min(all.length - 1, Math.ceil(p * all.length) - 1)] ?? 0);
	return { what, n: all.length, p50_ms: part(0.5), p99_ms: part(0.99), most_ms: Math.round(all.at(-1) ?? 0) };
});
if (values.json)
	console.log(JSON.stringify(table));
else
	console.table(table);
process.exit(table.every(row => row.p99_ms <= MOST_MS) ? 0 : 1);
