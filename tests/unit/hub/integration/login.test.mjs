// SPDX-License-Identifier: GPL-3.0-or-later
//
// Log-in, cookies and throttling of a real broker.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { after, before, test } from 'node:test';
import https from 'node:https';

import { Broker, PASSWORD, until } from './harness.mjs';

let b;
before(async () => { b = await new Broker().start(); });
after(async () => { assert.equal(await b.finish(), 0); });

const wrong = (user, from, password = 'wrong password 1') => b.post('/api/login', { user, password }, { from });

test('a log-in gives a cookie that only this origin gets', async () => {
	const r = await b.post('/api/login', { user: 'Ｔａｒｏ', password: PASSWORD }); // full-width letters are the same name
	assert.equal(r.status, 200);
	assert.deepEqual(r.json, { user: 'taro', roles: ['staff'], notice: false });
	assert.match(r.headers['set-cookie'][0],
		/^__Host-sekisho=[A-Za-z0-9_-]{43}; Path=\/; Secure; HttpOnly; SameSite=Strict$/);
	assert.equal(r.headers['cache-control'], 'no-store');
	const cookie = r.headers['set-cookie'][0].split(';')[0];
	const me = await b.get('/api/me', cookie);
	assert.deepEqual(me.json, { user: 'taro', session: null, roles: ['staff'], notice: false });
	assert.ok(!b.log.includes(cookie.split('=')[1]), 'the cookie must not be in the log');
	assert.ok(!b.log.includes(PASSWORD));
});

test('wrong password, unknown user and nonsense get the same answer', async () => {
	for (const [user, password] of [['taro', 'wrong password 1'], ['nobody', 'wrong password 1'], ['', ''], ['\u0001', 'x'],
		['a b', PASSWORD], ['taro', 'x'.repeat(2000)]]) {
		const r = await b.post('/api/login', { user, password }, { from: '127.9.0.1' });
		assert.equal(r.status, 401);
		assert.deepEqual(r.json, { error: 'login' });
		assert.equal(r.headers['set-cookie'], undefined);
	}
});

/** Clock ticks of the processor that the broker has used. */
function ticks()
{
	const stat = fs.readFileSync(`/proc/${b.process.pid}/stat`, 'latin1').split(') ')[1].split(' ');
	return Number(stat[11]) + Number(stat[12]);
}

test('an unknown user costs as much as a known one', async () => {
	const spent = { known: 0, unknown: 0 };
	for (let i = 0; i < 9; i++)
		for (const kind of ['known', 'unknown']) {
			const user = kind === 'known' ? 'hanako' : `ghost${i}`, before = ticks();
			// from another address each time, so that no bucket runs empty
			const r = await wrong(user, `127.8.${i + 1}.${kind === 'known' ? 1 : 2}`);
			spent[kind] += ticks() - before;
			assert.equal(r.status, 401);
		}
	// of the processor's time, not of the clock's: nobody else on this machine counts
	assert.ok(Math.min(spent.known, spent.unknown) > 0.7 * Math.max(spent.known, spent.unknown), JSON.stringify(spent));
});

test('one address that guesses stops itself, and nobody else', async () => {
	const attacker = '127.66.0.1';
	let throttled;
	for (let i = 0; i < 12 && !throttled; i++) {
		const r = await wrong('taro', attacker);
		if (r.status === 429) throttled = r;
	}
	assert.equal(throttled.json.error, 'throttled');
	assert.ok(throttled.json.retry_s >= 1 && throttled.json.retry_s <= 60);
	// even the right password is not looked at any more from there
	assert.equal((await wrong('taro', attacker, PASSWORD)).status, 429);
	// the owner comes in from elsewhere, and another user from the same place
	await b.login('taro', PASSWORD, '127.66.0.2');
	await b.login('hanako', PASSWORD, attacker);
	await b.logged(/login\.throttled .*user=taro address=127\.66\.0\.1/);
});

