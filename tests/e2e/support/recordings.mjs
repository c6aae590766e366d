// SPDX-License-Identifier: GPL-3.0-or-later
// A site that records: its recording key, and recordings of any length that were never lived through.

import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { BROKER_UID, build } from "../harness.mjs";

export const PASSPHRASE = "a correct horse for tests";
export const SECOND = "another horse for tests";

/** @param {string} program
 * @param {string[]} args
 * @param {{ input?: string, uid?: number }} [options] */
function run(program, args, options = {})
{
	const result = spawnSync(path.join(build, "bin", program), args, { encoding: "utf8", input: options.input, uid: options.uid, gid: options.uid });
	if (result.error || result.status !== 0)
		throw new Error(`${program} ${args.join(" ")}: ${result.error ?? ""} ${result.status}\n${result.stdout}${result.stderr}`);
	return result.stdout;
}

/** Options for Harness.start: a broker that records. The reviewers have the secret half in DIR/recording.secret.
 * @param {{ siteKey?: boolean, two?: boolean }} [options] siteKey: the broker has it, too; two: it takes two persons */
export function recording({ siteKey = false, two = false } = {})
{
	/** @type {string} */
	let where = "";
	return {
		prepare: (/** @type {string} */ dir) => {
			where = dir;
			run("sekisho-recording", ["keygen", ...(two ? ["--two"] : []), path.join(dir, "recording.pub"), path.join(dir, "recording.secret")],
				{ input: `${PASSPHRASE}\n${two ? `${SECOND}\n` : ""}` });
			fs.chmodSync(path.join(dir, "recording.pub"), 0o644);
			fs.chmodSync(path.join(dir, "recording.secret"), 0o600);
			if (siteKey)
				fs.chownSync(path.join(dir, "recording.secret"), BROKER_UID, BROKER_UID);
		},
		brokerExtra: (/** @type {string} */ dir) => `recording:\n  path: ${dir}/state/recordings\n  public_key: ${dir}/recording.pub\n` +
			`  least_free_mib: 16\n  warn_free_mib: 32\n${siteKey ? `  secret_key: ${dir}/recording.secret\n` : ""}`,
		get secretKey()
		{
			return path.join(where, "recording.secret");
		},
	};
}

/** Puts a made recording of so many hours into the site's archive.
 * @param {import("../harness.mjs").Harness} harness
 * @param {number} hours
 * @returns {{ id: string, length_us: number, bytes: number, frames: number, snapshots: number }} */
export function makeFilm(harness, hours)
{
	const id = randomBytes(16).toString("hex"), state = path.join(harness.dir, "state");
	const said = run("review_film", [path.join(state, "recordings"), path.join(harness.dir, "recording.pub"), id, String(hours),
		path.join(state, "sekisho.db")]);
	const file = path.join(state, "recordings", `${id}.sekrec`);
	fs.chownSync(file, harness.brokerUid, harness.brokerUid);
	return { id, ...JSON.parse(said) };
}
