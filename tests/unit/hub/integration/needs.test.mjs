// SPDX-License-Identifier: GPL-3.0-or-later
// What a log-in has shown against what is needed now: changes of groups and memberships reach those who are logged in.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { after, before, test } from 'node:test';
import { Broker, ENDED, PASSWORD, until } from './harness.mjs';

let b, admin;

const admins = (op, body) => b.post(`/api/admin/${op}`, { reason: 'test', ...body }, { cookie: admin });
const good = async (op, body) => {
	const r = await admins(op, body);
	assert.equal(r.status, 200, `${op}: ${r.status} ${r.bytes}`);
	return r.json;
};
const ask = async (op, body) => (await b.post(`/api/admin/${op}`, body, { cookie: admin })).json;
const lives = async (cookie) => (await b.get('/api/me', cookie)).status === 200;
const edit = async (name, needs) => good('groups/edit', { name, needs, version: (await ask('groups/show', { name })).group.version });

// Logs in and opens a session and its stream.
async function browse(user) {
	const cookie = await b.login(user);
	const { session, token } = await b.session(cookie);
	return { cookie, session, stream: await b.stream({ cookie, token }) };
}

// Whoever is let in by mistake is found by waiting for what comes after: a change that must end somebody else.
async function settle() {
	const cookie = await b.login('probe');
	await good('users/disable', { name: 'probe' });
	await until('the next look at the store', async () => !await lives(cookie));
	await good('users/enable', { name: 'probe' });
}

before(async () => {
	b = new Broker();
	b.user(['first-admin', 'root', '--password-stdin'], PASSWORD);
	for (const user of ['jiro', 'probe']) b.user(['add', user, '--password-stdin'], PASSWORD);
	await b.start();
	admin = await b.login('root');
	for (const [name, needs] of [['plain', 'password'], ['silent', ''], ['strong', 'password+totp']])
		await good('groups/add', { name, needs });
	for (const [name, user] of [['plain', 'taro'], ['silent', 'taro'], ['plain', 'hanako']])
		await good('groups/add-member', { name, user });
}, { timeout: 60000 });
after(() => b?.finish());

test('a group that needs more ends its members\' log-ins and sessions, and says why', { timeout: 60000 }, async () => {
	const taro = await browse('taro'), jiro = await browse('jiro');
	const second = await b.login('taro');
	await edit('plain', 'password+totp');
	await until('the session to end', () => taro.stream.endedState() === ENDED.needs);
	await until('the log-ins to end', async () => !await lives(taro.cookie) && !await lives(second));
	assert.equal((await ask('sessions/list', { search: 'taro' })).total, 0);
	assert.ok(await lives(jiro.cookie) && await lives(admin), 'others stay');
	assert.equal(jiro.stream.endedState(), 0);
	assert.equal((await b.post('/api/login', { user: 'taro', password: PASSWORD })).json.next, 'enrol', 'the next log-in needs it');
	await until('the record', () => fs.readFileSync(b.file('audit/audit-00000001.log'), 'utf8').match(/"who":"taro","what":"login.ended"[^\n]*"why":"needs"/));
	await edit('plain', 'password');
	await good('sessions/end-user', { name: 'jiro' });
});

test('what needs no more than was shown ends nobody', { timeout: 60000 }, async () => {
	const taro = await browse('taro');
	await edit('silent', 'password');
	await edit('plain', '');
	await edit('silent', '');
	await edit('plain', 'password');
	await good('groups/edit', { name: 'strong', needs: 'certificate+totp', version: (await ask('groups/show', { name: 'strong' })).group.version });
	await settle();
	assert.ok(await lives(taro.cookie));
	assert.equal(taro.stream.endedState(), 0);
	await good('sessions/end-user', { name: 'taro' });
});

test('a membership counts at once, for needs and for policy', { timeout: 60000 }, async () => {
	const hanako = await browse('hanako');
	const idle = async () => (await ask('sessions/explain', { session: hanako.session })).explain.find((e) => e.attribute === 'idle_minutes');
	await good('policies/set', { scope: 'group', name: 'silent', attribute: 'idle_minutes', value: 7, expected: 0 });
	assert.equal((await idle()).from, 'built-in');
	await good('groups/add-member', { name: 'silent', user: 'hanako' });
	await until('the group\'s policy', async () => (await idle()).value === 7);
	await good('groups/remove-member', { name: 'silent', user: 'hanako' });
	await until('the policy without it', async () => (await idle()).from === 'built-in');
	assert.equal(hanako.stream.endedState(), 0);
	await good('groups/add-member', { name: 'strong', user: 'hanako' });
	await until('the session to end', () => hanako.stream.endedState() === ENDED.needs);
	await until('the log-in to end', async () => !await lives(hanako.cookie));
	await good('groups/remove-member', { name: 'strong', user: 'hanako' });
});

test('a site that needs more after a restart ends the log-ins that have shown less', { timeout: 60000 }, async () => {
	const cookies = [await b.login('jiro'), await b.login('taro')];
	await b.stop();
	b.configure('login:\n  needs: password+totp\n');
	await b.start();
	await until('the site\'s needs', async () => !await lives(cookies[0]));
	assert.ok(await lives(cookies[1]), 'a group says less, and counts before the site');
	await b.stop();
	b.configure();
	await b.start();
});

test('needs that cannot be read are met by nobody', { timeout: 60000 }, async () => {
	const taro = await b.login('taro'), jiro = await b.login('jiro');
	b.run('hub-tool', ['sql', 'store.db', "UPDATE groups SET needs = 'nonsense' WHERE name = 'plain'"]);
	await until('the log-in to end', async () => !await lives(taro));
	assert.ok(await lives(jiro));
	assert.equal((await b.post('/api/login', { user: 'taro', password: PASSWORD })).status, 503);
});
