// SPDX-License-Identifier: GPL-3.0-or-later
// Log-in by a directory: the real broker against a real slapd with a CA of its own, by StartTLS and by LDAPS.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import { after, before, test } from 'node:test';
import { Broker, notTwice, PASSWORD, until } from './harness.mjs';

const SLAPD = '/usr/sbin/slapd';
const skip = !fs.existsSync(SLAPD) && 'slapd is not installed (tests/support/packages)';
const SERVICE = 'service password', DIRECTORY_PASSWORD = '辞書 password of the directory';

let b, slapd, ports, at = 0;

const from = () => `127.8.${++at >> 8}.${1 + (at & 127)}`;
const login = (user, password = DIRECTORY_PASSWORD) => b.post('/api/login', { user, password }, { from: from() });
const word = async (user, password) => (await login(user, password)).json.error;

function freePort() {
	return new Promise((done) => {
		const s = net.createServer().listen(0, '127.0.0.1', () => {
			const { port } = s.address();
			s.close(() => done(port));
		});
	});
}

const connects = (port) => new Promise((done) => {
	const s = net.connect(port, '127.0.0.1', () => { s.destroy(); done(true); });
	s.on('error', () => done(false));
});

function writeDirectory() {
	fs.mkdirSync(b.file('ldap/db'), { recursive: true });
	b.run('sekisho-certs', ['init', 'ldap/pki']);
	b.run('sekisho-certs', ['https', 'ldap/pki', 'ldap', '--address', '127.0.0.1']);
	b.run('sekisho-certs', ['init', 'ldap/other']);
	fs.writeFileSync(b.file('ldap/service'), SERVICE + '\n', { mode: 0o600 });
	fs.writeFileSync(b.file('ldap/slapd.conf'), `
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
pidfile ${b.file('ldap/pid')}
modulepath /usr/lib/ldap
moduleload back_mdb
TLSCACertificateFile ${b.file('ldap/pki/ca.crt')}
TLSCertificateFile ${b.file('ldap/pki/ldap.crt')}
TLSCertificateKeyFile ${b.file('ldap/pki/ldap.key')}
# what the broker must never rely on: this directory takes a bind with a name and no password for anonymous
allow bind_anon_dn bind_anon_cred
# a password never comes in clear
security simple_bind=128
database mdb
suffix "dc=example"
rootdn "cn=root,dc=example"
directory ${b.file('ldap/db')}
access to attrs=userPassword by anonymous auth by * none
access to * by dn.exact="cn=broker,dc=example" write by users read by * none
`);
	const person = (uid, cn) => `dn: uid=${uid},ou=people,dc=example
objectClass: inetOrgPerson
uid: ${uid}
cn: ${cn}
sn: x
userPassword: ${DIRECTORY_PASSWORD}

`;
	fs.writeFileSync(b.file('ldap/all.ldif'), `dn: dc=example
objectClass: dcObject
objectClass: organization
o: example
dc: example

dn: cn=broker,dc=example
objectClass: organizationalRole
objectClass: simpleSecurityObject
cn: broker
userPassword: ${SERVICE}

dn: ou=people,dc=example
objectClass: organizationalUnit
ou: people

${person('sakura', '桜井 さくら')}${person('kenji', 'Kenji')}${person('taro', 'Another Taro')}${person('double', 'One')}dn: cn=double,ou=people,dc=example
objectClass: inetOrgPerson
uid: double
cn: double
sn: x
userPassword: ${DIRECTORY_PASSWORD}

dn: uid=far,ou=people,dc=example
objectClass: referral
objectClass: extensibleObject
uid: far
ref: ldap://127.0.0.1:${ports.trap}/uid=far,ou=people,dc=example

dn: cn=Web,dc=example
objectClass: groupOfNames
cn: Web
member: uid=sakura,ou=people,dc=example

`);
	execFileSync('/usr/sbin/slapadd', ['-f', b.file('ldap/slapd.conf'), '-l', b.file('ldap/all.ldif')], { stdio: 'pipe' });
}

