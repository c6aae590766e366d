// SPDX-License-Identifier: GPL-3.0-or-later
// Small modal dialogs: a question with two answers, and a list to read.

import { make, uniqueId } from "./dom.mjs";
import { words } from "./words.mjs";

/** @param {HTMLElement} host
 * @param {string} heading key of words
 * @param {(Node | string)[]} content
 * @param {HTMLButtonElement[]} buttons each with a value
 * @returns {Promise<string>} the value of the button that closed it, "" if it was dismissed */
function ask(host, heading, content, buttons)
{
	const title = make("h2", { id: uniqueId("dialog") }, words(heading));
	const form = make("form", { method: "dialog" }, title, ...content, make("div", { class: "actions" }, ...buttons));
	const dialog = make("dialog", { "aria-labelledby": title.id }, form);
	host.append(dialog);
	return new Promise(resolve => {
		dialog.addEventListener("close", () => {
			dialog.remove();
			resolve(dialog.returnValue);
		});
		dialog.showModal();
	});
}

/** Asks whether to go through with something that cannot be undone. The harmless answer has the focus.
 * @param {HTMLElement} host
 * @param {"end" | "logout"} what
 * @returns {Promise<boolean>} */
export async function confirmed(host, what)
{
	const no = make("button", { value: "", autofocus: true }, words("end.no"));
	const yes = make("button", { value: "yes", class: "danger" }, words(`${what}.yes`));
	const body = make("p", {}, words(`${what}.body`));
	return await ask(host, `${what}.heading`, [body], [no, yes]) === "yes";
}

/** Tells which keys do what.
 * @param {HTMLElement} host */
export async function showKeys(host)
{
	const lines = ["f8", "reserved", "escape", "ime", "clipboard"].map(name => make("li", {}, words(`keys.${name}`)));
	const close = make("button", { value: "", class: "primary", autofocus: true }, words("keys.close"));
	await ask(host, "keys.heading", [make("ul", {}, ...lines)], [close]);
}
