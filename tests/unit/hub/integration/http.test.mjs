// SPDX-License-Identifier: GPL-3.0-or-later
//
// Files, headers, bad requests and TLS of a real broker.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { after, before, test } from 'node:test';
import tls from 'node:tls';

import { Broker, until } from './harness.mjs';

let b;
before(async () => { b = await new Broker().start(); });
after(async () => { assert.equal(await b.finish(), 0); });

const SECURITY = {
	'content-security-policy': /^default-src 'none'; script-src 'self' 'wasm-unsafe-eval';.*frame-ancestors 'none'; base-uri 'none'/,
	'strict-transport-security': /^max-age=\d{7,}/, 'x-content-type-options': /^nosniff$/, 'referrer-policy': /^no-referrer$/,
	'cross-origin-opener-policy': /^same-origin$/, 'cross-origin-embedder-policy': /^require-corp$/,
	'cross-origin-resource-policy': /^same-origin$/, 'permissions-policy': /camera=\(\)/, 'x-frame-options': /^DENY$/,
};
function assertSecure(headers, what) {
	for (const [name, pattern] of Object.entries(SECURITY)) assert.match(headers[name] ?? '', pattern, `${name} of ${what}`);
	assert.ok(!/unsafe-inline|unsafe-eval'.*unsafe-eval'|\*/.test(headers['content-security-policy']));
	assert.equal(headers.server, undefined);
}

// Sends bytes as they are; gives everything that comes back until the end, or until `enough`.
async function sendRaw(bytes, { ms = 5000 } = {}) {
	const s = await b.raw();
	let got = '';
	return new Promise((done) => {
		const end = setTimeout(() => { s.destroy(); done(got); }, ms);
		s.on('data', (d) => { got += d.toString('latin1'); });
		s.on('error', () => {});
		s.on('close', () => { clearTimeout(end); done(got); });
		s.write(bytes);
	});
}

test('files have their type, a tag and no path out', async () => {
	for (const [url, type] of [['/', 'text/html; charset=utf-8'], ['/app.mjs', 'text/javascript; charset=utf-8'],
		['/words/ja.json', 'application/json'], ['/wire.wasm', 'application/wasm'], ['/mark.svg', 'image/svg+xml']]) {
		const r = await b.get(url);
		assert.equal(r.status, 200, url);
		assert.equal(r.headers['content-type'], type);
		assert.equal(r.headers['cache-control'], 'no-cache');
		const again = await b.get(url, undefined, { headers: { 'if-none-match': r.headers.etag } });
		assert.equal(again.status, 304);
		assert.equal(again.bytes.length, 0);
	}
	assert.deepEqual((await b.get('/wire.wasm')).bytes, fs.readFileSync(b.file('web/wire.wasm')));
	const head = await b.request('HEAD', '/app.mjs');
	assert.equal(head.status, 200);
	assert.equal(head.bytes.length, 0);
});

test('what is not a file of the web client is not there', async () => {
	for (const url of ['/nothing', '/.secret.html', '/key.pem', '/link.html', '/words', '/../outside.html', '/%2e%2e/outside.html',
		'/words/../../outside.html', '/..%2foutside.html', '/%2e%2e%2f%2e%2e%2fetc/passwd', '/words//../%2e%2e/%2e%2e/etc/passwd',
		'/app.mjs%00.html', '/app.mjs/', '//etc/passwd', '/api', '/api/', '/api/nothing', '/api/../outside.html', '/stream']) {
		const got = await sendRaw(`GET ${url} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
		assert.match(got, /^HTTP\/1\.[01] (404|403|400) |^$/, `${url}: ${got.slice(0, 60)}`);
		assert.ok(!/root:|outside$|hidden/.test(got), url);
	}
});

test('every answer carries the security headers', async () => {
	const cases = [['GET', '/'], ['GET', '/nothing'], ['GET', '/api/me'], ['GET', '/api/health'], ['GET', '/api/login'],
		['HEAD', '/'], ['PUT', '/'], ['OPTIONS', '/api/login'], ['DELETE', '/api/me'], ['POST', '/api/login'], ['PATCH', '/x']];
	for (const [method, url] of cases) {
		const r = await b.request(method, url);
		assertSecure(r.headers, `${method} ${url} (${r.status})`);
	}
	assertSecure((await b.post('/api/login', 'x')).headers, '400');
	assertSecure((await b.post('/api/login', {}, { headers: { origin: 'https://evil.example' } })).headers, '403');
	assertSecure((await b.post('/api/login', {}, { headers: { 'content-type': 'text/plain' } })).headers, '415');
	const refused = await b.stream({ token: 'x' });
	assert.match(refused.head, /content-security-policy: default-src 'none'/);
	// what lws answers by itself
	const own = await sendRaw('GET nothing HTTP/1.1\r\nHost: x\r\n\r\n');
	if (own) assert.match(own.toLowerCase(), /content-security-policy: default-src 'none'/);
});

test('methods, origins and types', async () => {
	assert.equal((await b.get('/api/login')).status, 405);
	assert.equal((await b.post('/api/me', {})).status, 405);
	assert.equal((await b.request('DELETE', '/api/session')).status, 405);
	for (const origin of ['https://evil.example', 'null', `http://${b.address}:${b.port}`, `${b.origin}/`, `${b.origin}.evil.example`,
		b.origin.toUpperCase(), '']) {
		const r = await b.post('/api/login', { user: 'taro', password: 'x' }, { headers: { origin } });
		assert.equal(r.status, 403, origin);
		assert.deepEqual(r.json, { error: 'origin' });
	}
	assert.equal((await b.post('/api/login', {}, { headers: { 'sec-fetch-site': 'cross-site' } })).status, 403);
	assert.equal((await b.post('/api/login', {}, { headers: { 'sec-fetch-site': 'same-site' } })).status, 403);
	assert.equal((await b.post('/api/login', {}, { headers: { 'sec-fetch-site': 'same-origin' } })).status, 400);
	for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/json; charset=utf-16', 'application/jsonx', ''])
		assert.equal((await b.post('/api/login', {}, { headers: { 'content-type': type } })).status, 415, type);
});

