// SPDX-License-Identifier: GPL-3.0-or-later
// What a log-in needs beside a password, against the real broker: one-time codes, certificates, roles, the notice.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import https from 'node:https';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { forgeCard, makeCards, revokeCard } from '../../../support/cards.mjs';
import { bin, Broker, code, onPostgresql, PASSWORD, until } from './harness.mjs';

const NOTICE = { ja: '利用は記録されます。', en: 'Use is recorded.' };

let b, admin, goro, at = 0;

// A POST on a connection that shows a card.
function withCard(name, url, json) {
	const agent = new https.Agent({ cert: fs.readFileSync(b.file(`cards/${name}.crt`)), key: fs.readFileSync(b.file(`cards/${name}.key`)) });
	return b.post(url, json, { agent });
}

// Each step from an address of its own, so that the throttle stays out of it.
const from = () => `127.9.${++at >> 8}.${1 + (at & 127)}`;
const password = (user, address, word = PASSWORD) => b.post('/api/login', { user, password: word }, { from: address });
const step = (ticket, text, address) => b.post('/api/login/code', { ticket, code: text }, { from: address });
const admins = (op, body) => b.post(`/api/admin/${op}`, { reason: 'test', ...body }, { cookie: admin });

before(async () => {
	b = new Broker();
	makeCards(b.file('cards'), ['taro', 'hanako', 'nobody']);
	forgeCard(b.file('cards'), 'false', 'taro');
	b.configure(`login:
  certificates:
    ca: cards/ca.crt
    crl: cards/ca.crl
`);
	assert.match(b.user(['first-admin', 'root', '--password-stdin'], PASSWORD), /root is administrator/);
	assert.throws(() => b.user(['first-admin', 'other', '--password-stdin'], PASSWORD), /administrator already/);
	await b.start();
	admin = await b.login('root');
	for (const [name, needs] of [['codes', 'password+totp'], ['cards', 'certificate'], ['both', 'certificate+password']])
		assert.equal((await admins('groups/add', { name, needs })).status, 200);
	assert.equal((await admins('groups/add', { name: 'wrong', needs: 'totp' })).status, 400);
	for (const user of ['jiro', 'saburo', 'shiro', 'goro'])
		b.user(['add', user, '--password-stdin'], PASSWORD);
}, { timeout: 60000 });
after(() => b?.finish());

test('roles: who is not staff has no session', async () => {
	const me = (await b.get('/api/me', admin)).json;
	assert.deepEqual(me.roles, ['administrator']);
	const r = await b.post('/api/session', {}, { cookie: admin });
	assert.equal(r.status, 403);
	assert.equal(r.json.error, 'forbidden');
	const cookie = await b.login('shiro');
	assert.deepEqual((await b.get('/api/me', cookie)).json.roles, ['staff']);
	assert.equal((await b.post('/api/session', {}, { cookie })).status, 200);
});

