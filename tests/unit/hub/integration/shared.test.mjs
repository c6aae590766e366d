// SPDX-License-Identifier: GPL-3.0-or-later
//
// Two real brokers on one store: what one has given out is good at the other, once.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';

import { bin, Broker, code, PASSWORD, until } from './harness.mjs';

let a, b;
before(async () => {
	a = await new Broker().start();
	b = await new Broker(a).start();
});
after(async () => {
	const codes = [await b?.finish(), await a?.finish()]; // both, whatever the first says: a broker that is left over keeps node waiting
	assert.deepEqual(codes, [0, 0]);
});

test('a cookie of one broker is good at the other at once, and out at both after a log-out at either', async () => {
	for (const [here, there] of [[a, b], [b, a]]) {
		const cookie = await here.login();
		const me = await there.get('/api/me', cookie);
		assert.equal(me.status, 200);
		assert.equal(me.json.user, 'taro');
		assert.equal((await there.post('/api/logout', {}, { cookie })).status, 200);
		assert.equal((await there.get('/api/me', cookie)).status, 401);
		await until('the log-out to arrive', async () => (await here.get('/api/me', cookie)).status === 401);
		assert.equal((await there.get('/api/me', cookie)).status, 401);
	}
});

test('a disabled user is out at both', async () => {
	const cookie = await a.login('hanako');
	assert.equal((await b.get('/api/me', cookie)).status, 200);
	a.user(['disable', 'hanako']);
	await until('both to follow', async () => (await a.get('/api/me', cookie)).status === 401 && (await b.get('/api/me', cookie)).status === 401);
	a.user(['enable', 'hanako']);
});

test('a stream token is used once, whichever broker it comes to', async () => {
	const cookie = await a.login();
	const first = await a.session(cookie);
	// given out at one, used at the other, where its session is looked for; then it is worth nothing at either
	const there = await b.stream({ cookie, token: first.token });
	assert.equal(there.status, 101);
	await b.logged(/stream\.(open|no-session)/);
	const replay = await a.stream({ cookie, token: first.token });
	if (replay.status === 101) await replay.end();
	await a.logged(/stream\.refused.*unknown-or-used/);
	assert.ok(!/stream\.open/.test(a.log));
	there.socket.destroy();
	// given out and used at the one, shown again at the other
	const second = await a.session(cookie);
	const here = await a.stream({ cookie, token: second.token });
	assert.equal(here.status, 101);
	await a.logged(/stream\.(open|no-session)/);
	const again = await b.stream({ cookie, token: second.token });
	if (again.status === 101) await again.end();
	await b.logged(/stream\.refused.*unknown-or-used/);
	here.socket.destroy();
	assert.equal((await a.post('/api/logout', {}, { cookie })).status, 200);
});

