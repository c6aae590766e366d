// SPDX-License-Identifier: GPL-3.0-or-later
//
// Recordings of a real broker: required and impossible, live changes, a full disk, kill -9, retention, legal hold, verifying. The
// render host is a port that accepts and says nothing, the children are scripts that wait: what is recorded here is what the
// broker itself says and is told.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { after, before, test } from 'node:test';

import { bin, Broker, frame, notTwice, until } from './harness.mjs';

const NOT_RECORDED = 49;
const PHRASE = 'a long enough passphrase';
const b = new Broker();
const root = process.getuid() === 0;
let host;

function ctl(...words) {
	const r = spawnSync(path.join(bin, 'sekishoctl'), ['--socket', b.file('control.sock'), '--lang', 'en', ...words],
		{ encoding: 'utf8', cwd: b.dir });
	let json = null;
	try { json = JSON.parse(r.stdout); } catch { /* text */ }
	return { code: r.status, out: r.stdout, err: r.stderr, json };
}
function auditor() {
	const r = spawnSync(path.join(bin, 'sekisho-recording-verify'), ['--key', 'recording.key.pub', '--audit', 'audit', '--json', 'recordings'],
		{ encoding: 'utf8', cwd: b.dir });
	return { code: r.status, json: JSON.parse(r.stdout || '{}'), err: r.stderr };
}
const list = (...words) => ctl('--json', 'recording', 'list', ...words).json.rows;
const records = (what) => fs.readFileSync(b.file('audit/audit-00000001.log'), 'utf8').split('\n').slice(0, -1)
	.map((l) => JSON.parse(l)).filter((x) => x.what === what);
const policy = (value) => assert.equal(ctl('policy', 'set', 'user:taro', 'recording', value, '--reason', 'test').code, 0);

function configure(extra) {
	b.configure(extra);
	const text = fs.readFileSync(b.file('broker.yaml'), 'utf8').replaceAll('/bin/false', 'waits')
		.replace('address: 127.0.0.9\n    port: 9', `address: 127.0.0.1\n    port: ${host.address().port}`);
	fs.writeFileSync(b.file('broker.yaml'), text);
}

async function restart(extra) {
	await b.stop();
	configure(extra);
	await b.start();
}

const hello = () => {
	const p = Buffer.alloc(20);
	p.write('SEKI');
	[1, 1, 1024, 768, 100].forEach((v, i) => p.writeUInt16BE(v, 4 + 2 * i));
	return frame(0x01, p);
};
const key = () => frame(0x05, Buffer.from([0, 30, 1, 0, 0, 0, 0, 97]));

// A session that stays: its host is being called.
async function live(user = 'taro') {
	const cookie = await b.login(user);
	const s = await b.session(cookie);
	const stream = await b.stream({ cookie, token: s.token });
	assert.equal(stream.status, 101, JSON.stringify(stream));
	stream.send(hello());
	await until('the greeting', () => stream.messages.length >= 3);
	return { cookie, stream, session: s.session };
}
const mine = (s) => list('--purged', 'true').filter((r) => r.session === s.session);
async function over(s) {
	s.stream.socket.destroy();
	await b.post('/api/logout', {}, { cookie: s.cookie });
	await until('the recording to be closed', () => {
		const rows = mine(s); // the first comes a moment after the session's beginning
		return rows.length > 0 && rows.every((r) => r.ended);
	});
}

const recording = (warn = 0, least = 0) => `recording:
  path: recordings
  public_key: recording.pub
  warn_free_mib: ${warn}
  least_free_mib: ${least}
`;

before(async () => {
	fs.writeFileSync(b.file('waits'), '#!/bin/sh\nexec < /dev/null > /dev/null 2>&1\nwhile kill -0 $PPID; do sleep 1; done\n', { mode: 0o755 });
	host = net.createServer((s) => { s.unref(); s.on('error', () => {}); });
	await new Promise((done) => host.listen(0, '127.0.0.1', done));
	execFileSync(path.join(bin, 'sekisho-recording'), ['keygen', 'recording.pub', 'recording.secret'],
		{ cwd: b.dir, input: `${PHRASE}\n`, stdio: 'pipe' });
	configure('');
	await b.start();
});
after(async () => {
	if (process.env.SEK_SHOW_LOG) console.error(b.log);
	const code = await b.finish();
	host.close();
	assert.equal(code, 0);
});

