// SPDX-License-Identifier: GPL-3.0-or-later
// A load test of a whole farm on this machine: the broker with one-time codes, a render host with real browsers, users that
// `sekisho-load users` makes, `sekisho-load run`. Prints its table and leaves its result as JSON.

import { spawn, spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import { Harness, until } from "../../e2e/harness.mjs";

const { values, positionals } = parseArgs({ allowPositionals: true, options: { quick: { type: "boolean", default: false },
	target: { type: "string", default: "chromium" }, staff: { type: "string" }, warm: { type: "string", default: "2" }, recorded: { type: "boolean", default: false }, json: { type: "string" },
	logs: { type: "string" } } });
const staff = Number(values.staff ?? (values.quick ? 4 : 24));
const synthetic = values.target === "synthetic", warm = synthetic ? 0 : Number(values.warm);
const json = path.resolve(values.json ?? "load-result.json");

/** Lines of broker.yaml and the key for recordings.
 * @param {string} dir */
function recording(dir)
{
	return `recording:\n  public_key: ${dir}/recording.pub\n  warn_free_mib: 200\n  least_free_mib: 100\n`;
}

/** @param {Harness} harness
 * @param {string[]} words */
function makeUsers(harness, words)
{
	const made = spawnSync(harness.program("load"), ["users", "--socket", path.join(harness.dir, "state/control.sock"), ...words],
		{ stdio: "inherit" });
	if (made.status !== 0)
		throw new Error("the users could not be made");
}

const harness = await Harness.start({ users: [], maxSessions: staff + 2, warm, login: "  needs: password+totp\n",
	brokerExtra: dir => values.recorded ? recording(dir) : "",
	...synthetic ? { synthetic: ["--size", "1280x800"] } : {},
	prepare: dir => {
		if (values.recorded && spawnSync(path.join(dir, "bin/sekisho-recording"), ["keygen", path.join(dir, "recording.pub"),
			path.join(dir, "recording.secret")], { input: "a passphrase of a load test\n" }).status !== 0)
			throw new Error("the recording key could not be made");
	} });
let status = 1;
const stop = () => {}; // Ctrl-C goes to sekisho-load, too, which ends in good order; then the farm is taken down
process.on("SIGINT", stop);
try {
	const broker = harness.direct.replace("https://", ""), ca = path.join(harness.dir, "pki/ca.crt"), users = path.join(harness.dir, "users");
	await until("the control socket", () => fs.existsSync(path.join(harness.dir, "state/control.sock")));
	makeUsers(harness, ["--add", String(staff), "--broker", broker, "--ca", ca, "--output", users]);
	await until("warm sandboxes", () => (harness.renderd.log().match(/session\.browser .*session=warm-/g) ?? []).length >= warm, 60000);
	if (warm) // a browser rereads its policies only once it is five seconds old, and the first ones were started closed
		await new Promise(resolve => setTimeout(resolve, 6000));
	const words = ["run", "--broker", broker, "--ca", ca, "--users", users, "--site", harness.addresses?.site ?? "",
		"--json", json,
		"--broker-pid", String(harness.broker.process.pid), "--renderd-pid", String(harness.renderd.process.pid),
		"--target", values.target, ...values.recorded ? ["--recorded"] : [], ...values.quick ? ["--ramp", "1/3", "--hold", "40"] : [], ...positionals];
	status = await new Promise(resolve => spawn(harness.program("load"), words, { stdio: "inherit" }).on("exit", code => resolve(code ?? 1)));
	console.log(`result       ${json}`);
} finally {
	for (const name of values.logs ? ["broker.log", "renderd.log"] : [])
		fs.copyFileSync(path.join(harness.dir, name), path.join(values.logs ?? "", name));
	await harness.stop();
}
process.exitCode = status;
