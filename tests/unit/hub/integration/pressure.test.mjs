// SPDX-License-Identifier: GPL-3.0-or-later
//
// Slow and stuck clients: memory stays bounded, the quick ones are not held up. Front and authentication are the real
// ones; the session behind them does what the test says (hub-front-double).
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { after, before, test } from 'node:test';

import { Broker, frame, until } from './harness.mjs';

const TEXT = 8, QUEUE_MAX = 4194304, UNSENT_MAX = 65536, UPDATE_MAX = 1048576 + 8;
let b, cookie;
before(async () => {
	b = new Broker();
	await b.start('hub-front-double', [b.address, String(b.port), 'pki/https.crt', 'pki/https.key', 'web', 'store.db']);
	cookie = await b.login();
});
after(async () => { assert.equal(await b.finish(), 0, b.log); });

const command = (stream, text) => stream.send(frame(TEXT, Buffer.from(text)));
async function open() {
	const { token } = await b.session(cookie);
	const stream = await b.stream({ cookie, token });
	assert.equal(stream.status, 101);
	return stream;
}
const gone = () => [...b.log.matchAll(/double\.gone .*most_queued=(\d+) left=(\d+) drained=(\d+)/g)].map((m) => m.slice(1).map(Number));
/** Bytes in the kernel's queue towards this client: not sent, or sent and not acknowledged. */
function unsent(stream) {
	const hex = (n) => n.toString(16).toUpperCase().padStart(4, '0');
	const line = fs.readFileSync('/proc/net/tcp', 'utf8').split('\n').find((l) => {
		const [, local, remote] = l.trim().split(/\s+/);
		return local?.endsWith(`:${hex(b.port)}`) && remote?.endsWith(`:${hex(stream.socket.localPort)}`);
	});
	assert.ok(line, 'the connection is in /proc/net/tcp');
	return parseInt(line.trim().split(/\s+/)[4].split(':')[0], 16);
}
const memoryKb = () => Number(/VmRSS:\s+(\d+)/.exec(fs.readFileSync(`/proc/${b.process.pid}/status`, 'utf8'))[1]);

test('messages of every size arrive whole and in order', async () => {
	const stream = await open();
	const sizes = [8, 9, 125, 126, 127, 4096, 65535, 65536, 131072, 200000, UPDATE_MAX];
	for (const n of sizes) command(stream, `send 1 ${n}`);
	await until('all messages', () => stream.messages.length === sizes.length);
	assert.deepEqual(stream.messages.map((m) => m.bytes.length), sizes);
	for (const m of stream.messages) assert.equal(m.op, 2);
	// all begin alike, because they are cut from the same bytes
	const whole = stream.messages.at(-1).bytes;
	for (const m of stream.messages) assert.ok(m.bytes.equals(whole.subarray(0, m.bytes.length)));
	command(stream, 'close');
	await stream.end();
	assert.equal(stream.closeCode, 1000);
});

test('what is queued is sent before the close', async () => {
	const stream = await open();
	command(stream, `send 3 ${UPDATE_MAX}`);
	command(stream, 'close');
	await stream.end();
	assert.deepEqual(stream.messages.map((m) => m.bytes.length), [UPDATE_MAX, UPDATE_MAX, UPDATE_MAX]);
});

test('a stuck client is dropped when its queue is full, and its memory comes back', async () => {
	const before = memoryKb(), n = gone().length;
	const stream = await open();
	stream.socket.pause();
	command(stream, `send 60 ${UPDATE_MAX}`);
	await until('the client to be dropped', () => gone().length > n);
	const [mostQueued] = gone().at(-1);
	assert.ok(mostQueued <= QUEUE_MAX, `${mostQueued} bytes queued`);
	await b.logged(/stream\.dropped .*why=slow/);
	assert.ok(memoryKb() - before < 3 * QUEUE_MAX / 1024, `${before} -> ${memoryKb()} KiB`);
	stream.socket.destroy();
});

test('a slow client holds up nobody', async () => {
	const slow = await open();
	slow.socket.pause();
	command(slow, `flow 1000 ${UPDATE_MAX}`);
	const times = [];
	for (let i = 0; i < 20; i++) {
		const t = performance.now();
		assert.equal((await b.get('/api/health')).status, 200);
		times.push(performance.now() - t);
	}
	assert.ok(Math.max(...times) < 500, `${Math.max(...times)} ms`);
	const memory = memoryKb();
	await new Promise((go) => setTimeout(go, 1500));
	assert.ok(memoryKb() - memory < 1024, 'a stuck client does not grow');
	assert.ok(unsent(slow) < UNSENT_MAX + 131072, `the kernel holds ${unsent(slow)} bytes for a stuck client`);
	slow.socket.destroy();
});

test('frames flow as fast as the client takes them', async () => {
	const stream = await open(), n = gone().length, count = 200;
	let got = 0;
	stream.hear = (d) => { got += d.length; }; // parsing is not what is measured
	const t = performance.now();
	command(stream, `flow ${count} ${UPDATE_MAX}`);
	await until('all bytes', () => got >= count * UPDATE_MAX, 60000);
	const s = (performance.now() - t) / 1000;
	console.log(`${(count * UPDATE_MAX / s / 1e6).toFixed(0)} MB/s to one client`);
	stream.socket.destroy();
	await until('the end', () => gone().length > n);
	const [mostQueued, left, drained] = gone().at(-1);
	assert.equal(left, 0);
	assert.ok(mostQueued <= 1048576 + UPDATE_MAX, `${mostQueued}`);
	assert.ok(drained >= count / 2);
});

test('a small message goes there and back quickly', async () => {
	const stream = await open(), times = [];
	for (let i = 0; i < 300; i++) {
		const t = performance.now(), n = stream.messages.length;
		stream.send(frame(0x40, Buffer.from([0, 0, 0, 1])));
		while (stream.messages.length === n) await new Promise((go) => setImmediate(go));
		times.push(performance.now() - t);
	}
	times.sort((x, y) => x - y);
	console.log(`echo: median ${times[150].toFixed(3)} ms, p95 ${times[285].toFixed(3)} ms`);
	assert.ok(times[150] < 20);
	stream.socket.destroy();
});
