// SPDX-License-Identifier: GPL-3.0-or-later
//
// Two real brokers on one store: what one has given out is good at the other, once.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';

import { bin, Broker, until } from './harness.mjs';

let a, b;
before(async () => {
	a = await new Broker().start();
	b = await new Broker(a).start();
});
after(async () => {
	const codes = [await b?.finish(), await a?.finish()]; // both, whatever the first says: a broker that is left over keeps node waiting
	assert.deepEqual(codes, [0, 0]);
});

test('a cookie of one broker is good at the other at once, and out at both after a log-out at either', async () => {
	for (const [here, there] of [[a, b], [b, a]]) {
		const cookie = await here.login();
		const me = await there.get('/api/me', cookie);
		assert.equal(me.status, 200);
		assert.equal(me.json.user, 'taro');
		assert.equal((await there.post('/api/logout', {}, { cookie })).status, 200);
		assert.equal((await there.get('/api/me', cookie)).status, 401);
		await until('the log-out to arrive', async () => (await here.get('/api/me', cookie)).status === 401);
		assert.equal((await there.get('/api/me', cookie)).status, 401);
	}
});

test('a disabled user is out at both', async () => {
	const cookie = await a.login('hanako');
	assert.equal((await b.get('/api/me', cookie)).status, 200);
	a.user(['disable', 'hanako']);
	await until('both to follow', async () => (await a.get('/api/me', cookie)).status === 401 && (await b.get('/api/me', cookie)).status === 401);
	a.user(['enable', 'hanako']);
});

test('a broker with another login.key does not start, and says what to do', async () => {
	const key = a.file('login.key'), aside = a.file('login.key.aside'), config = ['--config', b.config];
	const run = (...words) => spawnSync(path.join(bin, 'sekisho-broker'), [...config, ...words], { cwd: a.dir, encoding: 'utf8', timeout: 30000 });
	await b.stop();
	fs.renameSync(key, aside);
	try {
		const missing = run();
		assert.equal(missing.status, 1, missing.stderr);
		assert.match(missing.stderr, /login\.key.*is not there, and this store's brokers use one .*copy the file/);
		assert.ok(!fs.existsSync(key), 'no other key may be made');
		fs.writeFileSync(key, 'k'.repeat(32), { mode: 0o600 });
		const other = run();
		assert.equal(other.status, 1, other.stderr);
		assert.match(other.stderr, /is not the key that this store's brokers use .*keys accept/);
		const accepted = run('keys', 'accept');
		assert.equal(accepted.status, 0, accepted.stderr);
		assert.match(accepted.stdout, /^login\.key: [0-9a-f]{16}$/m);
		await b.start();
		await b.stop();
	} finally {
		fs.renameSync(aside, key);
	}
	assert.equal(run().status, 1, 'now the old key is the wrong one');
	assert.equal(run('keys', 'accept').status, 0);
	await b.start();
});
