// SPDX-License-Identifier: GPL-3.0-or-later
// The second window of a session: the right part of the picture, for a second monitor. Opened by the session page, which
// owns it, sends what is done here, and draws here too. Without that page it says where to begin.

import { make } from "./dom.mjs";
import { currentLanguage, setLanguage, words } from "./words.mjs";
import "./screen.mjs";

/** @typedef {import("./screen.mjs").Screen} Screen */
/** @typedef {import("./session.mjs").SessionView} SessionView */

setLanguage(currentLanguage());
document.title = words("second.title");
const main = /** @type {HTMLElement} */ (document.querySelector("main"));

/** @returns {SessionView | null} */
function owner()
{
	try {
		return opener?.document.querySelector("sek-session") ?? null;
	} catch { // a page of somebody else
		return null;
	}
}

const session = owner();
if (session) {
	const screen = /** @type {Screen} */ (document.createElement("sek-screen"));
	main.append(screen);
	session.join(screen, screen.transferCanvas());
	addEventListener("pagehide", () => session.leave(screen));
	screen.focus();
} else {
	main.append(make("p", { class: "unsupported", role: "alert" }, words("second.alone")));
}
