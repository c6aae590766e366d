// SPDX-License-Identifier: GPL-3.0-or-later
// Approvals by the API of a real broker: who sees what waits, who decides, what is refused, what stands on the record; and who says who
// approves. What waits is put into the store: how it comes there is shown by tests/e2e.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { bin, Broker, PASSWORD, until } from './harness.mjs';

let b;
const cookies = {};
const A = 'a'.repeat(32), B = 'b'.repeat(32), C = 'c'.repeat(32), HASH = '5e'.repeat(32);
const admin = (name, json) => b.post(`/api/admin/${name}`, json, { cookie: cookies.chief });
const get = (url, who) => b.get(url, cookies[who]);
const decide = (id, who, json) => b.post(`/api/approvals/${id}`, json, { cookie: cookies[who] });
const records = () => fs.readFileSync(b.file('audit/audit-00000001.log'), 'utf8').split('\n').slice(0, -1).map((l) => JSON.parse(l));
const now = () => Math.floor(Date.now() / 1000);

function waits(id, user, { needed = 1, expires = now() + 3600 } = {}) {
	b.run('hub-tool', ['sql', 'store.db', `INSERT INTO approvals (id, kind, user_id, name, sha256, pages, bytes, needed, asked_s,
		expires_s, state) VALUES ('${id}', 'file', (SELECT id FROM users WHERE name = '${user}'), '見積書.pdf', '${HASH}', 12, 34567, ${needed},
		${now() - 60}, ${expires}, 'waiting')`]);
}

before(async () => {
	b = new Broker();
	for (const name of ['chief', 'kacho', 'bucho', 'yoso']) b.user(['add', name, '--password-stdin'], PASSWORD);
	b.run('hub-tool', ['roles', 'store.db', 'chief', 'administrator']);
	b.run('hub-tool', ['roles', 'store.db', 'bucho', 'reviewer']); // no role is needed, and none helps
	await b.start();
	for (const name of ['chief', 'kacho', 'bucho', 'yoso', 'taro', 'hanako']) cookies[name] = await b.login(name);
	for (const [group, member, approver] of [['eigyo', 'taro', 'kacho'], ['zaimu', 'hanako', 'yoso']]) {
		assert.equal((await admin('groups/add', { name: group, reason: 'r' })).status, 200);
		assert.equal((await admin('groups/add-member', { name: group, user: member, reason: 'r' })).status, 200);
		assert.equal((await admin('groups/set-approver', { name: group, user: approver, reason: '任命' })).status, 200);
	}
}, { timeout: 60000 });
after(() => b?.finish());

test('approvals: only an approver of the requester\'s group sees that something waits', async () => {
	waits(A, 'taro');
	const mine = await get('/api/approvals', 'kacho');
	assert.equal(mine.status, 200);
	assert.deepEqual(mine.json.approvals.map((x) => [x.id, x.user, x.group, x.name, x.pages]), [[A, 'taro', 'eigyo', '見積書.pdf', 12]]);
	for (const who of ['yoso', 'taro', 'hanako', 'chief', 'bucho']) {
		assert.deepEqual((await get('/api/approvals', who)).json.approvals, [], who);
		for (const url of [`/api/approvals/${A}`, `/api/approvals/${A}/pages/1`])
			assert.deepEqual([(await get(url, who)).status, who], [404, who]);
	}
	for (const who of ['yoso', 'hanako', 'chief', 'bucho'])
		assert.deepEqual([(await decide(A, who, { verdict: 'approve' })).status, who], [404, who]);
	assert.deepEqual((await decide(A, 'taro', { verdict: 'approve' })).json, { error: 'self' });
	assert.deepEqual((await get('/api/approvals/count', 'kacho')).json, { approver: true, waiting: 1 });
	assert.deepEqual((await get('/api/approvals/count', 'taro')).json, { approver: false, waiting: 0 });
	assert.ok(records().some((r) => r.what === 'approval.approved' && r.who === 'taro' && r.outcome === 'refused'));
});

test('approvals: what is not well formed, not one\'s own page, or without a log-in is refused', async () => {
	const bad = [{}, { verdict: 'maybe' }, { verdict: 'refuse' }, { verdict: 'refuse', reason: '' }, { verdict: 'refuse', reason: 'x'.repeat(501) },
		{ verdict: 'refuse', reason: 'a\nb' }, { verdict: 'approve', more: 1 }, { verdict: 'approve', reason: 7 }, []];
	for (const json of bad) assert.deepEqual([(await decide(A, 'kacho', json)).status, json], [400, json]);
	for (const url of ['/api/approvals/x', `/api/approvals/${A}x`, `/api/approvals/${A.toUpperCase()}`, `/api/approvals/${A}/pages/`,
		`/api/approvals/${A}/pages/0`, `/api/approvals/${A}/pages/1x`, `/api/approvals/${A}/pages/99999`, `/api/approvals/${A}/pages/13`,
		`/api/approvals/${B}`, '/api/texts/x', `/api/texts/${A}`, '/api/approvalsx', '/api/textsx'])
		assert.deepEqual([(await get(url, 'kacho')).status, url], [404, url]);
	assert.equal((await b.get('/api/approvals')).status, 401);
	assert.equal((await b.get('/api/texts')).status, 401);
	assert.equal((await b.post(`/api/approvals/${A}`, { verdict: 'approve' })).status, 401);
	const foreign = await b.post(`/api/approvals/${A}`, { verdict: 'approve' }, { cookie: cookies.kacho, headers: { origin: 'https://evil.example' } });
	assert.deepEqual([foreign.status, foreign.json], [403, { error: 'origin' }]);
	assert.equal((await b.post('/api/approvals', {}, { cookie: cookies.kacho })).status, 405);
	assert.equal((await b.post(`/api/approvals/${A}/pages/1`, {}, { cookie: cookies.kacho })).status, 405);
	assert.equal((await get(`/api/texts/${A}/delete`, 'kacho')).status, 405);
	assert.equal((await b.post(`/api/texts/${A}/delete`, {}, { cookie: cookies.taro })).status, 404); // a document is no text
	assert.equal((await get('/api/approvals/count', 'kacho')).json.waiting, 1);
});

