// SPDX-License-Identifier: GPL-3.0-or-later
//
// The broker's numbers: a page that is OpenMetrics to the letter, that counts what happened and names nobody; health; a second
// listener that does nothing else; Debian's Prometheus takes it, the alert rules and every question of the dashboard.
import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import crypto from 'node:crypto';
import fs from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import path from 'node:path';
import { after, before, test } from 'node:test';

import { bin, Broker, frame, until } from './harness.mjs';

const MONITORING = new URL('../../../../docs/monitoring', import.meta.url).pathname;
const RULES = path.join(MONITORING, 'alerts.yaml'), DASHBOARD = path.join(MONITORING, 'dashboard.json');
const noPrometheus = spawnSync('prometheus', ['--version']).status !== 0 && 'no prometheus (tests/support/packages names it)';
const b = new Broker();
const port = b.port < 60000 ? b.port + 1 : b.port - 1;
let host;

const ask = (url, { method = 'GET', at = port, headers = {} } = {}) => new Promise((done, fail) => {
	const q = http.request({ host: b.address, port: at, path: url, method, headers, agent: false }, (r) => {
		const parts = [];
		r.on('data', (d) => parts.push(d));
		r.on('end', () => done({ status: r.statusCode, headers: r.headers, text: Buffer.concat(parts).toString() }));
	});
	q.setTimeout(20000, () => q.destroy(new Error('no answer')));
	q.on('error', fail);
	q.end();
});

const NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const SUFFIXES = { counter: ['_total'], gauge: [''], info: ['_info'], stateset: [''], histogram: ['_bucket', '_count', '_sum'] };

// OpenMetrics 1.0.0: gives { families: name -> { type, unit, help, samples }, value(NAME{LABELS}) }.
function parse(text) {
	const families = new Map(), values = new Map();
	const lines = text.split('\n');
	let now = null;
	assert.equal(lines.pop(), '', 'ends with a line feed');
	assert.equal(lines.pop(), '# EOF');
	for (const line of lines) {
		const meta = /^# (TYPE|UNIT|HELP) (\S+) (.+)$/.exec(line);
		if (meta) {
			const [, what, name, rest] = meta;
			assert.match(name, NAME);
			if (now?.name !== name) {
				assert.ok(!families.has(name), `${name} stands in one piece`);
				now = { name, samples: [] };
				families.set(name, now);
			}
			assert.equal(now.samples.length, 0, `${line}: before the samples`);
			assert.equal(now[what], undefined, `${line}: once`);
			now[what] = rest;
			if (what === 'TYPE') assert.ok(SUFFIXES[rest], line);
			if (what === 'UNIT') assert.ok(name.endsWith(`_${rest}`), line);
			continue;
		}
		const sample = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{([^}]*)\})? (\d+(?:\.\d+)?)$/.exec(line);
		assert.ok(sample, `a sample: ${line}`);
		const [, name, labels = '', value] = sample;
		const suffix = SUFFIXES[now.TYPE].find((s) => name === now.name + s);
		assert.notEqual(suffix, undefined, `${line}: of ${now.name}, ${now.TYPE}`);
		const seen = new Set();
		for (const l of labels ? labels.split(',') : []) {
			const m = /^([a-zA-Z_][a-zA-Z0-9_]*)="([^"\\]*)"$/.exec(l);
			assert.ok(m && !seen.has(m[1]), `labels: ${line}`);
			seen.add(m[1]);
		}
		assert.equal(seen.has('le'), suffix === '_bucket', line);
		if (now.TYPE === 'stateset') assert.ok(seen.has(now.name) && (value === '0' || value === '1'), line);
		const key = labels ? `${name}{${labels}}` : name;
		assert.ok(!values.has(key), `${key}: once`);
		values.set(key, Number(value));
		now.samples.push(key);
	}
	for (const f of families.values()) {
		assert.ok(f.TYPE && f.HELP, `${f.name} has a type and a help`);
		if (f.TYPE !== 'histogram') continue;
		const buckets = f.samples.filter((s) => s.includes('_bucket')).map((s) => values.get(s));
		assert.deepEqual(buckets, [...buckets].sort((x, y) => x - y), 'buckets add up');
		assert.ok(f.samples.includes(`${f.name}_bucket{le="+Inf"}`));
		assert.equal(buckets.at(-1), values.get(`${f.name}_count`));
	}
	return { families, value: (key) => values.get(`sekisho_${key}`), keys: [...values.keys()] };
}

async function scrape() {
	const r = await ask('/metrics');
	assert.equal(r.status, 200);
	assert.equal(r.headers['content-type'], 'application/openmetrics-text; version=1.0.0; charset=utf-8');
	return parse(r.text);
}

