// SPDX-License-Identifier: GPL-3.0-or-later
// node web_client.mjs WEB_ROOT FRAMES [--rate N] [--rounds N] [--picture FILE]: what the web client's worker costs. The client's own worker
// (out of a build's web folder) draws in a real Chromium what codec_bench --frames kept, 60 frames a second, through a real
// WebSocket. Prints the CPU share of each of Chromium's threads, frames a second that were drawn and acknowledged, and the
// delay from sending to acknowledgement, and whether the canvas shows the right picture at the end. The screen is 1920x1080. Needs `npm ci` in tests/e2e.

import { createHash } from "node:crypto";
import fs from "node:fs";
import http from "node:http";
import { createRequire } from "node:module";
import path from "node:path";
import { parseArgs } from "node:util";
import { pathToFileURL } from "node:url";

const { values, positionals: [webRoot = "", framesFile = ""] } = parseArgs({ allowPositionals: true, options: {
	rate: { type: "string", default: "60" }, rounds: { type: "string", default: "3" }, picture: { type: "string" },
	window: { type: "string", default: "8" } } });
const rate = Number(values.rate), rounds = Number(values.rounds), inFlightMost = Number(values.window);
const playwright = createRequire(new URL("../../e2e/package.json", import.meta.url)).resolve("playwright-core");
const { chromium } = (await import(pathToFileURL(playwright).href)).default;
const WIDTH = 1920, HEIGHT = 1080, TICKS_PER_SECOND = 100;

const PAGE = `<!doctype html><meta charset="utf-8"><style>body { margin: 0 } canvas { display: block }</style><canvas></canvas>
<script type="module" src="/bench.mjs"></script>`;
const SCRIPT = `const canvas = document.querySelector("canvas").transferControlToOffscreen();
const worker = new Worker("/worker.mjs", { type: "module", name: "sekisho-stream" });
worker.postMessage({ type: "canvas", canvas }, [canvas]);
worker.addEventListener("message", event => {
	if (event.data.type === "refused" || event.data.type === "closed")
		document.title = JSON.stringify(event.data);
});
worker.postMessage({ type: "open", serial: 1, url: "ws://" + location.host + "/stream", token: "none",
	hello: { width: ${WIDTH}, height: ${HEIGHT}, scalePercent: 100, language: "en" } });`;
const TYPES = { ".mjs": "text/javascript", ".wasm": "application/wasm", ".css": "text/css" };

/** Frames: each the messages that are shown together, and its number. */
function readFrames()
{
	const bytes = fs.readFileSync(framesFile), frames = [];
	let messages = [];
	for (let at = 0; at < bytes.length;) {
		const n = bytes.readUInt32BE(at), message = bytes.subarray(at + 4, at + 4 + n);
		messages.push(message);
		if (message[1] & 2) {
			frames.push({ messages, number: message.readUInt32BE(8) });
			messages = [];
		}
		at += 4 + n;
	}
	return frames;
}

/** One WebSocket message to a client. */
function webSocketMessage(payload)
{
	const head = payload.length < 126 ? Buffer.from([0x82, payload.length]) :
		payload.length < 65536 ? Buffer.from([0x82, 126, payload.length >> 8, payload.length & 255]) :
			Buffer.from([0x82, 127, 0, 0, 0, 0, payload.length >>> 24, payload.length >> 16 & 255, payload.length >> 8 & 255,
				payload.length & 255]);
	return Buffer.concat([head, payload]);
}

function message(type, ...words)
{
	const payload = Buffer.alloc(words.length * 2);
	words.forEach((word, i) => payload.writeUInt16BE(word, i * 2));
	return Buffer.concat([Buffer.from([type, 0, 0, 0, 0, 0, 0, payload.length]), payload]);
}

/** Payloads of a client's short messages, unmasked; returns what is left of the bytes. */
function takeMessages(bytes, each)
{
	while (bytes.length >= 6 && bytes.length >= 6 + (bytes[1] & 127)) {
		const n = bytes[1] & 127, payload = Buffer.from(bytes.subarray(6, 6 + n));
		for (let i = 0; i < n; i++)
			payload[i] ^= bytes[2 + i % 4];
		each(payload);
		bytes = bytes.subarray(6 + n);
	}
	return bytes;
}

