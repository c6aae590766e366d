// SPDX-License-Identifier: GPL-3.0-or-later
// How long everybody is away when one of two brokers is killed:
//   node tests/bench/takeover.mjs [--sessions 50] [--rounds 2] [--json] [--left]
// Two brokers on one store, a synthetic render host (no browsers), clients that speak HTTPS and the stream and wait between attempts as
// the web client does, but draw nothing. All are at one broker; it gets SIGKILL; each goes to the first address that takes a connection.
// Printed: from the kill until each has a picture of the same session again. Then the dead one is started, and the other is killed. Exit
// code 1 if anybody took longer than ten seconds or had another session. With --left nobody comes back after the last round: printed is
// how long until the living broker has ended each session at the render host (20 s of silence, 5 s of linger time, a beat).
// Needs root and a build (SEK_BUILD, default build/release); `npm ci` in tests/e2e first.

import crypto from "node:crypto";
import https from "node:https";
import path from "node:path";
import tls from "node:tls";
import { parseArgs } from "node:util";
import { backoffMs } from "../../client/web/backoff.mjs";
import { build, Harness, until } from "../e2e/harness.mjs";

process.env.SEK_BIN ??= path.join(build, "bin");
const { frame, Stream } = await import("../unit/hub/integration/harness.mjs");

const { values } = parseArgs({ options: { sessions: { type: "string", default: "50" }, rounds: { type: "string", default: "2" },
	json: { type: "boolean", default: false }, left: { type: "boolean", default: false } } });
const count = Number(values.sessions), MOST_MS = 10000, UPDATE = 0x82, PING = 0x40, PONG = 0x41;
const users = Array.from({ length: count }, (_, i) => `staff${i + 1}`);
const harness = await Harness.start({ users, maxSessions: count + 2, lingerSeconds: values.left ? 5 : 120, synthetic: ["--size", "1280x800", "--linger", "300"] });
const origin = harness.direct, ca = harness.ca();

/** One client: the log-in's cookie, and the stream of the moment. */
class Client {
	cookie = "";
	session = "";
	pictures = 0;
	backMs = 0;
	tries = 0;
	/** @type {any} */ stream = null;

	/** @param {string} user
	 * @param {number} i */
	constructor(user, i)
	{
		this.user = user;
		this.from = `127.77.${1 + (i >> 7)}.${1 + (i & 127)}`;
	}

	/** The first address that takes a connection.
	 * @returns {Promise<import("node:tls").TLSSocket>} */
	async dial()
	{
		for (const [host, port] of harness.line.targets) {
			const socket = tls.connect({ host, port, ca, localAddress: this.from, checkServerIdentity: () => undefined });
			if (await new Promise(done => socket.on("secureConnect", () => done(true)).on("error", () => done(false))))
				return socket;
		}
		throw new Error("no broker");
	}

	/** @param {string} url
	 * @param {object} json
	 * @returns {Promise<{ status: number, json: any, cookie: string }>} */
	async post(url, json)
	{
		const socket = await this.dial(), body = JSON.stringify(json);
		return new Promise((done, fail) => {
			const q = https.request({ method: "POST", path: url, createConnection: () => socket, headers: { origin, host: origin.slice(8),
				"content-type": "application/json", "content-length": Buffer.byteLength(body), ...this.cookie ? { cookie: this.cookie } : {} } },
			r => {
				/** @type {Buffer[]} */
				const parts = [];
				r.on("data", d => parts.push(d)).on("error", fail).on("end", () => done({ status: r.statusCode ?? 0,
					json: JSON.parse(Buffer.concat(parts).toString()), cookie: r.headers["set-cookie"]?.[0]?.split(";")[0] ?? "" }));
			});
			q.on("error", fail);
			q.end(body);
		});
	}

