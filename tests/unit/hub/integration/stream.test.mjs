// SPDX-License-Identifier: GPL-3.0-or-later
//
// Who may open a stream, and what ends it.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { Broker, ENDED, frame, PASSWORD, until } from './harness.mjs';

let b;
before(async () => { b = await new Broker().start(); });
after(async () => { if (process.env.SEK_SHOW_LOG) console.error(b.log); assert.equal(await b.finish(), 0); });

const PING = 0x40;
const ping = () => frame(PING, Buffer.from([0, 0, 0, 7]));

async function open(user = 'taro') {
	const cookie = await b.login(user);
	const s = await b.session(cookie);
	const stream = await b.stream({ cookie, token: s.token });
	assert.equal(stream.status, 101, JSON.stringify(stream));
	return { cookie, stream, session: s.session };
}

test('cookie, origin and token together open a stream', async () => {
	const { stream, cookie } = await open();
	assert.match(stream.head, /sec-websocket-protocol: sekisho\.1\r?$/im);
	assert.ok(!/sec-websocket-extensions/i.test(stream.head), 'no permessage-deflate');
	assert.ok((await b.get('/api/me', cookie)).json.session.resumable);
	stream.socket.destroy();
	await until('the broker to see it', () => b.log.includes('stream.closed'));
});

test('a token is good once, for its log-in, its address and nothing else', async () => {
	const cookie = await b.login();
	const other = await b.login('hanako');
	let { token } = await b.session(cookie);
	const first = await b.stream({ cookie, token });
	assert.equal(first.status, 101);
	const second = await b.stream({ cookie, token });
	assert.deepEqual([second.status, second.json], [403, { error: 'token' }]);
	first.socket.destroy();

	({ token } = await b.session(cookie));
	assert.equal((await b.stream({ cookie: other, token })).status, 403);
	assert.equal((await b.stream({ cookie, token })).status, 403, 'shown by another log-in it is used up');

	({ token } = await b.session(cookie));
	assert.equal((await b.stream({ cookie, token, from: '127.3.3.3' })).status, 403);
	assert.equal((await b.stream({ cookie, token })).status, 403);

	({ token } = await b.session(cookie));
	assert.equal((await b.stream({ token })).status, 401, 'no cookie');
	assert.equal((await b.stream({ cookie, token })).status, 403);

	({ token } = await b.session(cookie));
	await b.post('/api/logout', {}, { cookie });
	assert.equal((await b.stream({ cookie, token })).status, 401, 'the log-in has ended');
	await b.logged(/stream\.refused .*why=other-login/);
	await b.logged(/stream\.refused .*why=other-address/);
});

test('another site cannot open a stream', async () => {
	const cookie = await b.login();
	for (const origin of ['https://evil.example', 'null', null, `${b.origin}.evil.example`, `http://${b.address}:${b.port}`]) {
		const { token } = await b.session(cookie);
		const r = await b.stream({ cookie, token, origin });
		assert.deepEqual([r.status, r.json], [403, { error: 'origin' }], String(origin));
	}
});

test('handshakes that are not exactly right are refused', async () => {
	const cookie = await b.login();
	const { token } = await b.session(cookie);
	const bad = [{ path: '/stream?x=1' }, { path: '/other' }, { path: '/api/login' }, { headers: { 'Sec-WebSocket-Version': '8' } },
		{ headers: { 'Sec-WebSocket-Key': 'short' } }, { headers: { 'Sec-WebSocket-Key': null } }, { headers: { Host: null } },
		{ headers: { 'Content-Length': '5' } }];
	for (const change of bad) {
		const r = await b.stream({ cookie, token, ...change });
		assert.ok(r.status === 400 || r.status === 0, JSON.stringify(change) + r.status);
	}
	for (const protocols of ['sekisho.1', `token.${token}`, `sekisho.1, sekisho.1, token.${token}`, `sekisho.1, token.${token}, x`,
		`sekisho.1, token.${token}, token.${token}`, `sekisho.2, token.${token}`, 'sekisho.1, token.', `sekisho.1, token.${token}=`,
		`sekisho.1, token.${'x'.repeat(200)}`, 'http', ''])
		assert.ok([400, 403].includes((await b.stream({ cookie, protocols })).status), protocols);
	assert.equal((await b.stream({ cookie, protocols: `token.${token},sekisho.1` })).status, 101, 'any order, still unused');
});