// Every name of a metric in a text of questions.
const namesIn = (text) => [...new Set(text.match(/\bsekisho_[a-z_]+/g) ?? [])];
const questions = () => JSON.parse(fs.readFileSync(DASHBOARD, 'utf8')).panels.flatMap((p) => (p.targets ?? []).map((t) => t.expr));

function configure(extra = '') {
	b.configure(`metrics:
  address: ${b.address}
  port: ${port}
vnc_viewers:
  port: ${b.port < 60000 ? b.port + 4 : b.port - 4}
audit:
  syslog:
    to: local
    socket: ${b.file('no-such-socket')}
recording:
  path: recordings
  public_key: recording.pub
  warn_free_mib: 0
  least_free_mib: 0
${extra}`);
	fs.writeFileSync(b.file('broker.yaml'), fs.readFileSync(b.file('broker.yaml'), 'utf8').replaceAll('/bin/false', 'waits')
		.replace('address: 127.0.0.9\n    port: 9', `address: 127.0.0.1\n    port: ${host.address().port}`));
}

before(async () => {
	fs.writeFileSync(b.file('waits'), '#!/bin/sh\nexec < /dev/null > /dev/null 2>&1\nwhile kill -0 $PPID; do sleep 1; done\n', { mode: 0o755 });
	host = net.createServer((s) => { s.unref(); s.on('error', () => {}); });
	await new Promise((done) => host.listen(0, '127.0.0.1', done));
	execFileSync(path.join(bin, 'sekisho-recording'), ['keygen', 'recording.pub', 'recording.secret'],
		{ cwd: b.dir, input: 'a long enough passphrase\n', stdio: 'pipe' });
	configure('sessions:\n  max: 1\n');
	await b.start();
});
after(async () => {
	if (process.env.SEK_SHOW_LOG) console.error(b.log);
	const code = await b.finish();
	host.close();
	assert.equal(code, 0);
});

test('how old things are', async () => {
	let m;
	await until('the certificates', async () => (m = await scrape()).value('certificate_left_seconds{what="crl"}') !== undefined);
	const days = (name) => m.value(name) / 86400;
	assert.ok(days('certificate_left_seconds{what="https-certificate"}') > 395 && days('certificate_left_seconds{what="https-certificate"}') <= 397);
	assert.ok(days('certificate_left_seconds{what="crl"}') > 6 && days('certificate_left_seconds{what="ca"}') > 3600);
	assert.ok(days('certificate_age_seconds{what="intermediate"}') < 1);
	assert.deepEqual([m.value('ages_soon'), m.value('ages_over')], [0, 0]);
});

test('log-ins, refusals and sessions are counted; nobody is named', async () => {
	const first = await scrape();
	assert.equal(first.value('sessions_opened_total'), 0);
	assert.equal(first.value('login_answers_total{answer="ok"}'), 0);
	assert.equal((await b.post('/api/login', { user: 'taro', password: 'wrong, certainly so' })).status, 401);
	const cookie = await b.login('taro');
	const s = await b.session(cookie);
	const stream = await b.stream({ cookie, token: s.token });
	const hello = Buffer.alloc(20);
	hello.write('SEKI');
	[1, 1, 1024, 768, 100].forEach((v, i) => hello.writeUInt16BE(v, 4 + 2 * i));
	stream.send(frame(0x01, hello));
	await until('the greeting', () => stream.messages.length >= 3);
	const m = await scrape();
	assert.equal(m.value('login_answers_total{answer="ok"}'), 1);
	assert.equal(m.value('login_answers_total{answer="wrong"}'), 1);
	assert.equal(m.value('logins'), 1);
	assert.equal(m.value('sessions_opened_total'), 1);
	assert.equal(m.value('sessions{state="connecting"}'), 1);
	assert.equal(m.value('sessions_attached'), 1);
	assert.equal(m.value('streams'), 1);
	assert.equal(m.value('vnc_viewers'), 0);
	assert.equal(m.value('sessions_limit'), 1);
	assert.equal(m.value('audit_writable'), 1);
	assert.equal(m.value('recording_writable'), 1);
	assert.equal(m.value('recordings_open'), 1);
	assert.equal(m.value('syslog_up'), 0);
	assert.ok(m.value('recording_free_bytes') > 0);
	assert.ok(m.value('http_requests_total') >= 3);
	assert.ok(m.keys.every((k) => !k.includes('taro') && !k.includes(s.session) && !k.includes(b.address)), 'no names');
	// what is full says so
	assert.deepEqual(JSON.parse((await ask('/health')).text), { status: 'unwell', why: ['full'] });
	stream.socket.destroy();
	assert.equal((await b.post('/api/logout', {}, { cookie })).status, 200);
	await until('the end', async () => (await scrape()).value('sessions_ended_total{state="ended-login"}') === 1);
	assert.equal((await scrape()).value('sessions{state="connecting"}'), 0);
});

