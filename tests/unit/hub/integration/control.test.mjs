// SPDX-License-Identifier: GPL-3.0-or-later
//
// sekishoctl and the control socket of a real broker.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { after, before, test } from 'node:test';

import { bin, Broker, until } from './harness.mjs';

const b = new Broker();
const socket = () => b.file('control.sock');

function ctl(...words) {
	const r = spawnSync(path.join(bin, 'sekishoctl'), ['--socket', socket(), '--lang', 'en', ...words], { encoding: 'utf8',
		cwd: b.dir });
	let json = null;
	try { json = JSON.parse(r.stdout); } catch { /* text */ }
	return { code: r.status, out: r.stdout, err: r.stderr, json };
}

// Bytes as they are to the socket; gives everything that comes back until it is closed, or the first line.
function raw(bytes, { untilClosed = false } = {}) {
	return new Promise((done, fail) => {
		let text = '';
		const s = net.connect(socket(), () => s.write(bytes));
		s.setEncoding('utf8');
		s.on('data', (d) => {
			text += d;
			if (!untilClosed && text.includes('\n')) s.destroy();
		});
		s.on('close', () => done(text));
		s.on('error', (e) => (e.code === 'EPIPE' || e.code === 'ECONNRESET' ? done(text) : fail(e)));
	});
}

const records = () => fs.readFileSync(b.file('audit/audit-00000001.log'), 'utf8').split('\n').slice(0, -1).map((l) => JSON.parse(l));

before(() => b.start());
after(() => b.finish());

test('the socket is for its owner only', () => {
	assert.equal(fs.statSync(socket()).mode & 0o7777, 0o600);
});

test('another account is refused, and that is on the record', { skip: process.getuid() !== 0 && 'needs root' }, async () => {
	fs.chmodSync(b.dir, 0o755);
	fs.chmodSync(socket(), 0o666); // as if somebody had opened it: the kernel's word on the peer still counts
	const r = spawnSync(path.join(bin, 'sekishoctl'), ['--socket', socket(), 'status'], { uid: 65534, gid: 65534, encoding: 'utf8' });
	fs.chmodSync(socket(), 0o600);
	if (r.error?.code === 'EACCES') return; // that account cannot even start the program where it was built
	assert.equal(r.status, 3);
	await until('the record', () => records().some((x) => x.what === 'control.refused' && x.who === '#local:uid65534'));
});

test('status', () => {
	const r = ctl('--json', 'status');
	assert.equal(r.code, 0);
	assert.equal(r.json.sessions, 0);
	assert.equal(r.json.audit.writable, true);
	assert.match(ctl('status').out, /writable: yes/);
	assert.match(spawnSync(path.join(bin, 'sekishoctl'), ['--socket', socket(), '--lang', 'ja', 'status'], { encoding: 'utf8' }).stdout,
		/書き込み可: はい/);
});

