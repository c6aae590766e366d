// SPDX-License-Identifier: GPL-3.0-or-later
//
// node clients.mjs ADDRESS PORT COUNT PASSWORD-FILE: so many members of staff without faces, each at an address of its own, who log in at a load balancer and look at
// their pictures. Lines on standard input: "mark" forgets what was; "wait MS" gives how long each was without a picture since then, as one line of JSON, once all have
// one again or that time is over. They come back as the web client does: after 0.2, 1, 2, 4, then 5 s, spread by a fifth.
import fs from "node:fs";
import readline from "node:readline";

process.env.SEK_BIN ??= "."; // the harness asks for it; nothing of it is started here
const { Broker, frame } = await import("../../unit/hub/integration/harness.mjs");
const [address, port, count, passwordFile] = process.argv.slice(2);
const password = fs.readFileSync(passwordFile, "utf8").trim();
const sleep = ms => new Promise(resolve => setTimeout(resolve, ms));
const STEPS_MS = [200, 1000, 2000, 4000, 5000], UPDATE = 0x82, HELLO = 1, ACK = 2, PING = 0x40, PONG = 0x41;

/** The harness's client, without its broker. */
const at = Object.assign(Object.create(Broker.prototype), { address, port: Number(port), origin: `https://${address}:${port}`, ca: undefined });
process.env.NODE_TLS_REJECT_UNAUTHORIZED = "0";
process.removeAllListeners("warning");

const hello = (() => {
	const b = Buffer.alloc(20);
	b.writeUInt32BE(0x53454b49, 0);
	for (const [offset, value] of [[4, 1], [6, 1], [8, 1280], [10, 720], [12, 100]])
		b.writeUInt16BE(value, offset);
	return frame(HELLO, b);
})();

class Member {
	live = false;
	lost_ms = 0;
	back_ms = 0;
	sessions = new Set();
	said = "";

	constructor(i)
	{
		this.user = `u${i}`;
		this.from = `127.40.${i >> 7}.${2 + (i & 127)}`;
	}

	async begin()
	{
		this.cookie = await at.login(this.user, password, this.from);
		await this.connect(false);
	}

	async connect(existing)
	{
		const opened = await at.post("/api/session", existing ? { existing } : {}, { cookie: this.cookie, from: this.from });
		if (opened.status !== 200)
			throw new Error(`${opened.status} ${opened.json?.error}`);
		this.sessions.add(opened.json.session);
		const stream = await at.stream({ cookie: this.cookie, token: opened.json.token, from: this.from });
		if (stream.status !== 101)
			throw new Error(`stream: ${stream.status}`);
		this.read(stream);
		stream.send(hello);
	}

	/** Each message is one frame of the protocol. */
	read(stream)
	{
		const look = () => {
			for (const { bytes } of stream.messages.splice(0)) {
				if (bytes[0] === UPDATE) {
					if (!this.live)
						this.back_ms = performance.now();
					this.live = true;
					stream.send(frame(ACK, bytes.subarray(8, 12)));
				} else if (bytes[0] === PING) {
					stream.send(frame(PONG, bytes.subarray(8, 12)));
				}
			}
		};

		stream.socket.on("data", look);
		stream.socket.on("close", () => {
			if (this.live)
				this.lost_ms = performance.now();
			this.live = false;
			void this.again();
		});
		look();
	}

	async again()
	{
		for (let n = 0;; n++) {
			await sleep(STEPS_MS[Math.min(n, 4)] * (0.8 + 0.4 * Math.random()));
			try {
				return await this.connect(true);
			} catch (error) {
				this.said = String(error.message);
			}
		}
	}
}

const all = [];
for (let i = 1; i <= Number(count); i++) {
	all.push(new Member(i));
	await all.at(-1).begin();
}
while (!all.every(m => m.live))
	await sleep(50);
console.log(JSON.stringify({ live: all.length }));
let mark = 0;
for await (const line of readline.createInterface({ input: process.stdin })) {
	const [word, ms] = line.split(" ");
	if (word === "mark") {
		mark = performance.now();
		for (const m of all)
			m.sessions.clear();
		console.log("{}");
		continue;
	}
	const end = performance.now() + Number(ms);
	await sleep(1000);
	while (performance.now() < end && !all.every(m => m.live))
		await sleep(20);
	const hit = all.filter(m => m.lost_ms >= mark || !m.live);
	console.log(JSON.stringify({ hit: hit.length, away: hit.filter(m => !m.live).map(m => m.said), ms: hit.filter(m => m.live)
		.map(m => Math.round(m.back_ms - mark)).sort((a, b) => a - b) }));
}
process.exit(0);
