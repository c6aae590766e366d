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
	b.configure('administration:\n  second_administrator: true\n');
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
	'hosts/add': { host: 'nobody', address: '127.0.0.9', port: 9, reason: 'r' }, 'hosts/drain': { host: 'nobody', reason: 'r' },
	'hosts/undrain': { host: 'nobody', reason: 'r' }, 'hosts/remove': { host: 'nobody', reason: 'r' },
	'users/set-roles': { name: 'taro', roles: [], reason: 'r' }, 'users/set-display': { name: 'taro', display: 'd', reason: 'r' },
	'users/delete': { name: 'nobody', reason: 'r' }, 'users/allow-enrolment': { name: 'taro', reason: 'r' }, 'users/reset-second-factor': { name: 'taro', reason: 'r' },
	'users/add-certificate': { name: 'nobody', kind: 'subject', value: 'CN=x', reason: 'r' },
	'users/remove-certificate': { name: 'nobody', kind: 'subject', value: 'CN=x', reason: 'r' },
	'groups/list': {}, 'groups/show': { name: 'g' }, 'groups/members': { name: 'g' }, 'groups/add': { name: 'g', reason: 'r' },
	'groups/edit': { name: 'g', version: 1, reason: 'r' }, 'groups/delete': { name: 'g', reason: 'r' },
	'groups/add-member': { name: 'g', user: 'nobody', reason: 'r' }, 'groups/remove-member': { name: 'g', user: 'nobody', reason: 'r' },
	'groups/approvers': { name: 'g' }, 'groups/set-approver': { name: 'g', user: 'nobody', reason: 'r' }, 'groups/unapproved': {},
	'groups/remove-approver': { name: 'g', user: 'nobody', reason: 'r' },
	'policies/attributes': {}, 'policies/show': { scope: 'site' }, 'policies/explain': { name: 'taro' },
	'policies/set': { scope: 'group', name: 'nobody', attribute: 'clipboard', value: 'none', expected: 0, reason: 'r' },
	'sessions/explain': { session: '0'.repeat(32) }, 'audit/search': {}, 'audit/state': {},
	'sessions/override': { session: '0'.repeat(32), attribute: 'clipboard', value: 'none', before: null, reason: 'r' },
	'policies/history': {}, 'policies/decide': { change: 999999, approve: false, reason: 'r' },
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
		['users/list', { offset: 1 }, 'offset', 'unknown'], ['sessions/list', { after: 'x' }, 'after', 'characters'], ['users/list', { search: ['a'] }, 'search', 'type'],
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
		['users/add-certificate', { name: 'taro', certificate: 7, reason: 'r' }, 'certificate', 'type'],
		['users/add-certificate', { name: 'taro', certificate: 'MIIB', reason: 'r' }, 'certificate', 'type'],
		['users/add-certificate', { name: 'taro', certificate: 'A'.repeat(9000), reason: 'r' }, 'certificate', 'too-long'],
		['users/add-certificate', { name: 'taro', certificate: 'x', value: 'CN=x', reason: 'r' }, 'certificate', 'unknown'],
		['users/add-certificate', { name: 'taro', kind: 'subject', reason: 'r' }, 'value', 'missing'],
	];
	for (const [name, json, field, why] of wrong) {
		const r = await op(name, json);
		assert.deepEqual([r.status, r.json], [400, { error: 'bad-request', field, why }], `${name} ${JSON.stringify(json)}`);
	}
	for (const body of ['[]', '7', '"x"', 'null', '{', '{"name":"a","name":"b"}', '{"name":"a\\u0000b"}'])
		assert.equal((await op('users/show', body)).status, 400, body);
	const nearly = 'a'.repeat(15000); // as much as a body may hold, in every text of every operation
	for (const [name, json] of Object.entries(NEEDS))
		for (const key of Object.keys(json).filter((k) => typeof json[k] === 'string')) {
			const r = await op(name, { ...json, [key]: nearly });
			assert.ok([400, 404].includes(r.status), `${name} ${key}: ${r.status}`);
		}
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
				const r = await op(name, { ...json, ...(json.name ? { name: 'nobody' } : {}), ...(name.endsWith('/add') ? { name: 'taro' } : {}), [key]: text });
				assert.ok([200, 400, 403, 404, 409].includes(r.status), `${name} ${key} ${text}: ${r.status}`);
				assert.match(r.headers['content-type'], /^application\/json/);
			}
		}
		assert.deepEqual(await good('users/list', { search: text }), { total: 0, rows: [], next: null }, text);
		const { brokers, ...sessions } = await good('sessions/list', { search: text });
		assert.deepEqual(sessions, { total: 0, rows: [], next: null, attached: 0, vnc_viewers: 0 }, text);
		assert.ok(brokers.length <= 1);
	}
	assert.equal((await good('users/list', {})).total, total);
});

