// SPDX-License-Identifier: GPL-3.0-or-later
// The client certificates of one user: what is bound, binding by a file, unbinding. Of a file only the certificate leaves
// this machine: a private key may stand beside it.

import { ApiError } from "../api.mjs";
import { make } from "../dom.mjs";
import { words } from "../words.mjs";
import { REASON, ask } from "./ask.mjs";
import { op } from "./call.mjs";
import { known, moment, when } from "./show.mjs";

const FILE_MOST_BYTES = 65536;
const SOON_S = 30 * 86400;

/** The first certificate of a file, as PEM.
 * @param {File} file
 * @returns {Promise<string>} */
export async function pemOf(file)
{
	const bytes = file.size <= FILE_MOST_BYTES ? new Uint8Array(await file.arrayBuffer()) : new Uint8Array(0);
	const found = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/.exec(new TextDecoder().decode(bytes));
	if (found)
		return found[0];
	// DER begins with a sequence.
	if (bytes[0] === 0x30)
		return `-----BEGIN CERTIFICATE-----\n${btoa(String.fromCharCode(...bytes))}\n-----END CERTIFICATE-----`;
	throw new ApiError("bad-request", 400, 0, { field: "certificate", why: "type" });
}

/** @param {any} c */
function expiry(c)
{
	if (!c.ends_s)
		return words(c.kind === "subject" ? "admin.certificate.each" : "admin.certificate.unknown");
	const left = c.ends_s - Date.now() / 1000;
	return make("span", { class: left <= 0 ? "mark off" : left < SOON_S ? "mark warn" : "moment" }, moment(c.ends_s));
}

/** Asks which certificate, and binds it.
 * @param {HTMLElement} host
 * @param {string} name of the user */
export function bindCertificate(host, name)
{
	return ask(host, { heading: words("admin.users.add-certificate-of", { name }), submit: "admin.users.add-certificate",
		fields: [{ name: "file", label: "admin.field.certificate", kind: "file", hint: "admin.certificate.file.hint", optional: true },
			{ name: "kind", label: "admin.field.kind", kind: "choice", value: "fingerprint", options: ["fingerprint", "subject"]
				.map(kind => ({ value: kind, label: known(`admin.certificate`, kind) })) },
			{ name: "value", label: "admin.certificate.value", kind: "text", hint: "admin.certificate.value.hint", optional: true }, REASON],
		deed: async ({ file, kind, value, reason }) => op("users/add-certificate", { name, kind, reason,
			...(file ? { certificate: await pemOf(file) } : { value }) }) });
}

/** What is bound, with a button to unbind each.
 * @param {HTMLElement} host
 * @param {string} name of the user
 * @param {any[]} certificates
 * @param {() => Promise<void>} changed */
export function certificateTable(host, name, certificates, changed)
{
	if (certificates.length === 0)
		return make("p", { class: "hint" }, words("admin.certificate.none"));
	const head = ["admin.certificate.by", "admin.certificate.subject-of", "admin.certificate.fingerprint-of", "admin.certificate.ends",
		"admin.certificate.bound", "admin.actions"];
	/** @param {any} c */
	const unbind = c => {
		const b = make("button", { type: "button", class: "danger" }, words("admin.users.remove-certificate"));
		b.addEventListener("click", async () => {
			await ask(host, { heading: words("admin.users.remove-certificate-of", { name }),
				body: [make("p", {}, c.subject || "–"), make("p", { class: "hash" }, c.kind === "subject" ? "" : c.value),
					make("p", {}, words("admin.users.remove-certificate.body"))],
				fields: [REASON], submit: "admin.users.remove-certificate", danger: true,
				deed: values => op("users/remove-certificate", { ...values, name, kind: c.kind, value: c.value }) });
			await changed();
		});
		return b;
	};
	return make("div", { class: "list-scroll", tabindex: 0, role: "region", "aria-label": words("admin.users.certificates") },
		make("table", { class: "certificates" }, make("caption", { class: "sr-only" }, words("admin.users.certificates")),
			make("thead", {}, make("tr", {}, ...head.map(key => make("th", { scope: "col", class: key === "admin.actions" ? "row-actions" : null }, words(key))))),
			make("tbody", {}, ...certificates.map(c => make("tr", {},
				make("td", {}, known(`admin.certificate.short`, c.kind)),
				make("th", { scope: "row" }, c.subject || "–"),
				make("td", { class: "hash" }, c.kind === "fingerprint" ? c.value : words("admin.certificate.any")),
				make("td", {}, expiry(c)), make("td", {}, when(c.created_s)),
				make("td", { class: "row-actions" }, unbind(c)))))));
}