test('one-time codes: enrolled at the first log-in, each good once, also after a restart', { timeout: 60000 }, async () => {
	assert.equal((await admins('groups/add-member', { name: 'codes', user: 'jiro' })).status, 200);
	let address = from(), r = await password('jiro', address);
	assert.equal(r.status, 200);
	assert.equal(r.headers['set-cookie'], undefined, 'half a log-in has no cookie');
	assert.equal(r.json.next, 'enrol');
	const { secret } = r.json;
	assert.match(r.json.uri, /^otpauth:\/\/totp\/Sekisho:jiro\?secret=[A-Z2-7]{32}&issuer=Sekisho/);
	assert.ok(r.json.qr.length >= 33 && r.json.qr.every((row) => row.length === r.json.qr.length && /^[01]+$/.test(row)));
	const now = Math.floor(Date.now() / 30000);
	assert.equal((await step(r.json.ticket, '000000', address)).json.error, 'code');
	assert.equal((await step(r.json.ticket, code(secret, now), from())).json.error, 'ticket', 'another address');
	assert.equal((await step(r.json.ticket, code(secret, now - 5), address)).json.error, 'code', 'too old');
	let done = await step(r.json.ticket, code(secret, now), address);
	assert.equal(done.status, 200);
	assert.equal(done.json.recovery.length, 10);
	const recovery = done.json.recovery;
	assert.match(done.headers['set-cookie'][0], /^__Host-sekisho=/);
	assert.equal((await step(r.json.ticket, code(secret, now + 1), address)).json.error, 'ticket', 'a ticket is for one log-in');

	r = await password('jiro', address = from());
	assert.equal(r.json.next, 'code');
	assert.equal(r.json.secret, undefined);
	assert.equal((await step(r.json.ticket, code(secret, now), address)).json.error, 'code', 'used already');
	await b.stop();
	await b.start();
	r = await password('jiro', address = from());
	assert.equal((await step(r.json.ticket, code(secret, now), address)).json.error, 'code', 'used before the restart');
	assert.equal((await step(r.json.ticket, code(secret, now + 1), address)).status, 200);

	r = await password('jiro', address = from());
	done = await step(r.json.ticket, recovery[3].toUpperCase().replace(/-/g, ' '), address);
	assert.equal(done.status, 200, 'a recovery code, as people type it');
	r = await password('jiro', address = from());
	assert.equal((await step(r.json.ticket, recovery[3], address)).json.error, 'code', 'good once');
	assert.equal((await step(r.json.ticket, 'x'.repeat(4000), address)).json.error, 'code');
	if (!onPostgresql) assert.equal(fs.readFileSync(b.file('store.db')).includes(recovery[4]), false, 'kept as hashes');
	assert.match(fs.readdirSync(b.file('audit')).map((f) => fs.readFileSync(b.file(`audit/${f}`), 'latin1')).join(''), /password\+totp/);

	// taken away by an administrator: the log-ins end, and the user enrols anew
	admin = await b.login('root');
	const cookie = done.headers['set-cookie'][0].split(';')[0];
	assert.equal((await admins('users/reset-second-factor', { name: 'jiro' })).status, 200);
	await until('the log-in to end', async () => (await b.get('/api/me', cookie)).status === 401);
	assert.equal((await password('jiro', from())).json.next, 'enrol');
});

test('an enrolment that is given up leaves nothing behind and begins anew', { timeout: 60000 }, async () => {
	assert.equal((await admins('groups/add-member', { name: 'codes', user: 'goro' })).status, 200);
	const totp = async () => (await admins('users/show', { name: 'goro', reason: undefined })).json.user.totp;
	const address = from(), first = (await password('goro', address)).json;
	assert.equal(first.next, 'enrol');
	const cancel = (ticket, at = address) => b.post('/api/login/cancel', { ticket }, { from: at });
	const cancelled = async (ticket) => { // the answer waits for nothing
		const before = b.log.split('login.cancelled').length;
		assert.equal((await cancel(ticket)).status, 200);
		await until('the ticket to be gone', () => b.log.split('login.cancelled').length > before);
	};
	assert.equal((await cancel(first.ticket, from())).status, 200, 'from another address it does nothing');
	assert.equal((await step(first.ticket, '000000', address)).json.error, 'code');
	await cancelled(first.ticket);
	assert.equal((await step(first.ticket, code(first.secret), address)).json.error, 'ticket');
	assert.equal((await cancel(first.ticket)).status, 200);
	assert.equal((await b.post('/api/login/cancel', { ticket: 7 }, { from: address })).status, 400);
	assert.equal((await b.post('/api/login/cancel', {}, { from: address })).status, 400);
	assert.equal(await totp(), false);
	// begun in two windows and cancelled in neither: the one that shows a code first has it, the other begins anew
	const two = [from(), from()], [x, y] = await Promise.all(two.map(async (at) => (await password('goro', at)).json));
	assert.notEqual(x.secret, first.secret, 'a secret is shown once');
	assert.notEqual(x.secret, y.secret);
	assert.equal(await totp(), false);
	assert.equal((await step(x.ticket, code(y.secret), two[0])).json.error, 'code');
	assert.equal((await step(x.ticket, code(x.secret), two[0])).json.recovery.length, 10);
	goro = x.secret;
	assert.equal((await step(y.ticket, code(y.secret), two[1])).json.error, 'ticket');
	assert.equal(await totp(), true);
	// the code step is given up likewise
	const again = (await password('goro', address)).json;
	assert.equal(again.next, 'code');
	await cancelled(again.ticket);
	assert.equal((await step(again.ticket, code(x.secret, Math.floor(Date.now() / 30000) + 1), address)).json.error, 'ticket');
	await until('the record', () => fs.readFileSync(b.file('audit/audit-00000001.log'), 'utf8').match(/"who":"goro","what":"login.cancelled"[^\n]*"step":"enrol"/));
});