async function startDirectory() {
	slapd = spawn(SLAPD, ['-d', '0', '-f', b.file('ldap/slapd.conf'), '-h', `ldap://127.0.0.1:${ports.plain}/ ldaps://127.0.0.1:${ports.tls}/`],
		{ stdio: 'ignore' });
	slapd.ended = new Promise((done) => slapd.on('exit', done));
	await until('slapd', async () => await connects(ports.plain) && connects(ports.tls));
}

async function stopDirectory() {
	slapd?.kill('SIGTERM');
	await slapd?.ended;
	slapd = null;
}

async function restart(url, { ca = 'ldap/pki/ca.crt', how = `base: ou=people,dc=example
    filter: (&(objectClass=inetOrgPerson)(uid=%s))
    bind_dn: cn=broker,dc=example
    bind_password_file: ldap/service
    group_base: dc=example
    group_filter: (member=%s)` } = {}) {
	await b.stop();
	b.configure(`login:
  ldap:
    url: ${url}
    ca: ${ca}
    timeout_seconds: 2
    ${how}
`);
	await b.start();
}

before(async () => {
	if (skip) return;
	b = new Broker();
	ports = { plain: await freePort(), tls: await freePort(), trap: await freePort() };
	writeDirectory();
	await startDirectory();
	b.user(['first-admin', 'root', '--password-stdin'], PASSWORD);
}, { timeout: 60000 });
after(async () => {
	await stopDirectory();
	await b?.finish();
});

test('StartTLS: users, groups, and what must not get in', { skip, timeout: 60000 }, async () => {
	await restart(`ldap://127.0.0.1:${ports.plain}`);
	const admin = await b.login('root');
	const admins = (op, body) => b.post(`/api/admin/${op}`, { reason: 'test', ...body }, { cookie: admin });
	assert.equal((await admins('groups/add', { name: 'web', directory: 'CN=web,dc=example' })).status, 200);

	const r = await login('Sakura');
	assert.equal(r.status, 200, b.log);
	assert.equal(r.json.user, 'sakura');
	assert.deepEqual(r.json.roles, ['staff']);
	const shown = (await b.post('/api/admin/users/show', { name: 'sakura' }, { cookie: admin })).json;
	assert.equal(shown.user.source, 'directory');
	assert.equal(shown.user.display, '桜井 さくら');
	assert.deepEqual(shown.groups, [{ name: 'web', source: 'directory' }]);
	assert.equal((await login('kenji')).status, 200);
	assert.deepEqual((await b.post('/api/admin/users/show', { name: 'kenji' }, { cookie: admin })).json.groups, []);

	assert.equal(await word('sakura', 'wrong'), 'login');
	assert.equal(await word('sakura', ''), 'login', 'an empty password is an anonymous bind, which succeeds');
	assert.equal(await word('nobody'), 'login');
	assert.equal(await word('double'), 'login', 'two entries');
	assert.equal(await word('broker', SERVICE), 'login', 'not a person');
	for (const name of ['*', 'sak*', 'sakura)(uid=*', 'sakura,ou=people', '*)(|(uid=*', 'sakura\\2a', 'sakura\u0001'])
		assert.equal(await word(name), 'login', name);

	// a local user stays local, whatever the directory says
	assert.equal(await word('taro'), 'login');
	assert.equal((await login('taro', PASSWORD)).status, 200);

	// disabled here counts, whatever the directory says; and the log-in ends
	const cookie = r.headers['set-cookie'][0].split(';')[0];
	assert.equal((await admins('users/disable', { name: 'sakura' })).status, 200);
	await until('the log-in to end', async () => (await b.get('/api/me', cookie)).status === 401);
	assert.equal(await word('sakura'), 'login');
	assert.equal((await admins('users/enable', { name: 'sakura' })).status, 200);
	assert.equal((await login('sakura')).status, 200);
});

