// SPDX-License-Identifier: GPL-3.0-or-later
// A broker's machine is lost, with everything that it knew, while somebody browses: what the last backup held is put on an empty one. Measured:
// from empty to serving, and until the user's own page is there again.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";
import tls from "node:tls";
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
 * @param {string[]} args
 * @param {string} [input] */
function fine(program, args, input)
{
	const { code, said } = run(program, args, input);
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
}, { timeout: 240000 });
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

	const audit = fine("sekisho-audit-verify", ["--key", at("audit.kept"), at("state/audit")]);
	assert.match(audit, /the log is whole/);
	const log = fs.readdirSync(at("state/audit")).filter(name => name.endsWith(".log")).map(name => fs.readFileSync(at(`state/audit/${name}`), "utf8")).join("");
	assert.match(log, /"what":"backup\.made"/);
	assert.match(log, /"what":"backup\.restored"/);
	assert.match(log, /"what":"session\.restored"/);
});

/** The certificate that a new connection is shown.
 * @returns {Promise<string>} */
function shown()
{
	return new Promise((resolve, reject) => {
		const { hostname, port } = new URL(harness.direct);
		const socket = tls.connect({ host: hostname, port: Number(port), rejectUnauthorized: false }, () => {
			resolve(socket.getPeerCertificate().fingerprint256);
			socket.destroy();
		});
		socket.on("error", reject);
	});
}

test("keys: each is changed while a session runs, which goes on; what the old ones signed still verifies", { timeout: 180000 }, async () => {
	const config = at("broker.yaml"), pki = at("pki");
	let typed = "before+after";
	const goesOn = async () => {
		typed += "k";
		await remote.page.keyboard.type("k");
		await remote.hasText(typed);
	};
	/** @param {string[]} words */
	const rotate = async (...words) => {
		const said = fine("sekishoctl", ["--lang", "en", "key", "rotate", ...words, "--config", config]);
		assert.match(said, /no session was ended/);
		await goesOn();
	};

	assert.match(fine("sekishoctl", ["--lang", "en", "key", "list", "--config", config]), /^audit +0d +at once/m);
	await rotate("audit");
	fine("sekishoctl", ["recording", "keygen", at("second.pub"), at("second.secret")], `${PASSPHRASE}\n`);
	fine("sekishoctl", ["backup", "keygen", at("backup2.pub"), at("backup2.secret")], `${PASSPHRASE}\n`);
	await rotate("recording", "--file", at("second.pub"));
	await rotate("recording-signing");
	await rotate("backup", "--file", at("backup2.pub"));
	await rotate("backup-signing");
	fine("sekisho-certs", ["broker", pki, "broker2"]);
	await rotate("broker", "--certificate", `${pki}/broker2.crt`, "--key", `${pki}/broker2.key`);
	fine("sekisho-certs", ["crl", pki]);
	fs.copyFileSync(`${pki}/ca.crl`, at("new.crl"));
	await rotate("crl", "--file", at("new.crl"));
	const before = await shown();
	for (const end of ["crt", "key"])
		fs.copyFileSync(`${pki}/https1.${end}`, at(`first.${end}`));
	fine("sekisho-certs", ["https", pki, "https2", "--address", harness.addresses?.inner ?? ""]);
	await rotate("https", "--certificate", `${pki}/https2.crt`, "--key", `${pki}/https2.key`);
	assert.notEqual(await shown(), before);
	await rotate("https", "--certificate", at("first.crt"), "--key", at("first.key")); /* the one that the test's browser trusts */
	assert.equal(await shown(), before);
	/* what does not fit is refused, and nothing changes */
	assert.notEqual(run("sekishoctl", ["key", "rotate", "https", "--certificate", `${pki}/https2.crt`, "--key", `${pki}/broker2.key`, "--config", config]).code, 0);
	assert.notEqual(run("sekishoctl", ["key", "rotate", "broker", "--certificate", `${pki}/https2.crt`, "--key", `${pki}/broker2.key`, "--config", config]).code, 0);
	/* the next backup holds everything, for the new key */
	fine("sekishoctl", ["backup", "--config", config]);

	/* another CA: lists of both, both, certificates of the new one, the new one alone */
	const pki2 = at("pki2"), host = "render1.sekisho.internal";
	for (const words of [["init", pki2], ["broker", pki2, "broker1"], ["host", pki2, host]])
		fine("sekisho-certs", words);
	for (const name of ["ca.crt", "ca.crl"])
		fs.writeFileSync(at(`both.${name}`), fs.readFileSync(`${pki}/${name}`, "utf8") + fs.readFileSync(`${pki2}/${name}`, "utf8"));
	const tooEarly = run("sekishoctl", ["--lang", "en", "key", "rotate", "ca", "--file", at("both.ca.crt"), "--config", config]);
	assert.equal(tooEarly.code, 1);
	assert.match(tooEarly.said, /put those in first/);
	await rotate("crl", "--file", at("both.ca.crl"));
	await rotate("ca", "--file", at("both.ca.crt"));
	await rotate("broker", "--certificate", `${pki2}/broker1.crt`, "--key", `${pki2}/broker1.key`);
	for (const end of ["crt", "key"])
		fs.copyFileSync(`${pki2}/${host}.${end}`, `${pki}/${host}.${end}`);
	await rotate("ca", "--file", `${pki2}/ca.crt`);
	await rotate("crl", "--file", `${pki2}/ca.crl`);

	/* this one is taken by a restart, over which the session goes on (and dials with certificates of the new CA alone) */
	const login = fs.readFileSync(at("state/login.key"));
	assert.equal(run("sekishoctl", ["key", "rotate", "login", "--config", config]).code, 1, "recovery codes are void then: it has to be said");
	assert.match(fine("sekishoctl", ["--lang", "en", "key", "rotate", "login", "--yes", "--config", config]), /restart/);
	harness.broker.process.kill("SIGUSR1");
	await harness.broker.ended;
	harness.startBroker();
	await remote.live();
	await goesOn();
	assert.ok(!fs.existsSync(at("state/login.key.next")) && !login.equals(fs.readFileSync(at("state/login.key"))));

	await harness.broker.stop();
	for (const key of [at("audit.kept"), at("state/audit.key.pub")])
		assert.match(fine("sekisho-audit-verify", ["--key", key, at("state/audit")]), /another key signs[^]*the log is whole/);
	fine("sekisho-recording-verify", ["--key", at("recording.kept"), "--key", at("state/recording.key.pub"), "--audit", at("state/audit"), at("state/recordings")]);
	const newest = fs.readdirSync(at("shelf")).filter(name => name.endsWith(".sekbak")).map(name => at(`shelf/${name}`))
		.sort((a, b) => fs.statSync(a).mtimeMs - fs.statSync(b).mtimeMs).at(-1) ?? "";
	fine("sekishoctl", ["backup", "verify", newest, "--signed-by", at("state/backup.key.pub"), "--secret", at("backup2.secret"),
		"--passphrase-file", at("passphrase")]);
	assert.notEqual(run("sekishoctl", ["backup", "verify", newest, "--signed-by", at("backup.kept")]).code, 0);
});
