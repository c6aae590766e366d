// SPDX-License-Identifier: GPL-3.0-or-later
// The life of a session as this page sees it: opens it, connects the worker's stream, connects again when the line
// breaks, and says which phase it is in. Never shows anything itself, and never takes a session back that another window
// has taken over unless the user says so.

import * as api from "./api.mjs";
import { backoffMs } from "./backoff.mjs";
import { STATES } from "./generated/protocol.mjs";
import { currentLanguage } from "./words.mjs";

/** opening: no picture yet; starting: the same, and `stateKey` says why; live; reconnecting: `seconds` above 0 while
 * waiting for the next attempt; ended: `key` says why, `again` what can be done; login: the log-in form is due.
 * @typedef {"opening" | "starting" | "live" | "reconnecting" | "ended" | "login"} PhaseName
 * @typedef {object} Phase
 * @property {PhaseName} name
 * @property {string} [key] key of words
 * @property {number} [seconds]
 * @property {"again" | "take-back" | "none"} [again] */

/** @typedef {import("./messages.d.ts").ToWorker} ToWorker */
/** @typedef {import("./messages.d.ts").FromWorker} FromWorker */

const LOG_IN_AGAIN = new Set(["login-required"]);
const FINAL = new Set(["full", "hours", "forbidden", "notice", "origin", "not-found", "method", "bad-request", "content-type", "too-large"]);
const END_PATIENCE_MS = 5000;

export class Link extends EventTarget {
	/** @type {Phase} */
	phase = { name: "opening" };
	#worker;
	#wanted;
	#serial = 0;
	#attempt = 0;
	#everLive = false;
	#endWanted = false;
	#connected = false;
	#drawn = false;
	#resumed = false;
	#state = "";
	/** The line is there, but the broker's store does not answer. */
	#away = false;
	#moving = false; // the broker has said that another one goes on
	/** @type {ReturnType<typeof setTimeout> | undefined} */
	#timer;
	#retryAt = 0;