test('one-time codes: five wrong ones end the step, and guessing is throttled', { timeout: 60000 }, async () => {
	const address = from();
	let r = await password('jiro', address);
	const words = [];
	for (let i = 0; i < 7; i++) words.push((await step(r.json.ticket, '12345' + i, address)).json.error);
	assert.deepEqual(words.slice(0, 5), ['code', 'code', 'code', 'code', 'code']);
	assert.ok(words.slice(5).every((w) => w === 'ticket' || w === 'throttled'), words.join());
	r = await password('jiro', address);
	assert.equal(r.status, 200, 'the password can be tried: a wrong code is no wrong password');
	assert.equal((await step(r.json.ticket, '123456', address)).status, 429, 'and a right password wins back no tries at codes');
	r = await password('jiro', from());
	assert.equal((await step(r.json.ticket, '123456', '127.8.0.1')).json.error, 'ticket');
});

test('certificates: alone, with a password, refused when revoked, strange or absent', { timeout: 60000 }, async () => {
	for (const [group, user] of [['cards', 'taro'], ['both', 'hanako']])
		assert.equal((await admins('groups/add-member', { name: group, user })).status, 200);
	b.user(['bind-certificate', 'taro', 'cards/taro.crt']);
	b.user(['bind-certificate', 'hanako', 'cards/hanako.crt', '--subject']);
	assert.throws(() => b.user(['bind-certificate', 'hanako', 'cards/taro.crt']), /bound already/);

	assert.equal((await b.get('/api/login/options')).json.certificate, false);
	let r = await withCard('taro', '/api/login/certificate', {});
	assert.equal(r.status, 200);
	assert.equal(r.json.user, 'taro');
	assert.ok(r.headers['set-cookie']);
	r = await password('taro', from());
	assert.equal(r.json.error, 'certificate-needed', 'the password alone is less than the group needs');
	assert.equal(r.headers['set-cookie'], undefined);

	r = await withCard('hanako', '/api/login/certificate', {});
	assert.deepEqual(r.json, { next: 'password', user: 'hanako' });
	assert.equal(r.headers['set-cookie'], undefined);
	r = await withCard('hanako', '/api/login', { user: 'hanako', password: PASSWORD });
	assert.equal(r.json.user, 'hanako');
	assert.equal((await withCard('hanako', '/api/login', { user: 'hanako', password: 'wrong' })).json.error, 'login');
	assert.equal((await withCard('taro', '/api/login', { user: 'hanako', password: PASSWORD })).json.error, 'certificate-needed',
		'somebody else\'s card');

	for (const card of ['nobody', 'false'])
		assert.equal((await withCard(card, '/api/login/certificate', {})).json.error, 'certificate', card);
	assert.equal((await b.post('/api/login/certificate', {})).json.error, 'certificate');
	// a bad card is no reason to refuse the connection: others log in by password on it
	assert.equal((await withCard('false', '/api/login', { user: 'shiro', password: PASSWORD })).json.user, 'shiro');

	revokeCard(b.file('cards'), 'taro');
	assert.equal((await withCard('taro', '/api/login/certificate', {})).json.error, 'certificate', 'revoked');
	assert.equal((await withCard('hanako', '/api/login/certificate', {})).json.next, 'password', 'not revoked');
	fs.renameSync(b.file('cards/ca.crl'), b.file('cards/away'));
	assert.equal((await withCard('hanako', '/api/login/certificate', {})).json.error, 'certificate', 'no CRL, no certificates');
	fs.renameSync(b.file('cards/away'), b.file('cards/ca.crl'));
	await b.logged(/login\.failed.*certificate revoked/);
});