// A stream that its session has: the token is looked at after the upgrade.
async function attached(cookie) {
	const mine = await b.session(cookie), before = b.log.split('stream.open').length;
	const s = await b.stream({ cookie, token: mine.token });
	await until('the session to have the stream', () => b.log.split('stream.open').length > before);
	s.session = mine.session;
	return s;
}

test('admin: users are added, found page by page, disabled, enabled, and get a new password', async () => {
	for (let i = 0; i < 7; i++) await good('users/add', { name: `page${i}`, reason: '異動のため' });
	const first = await good('users/list', { search: 'PAGE', limit: 3 });
	assert.deepEqual([first.total, first.rows.map((u) => u.name)], [7, ['page0', 'page1', 'page2']]);
	assert.equal(first.next, 'page2');
	const last = await good('users/list', { search: 'page', after: 'page5', limit: 3 });
	assert.deepEqual(last.rows.map((u) => u.name), ['page6']);
	assert.deepEqual(Object.keys(last.rows[0]).filter((k) => /hash/.test(k)), []);

	const made = await good('users/add', { name: 'Ｊｉｒｏ', reason: '採用' });
	assert.equal(made.name, 'jiro');
	assert.deepEqual((await op('users/add', { name: 'jiro', reason: 'r' })).json, { error: 'exists' });
	const cookie = await b.login('jiro', made.password);
	const stream = await attached(cookie);
	await good('users/disable', { name: 'jiro', reason: '退職' });
	await until('his session to end', () => stream.endedState() === ENDED.login);
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
	const s = await attached(staff), mine = s;
	assert.equal(s.status, 101);
	const list = await good('sessions/list', { search: 'taro' });
	assert.equal(list.total, 1);
	assert.deepEqual([list.rows[0].session, list.rows[0].user], [mine.session, 'taro']);
	assert.equal(typeof list.rows[0].idle_s, 'number');
	assert.deepEqual(list.rows[0].policy, { clipboard: 'none', download: 'none', watermark: false });

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
	let s = await attached(staff);
	assert.deepEqual(await good('sessions/end-user', { name: 'taro', reason: 'r' }), { ended: 1 });
	await until('the client to be told', () => s.endedState() === ENDED.admin);
	s = await attached(staff);
	assert.deepEqual(await good('sessions/end-host', { host: 'no.such.host', reason: 'r' }), { ended: 0 });
	assert.deepEqual(await good('sessions/end-all', { reason: '緊急時対応' }), { ended: 1 });
	await until('the client to be told', () => s.endedState() === ENDED.admin);
});

test('admin: render hosts are those of the configuration', async () => {
	const { total, rows } = await good('hosts/list', {});
	assert.deepEqual([total, rows[0].name, rows[0].address, rows[0].port], [1, 'render1.sekisho.internal', '127.0.0.9', 9]);
	assert.equal((await good('hosts/list', { search: 'render2' })).total, 0);
	assert.deepEqual([rows[0].pool, rows[0].drain], ['default', false]);
});