test('JSON is read strictly', async () => {
	const bad = ['', 'x', '[]', '1', 'null', '{', '{}', '{"user":"a"}', '{"user":"a","password":1}', '{"user":"a","password":null}',
		'{"user":"a","password":"b","more":1}', '{"user":"a","user":"a","password":"b"}', '{"user":"a","password":"b"} x',
		'{"user":"a","password":"\\ud800"}', '{"user":"\u00ff', '{"user":["a"],"password":"b"}', '['.repeat(8000), '{"a":'.repeat(3000)];
	for (const body of bad) assert.equal((await b.post('/api/login', body)).status, 400, body.slice(0, 60));
	const latin = Buffer.from('{"user":"\xff","password":"b"}', 'latin1');
	const r = await b.request('POST', '/api/login', { body: latin, headers: { origin: b.origin, 'content-type': 'application/json',
		'content-length': latin.length } });
	assert.equal(r.status, 400);
});

test('large and shapeless bodies are refused before they are read', async () => {
	const line = `Host: x\r\nOrigin: ${b.origin}\r\nContent-Type: application/json\r\n`;
	for (const n of [16385, 1 << 30, 10 ** 14]) {
		const t = Date.now();
		const got = await sendRaw(`POST /api/login HTTP/1.1\r\n${line}Content-Length: ${n}\r\n\r\n${'x'.repeat(5000)}`);
		assert.match(got, /^HTTP\/1\.1 413 [^]*"too-large"/);
		assert.ok(Date.now() - t < 3500);
	}
	const full = `{"user":"a","password":"${'b'.repeat(16384 - 26)}"}`;
	assert.equal(full.length, 16384);
	assert.equal((await b.post('/api/login', full)).status, 401);
	for (const length of ['', 'Content-Length: -1\r\n', 'Content-Length: 1e3\r\n', 'Content-Length: 0x10\r\n', 'Content-Length: 5, 5\r\n',
		'Content-Length: 5\r\nContent-Length: 6\r\n', 'Transfer-Encoding: chunked\r\n',
		'Content-Length: 5\r\nTransfer-Encoding: chunked\r\n']) {
		const got = await sendRaw(`POST /api/login HTTP/1.1\r\n${line}${length}\r\n5\r\nhello\r\n0\r\n\r\n`);
		assert.match(got, /^HTTP\/1\.1 400 |^$/, length);
	}
	assert.match(await sendRaw(`GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello`), /^HTTP\/1\.1 400 /);
});

test('a gigabyte that is sent all the same is cut off', async () => {
	const s = await b.raw();
	let sent = 0, got = '';
	s.on('data', (d) => { got += d; });
	s.on('error', () => {});
	let closed = false;
	s.on('close', () => { closed = true; });
	s.write(`POST /api/login HTTP/1.1\r\nHost: x\r\nOrigin: ${b.origin}\r\nContent-Type: application/json\r\nContent-Length: 1073741824\r\n\r\n`);
	const chunk = Buffer.alloc(1 << 20);
	const t = Date.now();
	while (!closed && sent < 1 << 30) {
		sent += chunk.length;
		if (!s.write(chunk)) await new Promise((go) => { s.once('drain', go); s.once('close', go); });
	}
	assert.ok(closed && sent < 1 << 28, `${sent} bytes taken`);
	assert.ok(Date.now() - t < 5000);
	assert.match(got, /^HTTP\/1\.1 413 /);
});