test('certificates: a CA file without a certificate is told at the start', { timeout: 60000 }, async () => {
	await b.stop();
	fs.writeFileSync(b.file('cards/empty.pem'), 'nothing');
	b.configure('login:\n  certificates:\n    ca: cards/empty.pem\n    crl: cards/ca.crl\n');
	await assert.rejects(b.start(), /login\.certificates\.ca/);
	await b.stop();
	b.ended = undefined;
});

test('a clock that was set back: a code of the past stays used, a log-in of the future does not live for ever', { timeout: 60000 }, async () => {
	await b.stop();
	b.configure('login:\n  idle_minutes: 1\n');
	await b.start();
	const address = from(), r = await password('goro', address);
	assert.equal(r.json.next, 'code');
	// as if the last code had been shown in a year from now, before the clock was set back
	const step_s = Math.floor(Date.now() / 30000);
	b.run('hub-tool', ['sql', 'store.db', `UPDATE totp SET step = ${step_s + 1000000}`]);
	for (const s of [step_s, step_s + 1])
		assert.equal((await step(r.json.ticket, code(goro, s), address)).json.error, 'code');
	b.run('hub-tool', ['sql', 'store.db', 'UPDATE totp SET step = 1']);
	assert.equal((await step(r.json.ticket, code(goro, step_s), address)).status, 200, 'and is good again with the right clock');
	const cookie = await b.login('shiro');
	await b.stop();
	b.run('hub-tool', ['sql', 'store.db', 'UPDATE logins SET created_s = created_s + 315360000, seen_s = seen_s + 315360000']);
	await b.start();
	assert.equal((await b.get('/api/me', cookie)).status, 200);
	await b.stop();
	b.run('hub-tool', ['age', 'store.db', 'shiro', '315360120']); // two minutes ago, by the right clock
	await b.start();
	assert.equal((await b.get('/api/me', cookie)).status, 401);
});

test('the notice: acknowledged before the first session, on the record, once for each text', { timeout: 60000 }, async () => {
	await b.stop();
	b.configure(`login:
  notice:
    ja: ${NOTICE.ja}
    en: ${NOTICE.en}
`);
	await b.start();
	const cookie = await b.login('saburo');
	assert.equal((await b.get('/api/me', cookie)).json.notice, true);
	assert.equal((await b.post('/api/session', {}, { cookie })).json.error, 'notice');
	const { json } = await b.get('/api/notice', cookie);
	assert.equal(json.ja, NOTICE.ja);
	assert.equal(json.en, NOTICE.en);
	assert.equal(json.acknowledged, false);
	const yes = (notice, lang = 'ja') => b.post('/api/notice/acknowledge', { notice, lang }, { cookie });
	assert.equal((await yes('0'.repeat(64))).status, 409, 'another text');
	assert.equal((await yes(json.notice, 'fr')).status, 400);
	assert.equal((await b.post('/api/notice/acknowledge', { notice: json.notice, lang: 'ja' })).status, 401);
	assert.equal((await yes(json.notice)).status, 200);
	assert.equal((await b.post('/api/session', {}, { cookie })).status, 200);
	assert.equal((await b.get('/api/me', await b.login('saburo'))).json.notice, false, 'asked once');
	assert.match(fs.readdirSync(b.file('audit')).map((f) => fs.readFileSync(b.file(`audit/${f}`), 'latin1')).join(''), /user\.consent/);
	await b.stop();
	await b.start();
	assert.equal((await b.get('/api/me', cookie)).json.notice, false, 'also after a restart');
});

