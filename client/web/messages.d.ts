// SPDX-License-Identifier: GPL-3.0-or-later
// What the page and its worker say to each other. Types only; never served as a program.

export interface Hello {
	width: number;
	height: number;
	scalePercent: number;
	language: "ja" | "en";
}

export type Input =
	| { kind: "key"; code: number; down: boolean; codepoint: number }
	| { kind: "pointer"; x: number; y: number; buttons: number }
	| { kind: "wheel"; x: number; y: number; dx: number; dy: number }
	| { kind: "text"; text: string }
	| { kind: "resize"; width: number; height: number; scalePercent: number }
	| { kind: "visibility"; visible: boolean }
	| { kind: "clipboard"; text: string }
	| { kind: "clipboard-answer"; id: number; yes: boolean }
	| { kind: "release" }
	| { kind: "end" };

/** What the session may do; the broker enforces it. */
export type Policy = { toOuter: boolean; toInner: boolean; confirm: boolean; download: number; print: number;
	maxChars: number; perMinute: number; idleMinutes: number; maxMinutes: number; watched: boolean; recorded: boolean; documentText: boolean };

export type ToWorker =
	| { type: "canvas"; canvas: OffscreenCanvas }
	| { type: "mirror"; canvas: OffscreenCanvas | null }
	| { type: "open"; serial: number; url: string; token: string; hello: Hello }
	| { type: "input"; input: Input }
	| { type: "close" };

export type FromWorker =
	| { type: "welcome"; serial: number; maxWidth: number; maxHeight: number }
	| { type: "size"; serial: number; width: number; height: number }
	| { type: "drawn"; serial: number; frame: number }
	| { type: "cursor"; serial: number; blob: Blob | null; hotX: number; hotY: number }
	| { type: "documents"; serial: number; count: number }
	| { type: "caret"; serial: number; x: number; y: number; width: number; height: number }
	| { type: "state"; serial: number; state: number; arg: number }
	| { type: "policy"; serial: number; policy: Policy }
	| { type: "clipboard"; serial: number; text: string; preview: boolean }
	| { type: "clipboard-result"; serial: number; direction: number; outcome: number; arg: number }
	| { type: "line"; serial: number; ms: number | null; bytesPerSecond: number }
	| { type: "closed"; serial: number; code: number }
	| { type: "refused"; serial: number; reason: string };