test('admin: render hosts are added, drained, taken back and removed', async () => {
	const row = async name => (await good('hosts/list', { search: name })).rows[0];
	const bad = async (name, json) => {
		const r = await op(name, json);
		return [r.status, r.json.field, r.json.why];
	};
	const host = 'render7.sekisho.internal', reason = 'r', address = '127.0.0.9', port = 9;
	assert.deepEqual(await bad('hosts/add', { host, address: '0.0.0.0', port, reason }), [400, 'address', 'characters']);
	assert.deepEqual(await bad('hosts/add', { host: 'No Host', address, port, reason }), [400, 'host', 'characters']);
	assert.deepEqual(await bad('hosts/add', { host, address, port, pool: 'Lab', reason }), [400, 'pool', 'characters']);
	assert.deepEqual(await bad('hosts/drain', { host, reason }), [400, 'host', 'unknown']);
	await good('hosts/add', { host, address, port, pool: 'lab', reason: '増設' });
	assert.deepEqual(await bad('hosts/add', { host, address, port, reason }), [400, 'host', 'exists']);
	assert.equal((await row('render7')).pool, 'lab');
	await good('hosts/drain', { host: 'render1.sekisho.internal', force_minutes: 5, reason: '保守' });
	const { state, force_in_s: left } = await row('render1');
	assert.equal(state, 'draining');
	assert.ok(left > 0 && left <= 300);
	await good('hosts/undrain', { host: 'render1.sekisho.internal', reason: '再開' });
	assert.equal((await row('render1')).drain, false);
	await good('hosts/remove', { host, reason: '撤去' });
	assert.equal(await row('render7'), undefined);
});

test('admin: roles are given and taken; one person is not administrator and reviewer', async () => {
	await good('users/add', { name: 'saburo', display: '田中 三郎', roles: ['staff', 'approver'], reason: '採用' });
	let { user } = await good('users/show', { name: 'saburo' });
	assert.deepEqual([user.display, user.roles, user.source, user.disabled], ['田中 三郎', ['staff', 'approver'], 'local', false]);
	assert.equal((await good('users/list', { search: '三郎' })).total, 1);
	assert.ok((await good('users/list', { roles: ['approver'] })).rows.some((u) => u.name === 'saburo'));
	for (const roles of [['administrator', 'reviewer'], ['emperor'], ['staff administrator'], ['']])
		assert.equal((await op('users/set-roles', { name: 'saburo', roles, reason: 'r' })).status, 400);
	const before = user.version;
	await good('users/set-roles', { name: 'saburo', roles: ['staff', 'operator'], version: before, reason: '担当替え' });
	const late = await op('users/set-roles', { name: 'saburo', roles: ['administrator'], version: before, reason: 'r' });
	assert.deepEqual([late.status, late.json], [409, { error: 'conflict' }]);
	({ user } = await good('users/show', { name: 'saburo' }));
	assert.deepEqual(user.roles, ['staff', 'operator']);
	assert.deepEqual((await op('users/set-roles', { name: 'chief', roles: [], reason: 'r' })).json, { error: 'self' });
	const h = await good('policies/history', { scope: 'user', name: 'saburo' });
	const change = h.rows.find((c) => c.attribute === 'roles' && c.why === '担当替え');
	assert.equal(change.who, 'chief');
	await good('users/delete', { name: 'saburo', reason: '退職' });
	assert.equal((await op('users/show', { name: 'saburo' })).status, 404);
});