/** What the canvas must show at the end: the same messages through the same module, without a browser. JPEGs are left out, since
 * all that was approximate has become exact by then. Returns the SHA-256 of the bytes R, G, B, 255. */
function lastPicture()
{
	const module = new WebAssembly.Module(fs.readFileSync(path.join(webRoot, "sekisho.wasm")));
	const wire = new WebAssembly.Instance(module, {}).exports, words = new Uint32Array(wire.memory.buffer);
	const picture = new Uint32Array(WIDTH * HEIGHT).fill(0xff000000);
	const receive = bytes => {
		new Uint8Array(wire.memory.buffer).set(bytes, wire.sek_in());
		return wire.sek_receive(bytes.length);
	};
	receive(message(0x85, WIDTH, HEIGHT));
	for (const part of frames.flatMap(frame => frame.messages)) {
		if (receive(part) !== 0x82)
			throw new Error("a message is refused");
		do {
			for (let i = 0, at = wire.sek_ops() / 4; i < wire.sek_op_count(); i++, at += 10) {
				const [op, x, y, w, h, sx, sy, colour, data] = words.subarray(at, at + 9);
				for (let k = 0; k < h; k++) {
					const row = op === 1 && y > sy ? h - 1 - k : k, to = (y + row) * WIDTH + x;
					if (op === 1)
						picture.copyWithin(to, (sy + row) * WIDTH + sx, (sy + row) * WIDTH + sx + w);
					else if (op === 2)
						picture.fill(colour, to, to + w);
					else if (op === 3)
						picture.set(words.subarray(data / 4 + row * w, data / 4 + row * w + w), to);
				}
			}
		} while (wire.sek_next_ops() > 0);
	}
	return createHash("sha256").update(new Uint8Array(picture.buffer)).digest("hex");
}

const frames = readFrames();
const result = { sent: 0, drawn: 0, late: 0, delays: [], seconds: 0 };
let startPlaying, donePlaying;
const wanted = new Promise(resolve => startPlaying = resolve), done = new Promise(resolve => donePlaying = resolve);

async function play(socket, inFlight)
{
	const begin = performance.now();
	for (let i = 0; i < frames.length * rounds; i++) {
		const due = begin + i * 1000 / rate;
		while (performance.now() < due || inFlight.size >= inFlightMost)
			await new Promise(resolve => setTimeout(resolve, 1));
		const frame = frames[i % frames.length];
		result.late += performance.now() - due > 50;
		inFlight.set(frame.number, performance.now());
		for (const part of frame.messages)
			socket.write(webSocketMessage(part));
		result.sent++;
	}
	while (inFlight.size > 0)
		await new Promise(resolve => setTimeout(resolve, 1));
	result.seconds = (performance.now() - begin) / 1000;
	donePlaying();
}

const server = http.createServer((request, response) => {
	const name = path.posix.normalize(new URL(request.url ?? "/", "http://x").pathname);
	const body = name === "/" ? PAGE : name === "/bench.mjs" ? SCRIPT : null;
	try {
		const content = body ?? fs.readFileSync(path.join(webRoot, name));
		response.writeHead(200, { "content-type": name === "/" ? "text/html" : TYPES[path.extname(name)] ?? "text/plain" });
		response.end(content);
	} catch {
		response.writeHead(404).end();
	}
});
server.on("upgrade", (request, socket) => {
	const accept = createHash("sha1").update(`${request.headers["sec-websocket-key"]}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`);
	const inFlight = new Map();
	let rest = Buffer.alloc(0);
	socket.setNoDelay(true);
	socket.on("error", () => {});
	socket.write(`HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${
		accept.digest("base64")}\r\nSec-WebSocket-Protocol: sekisho.1\r\n\r\n`);
	socket.on("data", data => {
		rest = takeMessages(Buffer.concat([rest, data]), payload => {
			if (payload[0] === 0x02) {
				const number = payload.readUInt32BE(8), sent = inFlight.get(number);
				if (sent !== undefined)
					result.delays.push(performance.now() - sent);
				inFlight.delete(number);
				result.drawn++;
			} else if (payload[0] === 0x40) { // PING
				payload[0] = 0x41;
				socket.write(webSocketMessage(payload));
			} else if (payload[0] === 0x01) { // HELLO
				socket.write(webSocketMessage(message(0x81, 1, WIDTH, HEIGHT, 0, 0, 0, 0, 0, 0, 0, 0, 1)));
				socket.write(webSocketMessage(message(0x85, WIDTH, HEIGHT)));
				void wanted.then(() => play(socket, inFlight));
			}
		});
	});
});
await new Promise(resolve => server.listen(0, "127.0.0.1", resolve));

