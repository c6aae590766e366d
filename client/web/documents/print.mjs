// SPDX-License-Identifier: GPL-3.0-or-later
// Printing by the browser's own dialogue: the pages' pictures in a frame of their own, each on a sheet. No viewer of PDFs is needed, and no
// other source in the page's Content-Security-Policy.

import { fetchBlob } from "../api.mjs";

const SHEETS = "@page { margin: 0 } html, body { margin: 0 } img { display: block; max-width: 100%; max-height: 100vh; margin: 0 auto; break-after: page }"
	+ " img:last-child { break-after: auto }";
/** How many pages are fetched at the same time. */
const TOGETHER = 3;
/** A dialogue that is never closed must not keep the pages for ever. */
const KEPT_MS = 10 * 60 * 1000;

/** @param {string} id
 * @param {number} pages
 * @param {(done: number) => void} progress
 * @returns {Promise<void>} when the dialogue has been opened */
export async function printPages(id, pages, progress)
{
	const frame = document.createElement("iframe"), before = document.activeElement;
	/** @type {string[]} */
	const addresses = [];
	frame.className = "print-frame";
	frame.setAttribute("aria-hidden", "true");
	frame.tabIndex = -1;
	document.body.append(frame);
	const forget = () => {
		frame.remove();
		for (const address of addresses)
			URL.revokeObjectURL(address);
	};
	try {
		const inner = /** @type {Window & typeof globalThis} */ (frame.contentWindow), body = inner.document.body;
		const sheet = new inner.CSSStyleSheet();
		sheet.replaceSync(SHEETS);
		inner.document.adoptedStyleSheets = [sheet];
		let next = 1, done = 0;
		const images = Array.from({ length: pages }, () => inner.document.createElement("img"));
		const work = async () => {
			while (next <= pages) {
				const page = next++, image = /** @type {HTMLImageElement} */ (images[page - 1]);
				const address = URL.createObjectURL(await fetchBlob(`/api/documents/${id}/pages/${page}`));
				addresses.push(address);
				image.src = address;
				await image.decode();
				progress(++done);
			}
		};
		await Promise.all(Array.from({ length: Math.min(TOGETHER, pages) }, work));
		body.replaceChildren(...images);
		inner.addEventListener("afterprint", () => setTimeout(forget, 1000), { once: true });
		setTimeout(forget, KEPT_MS);
		inner.focus();
		inner.print();
		if (before instanceof HTMLElement)
			before.focus(); // else Escape and the keys would go to the frame
	} catch (error) {
		forget();
		throw error;
	}
}
