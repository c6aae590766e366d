// SPDX-License-Identifier: GPL-3.0-or-later
// The page of render hosts.

import { words } from "../words.mjs";
import { REASON, ask } from "./ask.mjs";
import { op } from "./call.mjs";
import { makeList } from "./list.mjs";
import { count, size } from "./show.mjs";

/** @param {HTMLElement} host */
export function hostsPage(host)
{
	const list = makeList({
		name: "admin.tab.hosts",
		columns: [
			{ label: "admin.field.host", show: row => row.name },
			{ label: "admin.hosts.address", show: row => `${row.address}:${row.port}` },
			{ label: "admin.hosts.sessions", number: true, show: row => count(row.sessions) },
			{ label: "admin.hosts.attached", number: true, show: row => count(row.attached) },
			{ label: "admin.sessions.traffic", number: true, show: row => size(row.bytes_down) },
		],
		actions: [
			{ label: "admin.hosts.end", danger: true, when: row => row.sessions > 0, run: async row => {
				await ask(host, { heading: words("admin.hosts.end-of", { name: row.name }), fields: [REASON],
					submit: "admin.hosts.end", danger: true,
					deed: values => op("sessions/end-host", { ...values, host: row.name }) });
				void list.refresh();
			} },
		],
		source: query => op("hosts/list", query),
	});
	return [list];
}