test('broken requests end their connection only', async () => {
	const odd = ['\r\n\r\n', 'GET\r\n\r\n', 'GET / HTTP/1.1\r\n' + 'A: b\r\n'.repeat(3000) + '\r\n', `GET /${'a'.repeat(20000)} HTTP/1.1\r\n\r\n`,
		'FOO / HTTP/1.1\r\n\r\n', 'CONNECT evil:443 HTTP/1.1\r\nHost: x\r\n\r\nhello', 'GET / HTTP/9.9\r\nHost: x\r\n\r\n', '\x16\x03\x01',
		'GET / HTTP/1.1\r\nHost: x\r\nUpgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n\r\n',
		'GET / HTTP/1.1\r\nHost: x\r\nUpgrade: foo\r\nConnection: Upgrade\r\n\r\n', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
		'GET /stream HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n\r\n', 'GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n',
		'POST /api/login HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nContent-Length: 3\r\n\r\nabc',
		'GET / HTTP/1.1\nHost: x\n\n', 'GET /%zz HTTP/1.1\r\n\r\n', 'GET / HTTP/1.1\r\nHost: x\r\n: y\r\n\r\n', '\0\0\0\0\r\n\r\n',
		'GET /a?'.padEnd(9000, 'b&') + ' HTTP/1.1\r\n\r\n', 'GET / HTTP/1.1\r\nContent-Length: 99999999999999999999999\r\n\r\n'];
	for (const bytes of odd) await sendRaw(bytes, { ms: 300 });
	assert.equal((await b.get('/api/health')).status, 200);
	assert.equal(b.ended, undefined, b.log.slice(-2000));
});

test('requests that come one after the other on one connection', async () => {
	const one = 'GET /api/health HTTP/1.1\r\nHost: x\r\n\r\n';
	const got = await sendRaw(one + one + one.replace('Host', 'Connection: close\r\nHost'));
	assert.equal(got.match(/"status":"ok"/g).length, 3);
});

// What the process has used of the processor so far, in seconds.
function cpuSeconds() {
	const f = fs.readFileSync(`/proc/${b.process.pid}/stat`, 'utf8').split(') ')[1].split(' ');
	return (Number(f[11]) + Number(f[12])) / 100;
}

test('bytes that come too early neither stop nor spin the broker', async () => {
	const post = (body, more = '') => `POST /api/login HTTP/1.1\r\nHost: x\r\nOrigin: ${b.origin}\r\nContent-Type: application/json\r\n` +
		`Content-Length: ${body.length}\r\n${more}\r\n${body}`;
	const get = 'GET /api/health HTTP/1.1\r\nHost: x\r\n\r\n', file = 'GET /wire.wasm HTTP/1.1\r\nHost: x\r\n\r\n';
	const good = '{"user":"x","password":"y"}';
	const cases = [get + post('{}') + get, get + get + post(good) + post(good), post(good) + get, post('{}') + post('{}') + get,
		post('x', 'Origin: y\r\n') + get, post('') + get, get + post('').repeat(3), `GET / HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc${get}`,
		get + `PUT / HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc${get}`, file + file + get, file + post('{}') + file, get.repeat(200),
		get + `POST /api/login HTTP/1.1\r\nContent-Length: 99999\r\n\r\n${get}`, post(good).repeat(20)];
	for (const bytes of cases) {
		sendRaw(bytes, { ms: 100 });
		await sendRaw(bytes, { ms: 200 });
		assert.equal((await b.get('/api/health')).status, 200, bytes.slice(0, 200));
	}
	// passwords are looked at one after the other: when this one is, those from above were
	await b.post('/api/login', { user: 'last', password: 'x' }, { from: '127.33.0.1' });
	// a file that is not taken, with more requests behind it, and one whose client has sent its end
	const held = await Promise.all([1, 2, 3, 4].map(() => b.raw()));
	for (const s of held) {
		s.on('error', () => {});
		s.pause();
		s.write(file.repeat(3));
	}
	held[2].end();
	held[3].end();
	const cpu = cpuSeconds();
	await new Promise((go) => setTimeout(go, 1500));
	assert.ok(cpuSeconds() - cpu < 0.5, `${cpuSeconds() - cpu} s of processor time`);
	for (const s of held) s.destroy();
});

test('slow requests are cut off, others are served meanwhile', async () => {
	const slow = await Promise.all(Array.from({ length: 20 }, () => b.raw()));
	let closed = 0;
	for (const s of slow) {
		s.on('error', () => {});
		s.on('close', () => { closed++; });
		s.write('GET / HTTP/1.1\r\nHo');
	}
	const drip = setInterval(() => { for (const s of slow) if (!s.destroyed) s.write('s'); }, 1000);
	assert.equal((await b.get('/api/health')).status, 200);
	await until('all slow connections to be cut', () => closed === slow.length, 20000);
	clearInterval(drip);
});

