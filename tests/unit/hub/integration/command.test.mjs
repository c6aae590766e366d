// SPDX-License-Identifier: GPL-3.0-or-later
//
// The command line: configuration checks, users, refusal to start.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { after, before, test } from 'node:test';

import { bin, Broker, PASSWORD } from './harness.mjs';

let b;
before(() => { b = new Broker(); });
after(() => b.finish());

function run(args, { input = '', file = 'broker.yaml' } = {}) {
	const r = spawnSync(path.join(bin, 'sekisho-broker'), ['--config', file, ...args], { cwd: b.dir, input, encoding: 'utf8', timeout: 20000 });
	return { code: r.status, out: r.stdout, err: r.stderr };
}
function withConfig(change) {
	const text = fs.readFileSync(b.file('broker.yaml'), 'utf8');
	fs.writeFileSync(b.file('other.yaml'), change(text), { mode: 0o644 });
	return run(['--check-config'], { file: 'other.yaml' });
}

test('a good configuration is OK', () => {
	assert.deepEqual(run(['--check-config']), { code: 0, out: 'OK\n', err: '' });
});

test('each mistake is named with file, line and what to do', () => {
	const cases = [
		[(t) => t.replace('port: ', 'prot: '), /^other\.yaml:4: .*prot/],
		[(t) => t.replace(b.address, '0.0.0.0'), /^other\.yaml:3: inner\.address: '0\.0\.0\.0' stands for every address.*write/],
		[(t) => t.replace(b.address, '"::"'), /^other\.yaml:3: inner\.address/],
		[(t) => t.replace(b.address, 'localhost'), /^other\.yaml:3: inner\.address.*not a numeric/],
		[(t) => t.replace('address: 127.0.0.1', `address: ${b.address}`), /^other\.yaml:8: outer\.address.*inner address too/],
		[(t) => t.replace('address: 127.0.0.1', 'address: 0.0.0.0'), /^other\.yaml:8: outer\.address/],
		[(t) => t.replace('pki/https.crt', 'pki/none.crt'), /^other\.yaml:5: inner\.certificate: .*none\.crt.*create it or correct/],
		[(t) => t.replace('key: pki/https.key', 'key: pki/broker1.key'), /inner\.key: .*not the key of the certificate/],
		[(t) => t.replace('certificate: pki/https.crt', 'certificate: outside.html'), /inner\.certificate: .*not a usable PEM/],
		[(t) => t.replace(`port: ${b.port}`, 'port: 0'), /^other\.yaml:4: inner\.port: 0 is out of range/],
		[(t) => t.replace(`port: ${b.port}`, 'port: 70000'), /^other\.yaml:4: /],
		[(t) => t.replace('web_root: web', 'web_root: nowhere'), /^other\.yaml:\d+: web_root/],
		[(t) => t.replace('web_root: web', 'web_root: pki'), /^other\.yaml:\d+: web_root.*index\.html/],
		[(t) => t.replace('path: store.db', 'path: web'), /^other\.yaml:\d+: store\.path/],
		[(t) => t.replace('decoder: /bin/false', 'decoder: nothing'), /^other\.yaml:\d+: programs\.decoder.*nothing/],
		[(t) => t.replace('name: render1', 'name: Render 1'), /^other\.yaml:\d+: render_hosts\.0\.name/],
		[(t) => t.replace('address: 127.0.0.9', `address: ${b.address}`), /^other\.yaml:\d+: render_hosts\.0\.address.*outer zone/],
		[(t) => `${t}sessions:\n  max: 0\n`, /^other\.yaml:\d+: sessions\.max/],
		[(t) => `${t}sessions:\n  max_width: 20000\n`, /^other\.yaml:\d+: sessions\.max_width/],
		[(t) => `${t}login:\n  idle_minutes: 0\n`, /^other\.yaml:\d+: login\.idle_minutes/],
		[(t) => t.replace('log_level: debug', 'log_level: loud'), /^other\.yaml:\d+: .*debug, info, warn or error/],
		[(t) => t.replace(/store:\n.*\n/, ''), /store/],
		[(t) => t.replace('  key: pki/https.key\n', '  key: pki/https.key\n  origins: [https://Example.org]\n'), /^other\.yaml:\d+: inner\.origins\.0/],
		[(t) => t.replace('  key: pki/https.key\n', '  key: pki/https.key\n  origins: ["*"]\n'), /^other\.yaml:\d+: inner\.origins\.0/],
	];
	for (const [change, message] of cases) {
		const r = withConfig(change);
		assert.equal(r.code, 1, r.out);
		assert.match(r.err, message);
		assert.equal(r.err.trim().split('\n').length, 1);
	}
});

