// SPDX-License-Identifier: GPL-3.0-or-later
// The page of live sessions. It shows itself anew every few seconds while somebody works with it: a page that was left open
// must not keep its log-in alive for ever.

import { make } from "../dom.mjs";
import { words } from "../words.mjs";
import { REASON, ask, tell } from "./ask.mjs";
import { op, saying } from "./call.mjs";
import { explainTable, override } from "./editor.mjs";
import { makeList } from "./list.mjs";
import { back, here, link } from "./place.mjs";
import { count, insecureMark, known, policyValue, size, span } from "./show.mjs";

const EVERY_MS = 3000, WATCHED_FOR_MS = 300000, RECORDER_EVERY_MS = 60000;

/** @type {import("./ask.mjs").Field} */
const MESSAGE = { name: "message", label: "admin.field.message", kind: "text", hint: "admin.sessions.message.hint", optional: true };

/** The policy of one live session, with overrides that hold until it ends.
 * @param {HTMLElement} host
 * @param {string} session
 * @param {string} user */
function sessionPage(host, session, user)
{
	const view = make("div", { class: "place" }), error = make("p", { class: "error", role: "alert" });
	const load = async () => {
		try {
			const [{ attributes }, { explain }] = await Promise.all([op("policies/attributes"), op("sessions/explain", { session })]);
			view.replaceChildren(explainTable(explain, async e => {
				await override(host, session, attributes.find((/** @type {any} */ a) => a.name === e.attribute), e);
				await load();
			}));
		} catch (e) {
			error.textContent = saying(e);
		}
	};
	void load();
	return [back("sessions"),
		make("h2", {}, words("admin.explain-of", { name: user })), make("p", { class: "hint" }, words("admin.sessions.override.hint")),
		error, view];
}

/** Whether sessions can be recorded, and for how long there is room.
 * @param {HTMLElement} line */
function showRecorder(line)
{
	op("recordings/state").then(({ recording: r }) => {
		line.className = r && !r.writable || r?.warning ? "error" : "hint";
		line.textContent = !r ? words("admin.recording.none") : !r.writable ? words("admin.recording.stuck", { why: r.why }) :
			words(r.warning ? "admin.recording.short" : "admin.recording.fine", { n: count(r.open), free: size(r.free_bytes),
				days: r.days_left < 0 ? "–" : count(r.days_left) });
	}, error => void (line.textContent = saying(error)));
}

/** @param {{ broker: string, state: string, sessions: number, silent_s: number }} b */
function brokerText(b)
{
	return b.state === "up" ? `${b.broker} (${count(b.sessions)})` :
		words("admin.sessions.broker.silent", { name: b.broker, age: span(b.silent_s) });
}

/** @param {HTMLElement} host
 * @param {AbortSignal} signal the page is left */
export function sessionsPage(host, signal)
{
	const [, session, user] = here();
	if (session)
		return sessionPage(host, session, user ?? "");
	const watching = make("p", { class: "hint", role: "status" }), brokers = make("p", { class: "hint", hidden: true });
	const list = makeList({
		name: "admin.tab.sessions",
		columns: [
			{ label: "admin.field.user", show: row => row.user },
			{ label: "admin.field.host", show: row => row.insecure ? make("span", {}, `${row.host} `, insecureMark()) : row.host || "–" },
			{ label: "admin.field.broker", show: row => row.broker ?? "–" },
			{ label: "admin.sessions.state", show: row => known(`state`, row.state) },
			{ label: "admin.sessions.client", show: row => row.attached === undefined ? "–" : words(row.attached ? row.client ? "admin.sessions.vnc" : "admin.sessions.attached" : "admin.sessions.away") },
			{ label: "admin.sessions.since", number: true, show: row => span(row.age_s) },
			{ label: "admin.sessions.idle", number: true, show: row => row.idle_s === undefined ? "–" : span(row.idle_s) },
			{ label: "admin.sessions.traffic", number: true, show: row => row.bytes_down === undefined ? "–" : size(row.bytes_down) },
			{ label: "admin.explain.button", show: row => make("span", { class: "hint" }, Object.entries(row.policy)
				.map(([name, value]) => `${known(`policy`, name)}: ${policyValue(name, value)}`).join(" / ")) },
		],
		actions: [
			{ label: "admin.explain.button", run: row => {
				location.hash = link("sessions", row.session, row.user);
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
		source: async query => {
			const page = await op("sessions/list", query);
			watching.textContent = words(page.vnc_viewers > 0 ? "admin.sessions.watching-vnc" : "admin.sessions.watching",
				{ n: count(page.attached), vnc: count(page.vnc_viewers) });
			brokers.hidden = page.brokers.length < 2;
			brokers.textContent = words("admin.sessions.brokers", { list: page.brokers.map(brokerText).join(" / ") });
			return page;
		},
	});
	const recorder = make("p", { role: "status" });
	showRecorder(recorder);
	let watchedAt = performance.now(), recorderAt = watchedAt;
	for (const type of ["pointermove", "keydown"])
		document.addEventListener(type, () => void (watchedAt = performance.now()), { signal, passive: true });
	const timer = setInterval(() => {
		if (document.visibilityState !== "visible" || performance.now() - watchedAt >= WATCHED_FOR_MS)
			return;
		void list.refresh();
		if (performance.now() - recorderAt > RECORDER_EVERY_MS) {
			recorderAt = performance.now();
			showRecorder(recorder);
		}
	}, EVERY_MS);
	signal.addEventListener("abort", () => clearInterval(timer));
	const all = make("button", { type: "button", class: "danger" }, words("admin.sessions.end-all"));
	all.addEventListener("click", async () => {
		const done = await ask(host, { heading: words("admin.sessions.end-all-of"), body: [make("p", {}, words("admin.sessions.end-all.body"))],
			fields: [REASON], submit: "admin.sessions.end-all", danger: true, deed: values => op("sessions/end-all", values) });
		void list.refresh();
		if (done)
			await tell(host, words("admin.sessions.end-all"), [make("p", {}, words("admin.sessions.ended", { n: count(done.ended) }))]);
	});
	return [recorder, watching, brokers, make("div", { class: "page-tools" }, all), list];
}