test('keys: the secret half is locked and private, neither is ever overwritten', () => {
	assert.match(fs.readFileSync(b.file('recording.pub'), 'utf8'), /^[0-9a-f]{64}\n$/);
	assert.equal(fs.statSync(b.file('recording.secret')).mode & 0o777, 0o600);
	const again = spawnSync(path.join(bin, 'sekisho-recording'), ['keygen', 'recording.pub', 'recording.secret'], { cwd: b.dir, input: `${PHRASE}\n` });
	assert.equal(again.status, 1);
	const short = spawnSync(path.join(bin, 'sekisho-recording'), ['keygen', 'x.pub', 'x.secret'], { cwd: b.dir, input: 'short\n' });
	assert.equal(short.status, 1);
	assert.ok(!fs.existsSync(b.file('x.secret')));
	const twice = spawnSync(path.join(bin, 'sekisho-recording'), ['keygen', '--two', 'x.pub', 'x.secret'], { cwd: b.dir, input: `${PHRASE}\n${PHRASE}\n` });
	assert.match(`${twice.status} ${twice.stderr}`, /^1 .*same passphrase/);
	const two = spawnSync(path.join(bin, 'sekishoctl'), ['recording', 'keygen', '--two', 'two.pub', 'two.secret'],
		{ cwd: b.dir, input: `${PHRASE}\nthe second one's own\n`, encoding: 'utf8' });
	assert.equal(two.status, 0, two.stderr);
	assert.match(fs.readFileSync(b.file('two.secret'), 'utf8'), /^sekisho-recording-key 2 /);
});

test('a broker that cannot record: built in is off; what is required is refused, and on the record', async () => {
	const explain = ctl('--json', 'policy', 'explain', 'taro').json.explain.find((e) => e.attribute === 'recording');
	assert.deepEqual([explain.value, explain.from], ['off', 'built-in']);
	assert.equal(ctl('--json', 'status').json.recording, null);
	policy('required');
	const cookie = await b.login();
	const r = await b.post('/api/session', {}, { cookie });
	assert.deepEqual([r.status, r.json], [503, { error: 'recording' }]);
	await until('the record', () => records('recording.failed').length === 1);
	assert.equal(records('recording.failed')[0].outcome, 'refused');
	assert.match(records('recording.failed')[0].details.why, /no section/);
	assert.equal(ctl('policy', 'unset', 'user:taro', 'recording', '--reason', 'test').code, 0);
});

test('the configuration is checked', () => {
	const check = (extra) => {
		configure(extra);
		return spawnSync(path.join(bin, 'sekisho-broker'), ['--config', 'broker.yaml', '--check-config'], { cwd: b.dir, encoding: 'utf8' });
	};
	assert.match(check('recording:\n  public_key: nothing.pub\n').stderr, /broker\.yaml:\d+: .*recording\.public_key.*keygen/s);
	assert.match(check(recording(1, 2)).stderr, /warn_free_mib/);
	for (const seconds of [0, 61])
		assert.match(check(`${recording().trimEnd()}\n  sync_seconds: ${seconds}\n`).stderr, /recording\.sync_seconds/);
	assert.notEqual(check('recording:\n  path: recordings\n').status, 0);
	assert.equal(check(recording()).status, 0);
});

test('with a section `recording` it is required of everybody; a session is recorded from its beginning to its end', async () => {
	await restart(recording());
	const explain = ctl('--json', 'policy', 'explain', 'taro').json.explain.find((e) => e.attribute === 'recording');
	assert.deepEqual([explain.value, explain.from], ['required', 'built-in']);
	const s = await live();
	const row = await until('the row', () => mine(s)[0]);
	assert.deepEqual([row.user, row.host, row.ended, row.required, row.days], ['taro', 'render1.sekisho.internal', '', true, 365]);
	const shown = ctl('--json', 'session', 'list').json.rows[0];
	assert.deepEqual([shown.recording, shown.recorded], [row.recording, true]);
	s.stream.send(key());
	await over(s);
	const done = mine(s)[0];
	assert.equal(done.ended, 'ended-login');
	assert.ok(done.blocks > 0 && done.bytes > 300 && done.length_us > 0);
	assert.equal(records('recording.started').find((x) => x.object === done.recording).who, 'taro');
	const closed = await until('the record', () => records('recording.closed').find((x) => x.object === done.recording));
	assert.deepEqual([closed.details.hash, closed.details.late, closed.details.ended], [done.hash, 'no', 'ended-login']);
	assert.equal(records('session.started').find((x) => x.object === s.session).details.recording, 'required');
	assert.equal(ctl('--json', 'recording', 'verify', done.recording).json[0].verdict, 'sound');
	assert.equal(ctl('recording', 'verify').code, 0);
	const file = fs.readFileSync(b.file(`recordings/${done.recording}.sekrec`));
	assert.ok(!file.includes('taro'), 'encrypted');
	assert.equal(fs.statSync(b.file('recordings')).mode & 0o777, 0o700);
});