	/** @param {Worker} worker runs worker.mjs, owned by the caller
	 * @param {() => import("./geometry.mjs").Wanted} wanted size to ask for at each connection */
	constructor(worker, wanted)
	{
		super();
		this.#worker = worker;
		this.#wanted = wanted;
		worker.addEventListener("message", event => this.#hear(event.data));
		worker.addEventListener("error", () => this.#refuse());
	}

	/** Opens the session, or the user's one that lives already. Also after it ended. */
	start()
	{
		this.#everLive = false;
		this.#attempt = 0;
		this.#enter({ name: "opening" });
		void this.#connect();
	}

	/** Connects at once if it is waiting to. */
	hurry()
	{
		if (this.phase.name === "reconnecting" && this.#timer !== undefined) {
			this.#attempt = 0;
			void this.#connect();
		}
	}

	/** Sends an input message; dropped (false) while there is no connection.
	 * @param {import("./messages.d.ts").Input} input
	 * @returns {boolean} */
	send(input)
	{
		if (this.#connected)
			this.#post({ type: "input", input });
		return this.#connected;
	}

	/** Ends the session for good. */
	end()
	{
		this.#endWanted = true;
		this.send({ kind: "end" });
		setTimeout(() => {
			if (this.#endWanted && this.phase.name === "live")
				this.#finish("state.ended-user", "again");
		}, END_PATIENCE_MS);
	}

	/** Ends session and log-in. */
	async logout()
	{
		this.#drop();
		try {
			await api.logout();
		} catch (error) {
			if (error instanceof api.ApiError && error.word !== "login-required") {
				this.#enter({ name: "ended", key: `error.${error.word}`, again: "again" });
				return;
			}
		}
		this.#enter({ name: "login", key: "login.logged-out" });
	}

	/** Leaves without ending: the session lingers. */
	close()
	{
		this.#drop();
	}

	/** @param {ToWorker} message */
	#post(message)
	{
		this.#worker.postMessage(message);
	}

	/** @param {Phase} phase */
	#enter(phase)
	{
		this.phase = phase;
		this.dispatchEvent(new Event("phase"));
	}

	#drop()
	{
		clearInterval(this.#timer);
		this.#timer = undefined;
		this.#serial += 1;
		this.#connected = false;
		this.#post({ type: "close" });
	}

	/** @param {string} key
	 * @param {"again" | "take-back" | "none"} again */
	#finish(key, again)
	{
		this.#endWanted = false;
		this.#drop();
		this.#enter({ name: "ended", key, again });
	}

	#refuse()
	{
		this.#finish("overlay.refused", "again");
	}

	async #connect()
	{
		clearInterval(this.#timer);
		this.#timer = undefined;
		this.#serial += 1;
		const serial = this.#serial;
		this.#drawn = false;
		this.#state = "";
		if (this.#everLive)
			this.#reconnecting(0);
		try {
			// Once there was a picture, only the same session will do: a new one must be the user's wish.
			const opened = await api.openSession(this.#everLive);
			if (serial !== this.#serial)
				return;
			this.#resumed = opened.resumed && !this.#everLive;
			if (this.#away && !this.#everLive)
				this.#enter({ name: "opening" });
			this.#away = false;
			const url = new URL("stream", document.baseURI);
			url.protocol = url.protocol.replace("http", "ws");
			this.#post({ type: "open", serial, url: url.href, token: opened.token,
				hello: { ...this.#wanted(), language: currentLanguage() } });
		} catch (error) {
			if (serial === this.#serial)
				this.#failed(error instanceof api.ApiError ? error.word : "unexpected");
		}
	}

	/** @param {string} word of the API */
	#failed(word)
	{
		this.#away = word === "store";
		if (word === "no-session") {
			this.#finish(this.#endWanted ? "state.ended-user" : "overlay.lost", "again");
		} else if (LOG_IN_AGAIN.has(word)) {
			this.#drop();
			this.#enter({ name: "login", key: "login.expired" });
		} else if (FINAL.has(word)) {
			this.#finish(`error.${word}`, word === "origin" ? "none" : "again");
		} else {
			this.#retryLater();
		}
	}

	/** @param {number} seconds until the next attempt, 0: about now */
	#reconnecting(seconds)
	{
		const key = this.#away ? "overlay.away" : this.#moving && !seconds ? "state.moving" : undefined;
		this.#enter(key ? { name: "reconnecting", key, seconds } : { name: "reconnecting", seconds });
	}

	#retryLater()
	{
		this.#drop();
		const wait = backoffMs(this.#attempt, Math.random());
		this.#attempt += 1;
		this.#retryAt = performance.now() + wait;
		const tell = () => {
			const seconds = Math.ceil((this.#retryAt - performance.now()) / 1000);
			if (seconds <= 0)
				void this.#connect();
			else
				this.#reconnecting(wait < 1500 ? 0 : seconds);
		};
		this.#timer = setInterval(tell, Math.min(wait, 1000));
		this.#reconnecting(wait < 1500 ? 0 : Math.ceil(wait / 1000));
	}

	/** @param {FromWorker} message */
	#hear(message)
	{
		if ("serial" in message && message.serial !== this.#serial)
			return;
		switch (message.type) {
		case "welcome":
			this.#connected = true;
			this.#post({ type: "input", input: { kind: "release" } });
			if (this.#endWanted)
				this.#post({ type: "input", input: { kind: "end" } });
			break;
		case "state":
			this.#heardState(message.state, message.arg);
			break;
		case "drawn":
			this.#drawn = true;
			this.#attempt = 0;
			this.#maybeLive();
			break;
		case "closed":
			if (this.phase.name !== "ended")
				this.#retryLater();
			break;
		case "refused":
			console.warn(`sekisho: stream refused: ${message.reason}`);
			this.#refuse();
			break;
		default:
			break;
		}
		this.dispatchEvent(new CustomEvent("message", { detail: message }));
	}

	/** @param {number} number
	 * @param {number} arg */
	#heardState(number, arg)
	{
		const state = STATES[number];
		if (!state)
			return this.#refuse();
		if (state.ended) {
			if (state.name === "ended-login") {
				this.#drop();
				this.#enter({ name: "login", key: "login.expired" });
			} else {
				this.#finish(`state.${state.name}`, state.name === "taken-over" ? "take-back" : "again");
			}
		} else if (state.name === "message") {
			void this.#fetchMessage();
		} else if (state.name.startsWith("warn-")) {
			this.dispatchEvent(new CustomEvent("warning", { detail: { key: `notice.${state.name}`, seconds: arg } }));
		} else {
			this.#state = state.name;
			this.#moving ||= state.name === "moving";
			this.#maybeLive();
		}
	}

	/** An administrator said something: the words come by the API, never by the stream. */
	async #fetchMessage()
	{
		try {
			const { message } = await api.message();
			if (message)
				this.dispatchEvent(new CustomEvent("said", { detail: message.text }));
		} catch {
			// Not worth a word: the session goes on, and the administrator can say it again.
		}
	}

	/** Live once there is a picture and nothing says that it is not the browser's yet. */
	#maybeLive()
	{
		const running = this.#state === "" || this.#state === "running";
		if (this.#drawn && running) {
			this.#everLive = true;
			this.#moving = false;
			if (this.phase.name !== "live")
				this.#enter({ name: "live" });
			if (this.#resumed)
				this.dispatchEvent(new Event("resumed"));
			this.#resumed = false;
		} else if (!running) {
			const name = this.#everLive ? "reconnecting" : "starting";
			this.#enter({ name, key: `state.${this.#state}`, seconds: 0 });
		}
	}
}