test('where the site says so, nobody sets up a generator before an administrator has allowed it', { timeout: 60000 }, async () => {
	await b.stop();
	b.configure('login:\n  enrolment: allowed\n');
	await b.start();
	b.user(['add', 'shichiro', '--password-stdin'], PASSWORD);
	admin = await b.login('root');
	assert.equal((await admins('groups/add-member', { name: 'codes', user: 'shichiro' })).status, 200);
	const enrol = async () => { const r = await password('shichiro', from()); return [r.status, r.json.error ?? r.json.next]; };
	assert.deepEqual(await enrol(), [403, 'enrolment-closed']);
	assert.equal((await password('shichiro', from(), 'wrong')).json.error, 'login', 'the password comes first');
	assert.equal((await admins('users/allow-enrolment', { name: 'shichiro', hours: 0 })).status, 400);
	assert.equal((await admins('users/allow-enrolment', { name: 'root' })).json.error, 'self');
	assert.equal((await admins('users/allow-enrolment', { name: 'shichiro', hours: 1 })).status, 200);
	assert.deepEqual(await enrol(), [200, 'enrol']);
	b.run('hub-tool', ['sql', 'store.db', `UPDATE users SET enrol_s = ${Math.floor(Date.now() / 1000) - 1} WHERE name = 'shichiro'`]);
	assert.deepEqual(await enrol(), [403, 'enrolment-closed'], 'too late');
	assert.equal((await admins('users/allow-enrolment', { name: 'shichiro' })).status, 200);
	const address = from(), r = (await password('shichiro', address)).json;
	assert.equal((await step(r.ticket, code(r.secret), address)).status, 200);
	assert.equal((await admins('users/allow-enrolment', { name: 'shichiro' })).json.error, 'exists');
	assert.equal((await admins('users/reset-second-factor', { name: 'shichiro' })).status, 200);
	assert.deepEqual(await enrol(), [403, 'enrolment-closed'], 'a reset alone opens nothing');
	await b.stop();
	b.configure('login:\n  enrolment: sometimes\n');
	await assert.rejects(b.start(), /login\.enrolment/);
	b.ended = undefined;
	b.process = null;
});

test('sekisho-load logs in by all the steps: a one-time code, again within its thirty seconds, and the notice', { timeout: 60000 }, async () => {
	await b.stop();
	b.configure(`login:
  needs: password+totp
  notice:
    ja: ${NOTICE.ja}!
    en: ${NOTICE.en}!
`);
	await b.start();
	b.user(['add', 'rokuro', '--password-stdin'], PASSWORD);
	const audit = () => fs.readFileSync(b.file('audit/audit-00000001.log'), 'utf8').split('\n').filter((l) => l.includes('"who":"rokuro"'));
	const load = (...words) => spawnSync(path.join(bin, 'sekisho-load'), ['probe', '--broker', `${b.address}:${b.port}`, '--ca', 'pki/ca.crt', '--user', 'rokuro',
		'--password-file', 'rokuro', '--site', '127.0.0.1', '--probes', '1', ...words], { cwd: b.dir, encoding: 'utf8' });
	fs.writeFileSync(b.file('rokuro'), PASSWORD + '\n');
	assert.match(load().stderr, /a second factor is needed/, 'nothing was enrolled');
	const address = from(), { ticket, secret } = (await password('rokuro', address)).json;
	assert.equal((await step(ticket, code(secret, Math.floor(Date.now() / 30000) - 1), address)).status, 200);
	assert.match(load().stderr, /a second factor is needed/, 'no secret is given');
	fs.writeFileSync(b.file('rokuro'), `${PASSWORD}\n${secret}\n`);
	assert.match(load().stderr, /the site's notice is to be acknowledged/);
	assert.ok(!audit().some((l) => l.includes('session.opened')));
	// there is no render host here: what counts is that a session was opened
	assert.match(load('--acknowledge').stderr, /no picture came/);
	await until('the record', () => audit().some((l) => l.includes('session.opened')));
	assert.equal(audit().filter((l) => l.includes('login.ok') && l.includes('password+totp')).length, 3);
	assert.equal(audit().filter((l) => l.includes('user.consent')).length, 1);
	fs.writeFileSync(b.file('rokuro'), `${PASSWORD}\n0189!\n`);
	assert.match(load().stderr, /a second factor is needed/);
});
