// SPDX-License-Identifier: GPL-3.0-or-later
// The administration's API of a real broker: who may, what is refused and how that is said, what each operation does.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Broker, ENDED, PASSWORD, until } from './harness.mjs';

let b, admin, staff;

before(async () => {
	b = new Broker();
	b.user(['add', 'chief', '--password-stdin'], PASSWORD);
	b.run('hub-tool', ['roles', 'store.db', 'chief', 'staff administrator']);
	b.run('hub-tool', ['roles', 'store.db', 'hanako', 'staff administrators xadministrator']);
	await b.start();
	admin = await b.login('chief');
	staff = await b.login('taro');
}, { timeout: 60000 });
after(() => b?.finish());

const op = (name, json, cookie = admin, more = {}) => b.post(`/api/admin/${name}`, json, { cookie, ...more });
const good = async (name, json) => {
	const r = await op(name, json);
	assert.equal(r.status, 200, `${name}: ${r.status} ${r.bytes}`);
	return r.json;
};

const NEEDS = {
	'users/list': {}, 'users/show': { name: 'taro' }, 'users/add': { name: 'x', reason: 'r' },
	'users/disable': { name: 'taro', reason: 'r' }, 'users/enable': { name: 'taro', reason: 'r' },
	'users/new-password': { name: 'taro', reason: 'r' }, 'sessions/list': {},
	'sessions/end': { session: '0'.repeat(32), reason: 'r' }, 'sessions/end-user': { name: 'taro', reason: 'r' },
	'sessions/end-host': { host: 'h', reason: 'r' }, 'sessions/end-all': { reason: 'r' },
	'sessions/message': { session: '0'.repeat(32), text: 't' }, 'hosts/list': {},
};

test('admin: nobody without a log-in, nobody without the role, no other site', async () => {
	const near = await b.login('hanako');
	for (const [name, json] of Object.entries(NEEDS)) {
		assert.deepEqual([(await op(name, json, null)).status, name], [401, name]);
		for (const cookie of [staff, near]) {
			const r = await op(name, json, cookie);
			assert.deepEqual([r.status, r.json], [403, { error: 'forbidden' }], name);
		}
		// not even what is wrong with the object is told
		assert.deepEqual((await op(name, { nonsense: 1 }, staff)).json, { error: 'forbidden' }, name);
		const foreign = await op(name, json, admin, { headers: { origin: 'https://evil.example' } });
		assert.deepEqual([foreign.status, foreign.json], [403, { error: 'origin' }]);
		assert.equal((await b.get(`/api/admin/${name}`, admin)).status, 405);
	}
	assert.equal((await op('users/explode', {})).status, 404);
	assert.equal((await b.get('/api/admin/', admin)).status, 404);
	assert.equal((await b.get('/api/me', staff)).json.user, 'taro');
});

test('admin: a demoted administrator is refused at the next request', async () => {
	b.user(['add', 'deputy', '--password-stdin'], PASSWORD);
	b.run('hub-tool', ['roles', 'store.db', 'deputy', 'administrator']);
	const cookie = await b.login('deputy');
	assert.equal((await op('users/list', {}, cookie)).status, 200);
	b.run('hub-tool', ['roles', 'store.db', 'deputy', 'staff']);
	assert.equal((await op('users/list', {}, cookie)).status, 403);
});