test('a referral is not followed: no password goes to whom it names', { skip, timeout: 60000 }, async () => {
	let visits = 0;
	const trap = net.createServer((s) => { visits++; s.destroy(); }).listen(ports.trap, '127.0.0.1');
	await until('the trap', () => connects(ports.trap));
	visits = 0;
	assert.equal(await word('far'), 'login');
	assert.equal((await login('kenji')).status, 200);
	assert.equal(visits, 0);
	trap.close();
});

test('who is logged in is read again: groups that change, who is gone, and a directory that is away', { skip: notTwice || skip, timeout: 90000 }, async () => {
	const search = `base: ou=people,dc=example
    filter: (&(objectClass=inetOrgPerson)(uid=%s)(!(employeeType=disabled)))
    bind_dn: cn=broker,dc=example
    bind_password_file: ldap/service
    group_base: dc=example
    group_filter: (member=%s)
    reread_seconds: 1`;
	await restart(`ldap://127.0.0.1:${ports.plain}`, { how: search });
	const admin = await b.login('root');
	const ask = async (op, body) => (await b.post(`/api/admin/${op}`, body, { cookie: admin })).json;
	const lives = async (cookie) => (await b.get('/api/me', cookie)).status === 200;
	const modify = (ldif) => execFileSync('ldapmodify', ['-x', '-H', `ldaps://127.0.0.1:${ports.tls}`, '-D', 'cn=broker,dc=example', '-w', SERVICE],
		{ input: ldif, stdio: ['pipe', 'pipe', 'pipe'], env: { ...process.env, LDAPTLS_CACERT: b.file('ldap/pki/ca.crt') } });
	const groups = async (name) => (await ask('users/show', { name })).groups.map((g) => g.name);
	const cookieOf = (r) => r.headers['set-cookie'][0].split(';')[0];
	const kenji = cookieOf(await login('kenji')), sakura = cookieOf(await login('sakura'));
	assert.deepEqual(await groups('kenji'), []);
	// a membership that was made in the directory is here soon, without a log-in
	modify('dn: cn=Web,dc=example\nchangetype: modify\nadd: member\nmember: uid=kenji,ou=people,dc=example\n');
	await until('the membership', async () => (await groups('kenji')).includes('web'));
	assert.ok(await lives(kenji));
	// one that needs more than was shown ends the log-in
	const { group } = await ask('groups/show', { name: 'web' });
	assert.equal((await b.post('/api/admin/groups/add', { name: 'strong', needs: 'password+totp', directory: 'cn=strong,dc=example', reason: 'r' }, { cookie: admin })).status, 200);
	assert.equal(group.needs, '');
	modify('dn: cn=strong,dc=example\nchangetype: add\nobjectClass: groupOfNames\ncn: strong\nmember: uid=kenji,ou=people,dc=example\n');
	await until('the log-in to end', async () => !await lives(kenji));
	assert.ok(await lives(sakura));
	await until('the log', () => /login\.ended .*user=kenji .*why=needs/.test(b.log));
	// a directory that is away has forgotten nobody
	await stopDirectory();
	b.log = '';
	await until('a look in vain', () => b.log.includes('doing="read a user again"'));
	assert.ok(await lives(sakura));
	// and administrators, who are local, go on: those who are logged in, and those who come
	assert.ok((await ask('users/list', {})).total > 0);
	const again = await b.login('root');
	assert.equal((await b.post('/api/admin/users/disable', { name: 'taro', reason: 'r' }, { cookie: again })).status, 200);
	assert.equal((await b.post('/api/admin/users/enable', { name: 'taro', reason: 'r' }, { cookie: again })).status, 200);
	assert.equal(await word('kenji'), 'directory-down');
	await startDirectory();
	// disabled there, as the site's filter says it
	modify('dn: uid=sakura,ou=people,dc=example\nchangetype: modify\nadd: employeeType\nemployeeType: disabled\n');
	await until('the log-in to end', async () => !await lives(sakura), 40000);
	await until('the log', () => /login\.ended .*user=sakura .*why=directory/.test(b.log));
	assert.equal(await word('sakura'), 'login');
	modify('dn: uid=sakura,ou=people,dc=example\nchangetype: modify\ndelete: employeeType\n\ndn: cn=strong,dc=example\nchangetype: delete\n');
	assert.equal((await login('sakura')).status, 200);
	assert.equal((await login('kenji')).status, 200);
});