test('admin: groups, their members, and two administrators at once', async () => {
	await good('groups/add', { name: 'zeimu', text: '税務課', reason: '新設' });
	assert.deepEqual((await op('groups/add', { name: 'ZEIMU', reason: 'r' })).json, { error: 'exists' });
	await good('groups/add-member', { name: 'zeimu', user: 'taro', reason: '異動' });
	assert.equal((await op('groups/add-member', { name: 'zeimu', user: 'taro', reason: 'r' })).status, 409);
	assert.deepEqual((await good('groups/members', { name: 'zeimu' })).rows.map((u) => u.name), ['taro']);
	assert.deepEqual((await good('users/show', { name: 'taro' })).groups, [{ name: 'zeimu', source: 'local' }]);
	const { group } = await good('groups/show', { name: 'zeimu' });
	await good('groups/edit', { name: 'zeimu', text: '税務部', version: group.version, reason: '改組' });
	assert.equal((await op('groups/edit', { name: 'zeimu', text: '上書き', version: group.version, reason: 'r' })).status, 409);
	assert.equal((await good('groups/show', { name: 'zeimu' })).group.text, '税務部');
	await good('groups/remove-member', { name: 'zeimu', user: 'taro', reason: '異動' });
	assert.equal((await op('groups/remove-member', { name: 'zeimu', user: 'taro', reason: 'r' })).status, 404);
	await good('groups/delete', { name: 'zeimu', reason: '廃止' });
	assert.equal((await good('groups/list', { search: 'zeimu' })).total, 0);
});

const set = (scope, name, attribute, value, expected = 0, cookie = admin) =>
	op('policies/set', { scope, ...(name ? { name } : {}), attribute, value, expected, reason: '試験' }, cookie);

test('admin: policies are set, explained, conflicts told, and bad values refused', async () => {
	const { attributes } = await good('policies/attributes', {});
	assert.ok(attributes.some((a) => a.name === 'clipboard' && a.type === 'choice'));
	await good('groups/add', { name: 'kikaku', reason: '新設' });
	await good('groups/add-member', { name: 'kikaku', user: 'taro', reason: '異動' });
	for (const [attribute, value, why] of [['clipboard', 'everything', 'type'], ['clipboard', 7, 'type'], ['clipboard', true, 'type'],
		['clipboard', { a: 1 }, 'type'], ['idle_minutes', '30', 'type'], ['idle_minutes', 1e9, undefined], ['download', 'pixels', 'unavailable'],
		['hours', '<script>', undefined], ["clipboard'; --", 'none', 'unknown'], ['url_block', ['x'.repeat(300)], undefined], ['watermark', 'yes', 'type']]) {
		const r = await set('group', 'kikaku', attribute, value);
		assert.equal(r.status, 400, `${attribute} ${JSON.stringify(value)} ${r.bytes}`);
		if (why) assert.equal(r.json.why, why, `${attribute} ${JSON.stringify(value)}`);
	}
	assert.equal((await set('site', 'kikaku', 'clipboard', 'none')).json.field, 'name');
	assert.equal((await set('group', '', 'clipboard', 'none')).json.field, 'name');
	assert.equal((await set('galaxy', '', 'clipboard', 'none')).json.field, 'scope');
	assert.equal((await set('group', 'no-such', 'clipboard', 'none')).status, 404);
	assert.deepEqual((await good('policies/show', { scope: 'group', name: 'kikaku' })).values, {});

	const first = (await set('group', 'kikaku', 'idle_minutes', 10)).json;
	assert.deepEqual([first.pending, first.before, first.after], [false, null, 10]);
	const stale = await set('group', 'kikaku', 'idle_minutes', 5, 0);
	assert.deepEqual([stale.status, stale.json.error], [409, 'conflict']);
	const { values } = await good('policies/show', { scope: 'group', name: 'kikaku' });
	assert.equal(values.idle_minutes.value, 10);
	const next = (await set('group', 'kikaku', 'idle_minutes', 5, values.idle_minutes.version)).json;
	assert.deepEqual([next.before, next.after], [10, 5]);
	const { explain } = await good('policies/explain', { name: 'taro' });
	const idle = explain.find((e) => e.attribute === 'idle_minutes');
	assert.deepEqual([idle.value, idle.from, idle.name], [5, 'group', 'kikaku']);
	assert.equal(explain.find((e) => e.attribute === 'clipboard').from, 'built-in');
});