test('admin: wrong types, unknown, missing and huge members are refused by name', async () => {
	const wrong = [
		['users/list', { limit: '50' }, 'limit', 'type'], ['users/list', { limit: 0 }, 'limit', 'range'],
		['users/list', { limit: 201 }, 'limit', 'range'], ['users/list', { limit: 1.5 }, 'limit', 'type'],
		['users/list', { offset: -1 }, 'offset', 'range'], ['users/list', { search: ['a'] }, 'search', 'type'],
		['users/list', { search: 'a'.repeat(101) }, 'search', 'too-long'], ['users/list', { serach: 'a' }, 'serach', 'unknown'],
		['users/show', {}, 'name', 'missing'], ['users/show', { name: null }, 'name', 'type'],
		['users/show', { name: { $gt: '' } }, 'name', 'type'], ['users/show', { name: 'a'.repeat(65) }, 'name', 'too-long'],
		['users/add', { name: 'new' }, 'reason', 'missing'], ['users/add', { name: 'new', reason: '' }, 'reason', 'too-short'],
		['users/add', { name: 'new', reason: '   ' }, 'reason', 'too-short'],
		['users/add', { name: 'new', reason: 'あ'.repeat(501) }, 'reason', 'too-long'],
		['users/add', { name: 'new', reason: 'two\nlines' }, 'reason', 'characters'],
		['users/add', { name: 'new', reason: 'abc\u202edcba' }, 'reason', 'characters'],
		['users/add', { name: 'new', reason: 'abc\u0085' }, 'reason', 'characters'],
		['sessions/end', { session: 'zz'.repeat(16), reason: 'r' }, 'session', 'characters'],
		['sessions/end', { session: '00', reason: 'r' }, 'session', 'too-short'],
		['sessions/message', { session: '0'.repeat(32), text: 7 }, 'text', 'type'],
	];
	for (const [name, json, field, why] of wrong) {
		const r = await op(name, json);
		assert.deepEqual([r.status, r.json], [400, { error: 'bad-request', field, why }], `${name} ${JSON.stringify(json)}`);
	}
	for (const body of ['[]', '7', '"x"', 'null', '{', '{"name":"a","name":"b"}', '{"name":"a\\u0000b"}'])
		assert.equal((await op('users/show', body)).status, 400, body);
	const huge = await op('users/add', { name: 'a'.repeat(1 << 20), reason: 'r' }).catch(() => ({ status: 413 }));
	assert.equal(huge.status, 413);
	assert.deepEqual((await op('users/list', { ['k'.repeat(5000)]: 1 })).json, { error: 'bad-request', why: 'unknown' });
	assert.ok((await good('users/list', {})).rows.every((u) => u.name !== 'new'));
});

const NASTY = ["'; DROP TABLE users; --", '" OR 1=1 --', '<script>alert(1)</script>', '<img src=x onerror=alert(1)>', '%00', '../../etc/passwd',
	'${7*7}', '{{7*7}}', '%s%n', '\\"', '_%', 'Robert"); --'];

test('admin: SQL and HTML in every field do nothing', async () => {
	const total = (await good('users/list', {})).total;
	for (const text of NASTY) {
		for (const [name, json] of Object.entries(NEEDS)) {
			if (name === 'sessions/end-all') continue;
			for (const key of Object.keys(json)) {
				const r = await op(name, { ...json, name: json.name && 'nobody', ...(name === 'users/add' ? { name: 'taro' } : {}), [key]: text });
				assert.ok([200, 400, 404, 409].includes(r.status), `${name} ${key} ${text}: ${r.status}`);
				assert.match(r.headers['content-type'], /^application\/json/);
			}
		}
		assert.deepEqual(await good('users/list', { search: text }), { total: 0, rows: [] }, text);
		assert.deepEqual(await good('sessions/list', { search: text }), { total: 0, rows: [] }, text);
	}
	assert.equal((await good('users/list', {})).total, total);
});

