// SPDX-License-Identifier: GPL-3.0-or-later
//
// What the real broker puts on the record, and what it refuses while it cannot.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { after, before, test } from 'node:test';

import { Broker, PASSWORD, until } from './harness.mjs';

const b = new Broker();
const records = () => fs.readdirSync(b.file('audit')).filter((n) => /^audit-\d{8}\.log$/.test(n)).sort()
	.flatMap((n) => fs.readFileSync(b.file(`audit/${n}`), 'utf8').split('\n').slice(0, -1).map((l) => JSON.parse(l)));
const login = (user, password) => b.post('/api/login', { user, password });
const cookieOf = (r) => r.headers['set-cookie'][0].split(';')[0];
const find = (what) => records().filter((r) => r.what === what);

before(() => b.start());
after(() => b.finish());

test('commands are on the record before the broker ever ran', () => {
	const added = find('user.add');
	assert.deepEqual(added.map((r) => r.object), ['taro', 'hanako']);
	assert.match(added[0].who, /^#local:/);
	assert.equal(added[0].outcome, 'ok');
	assert.doesNotMatch(JSON.stringify(records()), /correct horse/);
});

test('log-ins, refused ones and sessions', async () => {
	const wrong = await login('taro', 'wrong password, certainly');
	assert.equal(wrong.status, 401);
	const r = await login('taro', PASSWORD);
	assert.equal(r.status, 200);
	assert.equal(find('login.ok').length, 1); // answered only when it was there
	assert.equal(find('login.ok')[0].who, 'taro');
	await until('the refused one', () => find('login.failed').length === 1);
	assert.equal(find('login.failed')[0].outcome, 'refused');
	const cookie = cookieOf(r), s = await b.post('/api/session', {}, { cookie });
	assert.equal(s.status, 200);
	const opened = find('session.opened');
	assert.equal(opened.length, 1);
	assert.equal(opened[0].object, s.json.session);
	assert.equal(opened[0].who, 'taro');
	const text = JSON.stringify(records());
	for (const secret of [s.json.token, cookie.split('=')[1], 'wrong password'])
		assert.ok(!text.includes(secret));
});

test('a command while the broker runs joins the same chain', () => {
	b.user(['disable', 'hanako']);
	b.user(['enable', 'hanako']);
	assert.equal(find('user.disable').length, 1);
	const all = records();
	all.forEach((r, i) => assert.equal(r.seq, i + 1));
});

test('a kill loses nothing and the next start goes on', async () => {
	await login('hanako', PASSWORD);
	b.process.kill('SIGKILL');
	await b.exit;
	b.ended = undefined;
	await b.start();
	const all = records();
	all.forEach((r, i) => assert.equal(r.seq, i + 1));
	assert.equal(find('broker.started').length, 2);
	assert.equal(find('login.ok').length, 2);
	assert.equal(find('audit.damaged').length, 0);
});

// A small file system of its own for the log; not every machine lets a test mount one.
function mount() {
	fs.mkdirSync(b.file('small'));
	try {
		execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=256k,mode=0700', 'sekisho-test', b.file('small')], { stdio: 'pipe' });
		return true;
	} catch {
		return false;
	}
}

test('a full disk: no log-in, no new session, a clear reason; and back', async (t) => {
	await b.stop();
	if (!mount()) {
		await b.start();
		t.skip('may not mount a file system');
		return;
	}
	try {
		b.configure('audit:\n  path: small/audit\n  key: small/audit.key\n');
		b.run('hub-tool', ['roles', 'store.db', 'hanako', 'administrator']);
		await b.start();
		const admin = cookieOf(await login('hanako', PASSWORD));
		const op = (name, json) => b.post(`/api/admin/${name}`, json, { cookie: admin });
		const ok = await login('taro', PASSWORD);
		assert.equal(ok.status, 200);
		const cookie = cookieOf(ok), post = () => b.post('/api/session', {}, { cookie });
		try { fs.writeFileSync(b.file('small/filler'), Buffer.alloc(1024 * 1024)); } catch { /* full now */ }
		for (let i = 0; i < 40; i++) // what is left of the last block
			await login('nobody', 'wrong password, certainly');
		await until('the log to say that it is full', async () => {
			const r = await login('hanako', PASSWORD);
			return r.status === 503 && r.json.error === 'audit' || (r.status === 429 && b.log.includes('audit.unwritable'));
		});
		await b.logged(/audit\.unwritable.*No space left/);
		const refused = await post();
		assert.equal(refused.status, 503);
		assert.equal(refused.json.error, 'audit');
		// an administrator can look, but change nothing
		assert.equal((await op('users/disable', { name: 'taro', reason: 'r' })).json.error, 'audit');
		assert.equal((await op('groups/add', { name: 'late', reason: 'r' })).status, 503);
		assert.equal((await op('users/show', { name: 'taro' })).json.user.disabled, false);
		assert.equal((await op('groups/list', {})).json.total, 0);
		assert.equal((await op('audit/state', {})).json.writable, false);
		await until('no session', () => b.status.at(-1).sessions === 0);
		fs.rmSync(b.file('small/filler'));
		await until('changes again', async () => (await op('groups/add', { name: 'late', reason: 'r' })).status !== 503);
		await until('a session again', async () => (await post()).status === 200);
		await b.logged(/audit\.writable/);
		await b.stop();
	} finally {
		await b.stop();
		execFileSync('umount', [b.file('small')]);
	}
	b.configure();
	await b.start();
});
