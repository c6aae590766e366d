// SPDX-License-Identifier: GPL-3.0-or-later
//
// The copy of the audit log on another machine: RFC 5424 over TLS with octet counting (RFC 5425) to a server of this test and to
// Debian's rsyslogd, and into a local socket.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import crypto from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import tls from 'node:tls';
import { after, before, test } from 'node:test';

import { bin, Broker, PASSWORD, until } from './harness.mjs';

const NAME = 'logs.sekisho.internal', RSYSLOGD = '/usr/sbin/rsyslogd';
const b = new Broker();
const address = b.address, port = 20000 + crypto.randomInt(40000);
const noRsyslog = !fs.existsSync(RSYSLOGD) && 'no rsyslogd (tests/support/packages names it)';

const inLog = () => fs.readdirSync(b.file('audit')).filter((n) => n.endsWith('.log')).sort()
	.flatMap((n) => fs.readFileSync(b.file(`audit/${n}`), 'utf8').split('\n').slice(0, -1));
const state = () => {
	const r = spawnSync(path.join(bin, 'sekishoctl'), ['--socket', b.file('control.sock'), '--json', 'status'], { encoding: 'utf8' });
	return JSON.parse(r.stdout).syslog;
};
const configure = (name = NAME) => b.configure(`audit:\n  syslog:\n    to: tls\n    address: ${address}\n    port: ${port}\n` +
	`    ca: pki/ca.crt\n    name: ${name}\n`);

// A syslog server that splits what it gets by octet counting.
class Server {
	constructor() { this.messages = []; this.sockets = new Set(); }

	async start() {
		this.server = tls.createServer({ cert: fs.readFileSync(b.file(`pki/${NAME}.crt`)), key: fs.readFileSync(b.file(`pki/${NAME}.key`)),
			minVersion: 'TLSv1.2' }, (s) => {
			let rest = Buffer.alloc(0);
			this.sockets.add(s);
			s.on('error', () => {});
			s.on('data', (d) => {
				rest = Buffer.concat([rest, d]);
				for (;;) {
					const space = rest.indexOf(0x20);
					if (space < 0) return;
					const n = Number(rest.subarray(0, space).toString());
					assert.ok(Number.isInteger(n) && n > 0);
					if (rest.length < space + 1 + n) return;
					this.messages.push(rest.subarray(space + 1, space + 1 + n).toString());
					rest = rest.subarray(space + 1 + n);
				}
			});
		});
		this.server.on('tlsClientError', () => {});
		await new Promise((done) => this.server.listen(port, address, done));
		return this;
	}

	async stop() {
		for (const s of this.sockets) s.destroy();
		await new Promise((done) => this.server.close(done));
	}
}

// PRI VERSION SP TIMESTAMP SP HOSTNAME SP APP-NAME SP PROCID SP MSGID SP STRUCTURED-DATA SP MSG
const FORM = /^<(\d+)>1 (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z) (\S+) sekisho-broker (\d+) (\S+) - (\{.*\})$/s;

before(() => {
	b.run('sekisho-certs', ['host', 'pki', NAME]);
	configure();
});
after(() => b.finish());

test('every record arrives, in order, as it stands in the log', async () => {
	const server = await new Server().start();
	await b.start();
	await b.login('taro', PASSWORD);
	await b.post('/api/login', { user: 'taro', password: 'wrong password, certainly' });
	await until('the refused log-in', () => server.messages.some((m) => m.includes('login.failed')));
	const got = server.messages.map((m) => FORM.exec(m));
	assert.ok(got.every((m) => m));
	const lines = inLog();
	got.forEach((m) => assert.ok(lines.includes(m[6])));
	assert.deepEqual(got.map((m) => JSON.parse(m[6]).seq), [...got.map((m) => JSON.parse(m[6]).seq)].sort((x, y) => x - y));
	const by = (what) => got.find((m) => m[5] === what);
	assert.equal(by('login.ok')[1], String(13 * 8 + 5));
	assert.equal(by('login.failed')[1], String(13 * 8 + 4));
	assert.equal(by('login.ok')[2], JSON.parse(by('login.ok')[6]).time);
	assert.equal(state().up, true);
	await server.stop();
});

test('while the server is down records wait, and arrive when it is back', async () => {
	await b.login('hanako', PASSWORD);
	await until('the outage to be seen', async () => {
		await b.post('/api/login', { user: 'nobody', password: 'wrong password, certainly' });
		const s = state();
		return !s.up && s.queued_bytes > 0;
	});
	const last = inLog().at(-1);
	const server = await new Server().start();
	await until('what waited', () => server.messages.some((m) => m.endsWith(last)));
	await until('up', () => state().up);
	assert.equal(state().lost, 0);
	// the broker's last words, too
	await b.stop();
	await until('the last words', () => server.messages.some((m) => m.includes('"what":"broker.stopped"')));
	await server.stop();
});

