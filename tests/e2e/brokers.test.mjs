// SPDX-License-Identifier: GPL-3.0-or-later
// Two brokers on one store, as the user of one that dies sees it: the other has the same browser.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import path from "node:path";
import { after, before, test } from "node:test";
import { build, Harness, until } from "./harness.mjs";
import { recording } from "./support/recordings.mjs";
import { Remote } from "./support/remote.mjs";

/** @type {Harness} */
let harness;
/** @type {Remote} */
let remote;

before(async () => {
	harness = await Harness.start({ lingerSeconds: 60, ...recording() });
	await harness.startSecond();
	remote = await Remote.open(harness);
}, { timeout: 240000 });
after(async () => {
	await remote?.close();
	await harness?.stop();
});

test("brokers: one is killed, and its user is in the same page at the other", { timeout: 240000 }, async () => {
	await remote.go("/type");
	await remote.page.mouse.click(300, 250);
	await remote.page.keyboard.type("first");
	await remote.hasText("first");
	const asked = harness.site.requests.length;
	await harness.broker.kill();
	await remote.phase("reconnecting");
	await remote.live();
	await remote.page.keyboard.type(" second");
	await remote.hasText("first second");
	assert.equal(harness.site.requests.length, asked, "no page was loaded again");
	assert.match(harness.second?.log() ?? "", /session\.moved-here/);
	// the first one is there again: it has no session to take back, and the user who comes to it has the same one
	harness.startBroker();
	await until("it is ready", () => (harness.broker.log().match(/broker\.ready/g) ?? []).length === 2, 60000);
	assert.doesNotMatch(harness.broker.log(), /session\.restored/);
	harness.line.cut();
	harness.line.mend();
	await remote.phase("reconnecting");
	await remote.live();
	await remote.page.keyboard.type(" third");
	await remote.hasText("first second third");
	assert.equal(harness.site.requests.length, asked, "no page was loaded again");
	await until("the second one to let go", () => /session\.moved-away/.test(harness.second?.log() ?? ""), 60000);
	// one session, in three recordings: cut by the kill, given up by the second one, and running
	const ctl = (/** @type {string[]} */ ...words) => JSON.parse(execFileSync(path.join(build, "bin/sekishoctl"),
		["--socket", path.join(harness.dir, "state/control2.sock"), "--json", ...words], { encoding: "utf8" }));
	/** @type {any[]} */
	const rows = await until("all of them to be listed", () => {
		const { rows } = ctl("recording", "list");
		return rows.length === 3 && rows.filter((/** @type {any} */ row) => !row.ended).length === 1 && rows;
	}, 60000);
	const { parts } = ctl("recording", "show", rows[1].recording);
	assert.deepEqual(parts.map((/** @type {any} */ part) => [part.ended, part.broker === "second"]), [["unfinished", false], ["moved", true], ["", false]]);
	assert.ok(parts.slice(1).every((/** @type {any} */ part) => part.gap_us >= 0), JSON.stringify(parts));
});
