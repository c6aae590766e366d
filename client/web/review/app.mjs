// SPDX-License-Identifier: GPL-3.0-or-later
// <sek-review>: the page of the reviewers: the list of recordings, one recording. What is open stands in the address,
// but nothing of a recording is shown without its reason. What a user may do is decided by the broker at each request.

import { op, saying } from "../admin/call.mjs";
import { Office } from "../admin/office.mjs";
import { here, link } from "../admin/place.mjs";
import { make } from "../dom.mjs";
import { words } from "../words.mjs";
import { review } from "./call.mjs";
import { holdButton } from "./hold.mjs";
import { Player } from "./player.mjs";
import { recordingsPage } from "./recordings.mjs";
import { saveButton } from "./save.mjs";
import { clock, moment } from "./show.mjs";
import { askAndOpen, unlocked } from "./unlock.mjs";

/** The recordings of one session, which went on in another one when its broker died or another one took it over, with the seams between.
 * @param {any[]} parts
 * @param {string} here */
function partsOf(parts, here)
{
	const items = parts.map((part, i) => {
		const when = moment(part.began_us), name = words(part.ended ? "review.part" : "review.part.running",
			{ n: i + 1, when, length: clock(part.length_us) });
		const seam = i === 0 ? "" : make("span", { class: "hint" }, words(part.gap_us === undefined ? "review.part.seam-open" : "review.part.seam",
			{ gap: clock(part.gap_us ?? 0), broker: part.broker || "–" }), " ");
		return make("li", {}, seam, part.recording === here ? make("strong", { "aria-current": "page" }, name) :
			part.purged ? name : make("a", { href: link("play", part.recording) }, name));
	});
	return make("div", { class: "parts" }, make("p", { class: "hint" }, words("review.parts", { n: parts.length })), make("ol", {}, ...items));
}

class Review extends Office {
	#serial = 0;
	/** What is open, and where it stands: a switch of the language must not close it.
	 * @type {{ place: string, at: number, opened: import("./call.mjs").Opened } | null} */
	#open = null;

	/** @override */
	async knock()
	{
		await op("recordings/list", { limit: 1 });
		await review("state");
	}

	/** @override */
	leave()
	{
		this.#serial += 1;
		this.#open = null;
	}

	/** @override */
	show()
	{
		this.#serial += 1;
		const [page, recording] = here(), playing = (page === "play" || page === "live") && recording;
		const old = /** @type {Player | null} */ (this.main.querySelector("sek-player"));
		if (old && this.#open && playing && this.#open.place === `${page}/${recording}`) {
			old.keep = true;
			this.#open.at = old.at;
		}
		this.main.replaceChildren();
		this.main.classList.toggle("wide", Boolean(playing));
		this.frame("review.title", words("review.recordings"),
			[make("a", { href: "#", "aria-current": playing ? null : "page" }, words("review.recordings"))]);
		if (playing)
			void this.#play(recording, page === "live");
		else
			this.main.replaceChildren(...recordingsPage());
		if (!playing)
			this.#open = null;
	}

	/** @param {string} recording
	 * @param {boolean} live */
	async #play(recording, live)
	{
		const serial = this.#serial, place = `${live ? "live" : "play"}/${recording}`, error = make("p", { class: "error", role: "alert" });
		this.main.replaceChildren(error);
		try {
			const { recording: row, parts } = await op("recordings/show", { recording });
			const heading = words(live ? "review.watch.heading" : "review.open.heading", { user: row.user, when: moment(row.began_us) });
			const again = this.#open?.place === place ? await review("again", { view: this.#open.opened.view }).catch(() => null) : null;
			if (again && this.#open)
				this.#open.opened.head = again.head;
			const opened = again ? this.#open?.opened : await unlocked(this.main) ? await askAndOpen(this.main, heading, recording, live) : null;
			if (serial !== this.#serial)
				return;
			if (!opened) {
				location.hash = link("");
				return;
			}
			const at = Math.round(Number(here()[2] ?? 0) * 1000000) || (again ? this.#open?.at : 0) || 0;
			this.#open = { place, at, opened };
			this.main.replaceChildren(this.#titleOf(row, parts, opened, live), this.#player(opened, live, at));
		} catch (e) {
			if (serial === this.#serial)
				error.textContent = saying(e);
		}
	}

	/** @param {any} row
	 * @param {any[]} parts
	 * @param {import("./call.mjs").Opened} opened
	 * @param {boolean} live */
	#titleOf(row, parts, opened, live)
	{
		return make("div", { class: "player-title" }, make("a", { href: "#" }, `← ${words("review.recordings")}`),
			make("h1", {}, live ? words("review.live.title", { user: row.user }) : row.user),
			make("p", { class: "hint" }, [moment(row.began_us), row.host, row.groups.join(", ")].filter(Boolean).join("  ·  ")),
			parts.length > 1 ? partsOf(parts, row.recording) : "", holdButton(this.main, row), ...(live ? [] : [saveButton(this.main, opened, row)]));
	}

	/** @param {import("./call.mjs").Opened} opened
	 * @param {boolean} live
	 * @param {number} at microseconds */
	#player(opened, live, at)
	{
		const player = /** @type {Player} */ (document.createElement("sek-player"));
		player.opened = opened;
		player.live = live;
		player.from = at;
		return player;
	}
}

customElements.define("sek-review", Review);