test('the policy changes while a session runs', async () => {
	policy('off');
	const s = await live();
	assert.equal(mine(s).length, 0);
	assert.equal(ctl('session', 'set', s.session, 'recording', 'required', '--reason', 'suspicion').code, 0);
	await until('the recording', () => mine(s).length === 1);
	assert.equal(ctl('session', 'set', s.session, 'clipboard', 'both', '--reason', 'for the mark').code, 0);
	assert.equal(ctl('session', 'message', s.session, 'hello').code, 0);
	assert.equal(ctl('session', 'set', s.session, 'recording', 'off', '--reason', 'over').code, 0);
	const [row] = await until('its end', () => mine(s).every((r) => r.ended) && mine(s));
	assert.deepEqual([row.ended, row.marks], ['policy', ['policy', 'message']]);
	assert.equal(s.stream.endedState(), 0, 'the session goes on');
	assert.equal(ctl('session', 'set', s.session, 'recording', 'optional', '--reason', 'again').code, 0);
	await until('another recording', () => mine(s).length === 2);
	await over(s);
	policy('required');
});

test('kill -9: what was recorded is there, finished by the next start, and on the record', async () => {
	const s = await live();
	await until('the row', () => mine(s).length === 1);
	s.stream.send(key());
	const first = mine(s)[0].recording;
	const file = b.file(`recordings/${first}.sekrec`);
	const size = fs.statSync(file).size;
	await until('a block on the disk', () => fs.statSync(file).size > size || size > 400);
	b.process.kill('SIGKILL');
	await b.exit;
	b.ended = undefined;
	await b.start();
	const row = mine(s).find((r) => r.recording === first);
	assert.deepEqual([row.ended, row.marks], ['unfinished', ['late']]);
	// the session is taken back, with a recording of its own from here on
	await until('the record of that', () => records('session.restored').some((x) => x.object === s.session));
	await until('the next recording', () => mine(s).length === 2);
	await until('the record', () => records('recording.closed').some((x) => x.object === row.recording && x.details.late === 'yes'));
	assert.equal(ctl('--json', 'recording', 'verify', row.recording).json[0].verdict, 'sound');
	await over(s);
});

test('SIGUSR1: a restart leaves sessions to the next start, their recordings are whole', async () => {
	const s = await live();
	const { recording: first } = await until('the row', () => mine(s)[0]);
	b.process.kill('SIGUSR1');
	assert.equal(await b.exit, 0, b.log);
	assert.equal(s.stream.endedState(), 0, 'nobody was told that anything has ended');
	b.ended = undefined;
	await b.start();
	await until('the record', () => records('session.restored').some((x) => x.object === s.session));
	assert.ok(records('session.left').some((x) => x.object === s.session));
	const row = mine(s).find((r) => r.recording === first);
	assert.deepEqual([row.ended, row.marks], ['restart', []]);
	assert.equal(ctl('--json', 'recording', 'verify', first).json[0].verdict, 'sound');
	await until('the next recording', () => mine(s).length === 2);
	await over(s);
});

test('one byte changed, a file that is missing, one that nobody knows: found', async () => {
	const s = await live();
	await over(s);
	const { recording: id } = mine(s)[0], file = b.file(`recordings/${id}.sekrec`);
	const bytes = fs.readFileSync(file), bad = Buffer.from(bytes);
	bad[bad.length >> 1] ^= 1;
	fs.writeFileSync(file, bad);
	let r = ctl('recording', 'verify', id);
	assert.equal(r.code, 4);
	assert.match(r.out, /damaged/);
	fs.renameSync(file, b.file('recordings/00000000000000000000000000000001.sekrec'));
	r = ctl('recording', 'verify');
	assert.equal(r.code, 4);
	assert.match(r.out, new RegExp(`recording ${id}: missing`));
	assert.match(r.out, /file 0{31}1: unknown/);
	fs.unlinkSync(b.file('recordings/00000000000000000000000000000001.sekrec'));
	fs.writeFileSync(file, bytes);
	assert.equal(ctl('recording', 'verify').code, 0);
	const sound = auditor();
	assert.deepEqual([sound.code, sound.json.list], [0, []]);
	fs.writeFileSync(file, bad);
	assert.equal(auditor().json.list[0].word, 'changed');
	fs.writeFileSync(file, bytes);
});