test('a familiar place stays open while its address is closed for others', async () => {
	const office = '127.77.0.1'; // a terminal server: one address, many people
	await b.login('hanako', PASSWORD, office);
	let refused = false;
	for (let i = 0; i < 40 && !refused; i++) refused = (await wrong(`guess${i}`, office)).status === 429;
	assert.ok(refused, 'the address must run out of tries');
	assert.equal((await wrong('taro', office, PASSWORD)).status, 429);
	await b.login('hanako', PASSWORD, office);
});

test('a log-out voids the cookie for good', async () => {
	const cookie = await b.login('taro', PASSWORD, '127.5.0.1');
	const r = await b.post('/api/logout', {}, { cookie });
	assert.equal(r.status, 200);
	assert.match(r.headers['set-cookie'][0], /^__Host-sekisho=; .*Max-Age=0/);
	assert.equal((await b.get('/api/me', cookie)).status, 401);
	assert.deepEqual((await b.post('/api/session', {}, { cookie })).json, { error: 'login-required' });
});

test('forged, doubled and strange cookies are no log-in', async () => {
	const cookie = await b.login('taro', PASSWORD, '127.5.0.2');
	const value = cookie.split('=')[1];
	const flipped = (value[0] === 'A' ? 'B' : 'A') + value.slice(1);
	for (const c of ['', '__Host-sekisho=', `__Host-sekisho=${flipped}`, `${cookie}x`, `${cookie}; ${cookie}`, `sekisho=${value}`,
		`__Host-sekisho="${value}"`, `__Host-sekisho=${'A'.repeat(43)}`])
		assert.equal((await b.get('/api/me', c)).status, 401, c);
	assert.equal((await b.get('/api/me', `other=1; ${cookie}; more=2`)).status, 200);
});

test('log-ins survive a restart, old ones do not', async () => {
	const cookie = await b.login('taro', PASSWORD, '127.5.0.3');
	const old = await b.login('hanako', PASSWORD, '127.5.0.4');
	assert.equal(await b.stop(), 0);
	const store = b.file('store.db');
	// twelve hours pass for one of them
	b.run('hub-tool', ['age', store, 'hanako', String(12 * 3600 + 1)]);
	await b.start();
	assert.equal((await b.get('/api/me', cookie)).status, 200);
	assert.equal((await b.get('/api/me', old)).status, 401);
});

test('the broker\'s machine disables a user: his log-ins end within seconds', async () => {
	const cookie = await b.login('hanako', PASSWORD, '127.5.0.5');
	b.user(['disable', 'hanako']);
	const t = Date.now();
	await until('the log-in to end', async () => (await b.get('/api/me', cookie)).status === 401, 2500);
	assert.ok(Date.now() - t < 2500);
	assert.equal((await wrong('hanako', '127.5.0.6', PASSWORD)).status, 401);
	b.user(['enable', 'hanako']);
	await b.login('hanako', PASSWORD, '127.5.0.6');
});

test('a new password ends old log-ins', async () => {
	const cookie = await b.login('hanako', PASSWORD, '127.5.0.7');
	const said = b.user(['password', 'hanako', '--generate']);
	await until('the log-in to end', async () => (await b.get('/api/me', cookie)).status === 401, 2500);
	const made = /password: (\S+)/.exec(said)[1];
	await b.login('hanako', made, '127.5.0.7');
	b.user(['password', 'hanako', '--password-stdin'], PASSWORD);
});

test('a client that hangs up while its password is looked at leaves no log-in', async () => {
	const before = b.log.length;
	const body = Buffer.from(JSON.stringify({ user: 'taro', password: PASSWORD }));
	const q = https.request({ host: b.address, port: b.port, ca: b.ca, method: 'POST', path: '/api/login', agent: false,
		servername: '', headers: { origin: b.origin, 'content-type': 'application/json', 'content-length': body.length } });
	q.on('error', () => {});
	q.end(body);
	await until('the request', () => b.log.slice(before).includes('path=/api/login'));
	q.destroy();
	await until('the log-in', () => b.log.slice(before).includes('login.ok'));
	await until('its end', () => b.log.slice(before).includes('login.ended'));
});