test('a text message ends the session', async () => {
	const { stream } = await open();
	stream.sendFrame(1, Buffer.from('hello'));
	await stream.end();
	assert.equal(stream.endedState(), ENDED.protocol);
	await b.logged(/stream\.violation .*why=text-message/);
});

test('an oversize message ends the session, however it is cut', async () => {
	let { stream } = await open();
	stream.send(frame(8, Buffer.alloc(4097, 97)));
	await stream.end();
	assert.equal(stream.endedState(), ENDED.protocol);

	({ stream } = await open());
	stream.sendFrame(2, frame(8, Buffer.alloc(3000, 97)), { fin: false });
	for (let i = 0; i < 100 && !stream.closed; i++) stream.sendFrame(0, Buffer.alloc(1000), { fin: false });
	await stream.end();
	assert.equal(stream.endedState(), ENDED.protocol);

	({ stream } = await open());
	stream.send(Buffer.alloc(1 << 24));
	await stream.end();
	await b.logged(/stream\.violation .*why=too-long/);
});

test('messages that are not one whole frame end the session', async () => {
	const bad = [Buffer.alloc(0), Buffer.from([1]), frame(0x7f), frame(0x82, Buffer.alloc(8)), frame(9, Buffer.from([1])),
		Buffer.concat([ping(), Buffer.from([0])]), Buffer.concat([ping(), ping()]), ping().subarray(0, 11), frame(PING, Buffer.alloc(4), 1)];
	for (const bytes of bad) {
		const { stream } = await open();
		stream.send(bytes);
		await stream.end();
		assert.equal(stream.endedState(), ENDED.protocol, bytes.toString('hex').slice(0, 40));
	}
});

test('fragments of one message are one message', async () => {
	const { stream } = await open();
	const bytes = ping();
	stream.sendFrame(2, bytes.subarray(0, 3), { fin: false });
	stream.sendFrame(0, bytes.subarray(3, 8), { fin: false });
	stream.sendFrame(9, Buffer.from('keep')); // a control frame may stand between them
	stream.sendFrame(0, bytes.subarray(8));
	// before HELLO no other frame is allowed: but it was whole, so it reached the session as one frame
	await stream.end();
	assert.ok(!/why=too-long|why=text/.test(b.log.slice(-500)));
});

test('frames without a mask close the connection', async () => {
	const { stream } = await open();
	stream.sendFrame(2, ping(), { mask: false });
	await stream.end();
});

test('reserved bits and unknown opcodes close the connection', async () => {
	for (const op of [0x2 | 0x40, 0x3, 0xb]) {
		const { stream } = await open();
		stream.sendFrame(op, ping());
		await stream.end();
	}
	assert.equal((await b.get('/api/health')).status, 200);
});

test('a second stream takes the session over', async () => {
	const { cookie, stream, session } = await open();
	const s = await b.session(cookie);
	assert.equal(s.session, session);
	assert.equal(s.resumed, true);
	const next = await b.stream({ cookie, token: s.token });
	assert.equal(next.status, 101);
	await stream.end();
	assert.equal(stream.endedState(), ENDED.takenOver);
	next.socket.destroy();
});

test('a log-out ends the stream and tells why', async () => {
	const { cookie, stream } = await open();
	await b.post('/api/logout', {}, { cookie });
	await stream.end();
	assert.equal(stream.endedState(), ENDED.login);
	assert.equal(stream.closeCode, 1000);
});

test('a disabled user\'s stream ends within two seconds', async () => {
	const { stream } = await open('hanako');
	b.user(['disable', 'hanako']);
	await until('the stream to be closed', () => stream.closed, 2500);
	assert.equal(stream.endedState(), ENDED.admin);
	b.user(['enable', 'hanako']);
});

test('the status line counts', async () => {
	const { stream } = await open();
	await until('a status line with the stream', () => {
		const line = b.status.at(-1); // perhaps one of a moment ago
		return line?.list.some((s) => s.user === 'taro') && line.sessions >= 1 && line.logins >= 1 && line.connections >= 1 && line.streams >= 1;
	});
	stream.socket.destroy();
});

test('SIGTERM tells every client and ends in good order', async () => {
	const { stream } = await open();
	const code = await b.stop();
	await stream.end();
	assert.equal(code, 0);
	assert.equal(stream.endedState(), ENDED.stopping);
	await b.logged(/broker\.stopped/);
	assert.ok(!/broker\.leak/.test(b.log));
	await b.start();
	await b.login('taro', PASSWORD);
});