test('a session that had to be recorded and was not is found', async () => {
	const s = await live();
	await over(s);
	const { recording: id } = mine(s)[0];
	execFileSync(path.join(bin, 'hub-tool'), ['sql', b.file('store.db'), `DELETE FROM recordings WHERE id = '${id}'`]);
	fs.unlinkSync(b.file(`recordings/${id}.sekrec`));
	const r = ctl('recording', 'verify');
	assert.equal(r.code, 4);
	assert.match(r.out, new RegExp(`session ${s.session}: missing`));
	// an auditor, without the broker, has it from the log
	assert.deepEqual(auditor().json.list.map((x) => [x.word, x.file]), [['gone', id]]);
});

test('reviewers: a role of its own; legal hold wins; purging leaves a proof', async () => {
	for (const [user, roles] of [['rei', 'reviewer'], ['adam', 'administrator']]) {
		b.user(['add', user, '--password-stdin'], 'correct horse 電池 staple');
		execFileSync(path.join(bin, 'hub-tool'), ['roles', b.file('store.db'), user, roles]);
	}
	const rei = await b.login('rei'), adam = await b.login('adam');
	const op = (cookie, name, body = {}) => b.post(`/api/admin/recordings/${name}`, body, { cookie });
	const s = await live();
	await over(s);
	const { recording: id, hash } = mine(s)[0];
	for (const name of ['list', 'strays']) assert.equal((await op(adam, name)).status, 403);
	for (const name of ['show', 'verify']) assert.equal((await op(adam, name, { recording: id })).status, 403);
	assert.equal((await op(adam, 'purge', { recording: id, reason: 'x' })).status, 403);
	assert.equal((await b.post('/api/admin/users/list', {}, { cookie: rei })).status, 403);
	assert.equal((await op(adam, 'state')).json.recording.writable, true);
	const found = await op(rei, 'list', { user: 'taro', marks: [], search: id.slice(0, 8), limit: 1 });
	assert.deepEqual([found.status, found.json.total, found.json.rows[0].recording], [200, 1, id]);
	assert.equal((await op(rei, 'list', { marks: ['nonsense'] })).status, 400);
	assert.equal((await op(rei, 'list', { after: 'nonsense' })).status, 400);
	assert.equal((await op(rei, 'note', { recording: id, at_us: 5, flag: true, text: 'look here' })).status, 200);
	assert.equal((await op(rei, 'show', { recording: id })).json.notes[0].text, 'look here');
	assert.equal((await op(rei, 'hold', { recording: id, hold: true, reason: 'case 17' })).status, 200);
	const held = await op(rei, 'purge', { recording: id, reason: 'away' });
	assert.deepEqual([held.status, held.json.error], [409, 'held']);
	assert.ok(fs.existsSync(b.file(`recordings/${id}.sekrec`)));
	assert.equal(ctl('recording', 'release', id, '--reason', 'case closed').code, 0);
	assert.equal((await op(rei, 'purge', { recording: id })).json.why, 'missing', 'a reason is needed');
	assert.equal((await op(rei, 'purge', { recording: id, reason: 'away' })).status, 200);
	assert.ok(!fs.existsSync(b.file(`recordings/${id}.sekrec`)));
	assert.equal((await op(rei, 'purge', { recording: id, reason: 'again' })).status, 409);
	const last = records('recording.purged').filter((x) => x.object === id && x.outcome === 'ok').at(-1);
	assert.deepEqual([last.who, last.details.hash, last.details.reason], ['rei', hash, 'away']);
	assert.equal(list().some((r) => r.recording === id), false);
	const stone = list('--purged', 'true').find((r) => r.recording === id);
	assert.deepEqual([stone.hash, stone.purged_by], [hash, 'rei']);
});

test('retention: days that are over, at the start; legal hold wins', async () => {
	const s = await live(), t = await live('hanako');
	await over(s);
	await over(t);
	const old = mine(s)[0], kept = mine(t)[0];
	assert.equal(ctl('recording', 'hold', kept.recording, '--reason', 'case 18').code, 0);
	await b.stop();
	execFileSync(path.join(bin, 'hub-tool'), ['sql', b.file('store.db'),
		`UPDATE recordings SET began_us = began_us - 366 * 86400000000 WHERE id IN ('${old.recording}', '${kept.recording}')`]);
	await b.start();
	await until('the purge', () => !fs.existsSync(b.file(`recordings/${old.recording}.sekrec`)));
	assert.ok(fs.existsSync(b.file(`recordings/${kept.recording}.sekrec`)));
	const purged = await until('the record', () => records('recording.purged').find((x) => x.object === old.recording));
	assert.deepEqual([purged.who, purged.details.reason, purged.details.hash], ['#broker', 'retention', old.hash]);
	const state = ctl('--json', 'status').json.recording;
	assert.ok(state.held === 1 && state.bytes_a_day > 0 && state.days_left > 0, JSON.stringify(state));
});

