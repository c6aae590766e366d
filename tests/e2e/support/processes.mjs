// SPDX-License-Identifier: GPL-3.0-or-later
// Finds the processes of a session, so that a test can end one by its id.

import fs from "node:fs";

/** @typedef {{ pid: number, parent: number, name: string, command: string }} Process */

/** Every process of this machine that can be seen.
 * @returns {Process[]} */
function all()
{
	const found = [];
	for (const entry of fs.readdirSync("/proc")) {
		if (!/^\d+$/.test(entry))
			continue;
		try {
			const stat = fs.readFileSync(`/proc/${entry}/stat`, "utf8");
			const name = stat.slice(stat.indexOf("(") + 1, stat.lastIndexOf(")"));
			const parent = Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
			const command = fs.readFileSync(`/proc/${entry}/cmdline`, "utf8").replaceAll("\0", " ").trim();
			found.push({ pid: Number(entry), parent, name, command });
		} catch {
			// It has ended in the meantime.
		}
	}
	return found;
}

/** The processes that descend from one, nearest first.
 * @param {number} ancestor
 * @returns {Process[]} */
export function descendants(ancestor)
{
	const every = all();
	/** @type {Process[]} */
	const found = [];
	let generation = [ancestor];
	while (generation.length > 0) {
		const next = every.filter(process => generation.includes(process.parent));
		found.push(...next);
		generation = next.map(process => process.pid);
	}
	return found;
}