test('a key that others can read, or a configuration that they can write, is refused', () => {
	fs.chmodSync(b.file('pki/https.key'), 0o640);
	assert.match(run(['--check-config']).err, /inner\.key: .*chmod 600/);
	fs.chmodSync(b.file('pki/https.key'), 0o600);
	fs.chmodSync(b.file('broker.yaml'), 0o664);
	assert.match(run(['--check-config']).err, /may write this file/);
	fs.chmodSync(b.file('broker.yaml'), 0o644);
	assert.equal(run(['--check-config']).code, 0);
});

test('users', () => {
	assert.match(run(['user', 'list']).out, /^hanako\tenabled\t\S+Z\ntaro\tenabled\t\S+Z\n$/);
	assert.match(run(['user', 'add', 'TARO', '--password-stdin'], { input: `${PASSWORD}\n` }).err, /there is a user 'taro' already/);
	assert.match(run(['user', 'add', 'jiro', '--password-stdin'], { input: 'short\n' }).err, /5 characters: at least 12/);
	assert.match(run(['user', 'add', 'jiro', '--password-stdin']).err, /no password/);
	assert.match(run(['user', 'add', 'jiro']).err, /not a terminal/);
	assert.match(run(['user', 'add', 'ji ro', '--generate']).err, /cannot be a user's name/);
	assert.match(run(['user', 'disable', 'jiro']).err, /no user 'jiro'/);
	for (const words of [[], ['add'], ['remove', 'taro'], ['add', 'x', '--generate', 'y'], ['list', 'x'], ['disable', 'a', 'b']])
		assert.equal(run(['user', ...words]).code, 2, words.join(' '));
	const made = run(['user', 'add', '山田.太郎', '--generate']);
	assert.equal(made.code, 0);
	assert.match(made.out, /^山田\.太郎 added\npassword: [a-z2-9]{5}(-[a-z2-9]{5}){3}\n$/);
	assert.equal(fs.statSync(b.file('store.db')).mode & 0o777, 0o600);
});

test('wrong command lines say how it is used', () => {
	for (const args of [['--nonsense'], ['--status-fd', 'x'], ['--status-fd', '0']]) assert.equal(run(args).code, 2);
	assert.equal(spawnSync(path.join(bin, 'sekisho-broker'), []).status, 2);
	assert.match(spawnSync(path.join(bin, 'sekisho-broker'), ['--help'], { encoding: 'utf8' }).stdout, /--check-config/);
});

test('it does not start on an address or port that it cannot have', async () => {
	const other = net.createServer().listen(b.port, b.address);
	await new Promise((go) => other.once('listening', go));
	const busy = run([]);
	other.close();
	assert.equal(busy.code, 1);
	assert.match(busy.err, /broker\.start-failed .*part=front .*cannot listen/);
	const text = fs.readFileSync(b.file('broker.yaml'), 'utf8');
	fs.writeFileSync(b.file('other.yaml'), text.replace(b.address, '192.0.2.77'), { mode: 0o644 });
	const foreign = run([], { file: 'other.yaml' });
	assert.equal(foreign.code, 1);
	assert.match(foreign.err, /cannot listen on 192\.0\.2\.77/);
});

test('a store of a newer program is left alone', () => {
	const before = b.run('hub-tool', ['schema', b.file('store.db')]).trim();
	b.run('hub-tool', ['schema', b.file('store.db'), '99']);
	const r = run([]);
	assert.equal(r.code, 1);
	assert.match(r.err, /schema 99 and this program knows up to/);
	b.run('hub-tool', ['schema', b.file('store.db'), before]);
	assert.match(run(['user', 'list']).out, /taro/);
});

test('a service manager is told', () => {
	const r = b.run('hub-tool', ['notify', path.join(bin, 'sekisho-broker'), '--config', 'broker.yaml']);
	assert.equal(r, 'READY=1\nSTOPPING=1\n');
});

test('without any user the log says how to add one', async () => {
	fs.rmSync(b.file('store.db'));
	await b.start();
	await b.logged(/broker\.no-users .*user first-admin/);
	assert.equal(await b.stop(), 0);
});