test('admin: users are added, found page by page, disabled, enabled, and get a new password', async () => {
	for (let i = 0; i < 7; i++) await good('users/add', { name: `page${i}`, reason: '異動のため' });
	const first = await good('users/list', { search: 'PAGE', limit: 3 });
	assert.deepEqual([first.total, first.rows.map((u) => u.name)], [7, ['page0', 'page1', 'page2']]);
	const last = await good('users/list', { search: 'page', offset: 6, limit: 3 });
	assert.deepEqual(last.rows.map((u) => u.name), ['page6']);
	assert.deepEqual(Object.keys(last.rows[0]).filter((k) => /hash/.test(k)), []);

	const made = await good('users/add', { name: 'Ｊｉｒｏ', reason: '採用' });
	assert.equal(made.name, 'jiro');
	assert.deepEqual((await op('users/add', { name: 'jiro', reason: 'r' })).json, { error: 'exists' });
	const cookie = await b.login('jiro', made.password);
	await good('users/disable', { name: 'jiro', reason: '退職' });
	await until('the log-in to end', async () => (await b.get('/api/me', cookie)).status === 401);
	await assert.rejects(b.login('jiro', made.password));
	await good('users/enable', { name: 'jiro', reason: '復職' });
	const again = await b.login('jiro', made.password);
	const next = await good('users/new-password', { name: 'jiro', reason: '紛失' });
	await until('the log-in to end', async () => (await b.get('/api/me', again)).status === 401);
	await b.login('jiro', next.password);
	assert.equal((await op('users/disable', { name: 'nobody', reason: 'r' })).status, 404);
	assert.ok(!b.log.includes(made.password) && !b.log.includes(next.password));
});

test('admin: nobody can lock himself out', async () => {
	for (const name of ['users/disable', 'users/new-password']) {
		const r = await op(name, { name: 'CHIEF', reason: 'r' });
		assert.deepEqual([r.status, r.json], [403, { error: 'self' }]);
	}
});

test('admin: a live session is listed, spoken to and ended with a reason', async () => {
	const mine = await b.session(staff);
	const s = await b.stream({ cookie: staff, token: mine.token });
	assert.equal(s.status, 101);
	const list = await good('sessions/list', { search: 'taro' });
	assert.equal(list.total, 1);
	assert.deepEqual([list.rows[0].session, list.rows[0].user], [mine.session, 'taro']);
	assert.equal(typeof list.rows[0].idle_s, 'number');

	assert.equal((await b.get('/api/message', staff)).json.message, null);
	await good('sessions/message', { session: mine.session, text: '<b>5分後</b>に停止します' });
	assert.equal((await b.get('/api/message', staff)).json.message.text, '<b>5分後</b>に停止します');
	assert.equal((await b.get('/api/message', admin)).json.message, null);
	assert.equal((await b.get('/api/message')).status, 401);

	assert.deepEqual(await good('sessions/end', { session: mine.session, reason: '点検', message: '点検のため' }), { ended: 1 });
	await until('the client to be told', () => s.endedState() === ENDED.admin);
	assert.equal((await b.get('/api/message', staff)).json.message.text, '点検のため');
	assert.equal((await op('sessions/end', { session: mine.session, reason: 'r' })).status, 404);
	assert.equal((await good('sessions/list', {})).total, 0);
	await until('the record', () => /admin\.operation .*operation=sessions\/end .*by=chief.*outcome=done/.test(b.log));
});

test('admin: the emergency switches end sessions by user, by host and all', async () => {
	const open = async () => {
		const mine = await b.session(staff);
		const s = await b.stream({ cookie: staff, token: mine.token });
		return s;
	};
	let s = await open();
	assert.deepEqual(await good('sessions/end-user', { name: 'taro', reason: 'r' }), { ended: 1 });
	await until('the client to be told', () => s.endedState() === ENDED.admin);
	s = await open();
	assert.deepEqual(await good('sessions/end-host', { host: 'no.such.host', reason: 'r' }), { ended: 0 });
	assert.deepEqual(await good('sessions/end-all', { reason: '緊急時対応' }), { ended: 1 });
	await until('the client to be told', () => s.endedState() === ENDED.admin);
});

test('admin: render hosts are those of the configuration', async () => {
	const { total, rows } = await good('hosts/list', {});
	assert.deepEqual([total, rows[0].name, rows[0].address, rows[0].port], [1, 'render1.sekisho.internal', '127.0.0.9', 9]);
	assert.equal((await good('hosts/list', { search: 'render2' })).total, 0);
});
