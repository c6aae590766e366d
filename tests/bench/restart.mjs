// SPDX-License-Identifier: GPL-3.0-or-later
// How long everybody is away when the broker is killed, with real sandboxes and real clients:
//   node tests/bench/restart.mjs [--sessions 20] [--down SECONDS] [--rounds 1] [--json]
// Each client types something of its own into a page of its own; then the broker gets SIGKILL, stays away for a moment, and is
// started again. Printed: from that start until each client shows its own page again and what it types arrives there. Exit
// code 1 if anybody took longer than ten seconds, had another page, or a page was loaded again.
// Needs root and a build (SEK_BUILD, default build/release); `npm ci` in tests/e2e first.

import { parseArgs } from "node:util";
import { Harness } from "../e2e/harness.mjs";
import { Remote } from "../e2e/support/remote.mjs";

const { values } = parseArgs({ options: { sessions: { type: "string", default: "20" }, down: { type: "string", default: "1" },
	rounds: { type: "string", default: "1" }, json: { type: "boolean", default: false } } });
const count = Number(values.sessions), downMs = Number(values.down) * 1000, MOST_MS = 10000;
const users = Array.from({ length: count }, (_, i) => `staff${i + 1}`);
const harness = await Harness.start({ users, maxSessions: count + 2, lingerSeconds: 120 });
/** @type {{ round: number, down_ms: number, sessions: number, back_ms: number[], right: number, loaded_again: number }[]} */
const rounds = [];

try {
	/** @type {Remote[]} */
	const remotes = [];
	for (const user of users) {
		const remote = await Remote.open(harness, { user, viewport: { width: 1024, height: 700 } });
		await remote.go("/type");
		await remote.page.mouse.click(300, 250);
		await remote.page.keyboard.type(user);
		await remote.hasText(user);
		remotes.push(remote);
		console.error(`${remotes.length} of ${count}`);
	}
	for (let round = 1; round <= Number(values.rounds); round++) {
		const asked = harness.site.requests.length;
		await harness.broker.kill();
		await Promise.all(remotes.map(remote => remote.phase("reconnecting")));
		await new Promise(resolve => setTimeout(resolve, downMs));
		const start = performance.now();
		harness.startBroker();
		const back = await Promise.all(remotes.map(async remote => {
			await remote.live();
			return Math.round(performance.now() - start);
		}));
		let right = 0;
		for (const [i, remote] of remotes.entries()) {
			await remote.page.bringToFront();
			await remote.page.keyboard.type("+");
			await remote.hasText(users[i] + "+".repeat(round));
			right++;
		}
		rounds.push({ round, down_ms: downMs, sessions: count, back_ms: back.sort((a, b) => a - b), right,
			loaded_again: harness.site.requests.length - asked });
	}
	for (const remote of remotes)
		await remote.close();
} catch (error) {
	console.error(harness.logs());
	throw error;
} finally {
	await harness.stop();
}
if (values.json)
	console.log(JSON.stringify(rounds, null, 1));
for (const r of values.json ? [] : rounds)
	console.log(`broker away ${r.down_ms} ms, ${r.sessions} sessions: back after first ${r.back_ms[0]} ms, median ` +
		`${r.back_ms[r.back_ms.length >> 1]} ms, last ${r.back_ms.at(-1)} ms; right page ${r.right}; pages loaded again ${r.loaded_again}`);
process.exitCode = rounds.length && rounds.every(r => (r.back_ms.at(-1) ?? Infinity) <= MOST_MS && r.right === r.sessions &&
	r.loaded_again === 0) ? 0 : 1;
