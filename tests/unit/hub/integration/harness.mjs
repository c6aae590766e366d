// SPDX-License-Identifier: GPL-3.0-or-later
//
// Starts a real sekisho-broker with real certificates in a folder of its own, on an address of its own, and speaks to it
// as a client would: HTTPS, and a WebSocket written out by hand so that it can also do what no browser would.
import { execFileSync, spawn } from 'node:child_process';
import crypto from 'node:crypto';
import fs from 'node:fs';
import https from 'node:https';
import os from 'node:os';
import path from 'node:path';
import tls from 'node:tls';

export const bin = process.env.SEK_BIN;
if (!bin) throw new Error('SEK_BIN must name the folder of the built programs');

export const PASSWORD = 'correct horse 電池 staple';

const randomPart = () => 1 + crypto.randomInt(250);

async function until(what, fn, ms = 60000) {
	const end = Date.now() + ms;
	for (;;) {
		const r = await fn();
		if (r) return r;
		if (Date.now() > end) throw new Error(`waited in vain for ${what}`);
		await new Promise((go) => setTimeout(go, 20));
	}
}
export { until };

// The broker of this run has its store in PostgreSQL; what is then left out says so by this.
export const onPostgresql = process.env.SEK_TEST_STORE === 'postgresql';
export const notTwice = onPostgresql && 'the store has no part in it: it runs on SQLite';

export class Broker {
	// beside: another broker, whose folder and store this one shares; files: a word for its own; name: among the brokers.
	constructor(beside = null, files = 'second', name = files) {
		this.beside = beside;
		this.files = files;
		this.name = name;
		this.dir = beside?.dir ?? fs.mkdtempSync(path.join(os.tmpdir(), 'sek-hub-'));
		this.config = beside ? `${files}.yaml` : 'broker.yaml';
		this.address = `127.${randomPart()}.${randomPart()}.${randomPart()}`;
		this.port = 20000 + crypto.randomInt(40000);
		this.origin = `https://${this.address}:${this.port}`;
		this.log = '';
		this.status = [];
		if (beside) {
			this.run('sekisho-certs', ['https', 'pki', files, '--address', this.address]);
			this.ca = beside.ca;
			this.configure();
			return;
		}
		this.run('sekisho-certs', ['init', 'pki']);
		this.run('sekisho-certs', ['broker', 'pki', 'broker1']);
		this.run('sekisho-certs', ['https', 'pki', 'https', '--address', this.address]);
		this.ca = fs.readFileSync(this.file('pki/ca.crt'));
		fs.mkdirSync(this.file('web/words'), { recursive: true });
		fs.writeFileSync(this.file('web/index.html'), '<!doctype html><title>Sekisho</title>');
		fs.writeFileSync(this.file('web/app.mjs'), 'export const a = 1;');
		fs.writeFileSync(this.file('web/words/ja.json'), '{}');
		fs.writeFileSync(this.file('web/wire.wasm'), crypto.randomBytes(1500000));
		fs.writeFileSync(this.file('web/mark.svg'), '<svg xmlns="http://www.w3.org/2000/svg"/>');
		fs.writeFileSync(this.file('web/.secret.html'), 'hidden');
		fs.writeFileSync(this.file('web/key.pem'), 'not of a kind that is served');
		fs.writeFileSync(this.file('outside.html'), 'outside');
		fs.symlinkSync('../outside.html', this.file('web/link.html'));
		this.configure();
		this.user(['add', 'taro', '--password-stdin'], PASSWORD);
		this.user(['add', 'hanako', '--password-stdin'], PASSWORD);
	}

	file(name) { return path.join(this.dir, name); }

	run(program, args, input = '') {
		return execFileSync(path.join(bin, program), args, { cwd: this.dir, input, encoding: 'utf8', stdio: 'pipe' });
	}

	// A command that reads no password may have ended before anything could be written to it.
	user(words, password = '') { return this.run('sekisho-broker', ['--config', 'broker.yaml', 'user', ...words], password ? password + '\n' : ''); }

