// SPDX-License-Identifier: GPL-3.0-or-later
//
// Two brokers on one store: a user has one log-in and one session, whichever of them they come to.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { after, before, test } from 'node:test';

import { bin, Broker, ENDED, until } from './harness.mjs';

let a, b;
before(async () => {
	a = await new Broker().start();
	b = await new Broker(a).start();
});
after(async () => {
	if (process.env.SEK_SHOW_LOG) console.error(a.log, b.log);
	assert.equal(await b.finish(), 0);
	assert.equal(await a.finish(), 0);
});

test('a session that never ran gives way to one at the other broker, and its client is told', async () => {
	const cookie = await a.login();
	const first = await a.session(cookie);
	const stream = await a.stream({ cookie, token: first.token });
	assert.equal(stream.status, 101);
	const there = await b.login();
	const second = await b.session(there);
	assert.notEqual(second.session, first.session);
	assert.equal(second.resumed, false);
	await stream.end();
	assert.equal(stream.endedState(), ENDED.takenOver);
	await a.logged(/session\.moved-away/);
	assert.equal((await b.session(there)).session, second.session, 'it is the one that the user has now');
	assert.ok((await b.session(there)).resumed);
	assert.equal((await a.get('/api/me', cookie)).json.session, null);
});

test('whoever asks only for a session that lives gets none that does not', async () => {
	const ask = (at, cookie) => at.post('/api/session', { existing: true }, { cookie });
	const here = await a.login('hanako'), there = await b.login('hanako');
	const none = await ask(a, here);
	assert.deepEqual([none.status, none.json], [404, { error: 'no-session' }]);
	const first = await b.session(there);
	assert.equal((await ask(b, there)).json.session, first.session);
	assert.equal((await ask(a, here)).json.error, 'no-session', 'one that never ran is no session to go on with');
	assert.equal((await a.post('/api/session', { existing: false }, { cookie: here })).status, 400);
});

test('an administrator at one broker sees, speaks to and ends the sessions of both', async () => {
	const at = (socket, ...words) => {
		const r = spawnSync(path.join(bin, 'sekishoctl'), ['--socket', a.file(socket), '--json', '--lang', 'en', ...words], { encoding: 'utf8' });
		return { code: r.status, json: r.stdout ? JSON.parse(r.stdout) : null, said: r.stderr };
	};
	const cookie = await a.login();
	const { session, token } = await a.session(cookie);
	const stream = await a.stream({ cookie, token });
	const mine = at('control.sock', 'session', 'list').json.rows.find((row) => row.session === session);
	const other = at('second.sock', 'session', 'list').json.rows.find((row) => row.session === session);
	assert.equal(mine.attached, false, 'nobody has said HELLO');
	assert.ok(other && other.user === 'taro' && other.broker === mine.broker && other.attached === undefined, JSON.stringify(other));
	await until('each to know of both', () => at('second.sock', 'broker', 'list').json.rows.length === 2, 30000);
	assert.deepEqual(at('second.sock', 'broker', 'list').json.rows.filter((row) => row.self).map((row) => [row.broker, row.state]), [['second', 'up']]);
	assert.equal(at('second.sock', 'session', 'message', session, 'go home').code, 0);
	await until('it to be said', async () => (await a.get('/api/message', cookie)).json.message?.text === 'go home');
	// its policy, too: seen and changed at either, once, and never over what was not seen
	const own = (socket) => at(socket, 'session', 'explain', session).json.explain.find((e) => e.attribute === 'clipboard');
	assert.notEqual(own('second.sock').value, 'both');
	assert.equal(at('second.sock', 'session', 'set', session, 'clipboard', 'both', '--reason', 'test').code, 0);
	assert.deepEqual([own('control.sock').value, own('control.sock').from], ['both', 'session']);
	assert.notEqual(at('second.sock', 'session', 'set', session, 'clipboard', 'sideways', '--reason', 'test').code, 0, 'it is no value');
	assert.notEqual(at('second.sock', 'session', 'explain', 'f'.repeat(32)).code, 0, 'there is no such session');
	const done = at('second.sock', 'session', 'end', session, '--reason', 'test');
	assert.deepEqual([done.code, done.json.ended, done.json.asked], [0, 1, 1]);
	await stream.end();
	assert.equal(stream.endedState(), ENDED.admin);
	assert.notEqual(at('second.sock', 'session', 'end', session, '--reason', 'test').code, 0, 'it is gone');
	const again = await a.session(cookie);
	const last = await a.stream({ cookie, token: again.token });
	assert.equal(at('second.sock', 'stop', 'all').json.asked, 1);
	await last.end();
	assert.equal(last.endedState(), ENDED.admin);
});

test('two at a time, at both: one session in the end', async () => {
	const [x, y] = [await a.login('hanako'), await b.login('hanako')];
	await Promise.all([a.session(x), b.session(y), a.session(x), b.session(y)]);
	const has = async () => [(await a.get('/api/me', x)).json.session, (await b.get('/api/me', y)).json.session].filter((s) => s).length;
	await until('one of them to let go', async () => await has() === 1);
});

test('a second process under the same name: the first one leaves', async () => {
	const twin = new Broker(a, 'third', 'second');
	await twin.start();
	await until('the one before to leave', () => b.ended !== undefined);
	assert.equal(b.ended, 1);
	assert.match(b.log, /broker\.replaced/);
	b = twin;
});
