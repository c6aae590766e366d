// SPDX-License-Identifier: GPL-3.0-or-later
//
// The shipped HAProxy configuration, with addresses of this test in it, in front of a real broker: staff's true addresses, who may name them, and
// what a broker says before it stops.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import crypto from 'node:crypto';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { Broker, PASSWORD, until } from './harness.mjs';

const HAPROXY = '/usr/sbin/haproxy';
const missing = !fs.existsSync(HAPROXY) && 'no haproxy (tests/support/packages names it)';
const shipped = fileURLToPath(new URL('../../../../broker/package/haproxy.example.cfg', import.meta.url));
const b = new Broker();
const part = () => 1 + crypto.randomInt(250);
const front = `127.${part()}.${part()}.${part()}`, port = 20000 + crypto.randomInt(12000);
let proxy, said = '';

// The file as it is shipped, but for addresses, who it runs as, and where it talks to.
function configuration() {
	const text = fs.readFileSync(shipped, 'utf8').replace('bind 10.1.0.20:443', `bind ${front}:${port}`)
		.replace(/server broker1 10\.1\.0\.10:443/, `server broker1 ${b.address}:${b.port} source ${front}`)
		.replace(/.*server broker2 10\.1\.0\.11:443.*\n/, '').replace(/\tuser .*\n\tgroup .*\n/, '').replaceAll('/etc/haproxy', b.dir)
		.replace('sekisho-ca.crt', 'pki/ca.crt').replace('maxconn 8000', 'maxconn 200').replace('/run/haproxy/admin.sock', b.file('haproxy.sock')).replaceAll('/dev/log', `${front}:1`);

	fs.writeFileSync(b.file('haproxy.cfg'), text);
	return b.file('haproxy.cfg');
}

// What HAProxy thinks of the broker: "UP", "NOLB", "DOWN", and so on.
function thinks() {
	return new Promise((done) => {
		const s = net.connect(b.file('haproxy.sock'));
		let text = '';
		s.on('error', () => done(''));
		s.on('data', (d) => { text += d; });
		s.on('end', () => done(/^sekisho,broker1,(?:[^,]*,){15}([^,]*),/m.exec(text)?.[1] ?? ''));
		s.end('show stat\n');
	});
}

const through = (from, body) => {
	const direct = { address: b.address, port: b.port };

	Object.assign(b, { address: front, port });
	try {
		return b.post('/api/login', body, { from });
	} finally {
		Object.assign(b, direct);
	}
};
const records = () => fs.readdirSync(b.file('audit')).filter((n) => n.endsWith('.log'))
	.map((n) => fs.readFileSync(b.file(`audit/${n}`), 'utf8')).join('');

before(async () => {
	if (missing) return;
	b.run('sekisho-certs', ['https', 'pki', 'https2', '--address', b.address, '--address', front]);
	b.configure();
	const yaml = fs.readFileSync(b.file('broker.yaml'), 'utf8').replaceAll('pki/https.', 'pki/https2.')
		.replace(`  port: ${b.port}\n`, `  port: ${b.port}\n  proxy_from: ["${front}"]\n  origins: ["${b.origin}"]\n`);
	fs.writeFileSync(b.file('broker.yaml'), yaml, { mode: 0o644 });
	await b.start();
	proxy = spawn(HAPROXY, ['-db', '-f', configuration()], { stdio: ['ignore', 'pipe', 'pipe'] });
	for (const stream of [proxy.stdout, proxy.stderr]) stream.on('data', (d) => { said += d; });
	await until('HAProxy to find the broker well', async () => {
		assert.equal(proxy.exitCode, null, said);
		return await thinks() === 'UP';
	}, 60000);
});
after(async () => {
	proxy?.kill('SIGKILL');
	await b.finish();
});

test('the configuration that is shipped is one', { skip: missing }, () => {
	const r = spawnSync(HAPROXY, ['-c', '-f', configuration()], { encoding: 'utf8' });

	assert.equal(r.status, 0, r.stderr);
	assert.doesNotMatch(r.stderr, /WARNING|ALERT/);
});

test('throttle and audit have the true address of whoever comes through the load balancer', { skip: missing }, async () => {
	const good = await through('127.44.0.1', { user: 'taro', password: PASSWORD });

	assert.equal(good.status, 200);
	let throttled;
	for (let i = 0; i < 12 && !throttled; i++) {
		const r = await through('127.44.0.2', { user: 'taro', password: `wrong ${i}` });
		if (r.status === 429) throttled = r;
	}
	assert.ok(throttled, 'one address that guesses is stopped');
	assert.notEqual((await through('127.44.0.3', { user: 'hanako', password: PASSWORD })).status, 429); // and only that one
	await until('the record', () => /127\.44\.0\.3/.test(records()), 60000);
	assert.match(records(), /127\.44\.0\.1/);
	assert.match(records(), /127\.44\.0\.2/);
	assert.ok(!records().includes(`"${front}"`), 'nobody logged in from the load balancer');
});

test('only a load balancer may say whose a connection is', { skip: missing }, async () => {
	const header = Buffer.from('0d0a0d0a000d0a515549540a2111000c0a0909090a010001c35001bb', 'hex');
	const left = (from, bytes) => new Promise((done) => {
		const s = net.connect({ host: b.address, port: b.port, localAddress: from }, () => s.write(bytes));

		s.on('data', () => {});
		s.on('error', () => {});
		s.on('close', () => done(true));
	});

	await left('127.45.0.1', header); // to TLS it is nonsense
	await left(front, 'PROXY TCP4 10.9.9.9 10.1.0.1 50000 443\r\n');
	await left(front, Buffer.from('160301020001', 'hex'));
	await b.logged(/proxy\.refused .*address=/);
	assert.equal((await b.get('/api/health', undefined, { from: '127.45.0.2' })).status, 200); // whoever the firewall lets come by themselves
	assert.ok(!b.log.includes('10.9.9.9'));
});

test('before it stops, a broker says so and waits until the load balancer sends nobody any more', { skip: missing }, async () => {
	b.process.kill('SIGUSR1');
	await until('HAProxy to send nobody here', async () => ['NOLB', 'DOWN'].includes(await thinks()), 60000);
	await b.exit;
	await b.logged(/broker\.left .*balancers=/);
	assert.match(b.log, /broker\.left .*balancers="know it"/);
	assert.equal(b.ended, 0);
});

test('a load balancer that does not ask is not waited for without end', { skip: missing }, async () => {
	await b.start();
	proxy.kill('SIGKILL');
	assert.equal(await b.stop(), 0);
	await b.logged(/broker\.left .*balancers="did not ask in time"/);
});