	// With SEK_TEST_STORE=postgresql: a schema of its own in the server of tests/support/postgresql, as tests/unit/hub/store/where.h names it.
	postgresql() {
		if (process.env.SEK_TEST_STORE !== 'postgresql') return '';
		return `  postgresql:\n    address: ${fs.readFileSync(process.env.SEK_TEST_POSTGRESQL, 'utf8').trim()}\n    schema: ${this.schema()}\n`;
	}

	schema() {
		return 's' + this.file('store.db').replace(/[A-Z]/g, (c) => '_' + c.toLowerCase()).replace(/[^a-z0-9]/g, '_').slice(0, 59);
	}

	// Another program holds what every writer of the store must have first, until the function that this gives is called and it has ended.
	async lockStore() {
		const lock = onPostgresql ?
			spawn('psql', ['-qXAt', '-v', 'ON_ERROR_STOP=1', '-h', fs.readFileSync(process.env.SEK_TEST_POSTGRESQL, 'utf8').trim(), '-U', 'sekisho', '-d', 'sekisho'],
				{ stdio: ['pipe', 'pipe', 'inherit'] }) :
			spawn('python3', ['-c', `
import sqlite3, sys
d = sqlite3.connect(${JSON.stringify(this.file('store.db'))}, isolation_level=None)
d.execute("BEGIN EXCLUSIVE")
print("locked", flush=True)
sys.stdin.readline()
`], { stdio: ['pipe', 'pipe', 'inherit'] });
		const ended = new Promise((done) => lock.once('exit', done));
		if (onPostgresql) lock.stdin.write(`SELECT 'locked', pg_advisory_lock(hashtextextended('sekisho.${this.schema()}', 0));\n`);
		const said = await Promise.race([new Promise((done) => lock.stdout.once('data', done)), ended]);
		if (!String(said).startsWith('locked')) throw new Error('the store could not be locked');
		return async () => {
			if (lock.exitCode !== null) throw new Error('the store was not locked any more');
			lock.stdin.end('\n');
			await ended;
		};
	}

	configure(extra = '') {
		fs.writeFileSync(this.file(this.config), `
inner:
  address: ${this.address}
  port: ${this.port}
  certificate: pki/${this.beside ? this.files : 'https'}.crt
  key: pki/${this.beside ? this.files : 'https'}.key
outer:
  address: 127.0.0.1
pki:
  ca: pki/ca.crt
  crl: pki/ca.crl
  intermediate_certificate: pki/broker1.crt
  intermediate_key: pki/broker1.key
render_hosts:
  - name: render1.sekisho.internal
    address: 127.0.0.9
    port: 9
store:
  path: store.db
${this.postgresql()}web_root: web
programs:
  decoder: /bin/false
  encoder: /bin/false
log_level: debug
${this.beside ? `site:\n  broker: ${this.name}\naudit:\n  path: audit-${this.files}\n  key: ${this.files}-audit.key\ncontrol:\n  path: ${this.files}.sock\n` : ''}${extra}`, { mode: 0o644 });
	}

	async start(program = 'sekisho-broker', args = ['--config', this.config, '--status-fd', '3']) {
		await this.stop(); // of a test that failed in its middle
		this.log = '';
		this.status = [];
		this.process = spawn(path.join(bin, program), args,
			{ cwd: this.dir, stdio: ['ignore', 'ignore', 'pipe', 'pipe'] });
		this.exit = new Promise((done) => this.process.on('exit', (code, signal) => {
			this.ended = signal ?? code;
			done(this.ended);
		}));
		this.process.stderr.on('data', (d) => { this.log += d; });
		let rest = '';
		this.process.stdio[3].on('data', (d) => {
			const lines = (rest + d).split('\n');
			rest = lines.pop();
			this.status.push(...lines.map((l) => JSON.parse(l)));
		});
		await until('the broker', () => {
			if (this.ended !== undefined) throw new Error(`the broker ended (${this.ended}):\n${this.log}`);
			return this.log.includes('broker.ready');
		});
		return this;
	}

	// Waits until the broker has said it: what it writes comes by a pipe, after what it does.
	async logged(what) { await until(`the log to say ${what}`, () => what.test(this.log)); }

