// SPDX-License-Identifier: GPL-3.0-or-later
//
// Two brokers on a real PostgreSQL of their own, which is killed and comes back.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { Broker, PASSWORD, until } from './harness.mjs';

const tool = fileURLToPath(new URL('../../../support/postgresql', import.meta.url));
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'sek-pgtest-'));
const where = path.join(folder, 'where');
const server = (what) => execFileSync(tool, [what, where], { stdio: 'inherit' });
let a, b;
before(async () => {
	server('start');
	process.env.SEK_TEST_STORE = 'postgresql';
	process.env.SEK_TEST_POSTGRESQL = where;
	a = await new Broker().start();
	b = await new Broker(a).start();
});
after(async () => {
	if (process.env.SEK_SHOW_LOG) console.error(a.log, '----', b.log);
	try {
		assert.equal(await b?.finish(), 0);
		assert.equal(await a?.finish(), 0);
	} finally {
		server('stop');
		fs.rmSync(folder, { recursive: true });
	}
});

test('what is written at one broker is seen at the other', async () => {
	const cookie = await a.login('hanako');
	await until('the log-in at the other broker', async () => (await b.get('/api/me', cookie)).status === 200);
	a.user(['disable', 'hanako']);
	await until('its end there', async () => (await b.get('/api/me', cookie)).status === 401);
	a.user(['enable', 'hanako']);
});

test('the server is away: log-ins wait, those who are in go on, and all catch up', async () => {
	const cookie = await a.login();
	const { session } = await a.session(cookie);
	server('kill');
	const began = Date.now();
	const refused = await b.post('/api/login', { user: 'hanako', password: PASSWORD });
	assert.equal(refused.status, 503);
	assert.equal(refused.json.error, 'store');
	assert.ok(refused.json.retry_s > 0);
	assert.ok(Date.now() - began < 30000, 'in bounded time');
	const me = await a.get('/api/me', cookie);
	assert.equal(me.status, 200);
	await b.logged(/store\.watch-lost/);
	server('again');
	await b.logged(/store\.watch-back/);
	await until('a log-in', async () => (await b.post('/api/login', { user: 'hanako', password: PASSWORD })).status === 200);
	assert.equal((await a.get('/api/me', cookie)).status, 200, 'nobody was logged out');
	assert.equal((await a.session(cookie)).session, session, 'and the session is the one that there was');
	assert.ok((a.log + b.log).split('store.fault').length < 20, 'the log is not filled');
	assert.ok(!/broker\.silent/.test(a.log + b.log), 'neither took the other for dead');
});

test('a database of another locale is refused, and one that is not there said so', async () => {
	const text = fs.readFileSync(a.file(a.config), 'utf8');
	const fails = (t) => {
		fs.writeFileSync(a.file('other.yaml'), t);
		try {
			a.run('sekisho-broker', ['--config', 'other.yaml', 'user', 'list']);
		} catch (e) {
			return e.stderr;
		}
		return '';
	};
	assert.match(fails(text.replace('postgresql:', 'postgresql:\n    database: other')), /LOCALE 'C'/);
	assert.match(fails(text.replace('postgresql:', 'postgresql:\n    database: none')), /database "none" does not exist/);
	assert.match(fails(text.replace(/address: \/tmp.*/, 'address: 127.0.0.1')), /store\.postgresql.*ca/);
	assert.match(fails(text.replace(/address: \/tmp.*/, 'address: db.example')), /store\.postgresql\.address/);
	assert.match(fails(text.replace('postgresql:', 'postgresql:\n    user: Rob"; DROP')), /store\.postgresql\.user/);
});

test('a site moves over from its SQLite file, while no broker runs', async () => {
	const kind = process.env.SEK_TEST_STORE;
	delete process.env.SEK_TEST_STORE;
	const c = await new Broker().start();
	await c.login();
	process.env.SEK_TEST_STORE = kind;
	c.configure();
	const move = () => {
		try {
			return c.run('sekishoctl', ['store', 'migrate', '--config', 'broker.yaml']);
		} catch (e) {
			return e.stderr;
		}
	};
	assert.match(move(), /the broker runs: stop it first/);
	assert.equal(await c.stop(), 0);
	const said = move();
	assert.match(said, /^users +2 rows, the same on both sides/m);
	assert.match(said, /^done: \d+ rows/m);
	assert.match(move(), /the target is not empty/);
	await c.start();
	assert.equal((await c.post('/api/login', { user: 'taro', password: PASSWORD })).status, 200);
	assert.equal(await c.finish(), 0);
});