test('half a log-in goes on at the other broker; a code is good at one of them', async () => {
	a.user(['first-admin', 'root', '--password-stdin'], PASSWORD);
	a.user(['add', 'jiro', '--password-stdin'], PASSWORD);
	const admin = await a.login('root');
	const admins = async (op, body) => assert.equal((await a.post(`/api/admin/${op}`, { reason: 'test', ...body }, { cookie: admin })).status, 200);
	await admins('groups/add', { name: 'codes', needs: 'password+totp' });
	await admins('groups/add-member', { name: 'codes', user: 'jiro' });
	const password = (broker, from) => broker.post('/api/login', { user: 'jiro', password: PASSWORD }, { from });
	const step = (broker, ticket, text, from) => broker.post('/api/login/code', { ticket, code: text }, { from });
	const now = Math.floor(Date.now() / 30000);
	const enrol = await password(a, '127.9.0.1');
	assert.equal(enrol.json.next, 'enrol');
	const done = await step(b, enrol.json.ticket, code(enrol.json.secret, now), '127.9.0.1');
	assert.equal(done.status, 200, done.bytes.toString());
	assert.equal((await step(a, enrol.json.ticket, code(enrol.json.secret, now + 1), '127.9.0.1')).json.error, 'ticket');
	// the same code at both at once, from two half log-ins: one of them is in; then a recovery code likewise
	for (const text of [code(enrol.json.secret, now + 1), done.json.recovery[0]]) {
		const [x, y] = [await password(a, '127.9.0.2'), await password(b, '127.9.0.3')];
		const both = await Promise.all([step(b, x.json.ticket, text, '127.9.0.2'), step(a, y.json.ticket, text, '127.9.0.3')]);
		assert.deepEqual(both.map((r) => r.status).sort(), [200, 401], both.map((r) => r.bytes).join(' '));
	}
	// five wrong codes end a ticket, wherever they are typed
	const t = await password(a, '127.9.0.4');
	const answers = [];
	for (let i = 0; i < 6; i++) answers.push((await step(i % 2 ? a : b, t.json.ticket, '000000', '127.9.0.4')).json.error);
	assert.ok(answers.slice(0, 5).every((w) => w === 'code' || w === 'throttled'), answers.join());
	assert.notEqual(answers[5], 'code');
});

test('what is said of a render host at one broker holds at the other', async () => {
	const cookie = await a.login('root');
	const ask = async (at, op, body) => {
		const r = await at.post(`/api/admin/${op}`, body ? { reason: 'test', ...body } : {}, { cookie });
		assert.equal(r.status, 200, `${op}: ${r.bytes}`);
		return r.json;
	};
	const there = async (at, host) => (await ask(at, 'hosts/list')).rows.find((r) => r.name === host);
	await ask(a, 'hosts/add', { host: 'render2.sekisho.internal', address: '127.0.0.9', port: 10, pool: 'far' });
	await until('the other to know it', async () => (await there(b, 'render2.sekisho.internal'))?.pool === 'far');
	await ask(b, 'hosts/drain', { host: 'render2.sekisho.internal' });
	await until('it to be drained', async () => (await there(a, 'render2.sekisho.internal')).drain);
	await ask(a, 'hosts/drain', { host: 'render1.sekisho.internal', force_minutes: 60 });
	await until('one of the configuration, too', async () => (await there(b, 'render1.sekisho.internal')).drain);
	assert.ok((await there(b, 'render1.sekisho.internal')).force_in_s > 3000, 'each broker sees to the end');
	await ask(b, 'hosts/drain', { host: 'render1.sekisho.internal', force_minutes: 120 });
	await until('another end', async () => (await there(a, 'render1.sekisho.internal')).force_in_s > 6000);
	await ask(a, 'hosts/undrain', { host: 'render2.sekisho.internal' });
	await until('it to be back', async () => !(await there(b, 'render2.sekisho.internal')).drain);
	assert.ok((await there(a, 'render1.sekisho.internal')).force_in_s > 3000, 'news of another host took the end of the drain away');
	await ask(a, 'hosts/undrain', { host: 'render1.sekisho.internal' });
	await ask(b, 'hosts/remove', { host: 'render2.sekisho.internal' });
	await until('it to be gone', async () => !await there(a, 'render2.sekisho.internal') && !(await there(b, 'render1.sekisho.internal')).drain);
});

test('tries at two brokers count together', async () => {
	const answers = [];
	for (let i = 0; i < 10; i++)
		answers.push((await (i % 2 ? a : b).post('/api/login', { user: 'hanako', password: 'wrong password 1' }, { from: '127.9.1.1' })).status);
	assert.equal(answers.filter((s) => s === 401).length, 5, answers.join());
	assert.equal(answers.filter((s) => s === 429).length, 5);
	const cookie = await b.login('hanako', PASSWORD, '127.9.1.2');
	assert.equal((await a.get('/api/me', cookie, { from: '127.9.1.2' })).status, 200, 'the owner, elsewhere');
});