test('admin: what loosens a group waits for a second administrator', async () => {
	b.user(['add', 'vice', '--password-stdin'], PASSWORD);
	b.run('hub-tool', ['roles', 'store.db', 'vice', 'administrator']);
	const vice = await b.login('vice');
	const asked = (await set('group', 'kikaku', 'clipboard', 'both')).json;
	assert.equal(asked.pending, true);
	assert.deepEqual((await good('policies/show', { scope: 'group', name: 'kikaku' })).values.clipboard, undefined);
	const waiting = await good('policies/history', { pending: true });
	assert.deepEqual(waiting.rows.map((c) => [c.change, c.after, c.loosens, c.status, c.who]), [[asked.change, 'both', true, 'pending', 'chief']]);
	const decide = (approve, cookie) => op('policies/decide', { change: asked.change, approve, reason: '確認済み' }, cookie);
	assert.deepEqual((await decide(true, admin)).json, { error: 'second-person' });
	assert.equal((await decide(true, vice)).status, 200);
	assert.equal((await good('policies/show', { scope: 'group', name: 'kikaku' })).values.clipboard.value, 'both');
	assert.equal((await decide(true, vice)).status, 404);
	const h = await good('policies/history', { scope: 'group', name: 'kikaku', limit: 2 });
	assert.equal(h.rows[0].attribute, 'clipboard');
	assert.deepEqual([h.rows[0].second, h.rows[0].second_why, h.rows[0].why, h.rows[0].before], ['vice', '確認済み', '試験', null]);
	const more = await good('policies/history', { scope: 'group', name: 'kikaku', limit: 2, after: h.next });
	assert.ok(more.rows.every((c) => c.change < h.rows[1].change));
	// taking a strict word away may loosen too; tightening never waits; nor does a single user's
	assert.equal((await set('group', 'kikaku', 'idle_minutes', null, (await good('policies/show', { scope: 'group', name: 'kikaku' })).values.idle_minutes.version)).json.pending, true);
	assert.equal((await set('site', '', 'watermark', true)).json.pending, false);
	assert.equal((await set('user', 'taro', 'clipboard', 'none')).json.pending, false);
	// nor is there a way around it
	assert.deepEqual((await op('groups/delete', { name: 'kikaku', reason: 'r' })).json, { error: 'has-policy' });
});

test('admin: a live session is explained and overridden; what was not seen is not overwritten', async () => {
	const s = await attached(staff), { session } = s;
	const of = async (attribute) => (await good('sessions/explain', { session })).explain.find((e) => e.attribute === attribute);
	assert.equal((await of('clipboard_per_minute')).from, 'built-in');
	const done = await good('sessions/override', { session, attribute: 'clipboard_per_minute', value: 3, before: null, reason: '問い合わせ対応' });
	assert.deepEqual([done.before, done.after, done.user], [null, 3, 'taro']);
	const now = await of('clipboard_per_minute');
	assert.deepEqual([now.value, now.from], [3, 'session']);
	const late = await op('sessions/override', { session, attribute: 'clipboard_per_minute', value: 9, before: null, reason: 'r' });
	assert.deepEqual([late.status, late.json], [409, { error: 'conflict' }]);
	const bad = await op('sessions/override', { session, attribute: 'clipboard_per_minute', value: '9', before: 3, reason: 'r' });
	assert.deepEqual([bad.status, bad.json.field, bad.json.why], [400, 'value', 'type']);
	await good('sessions/override', { session, attribute: 'clipboard_per_minute', value: null, before: 3, reason: '終わり' });
	assert.equal((await of('clipboard_per_minute')).from, 'built-in');
	await good('sessions/end', { session, reason: 'r' });
	assert.equal((await op('sessions/explain', { session })).status, 404);
	await until('the client to be told', () => s.endedState() === ENDED.admin);
});