	/** Opens the session, or goes on with the one that lives.
	 * @param {boolean} existing */
	async open(existing)
	{
		const opened = await this.post("/api/session", existing ? { existing } : {});
		if (opened.status !== 200)
			throw new Error(`session: ${opened.status} ${JSON.stringify(opened.json)}`);
		const socket = await this.dial();
		socket.write(`GET /stream HTTP/1.1\r\nHost: ${origin.slice(8)}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n` +
			`Sec-WebSocket-Key: ${crypto.randomBytes(16).toString("base64")}\r\nOrigin: ${origin}\r\nCookie: ${this.cookie}\r\n` +
			`Sec-WebSocket-Protocol: sekisho.1, token.${opened.json.token}\r\n\r\n`);
		const first = await new Promise((done, fail) => {
			let got = Buffer.alloc(0);
			socket.on("data", function hear(d) {
				got = Buffer.concat([got, d]);
				if (!got.includes("\r\n\r\n"))
					return;
				socket.off("data", hear);
				done(got);
			}).on("close", () => fail(new Error("closed")));
		});
		if (!first.toString("latin1").startsWith("HTTP/1.1 101"))
			throw new Error(first.toString("latin1").split("\r\n")[0]);
		const hello = Buffer.alloc(20);
		hello.writeUInt32BE(0x53454b49, 0);
		for (const [at, n] of [[4, 1], [6, 1], [8, 1280], [10, 800], [12, 100]])
			hello.writeUInt16BE(n ?? 0, at);
		const pictures = this.pictures, stream = new Stream(socket, first.subarray(first.indexOf("\r\n\r\n") + 4), "");
		this.stream = stream;
		stream.send(frame(1, hello));
		stream.timer = setInterval(() => this.#take(stream), 5);
		socket.on("close", () => clearInterval(stream.timer));
		await until(`a picture for ${this.user}`, () => {
			if (stream.closed)
				throw new Error("closed");
			return this.pictures > pictures;
		}, 60000);
		return opened.json.session;
	}

	/** @param {any} stream */
	#take(stream)
	{
		for (const { bytes } of stream.messages.splice(0)) {
			if (bytes[0] === PING)
				stream.send(frame(PONG, bytes.subarray(8)));
			if (bytes[0] !== UPDATE || !(bytes[1] & 2)) // the last UPDATE of a frame
				continue;
			this.pictures++;
			stream.send(frame(2, bytes.subarray(8, 12)));
		}
	}

	/** As the web client: after each attempt a longer wait.
	 * @param {number} start */
	async back(start)
	{
		await until("the line to break", () => this.stream.closed, 60000);
		for (let attempt = 0; ; attempt++) {
			await new Promise(resolve => setTimeout(resolve, backoffMs(attempt, Math.random())));
			try {
				const session = await this.open(true);
				this.backMs = Math.round(performance.now() - start);
				this.tries = attempt + 1;
				return session === this.session;
			} catch (error) {
				if (attempt > 8)
					throw error;
			}
		}
	}
}

/** @type {{ round: number, sessions: number, back_ms: number[], tries: number, same: number }[]} */
const rounds = [];
try {
	await harness.startSecond();
	await until("both to know the render host", () => [harness.broker, harness.second].every(b => b?.log().includes("host.watched")), 60000);
	const clients = users.map((user, i) => new Client(user, i));
	for (const client of clients) {
		client.cookie = (await client.post("/api/login", { user: client.user, password: harness.password })).cookie;
		client.session = await client.open(false);
	}
	console.error(`${clients.length} sessions`);
	for (let round = 1; round <= Number(values.rounds); round++) {
		const victim = round % 2 ? harness.broker : harness.second, start = performance.now();
		await victim?.kill();
		const same = await Promise.all(clients.map(client => client.back(start)));
		rounds.push({ round, sessions: count, back_ms: clients.map(client => client.backMs).sort((a, b) => a - b),
			tries: Math.max(...clients.map(client => client.tries)), same: same.filter(Boolean).length });
		if (round % 2)
			harness.startBroker();
		else
			await harness.startSecond();
		if (round < Number(values.rounds)) { // the one that is killed next must be the one that has them, also for new connections
			harness.line.targets.reverse();
			await new Promise(resolve => setTimeout(resolve, 2000));
		}
	}
	if (values.left) {
		const odd = Number(values.rounds) % 2, lives = odd ? harness.broker : harness.second, dies = odd ? harness.second : harness.broker;
		const start = performance.now();
		await dies?.kill();
		const ended = () => lives?.log().match(/session\.ended .*state=ended-idle/g)?.length ?? 0;
		await until("what was left to be ended", () => ended() >= count, 120000);
		console.log(`left: ${count} sessions ended by the other broker, ${Math.round(performance.now() - start)} ms after the kill`);
		if (ended() !== count)
			throw new Error(`${ended()} ends`);
	}
	for (const client of clients)
		client.stream.socket.destroy();
} catch (error) {
	console.error(harness.logs());
	throw error;
} finally {
	await harness.stop();
}
if (values.json)
	console.log(JSON.stringify(rounds, null, 1));
for (const { round, sessions, back_ms: ms, tries, same } of rounds)
	console.log(`round ${round}: ${sessions} sessions, back in ms: fastest ${ms[0]}, median ${ms[ms.length >> 1]}, p95 ${ms[Math.floor(ms.length * 0.95)]}, ` +
		`slowest ${ms[ms.length - 1]}; at most ${tries} attempts; same session: ${same}`);
process.exitCode = rounds.every(r => r.same === r.sessions && (r.back_ms[r.sessions - 1] ?? 0) <= MOST_MS) ? 0 : 1;