test('one address cannot take every connection', async () => {
	const held = [];
	let refused = 0;
	for (let i = 0; i < 80; i++) {
		try { held.push(await b.raw({ from: '127.44.0.1' })); } catch { refused++; }
	}
	assert.ok(held.length <= 64 && refused > 0, `${held.length} open`);
	assert.equal((await b.get('/api/health', undefined, { from: '127.44.0.2' })).status, 200);
	for (const s of held) s.destroy();
});

test('connections that are only kept for later give way to others of their address', async () => {
	const from = '127.44.0.3', held = [];
	for (let i = 0; i < 70; i++) {
		const s = await b.raw({ from });
		let answer = '';
		s.on('error', () => {});
		s.on('data', (d) => { answer += d; });
		s.write(`GET /api/health HTTP/1.1\r\nHost: ${b.address}:${b.port}\r\n\r\n`);
		await until('an answer', () => answer.includes('"ok"'));
		held.push(s);
	}
	await until('the oldest to be closed', () => held.slice(0, 6).every((s) => s.destroyed || s.readableEnded));
	assert.ok(!held[69].destroyed && !held[69].readableEnded);
	for (const s of held) s.destroy();
});

test('TLS: 1.3, or 1.2 with AEAD; nothing older, no tickets, no renegotiation', async () => {
	const connect = (options) => new Promise((done) => {
		const s = tls.connect({ host: b.address, port: b.port, ca: b.ca, ...options }, () => {
			const r = { version: s.getProtocol(), cipher: s.getCipher().name, alpn: s.alpnProtocol };
			setTimeout(() => { r.session = s.isSessionReused(); s.destroy(); done(r); }, 50);
		});
		s.on('session', () => { s.hadTicket = true; });
		s.on('error', (e) => done({ error: e.code ?? e.message }));
	});
	assert.equal((await connect({})).version, 'TLSv1.3');
	const old = await connect({ maxVersion: 'TLSv1.2' });
	assert.equal(old.version, 'TLSv1.2');
	assert.match(old.cipher, /^ECDHE-.*(GCM|POLY1305)/);
	const weakest = { ciphers: 'ALL:@SECLEVEL=0' };
	assert.ok((await connect({ ...weakest, minVersion: 'TLSv1', maxVersion: 'TLSv1.1' })).error);
	assert.ok((await connect({ ...weakest, minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1' })).error);
	for (const ciphers of ['ECDHE-ECDSA-AES128-SHA256', 'ECDHE-ECDSA-AES256-SHA', 'AES128-GCM-SHA256', 'AES256-SHA', 'NULL'])
		assert.ok((await connect({ ciphers: `${ciphers}:@SECLEVEL=0`, maxVersion: 'TLSv1.2' })).error, ciphers);
	assert.equal((await connect({ ALPNProtocols: ['h2', 'http/1.1'] })).alpn, 'http/1.1');

	const tickets = await new Promise((done) => {
		let n = 0;
		const s = tls.connect({ host: b.address, port: b.port, ca: b.ca }, () => s.write('GET /api/health HTTP/1.1\r\nHost: x\r\n\r\n'));
		s.on('session', () => { n++; });
		s.on('data', () => setTimeout(() => { s.destroy(); done(n); }, 100));
	});
	assert.equal(tickets, 0);
	const renegotiated = await new Promise((done) => {
		const s = tls.connect({ host: b.address, port: b.port, ca: b.ca, maxVersion: 'TLSv1.2' }, () => {
			if (!s.renegotiate({}, (e) => done(!e))) done(false);
		});
		s.on('error', () => done(false));
		s.on('close', () => done(false));
	});
	assert.equal(renegotiated, false);
});

test('it listens on its one address and nowhere else', () => {
	const inodes = new Set(fs.readdirSync(`/proc/${b.process.pid}/fd`).map((f) => {
		try { return /socket:\[(\d+)\]/.exec(fs.readlinkSync(`/proc/${b.process.pid}/fd/${f}`))?.[1]; } catch { return null; }
	}));
	const listening = [];
	for (const file of ['tcp', 'tcp6', 'udp', 'udp6'])
		for (const row of fs.readFileSync(`/proc/${b.process.pid}/net/${file}`, 'utf8').split('\n').slice(1)) {
			const f = row.trim().split(/\s+/);
			if (f.length > 9 && inodes.has(f[9]) && (file.startsWith('udp') || f[3] === '0A')) listening.push(`${file} ${f[1]}`);
		}
	const hex = b.address.split('.').reverse().map((x) => Number(x).toString(16).padStart(2, '0')).join('').toUpperCase();
	assert.deepEqual(listening, [`tcp ${hex}:${b.port.toString(16).toUpperCase().padStart(4, '0')}`]);
});
