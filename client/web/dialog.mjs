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
	return open(host, heading, content, buttons).answer;
}

/** The same for who may have to close it.
 * @param {HTMLElement} host
 * @param {string} heading key of words
 * @param {(Node | string)[]} content
 * @param {HTMLButtonElement[]} buttons each with a value
 * @returns {{ answer: Promise<string>, close: () => void }} */
function open(host, heading, content, buttons)
{
	const title = make("h2", { id: uniqueId("dialog") }, words(heading));
	const form = make("form", { method: "dialog" }, title, ...content, make("div", { class: "actions" }, ...buttons));
	const dialog = make("dialog", { "aria-labelledby": title.id }, form);
	host.append(dialog);
	const answer = new Promise(resolve => {
		dialog.addEventListener("close", () => {
			dialog.remove();
			resolve(dialog.returnValue);
		});
		dialog.showModal();
	});
	return { answer, close: () => dialog.close("") };
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

/** Shows a text that would cross between this computer and the isolated browser, and asks whether it may. Enter, which may
 * have been on its way before the question came, says no.
 * @param {HTMLElement} host
 * @param {"to-outer" | "to-inner"} direction
 * @param {string} text
 * @returns {{ answer: Promise<boolean>, close: () => void }} */
export function askCrossing(host, direction, text)
{
	const outer = direction === "to-outer";
	const no = make("button", { value: "", autofocus: true }, words("clipboard.ask.no"));
	const yes = make("button", { value: "yes", class: "primary" }, words("clipboard.ask.yes"));
	const body = make("p", {}, words(outer ? "clipboard.ask.to-outer" : "clipboard.ask.to-inner",
		{ chars: [...text].length }));
	const { answer, close } = open(host, "clipboard.ask.heading", [body, textBox(text)], [no, yes]);
	return { answer: answer.then(value => value === "yes"), close };
}

/** Shows a text that came from the isolated browser, with a button that copies it.
 * @param {HTMLElement} host
 * @param {string} text
 * @returns {Promise<boolean>} whether it was copied */
export async function offerCopy(host, text)
{
	const box = textBox(text);
	let copied = false;
	const no = make("button", { value: "" }, words("clipboard.offer.no"));
	const yes = make("button", { value: "yes", type: "button", class: "primary", autofocus: true }, words("clipboard.offer.yes"));
	const { answer, close } = open(host, "clipboard.offer.heading",
		[make("p", {}, words("clipboard.offer.body", { chars: [...text].length })), box], [no, yes]);
	yes.addEventListener("click", async () => {
		copied = await navigator.clipboard?.writeText(text).then(() => true, () => false) ?? false;
		if (!copied) {
			box.select();
			copied = document.execCommand("copy"); // old, but it needs no permission
		}
		if (copied)
			close();
	});
	await answer;
	return copied;
}

/** Lets the user put a text into a field: for those who paste without the keyboard.
 * @param {HTMLElement} host
 * @returns {Promise<string>} "": nothing */
export async function askForText(host)
{
	const box = make("textarea", { class: "crossing", rows: 8, autofocus: true, "aria-label": words("clipboard.send.body") });
	const no = make("button", { value: "" }, words("clipboard.ask.no"));
	const yes = make("button", { value: "yes", class: "primary" }, words("clipboard.send.yes"));
	const value = await ask(host, "clipboard.send.heading", [make("p", {}, words("clipboard.send.body")), box], [no, yes]);
	return value === "yes" ? box.value : "";
}

/** @param {string} text */
function textBox(text)
{
	const box = make("textarea", { class: "crossing", rows: 8, readonly: true, "aria-label": words("clipboard.text") });
	box.value = text;
	return box;
}

/** Tells which keys do what.
 * @param {HTMLElement} host
 * @param {string} clipboard key of words: what copying and pasting can do */
export async function showKeys(host, clipboard)
{
	const lines = ["keys.f8", "keys.reserved", "keys.special", "keys.escape", "keys.ime", "keys.touch", clipboard].map(key => make("li", {}, words(key)));
	const close = make("button", { value: "", class: "primary", autofocus: true }, words("keys.close"));
	await ask(host, "keys.heading", [make("ul", {}, ...lines)], [close]);
}
