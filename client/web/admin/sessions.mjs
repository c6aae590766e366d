// SPDX-License-Identifier: GPL-3.0-or-later
// The page of live sessions. It shows itself anew every few seconds while somebody works with it: a page that was left open
// must not keep its log-in alive for ever.

import { make } from "../dom.mjs";
import { words } from "../words.mjs";
import { REASON, ask, tell } from "./ask.mjs";
import { op, saying } from "./call.mjs";
import { explainTable } from "./editor.mjs";
import { makeList } from "./list.mjs";
import { known, size, span } from "./show.mjs";

const EVERY_MS = 3000, WATCHED_FOR_MS = 300000;

/** @type {import("./ask.mjs").Field} */
const MESSAGE = { name: "message", label: "admin.field.message", kind: "text", hint: "admin.sessions.message.hint", optional: true };

/** @param {HTMLElement} host
 * @param {AbortSignal} signal the page is left */
export function sessionsPage(host, signal)
{
	const list = makeList({
		name: "admin.tab.sessions",
		columns: [
			{ label: "admin.field.user", show: row => row.user },
			{ label: "admin.field.host", show: row => row.host || "–" },
			{ label: "admin.sessions.state", show: row => known(`state`, row.state) },
			{ label: "admin.sessions.client", show: row => words(row.attached ? "admin.sessions.attached" : "admin.sessions.away") },
			{ label: "admin.sessions.since", number: true, show: row => span(row.age_s) },
			{ label: "admin.sessions.idle", number: true, show: row => span(row.idle_s) },
			{ label: "admin.sessions.traffic", number: true, show: row => size(row.bytes_down) },
		],
		actions: [
			{ label: "admin.explain.button", run: async row => {
				try {
					const { explain } = await op("policies/explain", { name: row.user });
					await tell(host, words("admin.explain-of", { name: row.user }), [explainTable(explain)], true);
				} catch (e) {
					await tell(host, words("admin.explain"), [make("p", { class: "error", role: "alert" }, saying(e))]);
				}
			} },
			{ label: "admin.sessions.say", run: async row => {
				await ask(host, { heading: words("admin.sessions.say-to", { name: row.user }),
					fields: [{ ...MESSAGE, name: "text", optional: false }], submit: "admin.sessions.say",
					deed: values => op("sessions/message", { ...values, session: row.session }) });
			} },
			{ label: "admin.sessions.end", danger: true, run: async row => {
				await ask(host, { heading: words("admin.sessions.end-of", { name: row.user }),
					body: [make("p", {}, words("admin.sessions.end.body"))], fields: [REASON, MESSAGE],
					submit: "admin.sessions.end", danger: true,
					deed: values => op("sessions/end", { ...values, session: row.session }) });
				void list.refresh();
			} },
		],
		source: query => op("sessions/list", query),
	});
	let watchedAt = performance.now();
	for (const type of ["pointermove", "keydown"])
		document.addEventListener(type, () => void (watchedAt = performance.now()), { signal, passive: true });
	const timer = setInterval(() => {
		if (document.visibilityState === "visible" && performance.now() - watchedAt < WATCHED_FOR_MS)
			void list.refresh();
	}, EVERY_MS);
	signal.addEventListener("abort", () => clearInterval(timer));
	return [list];
}
