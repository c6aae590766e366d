// SPDX-License-Identifier: GPL-3.0-or-later
// The page of render hosts: how they are; adding, draining, removing them.

import { make } from "../dom.mjs";
import { words } from "../words.mjs";
import { REASON, ask } from "./ask.mjs";
import { op } from "./call.mjs";
import { makeList } from "./list.mjs";
import { count, known, size } from "./show.mjs";

/** @param {any} row */
const heard = row => row.max_sessions !== undefined;

/** @param {HTMLElement} host */
export function hostsPage(host)
{
	/** A question with a reason, then the operation.
	 * @param {string} key
	 * @param {any} row
	 * @param {{ danger?: boolean, body?: Node[], fields?: import("./ask.mjs").Field[], values?: (values: any) => any }} [more] */
	const deed = async (key, row, more = {}) => {
		await ask(host, { heading: words(`admin.hosts.${key}-of`, { name: row.name }), body: more.body ?? [],
			fields: [...more.fields ?? [], REASON], submit: `admin.hosts.${key}`, danger: more.danger ?? false,
			deed: values => op(`hosts/${key}`, { ...(more.values ? more.values(values) : values), host: row.name }) });
		void list.refresh();
	};
	const list = makeList({
		name: "admin.tab.hosts",
		columns: [
			{ label: "admin.field.host", show: row => row.name },
			{ label: "admin.hosts.address", show: row => `${row.address}:${row.port}` },
			{ label: "admin.hosts.pool", show: row => row.pool },
			{ label: "admin.hosts.state", show: row => known("admin.hosts.state", row.state) },
			{ label: "admin.hosts.sessions", number: true, show: row => count(row.sessions) },
			{ label: "admin.hosts.all", number: true, show: row => heard(row) ? `${count(row.all_sessions)} / ${count(row.max_sessions)}` : "–" },
			{ label: "admin.hosts.memory", number: true, show: row => heard(row) ? size(row.available_mib * 1048576) : "–" },
			{ label: "admin.hosts.warm", number: true, show: row => heard(row) ? count(row.warm_ja + row.warm_en) : "–" },
			{ label: "admin.sessions.traffic", number: true, show: row => size(row.bytes_down) },
		],
		actions: [
			{ label: "admin.hosts.drain", when: row => !row.drain, run: row => deed("drain", row, {
				body: [make("p", {}, words("admin.hosts.drain.body"))],
				fields: [{ name: "force_minutes", label: "admin.hosts.force", kind: "text", hint: "admin.hosts.force.hint", optional: true }],
				values: ({ force_minutes: minutes, ...values }) => ({ ...values, force_minutes: Number(minutes || 0) }) }) },
			{ label: "admin.hosts.undrain", when: row => row.drain, run: row => deed("undrain", row) },
			{ label: "admin.hosts.remove", danger: true, when: row => row.sessions === 0, run: row => deed("remove", row, { danger: true }) },
			{ label: "admin.hosts.end", danger: true, when: row => row.sessions > 0, run: async row => {
				await ask(host, { heading: words("admin.hosts.end-of", { name: row.name }), fields: [REASON],
					submit: "admin.hosts.end", danger: true,
					deed: values => op("sessions/end-host", { ...values, host: row.name }) });
				void list.refresh();
			} },
		],
		source: query => op("hosts/list", query),
	});
	const add = make("button", { type: "button", class: "primary" }, words("admin.hosts.add"));
	add.addEventListener("click", async () => {
		await ask(host, { heading: words("admin.hosts.add"),
			fields: [{ name: "host", label: "admin.hosts.name", kind: "text", hint: "admin.hosts.name.hint" },
				{ name: "address", label: "admin.hosts.address", kind: "text" },
				{ name: "port", label: "admin.hosts.port", kind: "text", value: "7443" },
				{ name: "pool", label: "admin.hosts.pool", kind: "text", value: "default" }, REASON],
			submit: "admin.hosts.add", deed: values => op("hosts/add", { ...values, port: Number(values.port) }) });
		void list.refresh();
	});
	return [make("div", { class: "page-tools" }, add), list];
}