test('LDAPS and a template instead of a search', { skip, timeout: 60000 }, async () => {
	await restart(`ldaps://127.0.0.1:${ports.tls}`, { how: 'user_dn: uid=%s,ou=people,dc=example' });
	assert.equal((await login('kenji')).json.user, 'kenji');
	assert.equal(await word('kenji', 'wrong'), 'login');
	assert.equal(await word('kenji', ''), 'login');
	assert.equal(await word('kenji,ou=people,dc=example'), 'login');
});

test('a directory whose certificate another CA signed gets no password', { skip, timeout: 60000 }, async () => {
	for (const url of [`ldap://127.0.0.1:${ports.plain}`, `ldaps://127.0.0.1:${ports.tls}`]) {
		await restart(url, { ca: 'ldap/other/ca.crt' });
		assert.equal(await word('kenji'), 'directory-down', url);
		await b.logged(/login\.directory/);
		assert.equal((await login('taro', PASSWORD)).status, 200, 'local users log in');
	}
});

test('the directory is down, silent, and back again', { skip: notTwice || skip, timeout: 90000 }, async () => {
	await restart(`ldap://127.0.0.1:${ports.plain}`);
	await stopDirectory();
	assert.equal(await word('kenji'), 'directory-down');
	assert.equal((await login('taro', PASSWORD)).status, 200, 'local users log in');
	// a server that accepts and says nothing
	const silent = net.createServer(() => {}).listen(ports.plain, '127.0.0.1');
	await restart(`ldap://127.0.0.1:${ports.plain}`);
	const waiting = [word('kenji'), word('sakura'), word('kenji'), word('sakura')];
	assert.equal((await login('taro', PASSWORD)).status, 200, 'local users log in beside those who wait');
	for (const w of await Promise.all(waiting)) assert.equal(w, 'directory-down');
	silent.close();
	await startDirectory();
	await until('the directory to be asked again', async () => (await login('kenji')).status === 200, 40000);
});

test('what a configuration may not say', { skip, timeout: 60000 }, () => {
	const check = (text) => {
		b.configure(`login:\n  ldap:\n    ca: ldap/pki/ca.crt\n    ${text}\n`);
		try {
			b.run('sekisho-broker', ['--config', 'broker.yaml', '--check-config']);
		} catch (e) {
			return e.stderr;
		}
		return 'OK';
	};
	const good = 'url: ldaps://x\n    user_dn: uid=%s,dc=x';
	assert.equal(check(good), 'OK');
	assert.match(check('url: http://x\n    user_dn: uid=%s,dc=x'), /login\.ldap\.url/);
	assert.match(check('url: ldap://x/dc=y\n    user_dn: uid=%s,dc=x'), /login\.ldap\.url/);
	assert.match(check('url: ldaps://x\n    user_dn: uid=x'), /%s exactly once/);
	assert.match(check('url: ldaps://x\n    base: dc=x\n    filter: (uid=%s%n)'), /%s exactly once/);
	assert.match(check('url: ldaps://x\n    base: dc=x'), /needs either/);
	assert.match(check('url: ldaps://x'), /needs either/);
	assert.match(check(`${good}\n    bind_dn: cn=x`), /user_dn: excludes/);
	assert.match(check(`${good}\n    reread_seconds: 60`), /reread_seconds: needs base and filter/);
	assert.equal(check(`${good}\n    reread_seconds: 0`), 'OK');
	assert.match(check('url: ldaps://x\n    base: dc=x\n    filter: (uid=%s)\n    reread_seconds: 90000'), /reread_seconds/);
	fs.writeFileSync(b.file('ldap/open'), 'x', { mode: 0o644 });
	fs.chmodSync(b.file('ldap/open'), 0o644);
	assert.match(check('url: ldaps://x\n    base: dc=x\n    filter: (uid=%s)\n    bind_dn: cn=x\n    bind_password_file: ldap/open'), /bind_password_file/);
});