test('health: well while sessions can begin, else 503 and why', async () => {
	const well = await ask('/health');
	assert.deepEqual([well.status, JSON.parse(well.text), well.headers['content-type']], [200, { status: 'ok' }, 'application/json']);
	const drain = (on) => spawnSync(path.join(bin, 'sekishoctl'), ['--socket', b.file('control.sock'), 'host', on ? 'drain' : 'undrain',
		'render1.sekisho.internal', '--reason', 'test'], { encoding: 'utf8' });
	const out = drain(true);
	assert.equal(out.status, 0, out.stdout + out.stderr);
	const r = await ask('/health');
	assert.deepEqual([r.status, JSON.parse(r.text)], [503, { status: 'unwell', why: ['hosts'] }]);
	assert.equal((await scrape()).value('host_state{host="render1.sekisho.internal",pool="default",sekisho_host_state="draining"}'), 1);
	assert.equal(drain(false).status, 0);
	assert.equal((await ask('/health')).status, 200);
});

test('nothing but GET of these two pages; no upgrade, no body; silent connections keep nobody out', async () => {
	for (const url of ['/', '/api/health', '/index.html', '/metrics/', '/stream'])
		assert.equal((await ask(url)).status, 404, url);
	for (const method of ['POST', 'PUT', 'DELETE', 'HEAD', 'OPTIONS'])
		assert.notEqual((await ask('/metrics', { method }).catch(() => ({ status: 0 }))).status, 200, method);
	const up = await ask('/metrics', { headers: { connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-version': '13',
		'sec-websocket-key': crypto.randomBytes(16).toString('base64'), 'sec-websocket-protocol': 'sekisho.1' } }).catch(() => ({ status: 0 }));
	assert.ok(up.status !== 101 && up.status !== 200);
	const silent = [];
	for (let i = 0; i < 24; i++) {
		const s = net.connect(port, b.address);
		s.on('error', () => {});
		s.resume();
		await new Promise((done) => s.on('connect', done));
		silent.push(s);
	}
	await scrape();
	await until('the oldest to be closed', () => silent[0].readableEnded || silent[0].destroyed);
	assert.ok(!silent.at(-1).readableEnded, 'the newest stay');
	for (const s of silent) s.destroy();
	await scrape();
	assert.equal((await b.get('/metrics')).status, 404, 'not on the inner face');
});

test('the self-check knows all three listeners', () => {
	const r = spawnSync(path.join(bin, 'sekishoctl'), ['--socket', b.file('control.sock'), '--json', 'selfcheck'], { encoding: 'utf8' });
	const line = JSON.parse(r.stdout).report.lines.find((l) => l.id === 'listening');
	assert.equal(line.level, 'ok', JSON.stringify(line));
	assert.equal(line.evidence.names.length, 3);
});

test('one connection serves many scrapes', async () => {
	const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
	for (let i = 0; i < 5; i++) {
		const r = await new Promise((done, fail) => http.get({ host: b.address, port, path: '/metrics', agent }, (a) => {
			a.resume();
			a.on('end', () => done({ status: a.statusCode, reused: i > 0 }));
		}).on('error', fail));
		assert.equal(r.status, 200);
	}
	agent.destroy();
});

