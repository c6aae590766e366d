// SPDX-License-Identifier: GPL-3.0-or-later
//
// Two brokers on a real PostgreSQL of their own, which is killed and comes back.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import crypto from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { Broker, PASSWORD, until } from './harness.mjs';

const tool = fileURLToPath(new URL('../../../support/postgresql', import.meta.url));
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'sek-pgtest-'));
const where = path.join(folder, 'where');
const server = (what, ...more) => execFileSync(tool, [what, where, ...more], { stdio: 'inherit' });
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
	const leaver = await a.login('hanako');
	await until('the log-in at the other broker', async () => (await b.get('/api/me', leaver)).status === 200);
	server('kill');
	const began = Date.now();
	const refused = await b.post('/api/login', { user: 'hanako', password: PASSWORD });
	assert.equal(refused.status, 503);
	assert.equal(refused.json.error, 'store');
	assert.ok(refused.json.retry_s > 0);
	assert.ok(Date.now() - began < 30000, 'in bounded time');
	const me = await a.get('/api/me', cookie);
	assert.equal(me.status, 200);
	for (const [broker, who] of [[a, cookie], [b, leaver]]) { // one who has a session at this broker, one who has none
		const none = await broker.post('/api/session', {}, { cookie: who });
		assert.deepEqual([none.status, none.json.error, none.json.retry_s > 0], [503, 'store', true]);
	}
	assert.equal((await a.post('/api/logout', {}, { cookie: leaver })).status, 200);
	await b.logged(/store\.watch-lost/);
	server('again');
	await b.logged(/store\.watch-back/);
	await until('a log-in', async () => (await b.post('/api/login', { user: 'hanako', password: PASSWORD })).status === 200);
	assert.equal((await a.get('/api/me', cookie)).status, 200, 'nobody was logged out');
	await until('the end of a log-in that ended meanwhile', async () => (await b.get('/api/me', leaver)).status === 401);
	assert.equal((await a.session(cookie)).session, session, 'and the session is the one that there was');
	assert.ok((a.log + b.log).split('store.fault').length < 20, 'the log is not filled');
	assert.ok(!/broker\.silent/.test(a.log + b.log), 'neither took the other for dead');
});

// Queries wait in threads of the pool: the loop, and with it every live session, goes on.
test('the server stands still: the broker answers whoever needs no query', async () => {
	const cookie = await a.login('hanako');
	server('freeze');
	try {
		let answer = null, others = 0;
		const asked = a.post('/api/session', {}, { cookie }).then((r) => { answer = r; });
		for (; !answer; others++) assert.equal((await a.get('/api/me', cookie)).status, 200);
		await asked;
		assert.deepEqual([answer.status, answer.json.error], [503, 'store']);
		assert.ok(others > 3, `${others} answers meanwhile`);
	} finally {
		server('thaw');
	}
	await until('a session', async () => (await a.post('/api/session', {}, { cookie })).status === 200);
	assert.equal((await a.get('/api/me', cookie)).status, 200);
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
	const move = (lang = 'en') => {
		try {
			return c.run('sekishoctl', ['--lang', lang, 'store', 'migrate', '--config', 'broker.yaml']);
		} catch (e) {
			return e.stderr;
		}
	};
	assert.match(move(), /the broker runs: stop it first/);
	assert.match(move('ja'), /^sekisho-broker: ブローカーが動作中です/);
	assert.equal(await c.stop(), 0);
	const said = move();
	assert.match(said, /^users +2 rows, the same on both sides/m);
	assert.match(said, /^done: \d+ rows/m);
	assert.match(move(), /the target is not empty/);
	assert.match(move('ja'), /移行先が空ではありません。データのある表: '[a-z]+'/);
	await c.start();
	assert.equal((await c.post('/api/login', { user: 'taro', password: PASSWORD })).status, 200);
	assert.equal(await c.finish(), 0);
});

// The last: the server moves to the network.
test('over the network: only the right server, by TLS, with a password of its own file or a certificate', () => {
	const address = `127.${1 + crypto.randomInt(250)}.9.9`, port = 20000 + crypto.randomInt(10000);
	a.run('sekisho-certs', ['https', 'pki', 'db', '--address', address, '--dns', 'db.sekisho.internal']);
	execFileSync('openssl', ['req', '-x509', '-CA', 'pki/ca.crt', '-CAkey', 'pki/ca.key', '-subj', '/CN=sekisho', '-newkey', 'ec', '-pkeyopt',
		'ec_paramgen_curve:P-256', '-nodes', '-days', '2', '-addext', 'extendedKeyUsage=clientAuth', '-addext', 'basicConstraints=critical,CA:FALSE',
		'-keyout', 'card.key', '-out', 'card.crt'], { cwd: a.dir, stdio: 'pipe' });
	a.run('sekisho-certs', ['init', 'other-pki']);
	fs.writeFileSync(a.file('password'), 'pw\n', { mode: 0o600 });
	fs.writeFileSync(a.file('wrong'), 'no\n', { mode: 0o600 });
	fs.writeFileSync(a.file('open'), 'pw\n', { mode: 0o644 });
	fs.chmodSync(a.file('open'), 0o644);
	fs.chmodSync(a.file('card.key'), 0o600);
	const text = fs.readFileSync(a.file(a.config), 'utf8');
	const list = (lines) => {
		const rows = { address, port, ca: 'pki/ca.crt', password_file: 'password', ...lines };
		fs.writeFileSync(a.file('net.yaml'), text.replace(/postgresql:\n.*\n.*\n/, 'postgresql:\n' +
			Object.entries(rows).map(([k, v]) => v === undefined ? '' : `    ${k}: ${v}\n`).join('')));
		try {
			a.run('sekisho-broker', ['--config', 'net.yaml', 'user', 'list']);
			return 'good';
		} catch (e) {
			return e.stderr;
		}
	};
	server('tls', address, String(port), a.file('pki/db.crt'), a.file('pki/db.key'), a.file('pki/ca.crt'));
	assert.equal(list({}), 'good');
	assert.equal(list({ name: 'db.sekisho.internal' }), 'good');
	assert.equal(list({ address: `127.0.0.1,${address}` }), 'good', 'the second address, when the first does not answer');
	assert.match(list({ name: 'elsewhere.sekisho.internal' }), /does not match host name/);
	assert.match(list({ ca: 'other-pki/ca.crt' }), /certificate verify failed/);
	assert.match(list({ password_file: 'wrong' }), /password authentication failed/);
	assert.match(list({ password_file: 'open' }), /password_file.*chmod 600|password_file/);
	assert.match(list({ password_file: undefined }), /password_file, or certificate and key/);
	const card = { database: 'card', password_file: undefined, certificate: 'card.crt', key: 'card.key' };
	assert.equal(list(card), 'good');
	assert.match(list({ ...card, certificate: undefined, key: undefined, password_file: 'password' }), /certificate/);
});