	async stop() {
		if (this.process && this.ended === undefined) {
			this.process.kill('SIGTERM');
			await this.exit;
		}
		const code = this.ended;
		this.ended = undefined;
		this.process = null;
		return code;
	}

	async finish() {
		const code = await this.stop();
		if (!this.beside) fs.rmSync(this.dir, { recursive: true, force: true });
		return code;
	}

	// One request on a connection of its own. Never fails for an HTTP status.
	request(method, url, { body, headers = {}, from, agent = false } = {}) {
		return new Promise((done, fail) => {
			const q = https.request({
				host: this.address, port: this.port, method, path: url, ca: this.ca, headers, agent,
				localAddress: from, servername: '',
			}, (r) => {
				const parts = [];
				r.on('data', (d) => parts.push(d));
				r.on('end', () => {
					const bytes = Buffer.concat(parts);
					let json = null;
					try { json = JSON.parse(bytes.toString()); } catch { /* not JSON */ }
					done({ status: r.statusCode, headers: r.headers, bytes, json });
				});
				r.on('error', fail);
			});
			q.setTimeout(20000, () => q.destroy(new Error('no answer')));
			q.on('error', fail);
			if (body !== undefined) q.write(body);
			q.end();
		});
	}

	post(url, json, { cookie, headers = {}, from, agent } = {}) {
		const body = typeof json === 'string' ? json : JSON.stringify(json);
		return this.request('POST', url, {
			body, from, agent,
			headers: {
				origin: this.origin, 'content-type': 'application/json', 'content-length': Buffer.byteLength(body),
				...(cookie ? { cookie } : {}), ...headers,
			},
		});
	}

	get(url, cookie, options = {}) {
		return this.request('GET', url, { ...options, headers: { ...(cookie ? { cookie } : {}), ...options.headers } });
	}

	// Logs in; gives the Cookie line.
	async login(user = 'taro', password = PASSWORD, from = undefined) {
		const r = await this.post('/api/login', { user, password }, { from });
		if (r.status !== 200) throw new Error(`log-in: ${r.status} ${r.bytes}`);
		return r.headers['set-cookie'][0].split(';')[0];
	}

	async session(cookie, from = undefined) {
		const r = await this.post('/api/session', {}, { cookie, from });
		if (r.status !== 200) throw new Error(`session: ${r.status} ${r.bytes}`);
		return r.json;
	}

	// A TLS connection, for what node's own client would refuse to send.
	raw({ from, ...options } = {}) {
		return new Promise((done, fail) => {
			const s = tls.connect({ host: this.address, port: this.port, ca: this.ca, localAddress: from, ...options },
				() => done(s));
			s.on('error', fail);
		});
	}

	// Opens a stream; gives { status, json } if it was refused, else a Stream.
	async stream({ cookie, token, origin = this.origin, protocols, path: url = '/stream', from, headers = {} }) {
		const s = await this.raw({ from });
		const lines = {
			Host: `${this.address}:${this.port}`, Connection: 'Upgrade', Upgrade: 'websocket',
			'Sec-WebSocket-Version': '13', 'Sec-WebSocket-Key': crypto.randomBytes(16).toString('base64'),
			...(origin ? { Origin: origin } : {}), ...(cookie ? { Cookie: cookie } : {}),
			'Sec-WebSocket-Protocol': protocols ?? `sekisho.1, token.${token}`, ...headers,
		};
		s.write(`GET ${url} HTTP/1.1\r\n` + Object.entries(lines).filter(([, v]) => v !== null)
			.map(([k, v]) => `${k}: ${v}\r\n`).join('') + '\r\n');
		return new Promise((done, fail) => {
			let got = Buffer.alloc(0);
			const hear = (d) => {
				got = Buffer.concat([got, d]);
				const end = got.indexOf('\r\n\r\n');
				if (end < 0) return;
				const head = got.subarray(0, end).toString();
				const status = Number(head.split(' ')[1]);
				if (status === 101) {
					s.off('data', hear);
					done(new Stream(s, got.subarray(end + 4), head));
					return;
				}
				const length = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0);
				if (got.length < end + 4 + length) return;
				s.destroy();
				done({ status, head, json: JSON.parse(got.subarray(end + 4).toString()) });
			};
			s.on('data', hear);
			s.on('close', () => done({ status: 0 }));
			s.on('error', fail);
		});
	}
}