test('users: list, add, disable, enable, roles, password', () => {
	assert.match(ctl('user', 'list').out, /^NAME .*\n(hanako|taro) /);
	const added = ctl('--json', 'user', 'add', 'jiro', '--reason', 'new colleague');
	assert.equal(added.code, 0);
	assert.ok(added.json.password.length >= 8);
	assert.equal(ctl('user', 'add', 'jiro', '--reason', 'again').code, 1);
	assert.equal(ctl('user', 'disable', 'jiro', '--reason', 'left').code, 0);
	assert.equal(ctl('--json', 'user', 'show', 'jiro').json.user.disabled, true);
	assert.equal(ctl('user', 'enable', 'jiro', '--reason', 'back').code, 0);
	assert.equal(ctl('user', 'roles', 'jiro', 'staff,operator', '--reason', 'duty').code, 0);
	assert.deepEqual(ctl('--json', 'user', 'show', 'jiro').json.user.roles.sort(), ['operator', 'staff']);
	assert.notEqual(ctl('--json', 'user', 'passwd', 'jiro', '--reason', 'forgot').json.password, added.json.password);
	const all = records();
	assert.ok(all.some((x) => x.who === '#local:root' || /^#local:uid/.test(x.who)));
	assert.ok(all.some((x) => x.object === 'jiro' && x.details.reason === 'left'));
	assert.ok(!JSON.stringify(all).includes(added.json.password));
});

test('groups and policies', () => {
	assert.equal(ctl('group', 'add', 'zeimu', '--text', '税務課', '--reason', 'new').code, 0);
	assert.equal(ctl('group', 'add-member', 'zeimu', 'taro', '--reason', 'member').code, 0);
	assert.match(ctl('group', 'list').out, /zeimu/);
	assert.match(ctl('group', 'members', 'zeimu').out, /taro/);
	const set = ctl('policy', 'set', 'group:zeimu', 'idle_minutes', '10', '--reason', 'short');
	assert.equal(set.code, 0, set.err);
	assert.equal(ctl('--json', 'policy', 'show', 'group:zeimu').json.values.idle_minutes.value, 10);
	const explained = ctl('--json', 'policy', 'explain', 'taro');
	assert.equal(explained.json.explain.find((x) => x.attribute === 'idle_minutes').value, 10);
	assert.match(ctl('policy', 'explain', 'taro').out, /idle_minutes +10 +group/);
	assert.match(ctl('policy', 'history').out, /idle_minutes/);
	assert.equal(ctl('policy', 'set', 'site', 'no_such', '1', '--reason', 'x').code, 1);
	assert.equal(ctl('policy', 'unset', 'group:zeimu', 'idle_minutes', '--reason', 'as before').code, 0);
	assert.equal(ctl('policy', 'set', 'everybody', 'idle_minutes', '1', '--reason', 'x').code, 2);
});

test('control: render hosts', () => {
	const host = 'render5.sekisho.internal', rows = () => ctl('--json', 'host', 'list').json.rows;
	assert.equal(ctl('host', 'add', host, '127.0.0.9', '9', 'lab').code, 1); // no reason
	assert.equal(ctl('host', 'add', host, '127.0.0.9', '9', 'lab', '--reason', 'more room').code, 0);
	assert.equal(ctl('host', 'add', host, '127.0.0.9', '9', '--reason', 'twice').code, 1);
	assert.equal(rows().find(row => row.name === host).pool, 'lab');
	assert.equal(ctl('host', 'drain', host, '15', '--reason', 'maintenance').code, 0);
	assert.match(ctl('host', 'list').out, /render5\.sekisho\.internal +127\.0\.0\.9 +9 +lab +draining/);
	assert.ok(rows().find(row => row.name === host).force_in_s > 0);
	assert.equal(ctl('host', 'undrain', host, '--reason', 'done').code, 0);
	assert.equal(rows().find(row => row.name === host).drain, false);
	assert.equal(ctl('host', 'remove', host, '--reason', 'sold').code, 0);
	assert.equal(ctl('host', 'remove', host, '--reason', 'sold').code, 1);
	assert.equal(rows().length, 1);
});

test('control: hosts of other protocols', async () => {
	const name = 'desk7.example.lg.jp', row = () => ctl('--json', 'host', 'list').json.rows.find((x) => x.name === name);
	const add = (...words) => ctl('host', 'add', name, '127.0.0.9', '9', 'desks', '--reason', 'a desk', ...words);
	const password = (input, ...words) => spawnSync(path.join(bin, 'sekishoctl'), ['--socket', socket(), 'host', 'password', name, ...words,
		'--reason', 'its own'], { encoding: 'utf8', input, cwd: b.dir }).status;
	assert.equal(add('--kind', 'x11').code, 1);
	assert.equal(add('--max_sessions', '2').code, 1); // our own hosts say themselves how many they take
	assert.equal(add('--kind', 'vnc', '--insecure', 'true', '--trust', b.file('pki/ca.crt')).code, 1);
	assert.equal(add('--kind', 'vnc', '--insecure', 'true').code, 0);
	assert.match(ctl('host', 'list').out, /desk7\.example\.lg\.jp .* vnc +yes/);
	assert.deepEqual([row().kind, row().insecure, row().max_sessions, row().test], ['vnc', true, 1, '']);
	assert.equal(password('s3cret-of-the-desk\n'), 0);
	assert.equal(password('s3cret-of-taro\n', 'taro-there', '--user', 'taro'), 0);
	assert.equal(password(''), 2);
	const r = ctl('host', 'test', name);
	assert.equal(r.code, 4);
	assert.match(r.out, /no TCP connection/);
	assert.equal(row().test, 'connect');
	assert.match(ctl('selfcheck').out, /without encryption[^]*desk7/);
	const seen = records().filter((x) => x.object === name).map((x) => x.what);
	assert.deepEqual(seen, ['host.add', 'host.add', 'host.add', 'host.add', 'host.secret', 'host.secret', 'host.test'].slice(-seen.length));
	for (const file of [b.file('store.db'), b.file('store.db-wal'), b.file('audit/audit-00000001.log')])
		assert.ok(!fs.existsSync(file) || !/s3cret-of/.test(fs.readFileSync(file, 'latin1')), file);
	assert.equal(ctl('host', 'remove', name, '--reason', 'gone').code, 0);
	assert.equal(ctl('host', 'password', 'render1.sekisho.internal', '--reason', 'x').code, 2);
});

const live = () => ctl('--json', 'session', 'list').json.rows;

test('sessions: list, message, end, stop', async () => {
	const { session } = await b.session(await b.login('taro'));
	assert.deepEqual(live().map((s) => [s.session, s.user]), [[session, 'taro']]);
	assert.equal(ctl('session', 'message', session, 'maintenance at noon').code, 0);
	assert.equal(ctl('session', 'end', session).code, 1); // no reason
	assert.equal(ctl('session', 'end', session, '--reason', 'test').code, 0);
	assert.deepEqual(live(), []);
	assert.equal(ctl('session', 'end', session, '--reason', 'test').code, 1);
	for (const stop of [['user', 'taro'], ['all']]) {
		await b.session(await b.login('taro'));
		await b.session(await b.login('hanako'));
		const r = ctl('--json', 'stop', ...stop);
		assert.equal(r.code, 0);
		assert.equal(r.json.ended, stop[0] === 'all' ? live().length + 2 : 1);
	}
	assert.deepEqual(live(), []);
	await until('the record', () => records().some((x) => /emergency stop/.test(x.details.reason ?? '')));
});

test('a live session\'s policy: shown, overridden, and as before', async () => {
	const { session } = await b.session(await b.login('taro'));
	const of = (attribute) => ctl('--json', 'session', 'explain', session).json.explain.find((e) => e.attribute === attribute);
	assert.equal(of('clipboard_per_minute').from, 'built-in');
	assert.equal(ctl('session', 'set', session, 'clipboard_per_minute', '3').code, 1, 'why?');
	for (const [value, said] of [['3', 'a question'], ['4', 'another']]) {
		const set = ctl('session', 'set', session, 'clipboard_per_minute', value, '--reason', said);
		assert.equal(set.code, 0, set.err);
		assert.deepEqual([of('clipboard_per_minute').value, of('clipboard_per_minute').from], [Number(value), 'session']);
	}
	assert.match(ctl('session', 'explain', session).out, /clipboard_per_minute +4 +session/);
	// what somebody else has overridden meanwhile is not overwritten
	assert.equal(ctl('session', 'set', session, 'clipboard_per_minute', '9', '--before', '3', '--reason', 'x').code, 1);
	assert.equal(ctl('session', 'set', session, 'no_such', '9', '--reason', 'x').code, 1);
	assert.equal(ctl('session', 'unset', session, 'clipboard_per_minute', '--reason', 'answered').code, 0);
	assert.equal(of('clipboard_per_minute').from, 'built-in');
	assert.equal(ctl('session', 'end', session, '--reason', 'test').code, 0);
	assert.equal(ctl('session', 'explain', session).code, 1);
	assert.ok(records().some((x) => x.what === 'session.override' && x.details.reason === 'another' && x.details.value === '4'));
});

test('certificates: bound by file, fingerprint or subject, listed with their end, unbound', () => {
	const openssl = (...args) => spawnSync('openssl', args, { cwd: b.dir, encoding: 'utf8' });
	openssl('req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '30', '-utf8', '-subj', '/O=市役所/CN=taro',
		'-keyout', 'card.key', '-out', 'card.crt');
	openssl('x509', '-in', 'card.crt', '-outform', 'DER', '-out', 'card.der');
	const fingerprint = new X509Certificate(fs.readFileSync(b.file('card.crt'))).fingerprint256.replaceAll(':', '').toLowerCase();
	// a key in the same file stays here
	fs.writeFileSync(b.file('both.pem'), fs.readFileSync(b.file('card.key'), 'utf8') + fs.readFileSync(b.file('card.crt'), 'utf8'));
	const add = (...words) => ctl('--json', 'user', 'add-certificate', 'jiro', ...words, '--reason', 'card');
	// of somebody who is not logged in: unbinding ends log-ins within a second, those of the next test too
	const list = () => ctl('--json', 'user', 'certificates', 'jiro').json.certificates;
	const bound = add('both.pem');
	assert.equal(bound.code, 0, bound.err);
	assert.deepEqual([bound.json.kind, bound.json.value, bound.json.subject], ['fingerprint', fingerprint, 'CN=taro,O=市役所']);
	assert.equal(list().length, 1);
	assert.equal(list()[0].subject, 'CN=taro,O=市役所');
	assert.ok(list()[0].ends_s > Date.now() / 1000 + 29 * 86400);
	assert.match(ctl('user', 'certificates', 'jiro').out, /SUBJECT +ENDS[^]*CN=taro,O=市役所 +20\d\d-/);
	assert.equal(add('card.der').code, 1, 'bound already');
	const remove = (...words) => ctl('user', 'remove-certificate', 'jiro', ...words, '--reason', 'lost');
	assert.equal(remove('--fingerprint', fingerprint).code, 0);
	assert.equal(remove('--fingerprint', fingerprint).code, 1);
	assert.deepEqual(list(), []);
	assert.equal(add('card.der', '--kind', 'subject').code, 0);
	assert.deepEqual(list().map((c) => [c.kind, c.value, c.ends_s]), [['subject', 'CN=taro,O=市役所', 0]]);
	assert.equal(remove('--subject', 'CN=taro,O=市役所').code, 0);
	assert.equal(add('--fingerprint', '1'.repeat(64)).code, 0, 'digits alone are no number here');
	assert.equal(remove('--fingerprint', '1'.repeat(64)).code, 0);
	assert.equal(add('--fingerprint', 'AB').code, 1);
	assert.equal(add().code, 1);
	assert.equal(add('card.key').code, 2);
	assert.equal(add('no-such-file').code, 2);
	assert.equal(add('card.crt', '--fingerprint', '1'.repeat(64)).code, 1, 'one or the other');
	const all = records();
	const of = (what) => all.filter((x) => x.what === what && x.object === 'jiro');
	assert.ok(of('user.certificate-add').some((x) => x.details.value.includes(fingerprint) && x.details.subject === 'CN=taro,O=市役所' && x.details.kind === 'fingerprint'));
	assert.ok(of('user.certificate-remove').some((x) => x.details.value.includes(fingerprint) && x.details.reason === 'lost'));
	assert.ok(!JSON.stringify(all).includes('PRIVATE'));
});

test('the emergency switch works while the database is locked', async () => {
	await b.session(await b.login('taro'));
	const unlock = await b.lockStore();
	const begun = process.hrtime.bigint();
	const r = ctl('--json', 'stop', 'all');
	const ms = Number((process.hrtime.bigint() - begun) / 1000000n);
	await unlock(); // it was all the while
	assert.equal(r.code, 0);
	assert.equal(r.json.ended, 1);
	console.log(`# stopped in ${ms} ms while the database was locked`);
	assert.deepEqual(live(), []);
});

test('audit: search and verify', async () => {
	const found = ctl('--json', 'audit', 'search', '--what', 'session.ended', '--limit', '2');
	assert.equal(found.code, 0);
	assert.equal(found.json.rows.length, 2);
	assert.ok(found.json.rows[0].seq > found.json.rows[1].seq);
	const next = ctl('--json', 'audit', 'search', '--what', 'session.ended', '--limit', '2', '--after', found.json.next);
	assert.ok(next.json.rows[0].seq < found.json.rows[1].seq);
	assert.match(ctl('audit', 'search', '--who', 'taro').out, /login\.ok/);
	const whole = ctl('audit', 'verify');
	assert.equal(whole.code, 0, whole.out);
	assert.match(whole.out, /OK: the log is whole/);
	// somebody changes one letter of a copy; the program of its own needs only copy and public key
	fs.cpSync(b.file('audit'), b.file('copy'), { recursive: true });
	const file = b.file('copy/audit-00000001.log');
	const text = fs.readFileSync(file, 'utf8');
	fs.writeFileSync(file, text.replace('"who":"taro"', '"who":"jiro"'));
	const changed = spawnSync(path.join(bin, 'sekisho-audit-verify'), ['--key', b.file('audit.key.pub'), '--json', b.file('copy')],
		{ encoding: 'utf8' });
	assert.equal(changed.status, 1);
	assert.equal(JSON.parse(changed.stdout).list.filter((f) => !f.note)[0].word, 'changed');
	const cut = text.split('\n').slice(0, -3).join('\n') + '\n';
	fs.writeFileSync(file, cut);
	const short = spawnSync(path.join(bin, 'sekisho-audit-verify'), ['--key', b.file('audit.key.pub'), '--lang', 'ja', b.file('copy')],
		{ encoding: 'utf8' });
	assert.equal(short.status, 1);
	assert.match(short.stdout, /異常 head .*\[short\]/);
});

test('wrong usage', () => {
	for (const words of [[], ['nonsense'], ['user'], ['user', 'nonsense'], ['user', 'disable'], ['stop'], ['status', 'x'],
		['--lang', 'fr', 'status'], ['user', 'list', '--limit', 'x'], ['user', 'list', '--search']])
		assert.equal(ctl(...words).code, 2, words.join(' '));
	assert.equal(spawnSync(path.join(bin, 'sekishoctl'), ['--socket', b.file('none'), 'status']).status, 3);
	assert.equal(ctl('--help').code, 0);
});

test('hostile lines', async () => {
	for (const line of ['', '{}', '[]', 'null', '{"op":1}', '{"op":"status","in":[]}', '{"op":"status","x":1}',
		'{"op":"status","op":"status"}', '{"op":"status"', '\xff\xfe', `${'['.repeat(3000)}`, '{"op":"users/list","in":{"x":1}}',
		'{"op":"users/list","in":{"limit":"1"}}', '{"op":"../../etc/passwd"}', '{"op":"users/add","in":{"name":"\\u0000","reason":"x"}}',
		`{"op":"users/list","in":{"search":"${'x'.repeat(5000)}"}}`, `{"op":"users/add","in":{"name":"' OR 1=1","reason":"x"}}`]) {
		const r = JSON.parse(await raw(line + '\n'));
		assert.equal(r.ok, false, line.slice(0, 60));
	}
	// 1 MB without a line's end: closed, not kept
	assert.equal(await raw(Buffer.alloc(1024 * 1024, 0x61), { untilClosed: true }), '');
	// names and reasons that are far too long, by the program
	assert.notEqual(ctl('user', 'add', 'x'.repeat(100000), '--reason', 'r').code, 0);
	assert.notEqual(ctl('user', 'disable', 'taro', '--reason', 'x'.repeat(100000)).code, 0);
	assert.equal(ctl('user', 'add', 'ok', '--reason', 'x'.repeat(10000)).code, 1);
	assert.equal(ctl('user', 'show', 'ok').code, 1);
	// two requests at once are answered in their order
	assert.equal((await raw('{"op":"status"}\n{"op":"nonsense"}\n')).split('\n')[0].includes('"ok":true'), true);
	assert.equal(ctl('status').code, 0);
});

test('too many connections do not keep root out for long', async () => {
	const many = await Promise.all(Array.from({ length: 40 }, () => new Promise((done) => {
		const s = net.connect(socket(), () => done(s));
		s.on('error', () => done(s));
	})));
	many.forEach((s) => s.destroy());
	await until('an answer', () => ctl('status').code === 0);
});

test('a dead broker\'s socket is replaced, a live one\'s is not', async () => {
	const second = spawnSync(path.join(bin, 'sekisho-broker'), ['--config', 'broker.yaml'], { cwd: b.dir, encoding: 'utf8', timeout: 15000 });
	assert.equal(second.status, 1);
	assert.match(second.stderr, /another broker serves it/);
	assert.equal(ctl('status').code, 0);
	b.process.kill('SIGKILL');
	await b.exit;
	b.ended = undefined;
	assert.ok(fs.existsSync(socket()));
	await b.start();
	assert.equal(ctl('status').code, 0);
	await b.stop();
	assert.ok(!fs.existsSync(socket()));
	await b.start();
});

test('selfcheck: what is in order and what is not, signed', async () => {
	const r = ctl('--json', 'selfcheck');
	const level = (report, id) => report.report.lines.find((l) => l.id === id)?.level;
	for (const id of ['https-certificate', 'intermediate', 'ca', 'crl', 'keys', 'listening', 'jails', 'audit-writable', 'audit-chain',
		'libraries'])
		assert.equal(level(r.json, id), 'ok', `${id}: ${JSON.stringify(r.json.report.lines.find((l) => l.id === id))}`);
	assert.equal(level(r.json, 'second-factor'), 'attention');
	assert.equal(r.code, 0);
	// the signature, checked elsewhere with the public key only
	fs.writeFileSync(b.file('report.json'), r.out);
	const check = () => ctl('selfcheck', '--check', b.file('report.json'), '--key', b.file('audit.key.pub'));
	assert.equal(check().code, 0);
	fs.writeFileSync(b.file('report.json'), r.out.replace('"attention"', '"ok"'));
	assert.equal(check().code, 4);
	// text and HTML, Japanese
	const ja = spawnSync(path.join(bin, 'sekishoctl'), ['--socket', socket(), '--lang', 'ja', 'selfcheck'], { encoding: 'utf8' });
	assert.match(ja.stdout, /自己点検/);
	assert.match(ja.stdout, /\[注意\] 第2要素のないアカウント: 3 アカウント中 3 件: .*taro/);
	assert.match(ja.stdout, /\[正常\] 庁内側のHTTPS証明書: .*有効期間 .*（残り \d+ 日）/);
	assert.match(ja.stdout, /\[注意\] 録画の網羅: /);
	// nothing but names, addresses and what the system itself says is in Latin letters: no sentence was left in English
	for (const line of ja.stdout.split('\n').filter((l) => /^\[/.test(l)))
		assert.match(line.replace(/^[^:]*: /, ''), /libuv|[\u3040-\u30ff\u4e00-\u9fff]/, line);
	assert.doesNotMatch(ja.stdout, /%[1-9]/);
	// every word that the broker says is one that sekishoctl has
	for (const l of r.json.report.lines)
		assert.ok(l.evidence.say && Array.isArray(l.evidence.values), l.id);
	assert.equal(ctl('selfcheck', '--format', 'html', '--output', b.file('report.html')).code, 0);
	const html = fs.readFileSync(b.file('report.html'), 'utf8');
	assert.match(html, /<h1>Sekisho self-check<\/h1>/);
	assert.doesNotMatch(html, /<script/);
	// what is wrong is seen: a key that others can read, a loose policy, a log that somebody edited
	fs.chmodSync(b.file('pki/https.key'), 0o644);
	assert.equal(ctl('policy', 'set', 'site', 'clipboard', 'both', '--reason', 'test').code, 0);
	const file = b.file('audit/audit-00000001.log');
	const text = fs.readFileSync(file, 'utf8');
	const fd = fs.openSync(file, 'r+');
	const at = Buffer.from(text).indexOf('"what":"login.ok"');
	fs.writeSync(fd, '"what":"login.no"', at);
	const bad = ctl('--json', 'selfcheck');
	assert.equal(bad.code, 4);
	assert.equal(level(bad.json, 'keys'), 'failed');
	assert.equal(level(bad.json, 'policy'), 'attention');
	assert.match(bad.json.report.lines.find((l) => l.id === 'policy').evidence.names.join(), /site clipboard="both"/);
	assert.equal(level(bad.json, 'audit-chain'), 'failed');
	fs.writeSync(fd, '"what":"login.ok"', at);
	fs.closeSync(fd);
	fs.chmodSync(b.file('pki/https.key'), 0o600);
});

test('ages: a certificate that ends soon, and a CRL that is older than the site allows', async () => {
	const of = (rows, what) => rows.find((r) => r.of === what && r.at === 'broker');
	let r = ctl('--json', 'ages');
	assert.equal(r.code, 0, r.err);
	assert.deepEqual(r.json.rows.filter((row) => row.at === 'broker').map((row) => [row.of, row.level]),
		[['https-certificate', 'fine'], ['intermediate', 'fine'], ['ca', 'fine'], ['crl', 'fine']]);
	assert.ok(of(r.json.rows, 'https-certificate').left_days >= 395);
	b.run('sekisho-certs', ['renew', 'pki', 'https', '--days', '12']);
	r = ctl('--json', 'ages');
	assert.equal(of(r.json.rows, 'https-certificate').level, 'soon');
	assert.ok([11, 12].includes(of(r.json.rows, 'https-certificate').left_days));
	const line = (id) => ctl('--json', 'selfcheck').json.report.lines.find((l) => l.id === id);
	assert.equal(line('https-certificate').level, 'attention');
	assert.equal(line('host-ages').level, 'ok');
	b.run('sekisho-certs', ['renew', 'pki', 'https']);
	assert.equal(line('https-certificate').level, 'ok');
	b.run('sekisho-certs', ['crl', 'pki', '--days', '1']); // 24 hours are fewer than 48
	assert.equal(of(ctl('--json', 'ages').json.rows, 'crl').level, 'soon');
	assert.equal(line('crl').level, 'attention');
	b.run('sekisho-certs', ['crl', 'pki']);
	assert.match(ctl('ages').out, /^OF +AT +LEVEL/);
});

test('completion and manual know every command of the usage', () => {
	const root = path.join(import.meta.dirname ?? path.dirname(new URL(import.meta.url).pathname), '../../../..');
	const manual = fs.readFileSync(path.join(root, 'docs/man/sekishoctl.8'), 'utf8').replaceAll('\\-', '-').replaceAll(/\\f./g, '');
	const complete = (...words) => spawnSync('bash', ['-c', `source "$0"; COMP_WORDS=(sekishoctl "$@"); COMP_CWORD=$#; _sekishoctl; echo "\${COMPREPLY[*]}"`,
		path.join(root, 'client/ctl/completion.bash'), ...words], { encoding: 'utf8',
		env: { ...process.env, PATH: `${bin}:${process.env.PATH}`, SEKISHO_SOCKET: socket() } }).stdout.trim().split(' ');
	const usage = ctl('--help').out;
	const groups = complete('').filter((w) => !w.startsWith('--'));
	for (const group of groups) {
		assert.match(usage, new RegExp(`^  ${group}\\b`, 'm'));
		assert.ok(manual.includes(group));
		for (const verb of complete(group, '').filter((w) => w && !w.startsWith('--'))) {
			assert.ok(manual.includes(verb), `${group} ${verb} in the manual`);
			assert.equal(ctl(group, verb, '--x').code, 2, `${group} ${verb}`); // known, but wrongly used
		}
	}
	assert.deepEqual(complete('stop', '').sort(), ['all', 'host', 'session', 'user']);
	assert.ok(complete('user', 'show', 'ta').includes('taro'));
	assert.deepEqual(complete('--json', 'selfcheck', '--format', 'h'), ['html']);
});

test('whatever an administrator can do, sekishoctl can', () => {
	const root = path.join(path.dirname(new URL(import.meta.url).pathname), '../../../..');
	const words = (dir, pattern) => fs.readdirSync(path.join(root, dir)).filter((f) => f.endsWith('.c'))
		.flatMap((f) => [...fs.readFileSync(path.join(root, dir, f), 'utf8').matchAll(pattern)].map((m) => m[1]));
	const operations = [...new Set(words('broker/hub/admin', /^\t\{ "([a-z]+\/[a-z-]+)",/gm))], known = new Set(words('client/ctl', /"([a-z]+\/[a-z-]+)"/g));
	assert.ok(operations.length > 40);
	// a reviewer writes notes where the picture is seen
	assert.deepEqual(operations.filter((op) => !known.has(op)).sort(), ['recordings/note', 'recordings/unnote']);
});