test('a broker with another login.key does not start, and says what to do', async () => {
	const key = a.file('login.key'), aside = a.file('login.key.aside'), config = ['--config', b.config];
	const run = (...words) => spawnSync(path.join(bin, 'sekisho-broker'), [...config, ...words], { cwd: a.dir, encoding: 'utf8', timeout: 30000 });
	await b.stop();
	fs.renameSync(key, aside);
	try {
		const missing = run();
		assert.equal(missing.status, 1, missing.stderr);
		assert.match(missing.stderr, /login\.key.*is not there, and this store's brokers use one .*copy the file/);
		assert.ok(!fs.existsSync(key), 'no other key may be made');
		fs.writeFileSync(key, 'k'.repeat(32), { mode: 0o600 });
		const other = run();
		assert.equal(other.status, 1, other.stderr);
		assert.match(other.stderr, /is not the key that this store's brokers use .*keys accept/);
		const accepted = run('keys', 'accept');
		assert.equal(accepted.status, 0, accepted.stderr);
		assert.match(accepted.stdout, /^login\.key: [0-9a-f]{16}$/m);
		await b.start();
		await b.stop();
	} finally {
		fs.renameSync(aside, key);
	}
	assert.equal(run().status, 1, 'now the old key is the wrong one');
	assert.equal(run('keys', 'accept').status, 0);
	await b.start();
});

test('the two audit logs are verified and read as one', async () => {
	const run = (...words) => spawnSync(path.join(bin, 'sekisho-audit-verify'), words, { cwd: a.dir, encoding: 'utf8', timeout: 30000 });
	const one = ['--key', 'audit.key.pub', 'audit'], other = ['--key', `${b.files}-audit.key.pub`, `audit-${b.files}`];
	await a.login();
	await b.login('hanako', PASSWORD, '127.9.1.3');
	const both = run(...one, ...other, '--broker', b.name, '--merged', 'merged.txt');
	assert.equal(both.status, 0, both.stdout + both.stderr);
	assert.equal(both.stdout.match(/OK: the log is whole/g).length, 2);
	const records = fs.readFileSync(a.file('merged.txt'), 'utf8').trimEnd().split('\n').map((l) => ({ from: l.split('\t')[0], ...JSON.parse(l.split('\t')[1]) }));
	assert.deepEqual(records.map((r) => r.time), records.map((r) => r.time).sort());
	const names = [...new Set(records.map((r) => r.from))];
	assert.equal(names.length, 2);
	for (const name of names)
		assert.deepEqual(records.filter((r) => r.from === name).map((r) => r.seq), records.filter((r) => r.from === name).map((r, i) => i + 1));
	assert.equal(run(...one, ...other, '--merged', 'merged.txt').status, 3, 'nothing is written over');
	// a log that is not given is missed; one that was touched is found, whatever the other says
	const missing = run('--json', ...one, '--broker', b.name);
	assert.equal(missing.status, 1);
	assert.deepEqual(JSON.parse(missing.stdout).missing, [b.name]);
	assert.equal(JSON.parse(missing.stdout).logs[0].whole, true);
	fs.cpSync(a.file(`audit-${b.files}`), a.file('touched'), { recursive: true });
	const file = a.file('touched/audit-00000001.log');
	fs.writeFileSync(file, fs.readFileSync(file, 'utf8').replace('"who":"hanako"', '"who":"saburo"'));
	const touched = run(...one, '--key', `${b.files}-audit.key.pub`, 'touched');
	assert.equal(touched.status, 1);
	assert.match(touched.stdout, /== touched\nFOUND .*changed/s);
	assert.equal(run('--key', 'audit.key.pub', 'audit', `audit-${b.files}`).status, 1, 'the key of another broker');
	assert.equal(run(...one, '--expect', '1:00', ...other).status, 2);
	assert.equal(run('audit', '--key', 'audit.key.pub').status, 0, 'a single one, in any order');
});
