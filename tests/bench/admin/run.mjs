// SPDX-License-Identifier: GPL-3.0-or-later
// How long the administration's lists take at 10,000 users and 1,000,000 audit records, over HTTPS from a real broker:
//   SEK_BIN=build/release/bin node tests/bench/admin/run.mjs [--users N] [--records N] [--rounds N]
// Prints a line for each: median and slowest of the rounds.
import fs from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { Broker, PASSWORD, bin } from '../../unit/hub/integration/harness.mjs';

const { values } = parseArgs({ options: { users: { type: 'string', default: '10000' }, records: { type: 'string', default: '1000000' },
	rounds: { type: 'string', default: '7' } } });
const b = new Broker();
try {
	b.user(['add', 'chief', '--password-stdin'], PASSWORD);
	b.run('hub-tool', ['roles', 'store.db', 'chief', 'administrator']);
	const config = fs.readFileSync(b.file('broker.yaml'), 'utf8');
	const at = (key, other) => new RegExp(`^audit:\\n(?:.*\\n)*?  ${key}: (.*)$`, 'm').exec(config)?.[1] ?? other;
	const folder = fs.existsSync(b.file('audit')) ? 'audit' : at('path', 'audit');
	const key = fs.readdirSync(b.dir).find((f) => /audit.*\.key$/.test(f)) ?? at('key', 'audit.key');
	let t = performance.now();
	b.run('bench-admin-fill', ['store.db', values.users, folder, key, values.records]);
	const bytes = fs.readdirSync(b.file(folder)).reduce((n, f) => n + fs.statSync(path.join(b.file(folder), f)).size, 0);
	console.log(`filled in ${((performance.now() - t) / 1000).toFixed(1)} s: ${values.users} users, ${values.records} records, ${(bytes / 1e6).toFixed(0)} MB of log, programs of ${bin}`);
	t = performance.now();
	await b.start();
	console.log(`broker ready after ${(performance.now() - t).toFixed(0)} ms`);
	const cookie = await b.login('chief');
	const op = async (name, json) => {
		const r = await b.post(`/api/admin/${name}`, json, { cookie });
		if (r.status !== 200) throw new Error(`${name}: ${r.status} ${r.bytes}`);
		return r.json;
	};
	const all = async (json) => { // until there is a row or an end, as the page does
		for (let after = '', calls = 1; ; calls++) {
			const r = await op('audit/search', { ...json, after });
			if (r.rows.length || !r.next) return { ...r, calls };
			after = r.next;
		}
	};
	let deep = null;
	for (let i = 0, r = { next: '' }; i < 20; i++) deep = r = await op('audit/search', { after: r.next, limit: 200 });
	const last = `shokuin${String(Number(values.users) - 60).padStart(5, '0')}`;
	const cases = [
		['users: first page', () => op('users/list', {})],
		['users: last page', () => op('users/list', { after: last })],
		['users: search in the middle', () => op('users/list', { search: '4567' })],
		['users: search that finds nothing', () => op('users/list', { search: 'zzz' })],
		['groups: first page', () => op('groups/list', {})],
		['one user with groups', () => op('users/show', { name: 'shokuin05000' })],
		['explain of a user', () => op('policies/explain', { name: 'shokuin05000' })],
		['policy history', () => op('policies/history', {})],
		['live sessions', () => op('sessions/list', {})],
		['audit: newest page', () => op('audit/search', {})],
		['audit: 4,000 records down', () => op('audit/search', { after: deep.next })],
		['audit: one user, newest 50', () => all({ who: 'shokuin04567' })],
		['audit: text in one of the oldest', () => all({ search: 'needle in the haystack' })],
		['audit: text that is nowhere', () => all({ search: 'no such words' })],
	];
	for (const [name, run] of cases) {
		const times = [];
		let r;
		for (let i = 0; i < Number(values.rounds); i++) {
			const from = performance.now();
			r = await run();
			times.push(performance.now() - from);
		}
		times.sort((x, y) => x - y);
		const rows = r.rows ? `${r.rows.length} rows` : '';
		console.log(`${name.padEnd(36)} median ${times[times.length >> 1].toFixed(1).padStart(8)} ms  slowest ${times[times.length - 1].toFixed(1).padStart(8)} ms  ${rows}${r.calls > 1 ? `, ${r.calls} calls` : ''}`);
	}
} finally {
	await b.finish();
}