/** CPU ticks of every thread below a process: "type: thread" -> ticks. */
function ticks(root)
{
	const all = new Map();
	const parents = new Map();
	for (const pid of fs.readdirSync("/proc").filter(name => /^\d+$/.test(name)))
		try {
			const stat = fs.readFileSync(`/proc/${pid}/stat`, "utf8");
			parents.set(Number(pid), Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]));
		} catch {} // it has ended meanwhile
	for (const pid of parents.keys()) {
		let up = pid;
		while (up && up !== root)
			up = parents.get(up) ?? 0;
		if (up !== root)
			continue;
		try {
			const type = /--type=([a-z-]+)/.exec(fs.readFileSync(`/proc/${pid}/cmdline`, "latin1"))?.[1] ?? "browser";
			for (const tid of fs.readdirSync(`/proc/${pid}/task`)) {
				const stat = fs.readFileSync(`/proc/${pid}/task/${tid}/stat`, "utf8"), close = stat.lastIndexOf(")");
				const name = `${type}: ${stat.slice(stat.indexOf("(") + 1, close)}`, fields = stat.slice(close + 2).split(" ");
				all.set(name, (all.get(name) ?? 0) + Number(fields[11]) + Number(fields[12]));
			}
		} catch {} // likewise
	}
	return all;
}

const browser = await chromium.launchServer({ executablePath: "/usr/bin/chromium", headless: true, chromiumSandbox: process.getuid() !== 0 });
const client = await chromium.connect(browser.wsEndpoint());
try {
	const page = await client.newPage({ viewport: { width: WIDTH, height: HEIGHT } });
	await page.goto(`http://127.0.0.1:${server.address().port}/`);
	await page.waitForTimeout(1500);
	const before = ticks(browser.process().pid);
	startPlaying();
	await Promise.race([done, page.waitForFunction(() => document.title !== "", null, { timeout: 0 })]);
	const title = await page.title();
	if (title !== "")
		throw new Error(`the client ended: ${title}`);
	const after = ticks(browser.process().pid);
	const shares = [...after].map(([name, n]) => [name, (n - (before.get(name) ?? 0)) / TICKS_PER_SECOND / result.seconds * 100])
		.filter(([, share]) => share >= 0.5).sort((a, b) => b[1] - a[1]);
	result.delays.sort((a, b) => a - b);
	const at = share => result.delays[Math.floor(result.delays.length * share)]?.toFixed(1);
	console.log(`${result.drawn} of ${result.sent} frames drawn in ${result.seconds.toFixed(1)} s: ${(result.drawn / result.seconds).toFixed(1)
		} a second, ${result.late} sent late; sent to acknowledged p50 ${at(0.5)} ms, p95 ${at(0.95)} ms`);
	await page.waitForTimeout(500); // what was acknowledged comes to the page with the next picture of the screen
	const shown = await page.evaluate(async ([w, h]) => {
		const context = new OffscreenCanvas(w, h).getContext("2d", { alpha: false });
		context.drawImage(document.querySelector("canvas"), 0, 0);
		const hash = await crypto.subtle.digest("SHA-256", context.getImageData(0, 0, w, h).data);
		return [...new Uint8Array(hash)].map(byte => byte.toString(16).padStart(2, "0")).join("");
	}, [WIDTH, HEIGHT]);
	console.log(`the picture at the end is ${shown === lastPicture() ? "exact" : "NOT EXACT"}`);
	for (const [name, share] of shares)
		console.log(`${share.toFixed(1).padStart(6)} %  ${name}`);
	if (values.picture)
		await page.screenshot({ path: values.picture });
} finally {
	await client.close();
	await browser.close();
	server.close();
}
process.exit(0);
