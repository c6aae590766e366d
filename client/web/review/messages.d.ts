// SPDX-License-Identifier: GPL-3.0-or-later
// What the player's page and its worker say to each other. Types only; never served as a program. Times are microseconds since
// the recording began.

export interface Cursor {
	/** null: no pointer is shown */
	image: ImageData | null;
	hotX: number;
	hotY: number;
}

export type ToPlayer =
	| { type: "canvas"; canvas: OffscreenCanvas }
	| { type: "open"; view: string; length: number; growing: boolean; at: number }
	| { type: "seek"; at: number }
	| { type: "play"; rate: number; skipIdle: boolean; follow: boolean }
	| { type: "pause" }
	| { type: "step"; way: 1 | -1 }
	| { type: "thumb"; at: number }
	| { type: "grown"; length: number; growing: boolean }
	| { type: "close" };

export type FromPlayer =
	| { type: "timeline"; bytes: ArrayBuffer; from: number }
	| { type: "at"; at: number; playing: boolean; sought: boolean; tookMs: number; pointer: { x: number; y: number; buttons: number } | null;
		cursor: Cursor | undefined; size: { width: number; height: number } | null; keys: number; unreadable: number; whole: boolean; skipped: boolean }
	| { type: "ended" }
	| { type: "thumb"; at: number; bitmap: ImageBitmap }
	| { type: "stuck"; word: string };