test('admin: what was done stands in the audit log and is found there', async () => {
	const state = await good('audit/state', {});
	assert.ok(state.writable && state.seq > 0);
	const found = async (query) => (await good('audit/search', query)).rows;
	const [row] = await found({ what: 'session.override', search: '問い合わせ対応' });
	assert.deepEqual([row.who, row.outcome], ['chief', 'ok']);
	assert.ok((await found({ what: 'admin.refused', who: 'taro' })).every((r) => r.outcome === 'refused'));
	assert.ok((await found({ what: 'admin.refused', who: 'taro' })).length > 0);
	const failed = await found({ what: 'session.override', outcome: 'failed' });
	assert.ok(failed.length >= 2);
	const first = await good('audit/search', { limit: 3 }), second = await good('audit/search', { limit: 3, after: first.next });
	assert.equal(first.rows.length, 3);
	assert.ok(second.rows[0].seq < first.rows[2].seq);
	for (const after of ['x', '9:9:9', '-1', "' OR 1=1"]) assert.equal((await op('audit/search', { after })).status, 400, after);
	for (const text of NASTY) assert.ok(Array.isArray(await found({ search: text, who: text })));
});

test('admin: certificates are bound to one user; what a group needs is checked', async () => {
	const value = 'ab'.repeat(32);
	for (const bad of ['AB'.repeat(32), 'ab', `${value}0`, "'; --"])
		assert.deepEqual((await op('users/add-certificate', { name: 'taro', kind: 'fingerprint', value: bad, reason: 'r' })).json,
			{ error: 'bad-request', field: 'value', why: 'characters' });
	assert.equal((await op('users/add-certificate', { name: 'taro', kind: 'colour', value, reason: 'r' })).json.field, 'kind');
	await good('users/add-certificate', { name: 'taro', kind: 'fingerprint', value, reason: '発行' });
	assert.equal((await op('users/add-certificate', { name: 'hanako', kind: 'fingerprint', value, reason: 'r' })).status, 409);
	assert.deepEqual((await good('users/show', { name: 'taro' })).certificates.map((c) => [c.kind, c.value]), [['fingerprint', value]]);
	await good('users/remove-certificate', { name: 'taro', kind: 'fingerprint', value, reason: '失効' });
	assert.deepEqual((await good('users/show', { name: 'taro' })).certificates, []);
	for (const needs of ['totp', 'password+', '+password', 'password+password', 'passwords', 'password totp'])
		assert.deepEqual((await op('groups/add', { name: 'kyoiku', needs, reason: 'r' })).json,
			{ error: 'bad-request', field: 'needs', why: 'unknown' }, needs);
	await good('groups/add', { name: 'kyoiku', needs: 'certificate+password+totp', reason: 'r' });
});

// last: log-ins go with the broker that they were made at
test('admin: what was said of render hosts holds over the configuration after a restart', async () => {
	const rows = async () => Object.fromEntries((await good('hosts/list', {})).rows.map(row => [row.name, row]));
	await good('hosts/add', { host: 'render8.sekisho.internal', address: '127.0.0.9', port: 9, pool: 'lab', reason: '増設' });
	await good('hosts/add', { host: 'render9.sekisho.internal', address: '127.0.0.9', port: 9, reason: '増設' });
	await good('hosts/drain', { host: 'render8.sekisho.internal', reason: '保守' });
	await good('hosts/remove', { host: 'render9.sekisho.internal', reason: '撤去' });
	await good('hosts/remove', { host: 'render1.sekisho.internal', reason: '撤去' });
	await b.stop();
	await b.start();
	admin = await b.login('chief');
	const after = await rows();
	assert.deepEqual(Object.keys(after), ['render8.sekisho.internal']);
	assert.deepEqual([after['render8.sekisho.internal'].pool, after['render8.sekisho.internal'].drain], ['lab', true]);
	await good('hosts/add', { host: 'render1.sekisho.internal', address: '127.0.0.9', port: 9, reason: '復帰' });
	assert.equal((await rows())['render1.sekisho.internal'].pool, 'default');
	const { rows: records } = await good('audit/search', { what: 'host.remove', object: 'render9.sekisho.internal' });
	assert.ok(records.some(r => r.outcome === 'ok' && r.details.reason === '撤去'));
});
