// SPDX-License-Identifier: GPL-3.0-or-later
// A CA for staff's smart cards and one card, as files of a test.

import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";

const CONFIG = `[ca]
default_ca = d
[d]
dir = .
database = index
serial = serial
new_certs_dir = .
certificate = ca.crt
private_key = ca.key
default_md = sha256
default_days = 30
default_crl_days = 7
policy = p
[p]
commonName = supplied
[client]
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = clientAuth
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
[root]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
[req]
distinguished_name = dn
[dn]
`;

/** @param {string} dir
 * @param {string[]} args */
const openssl = (dir, ...args) => void execFileSync("openssl", args, { cwd: dir, stdio: "pipe" });
const KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-config", "ca.cnf"];

/** Makes DIR/ca.crt, DIR/ca.crl and, for each name, DIR/NAME.crt and DIR/NAME.key; everybody may read them.
 * @param {string} dir
 * @param {string[]} names */
export function makeCards(dir, names)
{
	fs.mkdirSync(dir);
	fs.writeFileSync(path.join(dir, "ca.cnf"), CONFIG);
	fs.writeFileSync(path.join(dir, "index"), "");
	fs.writeFileSync(path.join(dir, "serial"), "01\n");
	openssl(dir, "req", "-x509", ...KEY, "-days", "30", "-subj", "/CN=Cards", "-extensions", "root", "-keyout", "ca.key", "-out", "ca.crt");
	for (const name of names) {
		openssl(dir, "req", ...KEY, "-subj", `/CN=${name}`, "-keyout", `${name}.key`, "-out", `${name}.csr`);
		openssl(dir, "ca", "-batch", "-config", "ca.cnf", "-extensions", "client", "-in", `${name}.csr`, "-out", `${name}.crt`, "-notext");
	}
	openssl(dir, "ca", "-config", "ca.cnf", "-gencrl", "-out", "ca.crl");
	for (const file of fs.readdirSync(dir))
		fs.chmodSync(path.join(dir, file), 0o644);
	fs.chmodSync(dir, 0o755);
}

/** Makes DIR/FILE.crt and DIR/FILE.key with the name of somebody else, signed by nobody.
 * @param {string} dir
 * @param {string} file
 * @param {string} name */
export function forgeCard(dir, file, name)
{
	openssl(dir, "req", "-x509", ...KEY, "-days", "30", "-subj", `/CN=${name}`, "-extensions", "client", "-keyout", `${file}.key`, "-out", `${file}.crt`);
}

/** Puts a card onto the CRL.
 * @param {string} dir
 * @param {string} name */
export function revokeCard(dir, name)
{
	openssl(dir, "ca", "-config", "ca.cnf", "-revoke", `${name}.crt`);
	openssl(dir, "ca", "-config", "ca.cnf", "-gencrl", "-out", "ca.crl");
}
