// SPDX-License-Identifier: GPL-3.0-or-later
// The page of render hosts: how they are; adding, draining, removing them.

import { make } from "../dom.mjs";
import { words } from "../words.mjs";
import { REASON, ask } from "./ask.mjs";
import { op } from "./call.mjs";
import { pemOf } from "./certificates.mjs";
import { makeList } from "./list.mjs";
import { count, insecureMark, known, size } from "./show.mjs";

/** @param {any} row */
const heard = row => row.all_sessions !== undefined;
/** @param {any} row */
const isForeign = row => row.kind !== "sekisho";

/** State, and why where the host is too old, or soon will be.
 * @param {any} row */
function stateCell(row)
{
	const state = known("admin.hosts.state", row.state);
	/** @param {string} key @param {string[]} list */
	const why = (key, list) => make("span", { class: key === "old" ? "alarm" : "hint" }, words(`admin.hosts.${key}`, {
		what: list.map(word => known(`admin.ages.of`, word)).join(" / ") }));
	if (!row.too_old?.length && !row.soon_old?.length)
		return state;
	return make("span", {}, state, ...(row.too_old.length ? [make("br"), why("old", row.too_old)] : []),
		...(row.soon_old.length ? [make("br"), why("soon", row.soon_old)] : []));
}

/** @param {any} row */
function addressCell(row)
{
	const address = `${row.address}:${row.port}`;
	if (!isForeign(row))
		return address;
	return make("span", {}, address, make("br"), known("admin.hosts.kind", row.kind),
		...(row.insecure ? [" ", insecureMark()] : []),
		...(row.test ? [make("br"), make("span", { class: row.test === "ok" || row.test === "running" ? "hint" : "alarm" },
			words("admin.hosts.tested", { result: known("admin.hosts.test", row.test) }))] : []));
}

const KINDS = ["sekisho", "vnc", "rdp"];
/** How long the page looks for the result of a test. */
const TEST_LOOKS = 60;
const TEST_LOOK_MS = 500;

/** Stands in every question about such a host.
 * @param {any} row */
const warning = row => row.insecure ? [make("p", { class: "alarm" }, words("admin.hosts.insecure"), " ", words("admin.hosts.insecure.hint"))] : [];

/** @param {HTMLElement} host */
export function hostsPage(host)
{
	/** A question with a reason, then the operation.
	 * @param {string} key
	 * @param {any} row
	 * @param {{ danger?: boolean, body?: Node[], fields?: import("./ask.mjs").Field[], values?: (values: any) => any }} [more] */
	const deed = async (key, row, more = {}) => {
		await ask(host, { heading: words(`admin.hosts.${key}-of`, { name: row.name }), body: [...warning(row), ...more.body ?? []],
			fields: [...more.fields ?? [], REASON], submit: `admin.hosts.${key}`, danger: more.danger ?? false,
			deed: values => op(`hosts/${key}`, { ...(more.values ? more.values(values) : values), host: row.name }) });
		void list.refresh();
	};
	/** Shows the test's result once it is there.
	 * @param {string} name */
	const follow = async name => {
		for (let i = 0; i < TEST_LOOKS; i++) {
			const page = await op("hosts/list", { search: name, limit: 200 }).catch(() => ({ rows: [] }));
			if (page.rows.find((/** @type {any} */ row) => row.name === name)?.test !== "running")
				break;
			await new Promise(resolve => setTimeout(resolve, TEST_LOOK_MS));
		}
		void list.refresh();
	};
	const list = makeList({
		name: "admin.tab.hosts",
		columns: [
			{ label: "admin.field.host", show: row => row.name },
			{ label: "admin.hosts.address", show: row => addressCell(row) },
			{ label: "admin.hosts.pool", show: row => row.pool },
			{ label: "admin.hosts.state", show: row => stateCell(row) },
			{ label: "admin.hosts.sessions", number: true, show: row => count(row.sessions) },
			{ label: "admin.hosts.all", number: true, show: row => heard(row) ? `${count(row.all_sessions)} / ${count(row.max_sessions)}` :
				isForeign(row) ? `– / ${count(row.max_sessions)}` : "–" },
			{ label: "admin.hosts.memory", number: true, show: row => heard(row) ? size(row.available_mib * 1048576) : "–" },
			{ label: "admin.hosts.refused", number: true, show: row => heard(row) ? count(row.egress_refused) : "–" },
			{ label: "admin.hosts.warm", number: true, show: row => heard(row) ? count(row.warm_ja + row.warm_en) : "–" },
			{ label: "admin.sessions.traffic", number: true, show: row => size(row.bytes_down) },
		],
		actions: [
			{ label: "admin.hosts.test", when: isForeign, run: async row => {
				await ask(host, { heading: words("admin.hosts.test-of", { name: row.name }), body: [...warning(row), make("p", {}, words("admin.hosts.test.body"))],
					fields: [REASON], submit: "admin.hosts.test", deed: async values => {
						await op("hosts/test", { ...values, host: row.name });
						void follow(row.name);
					} });
			} },
			{ label: "admin.hosts.secret", when: isForeign, run: row => deed("secret", row, {
				body: [make("p", {}, words("admin.hosts.secret.body"))],
				fields: [{ name: "login", label: "admin.hosts.login", kind: "text", optional: true },
					{ name: "password", label: "admin.hosts.password", kind: "password", optional: true },
					{ name: "user", label: "admin.hosts.user", kind: "text", hint: "admin.hosts.user.hint", optional: true }] }) },
			{ label: "admin.hosts.drain", when: row => !row.drain, run: row => deed("drain", row, {
				body: [make("p", {}, words("admin.hosts.drain.body"))],
				fields: [{ name: "force_minutes", label: "admin.hosts.force", kind: "text", hint: "admin.hosts.force.hint", optional: true }],
				values: ({ force_minutes: minutes, ...values }) => ({ ...values, force_minutes: Number(minutes || 0) }) }) },
			{ label: "admin.hosts.undrain", when: row => row.drain, run: row => deed("undrain", row) },
			{ label: "admin.hosts.remove", danger: true, when: row => row.sessions === 0, run: row => deed("remove", row, { danger: true }) },
			{ label: "admin.hosts.end", danger: true, when: row => row.sessions > 0, run: async row => {
				await ask(host, { heading: words("admin.hosts.end-of", { name: row.name }), body: warning(row), fields: [REASON],
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
				{ name: "pool", label: "admin.hosts.pool", kind: "text", value: "default" },
				{ name: "kind", label: "admin.hosts.kind", kind: "choice", value: "sekisho", hint: "admin.hosts.kind.hint",
					options: KINDS.map(value => ({ value, label: known("admin.hosts.kind", value) })) },
				{ name: "trust", label: "admin.hosts.trust", kind: "file", hint: "admin.hosts.trust.hint", optional: true },
				{ name: "insecure", label: "admin.hosts.insecure", kind: "check", hint: "admin.hosts.insecure.hint" },
				{ name: "max_sessions", label: "admin.hosts.places", kind: "text", value: "1", hint: "admin.hosts.places.hint" }, REASON],
			submit: "admin.hosts.add", deed: async ({ kind, trust, insecure, max_sessions: places, ...values }) => op("hosts/add", { ...values,
				port: Number(values.port), ...(kind === "sekisho" ? {} : { kind, insecure, max_sessions: Number(places),
					...(trust ? { trust: await pemOf(trust) } : {}) }) }) });
		void list.refresh();
	});
	return [make("div", { class: "page-tools" }, add), list];
}