test('another name in the certificate is refused: nothing is sent', async () => {
	const server = await new Server().start();
	configure('other.sekisho.internal');
	await b.start();
	await until('the refusal', () => /certificate/.test(state().why));
	assert.deepEqual(server.messages, []);
	await b.logged(/syslog\.down/);
	assert.equal((await b.post('/api/login', { user: 'taro', password: PASSWORD })).status, 200); // the log itself goes on
	await b.stop();
	await server.stop();
	configure();
});

// rsyslogd of Debian, with the given lines of configuration; gives the lines that it wrote.
async function rsyslog(lines, fn) {
	const conf = b.file('rsyslog.conf'), out = b.file('rsyslog.out');
	fs.rmSync(out, { force: true });
	fs.writeFileSync(conf, `global(workDirectory="${b.dir}" maxMessageSize="128k" ${lines.global ?? ''})\n${lines.input}\n` +
		`template(name="raw" type="string" string="%rawmsg%\\n")\naction(type="omfile" file="${out}" template="raw")\n`);
	const p = spawn(RSYSLOGD, ['-n', '-f', conf, '-i', b.file('rsyslog.pid')], { stdio: ['ignore', 'pipe', 'pipe'] });
	let said = '';
	p.stdout.on('data', (d) => { said += d; });
	p.stderr.on('data', (d) => { said += d; });
	try {
		await fn(() => (fs.existsSync(out) ? fs.readFileSync(out, 'utf8').split('\n').slice(0, -1) : []));
	} catch (e) {
		e.message += `\nrsyslogd: ${said}`;
		throw e;
	} finally {
		p.kill('SIGTERM');
		if (p.exitCode === null) await new Promise((done) => p.on('exit', done));
	}
}

test('a real rsyslogd over TLS', { skip: noRsyslog }, async () => {
	await rsyslog({
		global: `defaultNetstreamDriver="gtls" defaultNetstreamDriverCAFile="${b.file('pki/ca.crt')}" ` +
			`defaultNetstreamDriverCertFile="${b.file(`pki/${NAME}.crt`)}" defaultNetstreamDriverKeyFile="${b.file(`pki/${NAME}.key`)}"`,
		input: 'module(load="imtcp" StreamDriver.Name="gtls" StreamDriver.Mode="1" StreamDriver.AuthMode="anon")\n' +
			`input(type="imtcp" address="${address}" port="${port}")`,
	}, async (lines) => {
		configure();
		await b.start();
		await b.post('/api/login', { user: 'taro', password: PASSWORD });
		await until('the log-in at rsyslogd', () => lines().some((l) => l.includes('"what":"login.ok"')));
		const log = inLog();
		for (const l of lines().filter((x) => x.includes('sekisho-broker')))
			assert.ok(log.includes(FORM.exec(l)[6]), l);
		await b.stop();
	});
});

test('a real rsyslogd by a local socket', { skip: noRsyslog }, async () => {
	const socket = b.file('log.sock');
	await rsyslog({
		input: `module(load="imuxsock" SysSock.Use="off")\ninput(type="imuxsock" Socket="${socket}" CreatePath="off" ` +
			'UseSpecialParser="off" ParseHostname="on")',
	}, async (lines) => {
		await until('the socket', () => fs.existsSync(socket));
		b.configure(`audit:\n  syslog:\n    to: local\n    socket: ${socket}\n`);
		await b.start();
		await b.post('/api/login', { user: 'taro', password: PASSWORD });
		await until('the log-in at rsyslogd', () => lines().some((l) => l.includes('"what":"login.ok"')));
		assert.equal(state().up, true);
		await b.stop();
	});
});

test('what the configuration refuses', () => {
	for (const [text, why] of [['to: tls', /address, ca and name/], ['to: udp', /to/],
		[`to: tls\n    address: 0.0.0.0\n    ca: pki/ca.crt\n    name: ${NAME}`, /0\.0\.0\.0/],
		[`to: tls\n    address: 127.0.0.1\n    ca: none.pem\n    name: ${NAME}`, /none\.pem/],
		[`to: tls\n    address: 127.0.0.1\n    ca: pki/ca.crt\n    name: ${NAME}\n    key: pki/https.key`, /belong together/]]) {
		b.configure(`audit:\n  syslog:\n    ${text}\n`);
		const r = spawnSync(path.join(bin, 'sekisho-broker'), ['--config', b.file('broker.yaml'), '--check-config'], { encoding: 'utf8' });
		assert.equal(r.status, 1, text);
		assert.match(r.stderr, why);
	}
});