test('no room: required is refused, optional goes on without, the administrator is told before', { skip: notTwice }, async () => {
	await restart(recording(4000000000, 0));
	assert.equal(ctl('--json', 'status').json.recording.warning, true);
	let line = ctl('--json', 'selfcheck').json.report.lines.find((x) => x.id === 'recording');
	assert.equal(line.level, 'attention');
	await restart(recording(4000000000, 4000000000));
	const state = ctl('--json', 'status').json.recording;
	assert.equal(state.writable, false);
	assert.ok(state.why.length > 10);
	line = ctl('--json', 'selfcheck').json.report.lines.find((x) => x.id === 'recording');
	assert.equal(line.level, 'failed');
	const cookie = await b.login();
	assert.equal((await b.post('/api/session', {}, { cookie })).json.error, 'recording');
	policy('optional');
	const s = await live();
	assert.equal(mine(s).length, 0);
	// from optional to required: it cannot be recorded, so it ends at once
	policy('required');
	await until('the end', () => s.stream.endedState() === NOT_RECORDED);
});

test('a disk that fills up ends a live session whose recording is required', { skip: notTwice || (!root && 'needs root to mount') }, async () => {
	await b.stop();
	const folder = b.file('small');
	fs.mkdirSync(folder);
	execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m,mode=700', 'tmpfs', folder]);
	try {
		configure(recording().replace('path: recordings', 'path: small/r'));
		await b.start();
		const s = await live();
		await until('the recording', () => mine(s).length === 1);
		try { fs.writeFileSync(`${folder}/fill`, Buffer.alloc(2 << 20)); } catch { /* it is full now */ }
		await until('the end', () => { /* a page that the file has already takes some more */
			s.stream.send(key());
			return s.stream.endedState() === NOT_RECORDED;
		});
		await until('the record', () => records('recording.failed').some((x) => x.details.session === s.session));
		await until('the state', () => ctl('--json', 'status').json.recording.writable === false);
		fs.unlinkSync(`${folder}/fill`);
		await until('room again', () => ctl('--json', 'status').json.recording.writable);
		const t = await live();
		await over(t);
		assert.equal(ctl('--json', 'recording', 'verify', mine(t)[0].recording).json[0].verdict, 'sound');
		await b.stop();
	} finally {
		await b.stop();
		execFileSync('umount', ['-l', folder]);
		configure(recording());
		await b.start();
	}
});

test('at another broker of the store these recordings are elsewhere, which is no finding there', async () => {
	const second = new Broker(b, 'second');
	second.configure(recording().replace('path: recordings', 'path: recordings-second').replace('recording.key', 'recording-second.key'));
	await second.start();
	try {
		const at = (...words) => ctl('--socket', b.file('second.sock'), ...words);
		const row = list().find((r) => r.ended);
		assert.equal(at('--json', 'recording', 'verify', row.recording).json[0].verdict, 'elsewhere');
		// and the policy of a session that runs here is seen and changed there
		const s = await live(), clipboard = () => at('--json', 'session', 'explain', s.session).json.explain.find((e) => e.attribute === 'clipboard');
		await until('it to be known there', () => at('--json', 'session', 'explain', s.session).code === 0);
		assert.notEqual(clipboard().value, 'both');
		assert.equal(at('session', 'set', s.session, 'clipboard', 'both', '--reason', 'test').code, 0);
		assert.deepEqual([clipboard().value, clipboard().from], ['both', 'session']);
		assert.equal(at('session', 'unset', s.session, 'clipboard', '--reason', 'test').code, 0);
		assert.notEqual(clipboard().value, 'both');
		await over(s);
		const all = at('recording', 'verify');
		assert.equal(all.code, 0, all.out + all.err);
		assert.match(all.out, /^[0-9]+ sound, 0 running, 0 findings\n[1-9][0-9]* at other brokers: run it there, too\n$/);
	} finally {
		assert.equal(await second.stop(), 0);
	}
});
