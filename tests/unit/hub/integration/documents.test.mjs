// SPDX-License-Identifier: GPL-3.0-or-later
//
// Documents of a real broker without a render host: who may ask, what is refused and with which word, and what the policy can say where
// broker.yaml names no place for documents. Documents themselves: unit.hub.documents.jobs, and tests/e2e/documents.test.mjs.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';

import { bin, Broker, until } from './harness.mjs';

const b = new Broker();
const ID = '0123456789abcdef0123456789abcdef';
const WANT = { from: 'download', for: 'file', name: 'form' };

function ctl(...words) {
	const r = spawnSync(path.join(bin, 'sekishoctl'), ['--socket', b.file('control.sock'), '--lang', 'en', ...words], { encoding: 'utf8', cwd: b.dir });
	return { code: r.status, out: r.stdout, err: r.stderr };
}
const policy = (attribute, value) => ctl('policy', 'set', 'user:taro', attribute, value, '--reason', 'test');
// For a live session: the answer comes before the broker has read it again.
const inForce = async (attribute, value) => {
	const before = b.log.split('session.policy').length;
	assert.equal(policy(attribute, value).code, 0);
	await until('the policy to be in force', () => b.log.split('session.policy').length > before);
};
const get = (cookie, where) => b.get(where, cookie);
const post = (cookie, where, json) => b.post(where, json, { cookie });
const records = (what) => fs.readFileSync(b.file('audit/audit-00000001.log'), 'utf8').split('\n').slice(0, -1).map((l) => JSON.parse(l)).filter((x) => x.what === what);

before(() => b.start());
after(() => b.finish());

test('without a place for documents the policy refuses words with pixels, and the API says that there are none', async () => {
	for (const [attribute, value] of [['download', 'pixels'], ['download', 'pixels-approved'], ['print', 'pixels']]) {
		const r = policy(attribute, value);
		assert.notEqual(r.code, 0);
		assert.match(r.out + r.err, /documents/);
	}
	const cookie = await b.login('taro');
	assert.deepEqual((await get(cookie, '/api/documents')).json, { documents: [] });
	for (const where of ['/api/printers', `/api/documents/${ID}`])
		assert.deepEqual([(await get(cookie, where)).status, (await get(cookie, where)).json.error], [503, 'unavailable']);
});

test('with one they are values; who asks for what he or she may not have is told why', async () => {
	await b.stop();
	b.configure('documents:\n  path: docs\n  least_free_mib: 1\n');
	await b.start();
	assert.equal(policy('download', 'pixels').code, 0);
	const cookie = await b.login('taro');

	assert.equal((await get('', '/api/documents')).status, 401);
	assert.deepEqual((await get(cookie, '/api/documents')).json, { documents: [] });
	assert.deepEqual((await get(cookie, '/api/printers')).json, { printers: [] });
	for (const [where, status] of [[`/api/documents/${ID}`, 404], [`/api/documents/${ID}/file`, 404], [`/api/documents/${ID}/pages/1`, 404],
		[`/api/documents/${ID}/pages/0`, 404], [`/api/documents/${ID}/print`, 405], ['/api/documentsx', 404]])
		assert.equal((await get(cookie, where)).status, status, where);
	assert.equal((await post(cookie, `/api/documents/${ID}/cancel`, {})).status, 404);
	assert.equal((await post(cookie, `/api/documents/${ID}/cancel`, { a: 1 })).status, 400);
	assert.equal((await post(cookie, '/api/documents', { ...WANT, upload: 'x' })).status, 400);
	assert.deepEqual((await post(cookie, '/api/documents', WANT)).json, { error: 'no-session' });
	assert.equal((await post(cookie, '/api/session', {})).status, 200);
	assert.deepEqual((await post(cookie, '/api/documents', { ...WANT, for: 'print' })).json, { error: 'policy' });
	assert.deepEqual((await post(cookie, '/api/documents', { ...WANT, text: true })).json, { error: 'policy' });
	await inForce('download', 'none');
	assert.deepEqual([(await post(cookie, '/api/documents', WANT)).status, (await post(cookie, '/api/documents', WANT)).json], [403, { error: 'policy' }]);
	await until('the records', () => records('document.asked').length >= 3); // refusals wait for no record
	assert.ok(records('document.asked').every((r) => r.outcome === 'refused'));
	assert.equal(fs.readdirSync(b.file('docs')).length, 0);
});

test('a session without a picture has no document: it fails whole, on the record', async () => {
	await inForce('download', 'pixels');
	const cookie = await b.login('taro');
	await post(cookie, '/api/session', {});
	const asked = await post(cookie, '/api/documents', WANT);
	assert.equal(asked.status, 201);
	for (;;) {
		const d = (await get(cookie, `/api/documents/${asked.json.id}`)).json;
		if (d.state === 'working') continue;
		assert.deepEqual([d.state, d.reason, d.name], ['failed', 'ended', 'form']);
		break;
	}
	assert.deepEqual((await get(cookie, `/api/documents/${asked.json.id}/file`)).json, { error: 'not-released' });
	assert.equal(records('document.failed').length, 1);
	assert.equal(fs.readdirSync(b.file('docs')).length, 0);
});
