// SPDX-License-Identifier: GPL-3.0-or-later
// A broker's machine is lost, with everything that it knew, while somebody browses: what the last backup held is put on an empty one. Measured:
// from empty to serving, and until the user's own page is there again.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";
import { build, Harness, until } from "./harness.mjs";
import { recording } from "./support/recordings.mjs";
import { Remote } from "./support/remote.mjs";

const PASSPHRASE = "a correct horse for backups";
const recorded = recording();
/** @type {Harness} */
let harness;
/** @type {Remote} */
let remote;

/** @param {string} program
 * @param {string[]} args
 * @param {string} [input] */
function run(program, args, input)
{
	const result = spawnSync(path.join(build, "bin", program), args, { encoding: "utf8", input });
	return { code: result.status, said: result.stdout + result.stderr };
}

/** @param {string} name */
const at = name => path.join(harness.dir, name);

/** @param {string} program
 * @param {string[]} args */
function fine(program, args)
{
	const { code, said } = run(program, args);
	assert.equal(code, 0, `${program} ${args.join(" ")}: ${said}\n${harness.logs()}`);
	return said;
}

before(async () => {
	harness = await Harness.start({ lingerSeconds: 120,
		prepare: dir => {
			recorded.prepare(dir);
			run("sekishoctl", ["backup", "keygen", path.join(dir, "backup.pub"), path.join(dir, "backup.secret")], `${PASSPHRASE}\n`);
			fs.writeFileSync(path.join(dir, "passphrase"), `${PASSPHRASE}\n`, { mode: 0o600 });
			fs.mkdirSync(path.join(dir, "shelf"));
			fs.chmodSync(path.join(dir, "backup.pub"), 0o644);
			fs.chownSync(path.join(dir, "shelf"), 64210, 64210);
		},
		brokerExtra: dir => `${recorded.brokerExtra(dir)}backup:\n  folder: ${dir}/shelf\n  public_key: ${dir}/backup.pub\n  recordings: true\n` });
	remote = await Remote.open(harness);
}, { timeout: 120000 });
after(async () => {
	await remote?.close();
	await harness?.stop();
});

test("backup: a broker that is lost with all its state is back from its last backup, and so is the page that was open", { timeout: 180000 }, async t => {
	const config = at("broker.yaml");
	await remote.go("/type");
	await remote.page.mouse.click(300, 250);
	await remote.page.keyboard.type("before");
	await remote.hasText("before");
	fine("sekishoctl", ["backup", "--config", config]);
	fine("sekishoctl", ["backup", "--config", config]); /* leans on the first for what is closed */
	/* kept elsewhere, as the manual says */
	for (const key of ["audit", "recording", "backup"])
		fs.copyFileSync(at(`state/${key}.key.pub`), at(`${key}.kept`));
	const shelf = fs.readdirSync(at("shelf")).filter(name => name.endsWith(".sekbak")), known = ["--signed-by", at("backup.kept")];
	const newest = shelf.map(name => at(`shelf/${name}`)).sort((a, b) => fs.statSync(a).mtimeMs - fs.statSync(b).mtimeMs).at(-1) ?? "";
	const secret = ["--secret", at("backup.secret"), "--passphrase-file", at("passphrase")];

	assert.equal(shelf.length, 2);
	assert.notEqual(run("sekishoctl", ["backup", "restore", newest, ...known, ...secret]).code, 0, "written over a living broker");
	await harness.broker.kill();
	for (const name of ["state", "broker.yaml", "recording.pub", "backup.pub", "pki/https1.key", "pki/https1.crt", "pki/broker1.key", "pki/broker1.crt"])
		fs.rmSync(at(name), { recursive: true });
	const dry = fine("sekishoctl", ["backup", "restore", newest, ...known, ...secret, "--dry-run"]);
	assert.match(dry, /state\/sekisho\.db/);
	assert.ok(!fs.existsSync(at("state")));

	const start = performance.now();
	fine("sekishoctl", ["backup", "restore", newest, ...known, ...secret]);
	const restored = performance.now();
	harness.startBroker();
	await until("the broker serves", () => fetch(harness.direct).then(() => true, e => e.cause?.code?.includes("CERT") || e.cause?.code?.includes("SIGNATURE")), 60000);
	const serving = performance.now();
	await remote.live();
	const back = performance.now();
	t.diagnostic(`restore ${Math.round(restored - start)} ms, serving ${Math.round(serving - start)} ms, the user's page ${Math.round(back - start)} ms`);
	await remote.page.keyboard.type("+after");
	await remote.hasText("before+after");

	await harness.broker.stop();
	const audit = fine("sekisho-audit-verify", ["--key", at("audit.kept"), at("state/audit")]);
	assert.match(audit, /the log is whole/);
	const log = fs.readdirSync(at("state/audit")).filter(name => name.endsWith(".log")).map(name => fs.readFileSync(at(`state/audit/${name}`), "utf8")).join("");
	assert.match(log, /"what":"backup\.made"/);
	assert.match(log, /"what":"backup\.restored"/);
	assert.match(log, /"what":"session\.restored"/);
	fine("sekisho-recording-verify", ["--key", at("recording.kept"), "--audit", at("state/audit"), at("state/recordings")]);
});