test('dashboard and alert rules name only what there is', async () => {
	const m = await scrape();
	const there = new Set([...m.families.values()].flatMap((f) => SUFFIXES[f.TYPE].map((s) => f.name + s)));
	// the render host's page has its own test (unit.renderd.numbers); here its families' names are enough
	const source = fs.readFileSync(new URL('../../../../render-host/renderd/metrics.c', import.meta.url), 'utf8');
	for (const [, name] of source.matchAll(/sek_metrics_\w+\(o, "(render\w*)"/g)) for (const s of ['', '_total', '_info']) there.add(`sekisho_${name}${s}`);
	const rules = fs.readFileSync(RULES, 'utf8');
	for (const [where, text] of [['alerts.yaml', rules], ['dashboard.json', questions().join('\n')]]) {
		const names = namesIn(text);
		assert.ok(names.length > 5, where);
		assert.deepEqual(names.filter((n) => !there.has(n)), [], where);
	}
});

test('Prometheus takes the page, the rules and every question of the dashboard', { skip: noPrometheus }, async () => {
	const checked = spawnSync('promtool', ['check', 'rules', RULES], { encoding: 'utf8' });
	assert.equal(checked.status, 0, checked.stdout + checked.stderr);
	const at = port < 60000 ? port + 1 : b.port - 2;
	fs.writeFileSync(b.file('prometheus.yaml'), `global: {scrape_interval: 1s, evaluation_interval: 1s}
rule_files: [${JSON.stringify(RULES)}]
scrape_configs: [{job_name: sekisho, static_configs: [{targets: ["${b.address}:${port}"]}]}]
`);
	const p = spawn('prometheus', [`--config.file=${b.file('prometheus.yaml')}`, `--storage.tsdb.path=${b.file('tsdb')}`,
		`--web.listen-address=${b.address}:${at}`], { stdio: ['ignore', 'ignore', 'pipe'] });
	let said = '';
	p.stderr.on('data', (d) => { said += d; });
	const gone = new Promise((done) => p.on('exit', done));
	const api = async (url) => {
		const r = await ask(`/api/v1/${url}`, { at }).catch(() => null);
		try { return JSON.parse(r.text); } catch { return null; }
	};
	try {
		const target = await until('a scrape', async () => {
			assert.equal(p.exitCode, null, said);
			const t = (await api('targets'))?.data?.activeTargets?.[0];
			return t && t.health !== 'unknown' && t;
		}, 60000);
		assert.deepEqual([target.health, target.lastError], ['up', '']);
		const opened = await until('the numbers', async () => (await api('query?query=sekisho_sessions_opened_total'))?.data?.result?.[0], 30000);
		assert.equal(opened.value[1], '1');
		assert.equal((await api('metadata?metric=sekisho_first_frame_seconds')).data.sekisho_first_frame_seconds[0].type, 'histogram');
		for (const q of questions()) {
			const r = await api(`query?query=${encodeURIComponent(q.replaceAll('$__rate_interval', '1m').replaceAll('$instance', '.*'))}`);
			assert.equal(r?.status, 'success', `${q}: ${JSON.stringify(r)}`);
		}
		const rules = await until('the rules to be looked at', async () => {
			const all = (await api('rules')).data.groups.flatMap((g) => g.rules);
			return all.length > 5 && all.every((x) => x.health !== 'unknown') && all;
		}, 30000);
		assert.deepEqual(rules.filter((x) => x.health !== 'ok'), []);
	} finally {
		p.kill('SIGTERM');
		await gone;
	}
});

test('a render host that breaks the grammar three times is out of service: counted, on the record, and after a restart, too', async () => {
	const decoder = b.file('waits');
	fs.rmSync(decoder);
	fs.writeFileSync(decoder, '#!/bin/sh\nexit 15\n', { mode: 0o755 });
	const cookie = await b.login('taro'), before = await scrape();
	const wish = async () => {
		const s = await b.session(cookie), stream = await b.stream({ cookie, token: s.token });
		const hello = Buffer.alloc(20);
		hello.write('SEKI');
		[1, 1, 1024, 768, 100].forEach((v, i) => hello.writeUInt16BE(v, 4 + 2 * i));
		stream.send(frame(0x01, hello));
		await stream.end();
	};
	for (let i = 0; i < 3; i++) {
		assert.equal((await scrape()).value('host_alarms_total'), 0);
		await wish();
	}
	const m = await scrape(), host1 = '{host="render1.sekisho.internal",pool="default"}';
	assert.equal(m.value('messages_refused_total') - before.value('messages_refused_total'), 3);
	assert.deepEqual([m.value('host_alarms_total'), m.value(`host_alarm${host1}`)], [1, 1]);
	await b.logged(/alarm\.host .*host=render1\.sekisho\.internal/);
	const ctl = (...words) => spawnSync(path.join(bin, 'sekishoctl'), ['--socket', b.file('control.sock'), '--json', ...words], { encoding: 'utf8' });
	const rows = () => JSON.parse(ctl('host', 'list').stdout).rows;
	assert.deepEqual([rows()[0].alarm, rows()[0].drain], [true, true]);
	const found = await until('the record', () => JSON.parse(ctl('audit', 'search', '--what', 'host.alarm').stdout || '{"rows":[]}').rows[0]);
	assert.deepEqual([found.who, found.object, found.details.state], ['#broker', 'render1.sekisho.internal', 'host-protocol']);
	b.process.kill('SIGKILL');
	await b.exit;
	b.ended = undefined;
	await b.start();
	assert.deepEqual([rows()[0].alarm, rows()[0].drain], [false, true]);
	assert.equal(ctl('host', 'undrain', 'render1.sekisho.internal', '--reason', 'looked into it').status, 0);
	assert.equal(rows()[0].drain, false);
});
