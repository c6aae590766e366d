// SPDX-License-Identifier: GPL-3.0-or-later
// Two brokers that place sessions on one render host at the same moment, with real browsers in real sandboxes:
//   node tests/bench/brokers/places.mjs [--room 3] [--rounds 3] [--synthetic]
// In each round twice as many users as the host has room for come to the two brokers at once, half of them to each. As many as there is room for
// get a session, the others are told that the hosts are full; the render host never refuses one, and never has more. Then all end theirs, and
// the next round finds the whole room again. --synthetic: sekisho-load-host in place of renderd. Exit code 1 if anything else was seen.
// Needs root and a build (SEK_BUILD, default build/release).

import path from "node:path";
import { parseArgs } from "node:util";

import { Harness, root } from "../../e2e/harness.mjs";

const { values } = parseArgs({ options: { room: { type: "string", default: "3" }, rounds: { type: "string", default: "3" },
	synthetic: { type: "boolean", default: false } } });
const room = Number(values.room), rounds = Number(values.rounds), build = path.resolve(process.env.SEK_BUILD ?? path.join(root, "build/release"));
process.env.SEK_BIN = path.join(build, "bin");
process.env.NODE_TLS_REJECT_UNAUTHORIZED = "0"; // the harness has one certificate for both brokers, with the first one's address
const { Broker, frame, STATE } = await import("../../unit/hub/integration/harness.mjs");
const HELLO = 0x01, UPDATE = 0x82;

const users = Array.from({ length: 2 * room }, (_, i) => `staff${i + 1}`);
const harness = await Harness.start({ users, maxSessions: room, ...(values.synthetic ? { synthetic: ["--rate", "1", "--sessions", String(room)] } : {}) });
/** @param {[string, number]} target */
const at = ([address, port]) => Object.assign(Object.create(Broker.prototype), { address, port, ca: harness.ca(), origin: new URL(harness.url).origin });
/** @type {{ round: number, in: number, told: number, slowest_ms: number }[]} */
const table = [];
let wrong = 0;

try {
	await harness.startSecond();
	const brokers = harness.line.targets.map(at), cookies = [];
	for (const [i, user] of users.entries())
		cookies.push(await brokers[i % 2].login(user, harness.password));
	for (let round = 1; round <= rounds; round++) {
		const began = performance.now();
		const results = await Promise.all(users.map(async (_, i) => {
			const broker = brokers[i % 2], cookie = cookies[i], { token } = await broker.session(cookie), stream = await broker.stream({ cookie, token });
			const hello = Buffer.alloc(20);
			hello.writeUInt32BE(0x53454b49, 0);
			[1, 1, 1024, 768, 100].forEach((n, j) => hello.writeUInt16BE(n, 4 + 2 * j));
			stream.send(frame(HELLO, hello));
			for (const end = performance.now() + 60000; performance.now() < end;) {
				const state = stream.messages.filter(m => m.bytes[0] === STATE).map(m => m.bytes.readUInt16BE(8)).at(-1);
				if (stream.messages.some(m => m.bytes[0] === UPDATE))
					return { in: true, ms: performance.now() - began, stream, i };
				if (stream.closed || (state ?? 0) >= 32)
					return { in: false, ms: performance.now() - began, stream, i };
				await new Promise(resolve => setTimeout(resolve, 10));
			}
			throw new Error(`nothing came\n${harness.logs()}`);
		}));
		const inside = results.filter(r => r.in).length;
		table.push({ round, in: inside, told: results.length - inside, slowest_ms: Math.round(Math.max(...results.map(r => r.ms))) });
		wrong += inside !== room ? 1 : 0;
		for (const r of results.filter(k => k.in)) {
			await brokers[r.i % 2].post("/api/logout", {}, { cookie: cookies[r.i] });
			cookies[r.i] = await brokers[r.i % 2].login(users[r.i], harness.password);
		}
		await new Promise(resolve => setTimeout(resolve, 4000)); // until the host has told that its room is free again
	}
	const logs = [harness.broker, harness.second, harness.renderd].map(d => d?.log() ?? "").join("\n");
	const refused = (logs.match(/state=host-full|session\.refused/g) ?? []).length, full = (logs.match(/session\.ended [^\n]*state=hosts-full/g) ?? []).length;
	console.table(table);
	console.log(`told that the hosts are full: ${full} of ${rounds * room}; refused by the render host itself: ${refused}`);
	wrong += full !== rounds * room || refused > 0 ? 1 : 0;
} finally {
	await harness.stop();
}
process.exit(wrong ? 1 : 0);
