// SPDX-License-Identifier: GPL-3.0-or-later
// Every word that a user may see exists in both languages.

import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import en from "../../client/web/words/en.mjs";
import ja from "../../client/web/words/ja.mjs";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../..");
const web = path.join(root, "client/web");

/** @param {string} text */
const fills = text => [...text.matchAll(/\{(\w+)\}/g)].map(match => match[1]).sort();

test("words: both languages have the same keys and fill in the same names", () => {
	assert.deepEqual(Object.keys(ja).sort(), Object.keys(en).sort());
	for (const key of Object.keys(ja)) {
		assert.ok(ja[key]?.trim() && en[key]?.trim(), `${key} is empty`);
		assert.deepEqual(fills(ja[key] ?? ""), fills(en[key] ?? ""), key);
	}
});

test("words: Japanese is Japanese, English has none", () => {
	for (const [key, text] of Object.entries(ja))
		if (key !== "app.language.en" && !key.startsWith("admin.hosts.kind.")) // names of protocols
			assert.match(text, /[\u3040-\u30ff\u4e00-\u9fff]/, key);
	for (const [key, text] of Object.entries(en))
		if (key !== "app.language.ja")
			assert.doesNotMatch(text, /[\u3040-\u30ff\u4e00-\u9fff]/, key);
});

test("words: every state of the protocol has a heading and a hint", () => {
	const states = fs.readFileSync(path.join(root, "protocol/wire/states.def"), "utf8");
	const names = [...states.matchAll(/^SEK_STATE\((\w+),/gm)].map(match => match[1]?.toLowerCase().replaceAll("_", "-"));
	assert.ok(names.length > 30);
	for (const name of names)
		for (const key of [`state.${name}`, `state.${name}.hint`])
			assert.ok(key in ja, key);
	const known = Object.keys(ja).filter(key => /^state\.[\w-]+$/.test(key)).map(key => key.slice(6));
	assert.deepEqual(known.sort(), names.sort());
});

test("words: every error of the API has words", () => {
	const api = fs.readFileSync(path.join(root, "docs/api.md"), "utf8");
	const errors = [...api.matchAll(/^\| \d{3} \| `([\w-]+)` \|/gm)].map(match => match[1]);
	assert.ok(errors.length >= 12);
	for (const word of errors)
		assert.ok(`error.${word}` in ja, `error.${word}`);
});

test("words: every key that the pages use exists, and none is left over", () => {
	const files = fs.readdirSync(web, { recursive: true }).map(String).filter(name => name.endsWith(".mjs"));
	const source = files.filter(name => !name.startsWith("words/"))
		.map(name => fs.readFileSync(path.join(web, name), "utf8")).join("\n");
	const viewer = path.join(root, "client/viewer");
	const native = fs.readdirSync(viewer).filter(name => name.endsWith(".c"))
		.map(name => fs.readFileSync(path.join(viewer, name), "utf8")).join("\n");
	for (const key of Object.keys(ja).filter(name => name.startsWith("viewer.")))
		assert.ok(native.includes(`"${key.replace(/\.hint$/, "")}"`), `${key} is used nowhere`);
	const vnc = ["broker/hub/viewers/login.c", "broker/encoder/rfb/ask.c", "broker/encoder/rfb/card.c"].map(name => fs.readFileSync(path.join(root, name), "utf8")).join("\n");
	for (const key of Object.keys(ja).filter(name => name.startsWith("vnc.")))
		assert.ok(vnc.includes(`"${key}"`), `${key} is used nowhere`);
	for (const [, key] of vnc.matchAll(/"((?:error|vnc)\.[\w-]+)"/g))
		assert.ok(key && key in ja, key);
	const used = [...source.matchAll(/"((?:admin|approve|documents|review|policy|app|login|step|no-session|error|clipboard|bar|end|logout|keys|screen|second|special|notice|status|overlay)\.[\w.-]+)"/g)]
		.map(match => match[1] ?? "").filter(name => !name.endsWith(".html"));
	for (const key of used)
		assert.ok(key in ja, key);
	// Keys that are put together from a name.
	const built = /^(approve\.(?:kind|done|column)|documents\.(?:state|told|reason)|review\.(?:filter|mark|event|clipboard|ended)|admin\.(?:ages|tab|why|field|role|users|scope|change|changed|factor|certificate|audit|outcome|hosts)|policy|state|step|error|status|keys|bar|end|logout|app\.language|overlay|notice\.warn|viewer|vnc)[.-]/;
	for (const key of Object.keys(ja))
		assert.ok(built.test(key) || used.includes(key), `${key} is used nowhere`);
});
