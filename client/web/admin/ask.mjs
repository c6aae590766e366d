// SPDX-License-Identifier: GPL-3.0-or-later
// A modal form: some fields, perhaps a reason, one deed. Stays open, with what went wrong, until the deed is done or the
// user leaves.

import { make, uniqueId } from "../dom.mjs";
import { words } from "../words.mjs";
import { saying } from "./call.mjs";

/** @typedef {object} Field
 * @property {string} name
 * @property {string} label key of words
 * @property {"text" | "lines" | "choice" | "check" | "checks" | "file" | "password"} kind
 * @property {string | boolean | string[]} [value]
 * @property {{ value: string, label: string }[]} [options] of a choice or of checks: label is text, not a key
 * @property {string} [hint] key of words
 * @property {boolean} [optional] */

/** @typedef {object} Form
 * @property {string} heading text
 * @property {(Node | string)[]} [body]
 * @property {Field[]} fields
 * @property {string} submit key of words
 * @property {boolean} [danger]
 * @property {boolean} [wide]
 * @property {(values: Record<string, any>) => Promise<any>} deed */

/** @type {Field} */
export const REASON = { name: "reason", label: "admin.field.reason", kind: "text", hint: "admin.reason.hint" };

/** One field with its label, and how to read it.
 * @param {Field} f
 * @returns {{ element: HTMLElement, read: () => any, name: string }} */
export function makeField(f)
{
	const id = uniqueId("field"), hintId = uniqueId("hint");
	const common = { id, name: f.name, "aria-describedby": f.hint ? hintId : null };
	const hint = f.hint ? [make("p", { class: "hint", id: hintId }, words(f.hint))] : [];
	const label = make("label", { for: id }, words(f.label));
	/** @param {HTMLElement} input */
	const wrap = input => make("div", { class: "field" }, label, input, ...hint);
	if (f.kind === "check") {
		const input = make("input", { ...common, type: "checkbox", checked: f.value === true });
		return { name: f.name, read: () => input.checked,
			element: make("div", { class: "field check" }, make("div", {}, input, label), ...hint) };
	}
	if (f.kind === "checks") {
		const has = Array.isArray(f.value) ? f.value : [];
		const boxes = (f.options ?? []).map(option => {
			const boxId = uniqueId("check");
			const box = make("input", { id: boxId, type: "checkbox", value: option.value, checked: has.includes(option.value) });
			return { box, row: make("div", {}, box, make("label", { for: boxId }, option.label)) };
		});
		return { name: f.name, read: () => boxes.filter(b => b.box.checked).map(b => b.box.value),
			element: make("fieldset", { class: "field check" }, make("legend", {}, words(f.label)),
				...boxes.map(b => b.row), ...hint) };
	}
	if (f.kind === "choice") {
		const input = make("select", common, ...(f.options ?? []).map(option =>
			make("option", { value: option.value, selected: option.value === f.value }, option.label)));
		return { name: f.name, read: () => input.value, element: wrap(input) };
	}
	if (f.kind === "lines") {
		const input = make("textarea", { ...common, rows: 6, spellcheck: "false" });
		input.value = String(f.value ?? "");
		return { name: f.name, read: () => input.value, element: wrap(input) };
	}
	if (f.kind === "file") {
		const input = make("input", { ...common, type: "file", accept: ".pem,.crt,.cer,.der" });
		return { name: f.name, read: () => input.files?.[0] ?? null, element: wrap(input) };
	}
	const secret = f.kind === "password";
	const input = make("input", { ...common, type: secret ? "password" : "text", autocomplete: secret ? "new-password" : "off", required: !f.optional });
	input.value = String(f.value ?? "");
	if (secret)
		return { name: f.name, read: () => input.value, element: wrap(input) };
	return { name: f.name, read: () => input.value.trim(), element: wrap(input) };
}

/** Shows the form. Gives what the deed gave, or null if the user left.
 * @param {HTMLElement} host
 * @param {Form} form
 * @returns {Promise<any>} */
export function ask(host, form)
{
	const title = make("h2", { id: uniqueId("dialog") }, form.heading);
	const error = make("p", { class: "error", role: "alert" });
	const fields = form.fields.map(makeField);
	const leave = make("button", { type: "button" }, words("admin.cancel"));
	const submit = make("button", { type: "submit", class: form.danger ? "danger" : "primary" }, words(form.submit));
	const element = make("form", { novalidate: true }, title, ...(form.body ?? []), ...fields.map(f => f.element), error,
		make("div", { class: "actions" }, leave, submit));
	const dialog = make("dialog", { "aria-labelledby": title.id, class: form.wide ? "wide" : null }, element);
	host.append(dialog);
	return new Promise(resolve => {
		/** @type {any} */
		let result = null;
		let busy = false;
		leave.addEventListener("click", () => dialog.close());
		dialog.addEventListener("close", () => {
			dialog.remove();
			resolve(result);
		});
		element.addEventListener("submit", async event => {
			event.preventDefault();
			if (busy)
				return;
			busy = true;
			submit.setAttribute("aria-disabled", "true");
			error.textContent = "";
			try {
				result = await form.deed(Object.fromEntries(fields.map(f => [f.name, f.read()]))) ?? true;
				dialog.close();
			} catch (e) {
				error.textContent = saying(e);
			} finally {
				busy = false;
				submit.removeAttribute("aria-disabled");
			}
		});
		dialog.showModal();
		/** @type {HTMLElement | null} */ (element.querySelector("input, select, textarea"))?.focus();
	});
}

/** Shows something to read.
 * @param {HTMLElement} host
 * @param {string} heading text
 * @param {(Node | string)[]} content
 * @param {boolean} [wide]
 * @returns {Promise<void>} */
export function tell(host, heading, content, wide = false)
{
	const title = make("h2", { id: uniqueId("dialog") }, heading);
	const close = make("button", { value: "", class: "primary", autofocus: true }, words("admin.close"));
	const dialog = make("dialog", { "aria-labelledby": title.id, class: wide ? "wide" : null },
		make("form", { method: "dialog" }, title, ...content, make("div", { class: "actions" }, close)));
	host.append(dialog);
	return new Promise(resolve => {
		dialog.addEventListener("close", () => {
			dialog.remove();
			resolve();
		});
		dialog.showModal();
	});
}