export const STATE = 0x86;
export const ENDED = { user: 32, needs: 48, login: 36, stopping: 38, protocol: 39, takenOver: 37, admin: 33 };

// A WebSocket after its handshake (RFC 6455).
export class Stream {
	constructor(socket, first, head) {
		this.socket = socket;
		this.head = head;
		this.status = 101;
		this.messages = [];
		this.closed = false;
		this.rest = Buffer.alloc(0);
		socket.removeAllListeners('error');
		socket.on('error', () => {});
		socket.on('close', () => { this.closed = true; });
		socket.on('data', (d) => this.hear(d));
		if (first.length) this.hear(first);
	}

	hear(d) {
		this.rest = Buffer.concat([this.rest, d]);
		for (;;) {
			if (this.rest.length < 2) return;
			let n = this.rest[1] & 127, at = 2;
			if (n === 126) { if (this.rest.length < 4) return; n = this.rest.readUInt16BE(2); at = 4; }
			else if (n === 127) { if (this.rest.length < 10) return; n = Number(this.rest.readBigUInt64BE(2)); at = 10; }
			if (this.rest.length < at + n) return;
			const op = this.rest[0] & 15, bytes = this.rest.subarray(at, at + n);
			this.rest = this.rest.subarray(at + n);
			if (op === 8) {
				this.closeCode = bytes.length >= 2 ? bytes.readUInt16BE(0) : 1005;
				this.sendFrame(8, bytes);
			}
			else if (op === 9) this.sendFrame(10, bytes);
			else this.messages.push({ op, bytes });
		}
	}

	sendFrame(op, bytes, { fin = true, mask = true } = {}) {
		const n = bytes.length;
		const head = n < 126 ? Buffer.from([0, n]) : n < 65536 ? Buffer.from([0, 126, n >> 8, n & 255]) :
			Buffer.concat([Buffer.from([0, 127]), (() => { const b = Buffer.alloc(8); b.writeBigUInt64BE(BigInt(n)); return b; })()]);
		head[0] = op | (fin ? 128 : 0);
		if (!mask) { this.socket.write(Buffer.concat([head, bytes])); return; }
		head[1] |= 128;
		const key = crypto.randomBytes(4), masked = Buffer.from(bytes);
		for (let i = 0; i < n; i++) masked[i] ^= key[i & 3];
		this.socket.write(Buffer.concat([head, key, masked]));
	}

	send(bytes) { this.sendFrame(2, bytes); }

	// The ENDED state that the client was told, or 0.
	endedState() {
		for (const m of this.messages)
			if (m.op === 2 && m.bytes[0] === STATE && m.bytes.readUInt16BE(8) >= 32) return m.bytes.readUInt16BE(8);
		return 0;
	}

	async end() { await until('the stream to be closed', () => this.closed); }
}

// One frame of docs/protocol.md.
export function frame(type, payload = Buffer.alloc(0), flags = 0) {
	const head = Buffer.alloc(8);
	head[0] = type;
	head[1] = flags;
	head.writeUInt32BE(payload.length, 4);
	return Buffer.concat([head, payload]);
}

// A code of a step that was not used yet: each is good once, one step before and after the clock's.
export function code(secret, step = Math.floor(Date.now() / 30000)) {
	const bits = [...secret.replace(/ /g, '')].map((c) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(c).toString(2).padStart(5, '0'))
		.join('');
	const key = Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
	const counter = Buffer.alloc(8);
	counter.writeBigUInt64BE(BigInt(step));
	const mac = crypto.createHmac('sha1', key).update(counter).digest();
	const from = mac[19] & 15;
	return String((mac.readUInt32BE(from) & 0x7fffffff) % 1000000).padStart(6, '0');
}