test('approvals: a view and a verdict, each on the record with the hash', async () => {
	assert.equal((await get(`/api/approvals/${A}`, 'kacho')).json.sha256, HASH);
	await get(`/api/approvals/${A}`, 'kacho');
	assert.deepEqual((await decide(A, 'kacho', { verdict: 'refuse', reason: '個人情報あり' })).json, { state: 'refused', given: 0, needed: 1 });
	assert.equal((await decide(A, 'kacho', { verdict: 'approve' })).status, 404);
	const mine = records().filter((r) => r.object === A && r.outcome === 'ok');
	assert.deepEqual(mine.map((r) => [r.what, r.who, r.details.sha256]), [['approval.viewed', 'kacho', HASH], ['approval.refused', 'kacho', HASH]]);
	assert.equal(mine[1].details.reason, '個人情報あり');
	assert.equal(mine[1].details.requester, 'taro');
});

test('approvals: two different ones for bulk; deputies while they are set; time', async () => {
	assert.equal((await admin('groups/set-approver', { name: 'eigyo', user: 'bucho', deputy: true, reason: 'r' })).json.why, 'missing');
	assert.equal((await admin('groups/set-approver', { name: 'eigyo', user: 'bucho', deputy: true, until_s: 5, reason: 'r' })).json.why, 'range');
	assert.equal((await admin('groups/set-approver', { name: 'eigyo', user: 'bucho', until_s: now() + 9, reason: 'r' })).status, 400);
	const set = (from_s, until_s) => admin('groups/set-approver', { name: 'eigyo', user: 'bucho', deputy: true, from_s, until_s, reason: '出張' });
	waits(B, 'taro', { needed: 2 });
	await set(now() + 3600, now() + 7200);
	assert.deepEqual((await get('/api/approvals/count', 'bucho')).json, { approver: false, waiting: 0 });
	assert.deepEqual((await decide(B, 'kacho', { verdict: 'approve' })).json, { state: 'waiting', given: 1, needed: 2 });
	assert.deepEqual((await decide(B, 'kacho', { verdict: 'approve' })).json, { error: 'conflict' });
	assert.equal((await decide(B, 'bucho', { verdict: 'approve' })).status, 404);
	await set(now() - 3600, now() + 3600);
	assert.equal((await get(`/api/approvals/${B}`, 'bucho')).json.given, 1);
	assert.deepEqual((await decide(B, 'bucho', { verdict: 'approve', reason: '確認' })).json.state, 'approved');
	waits(C, 'taro', { expires: now() - 1 });
	assert.equal((await decide(C, 'kacho', { verdict: 'approve' })).status, 404);
	await until('the record', () => records().some((r) => r.what === 'approval.expired' && r.object === C && r.who === '#broker'));
	const rows = (await admin('groups/approvers', { name: 'eigyo' })).json.rows;
	assert.deepEqual(rows.map((r) => [r.user, r.deputy, r.acts]), [['kacho', false, true], ['bucho', true, true]]);
});

test('approvals: who approves is said by an administrator, on the page and by sekishoctl', async () => {
	for (const op of ['groups/approvers', 'groups/set-approver', 'groups/remove-approver', 'groups/unapproved'])
		assert.equal((await b.post(`/api/admin/${op}`, { name: 'eigyo', user: 'taro', reason: 'r' }, { cookie: cookies.kacho })).status, 403, op);
	assert.deepEqual((await admin('groups/unapproved', {})).json.groups, []);
	const ctl = (...words) => spawnSync(path.join(bin, 'sekishoctl'), ['--socket', b.file('control.sock'), '--lang', 'en', ...words], { encoding: 'utf8' });
	assert.equal(ctl('group', 'remove-approver', 'zaimu', 'yoso', '--reason', '退職').status, 0);
	assert.deepEqual((await admin('groups/unapproved', {})).json.groups, ['zaimu']);
	assert.equal(ctl('group', 'set-approver', 'zaimu', 'kacho', '--deputy', 'true', '--since', '2001-01-01', '--until', '2099-12-31', '--reason', '代理').status, 0);
	assert.match(ctl('group', 'approvers', 'zaimu').stdout, /kacho .*2099-12-31|kacho .*2100-01-01/);
	assert.notEqual(ctl('group', 'set-approver', 'zaimu', 'kacho', '--deputy', 'true', '--until', 'tomorrow', '--reason', 'r').status, 0);
	assert.ok(records().some((r) => r.what === 'group.approver-set' && r.details.member === 'kacho' && / to /.test(r.details.deputy ?? '')));
	assert.ok(records().some((r) => r.what === 'group.approver-remove' && r.details.reason === '退職'));
});
