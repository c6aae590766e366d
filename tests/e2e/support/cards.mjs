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

/** Makes DIR/ca.crt, DIR/ca.crl and, for each name, DIR/NAME.crt and DIR/NAME.key; everybody may read them.
 * @param {string} dir
 * @param {string[]} names */
export function makeCards(dir, names)
{
	const openssl = (/** @type {string[]} */ ...args) => execFileSync("openssl", args, { cwd: dir, stdio: "pipe" });
	const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-config", "ca.cnf"];
	fs.mkdirSync(dir);
	fs.writeFileSync(path.join(dir, "ca.cnf"), CONFIG);
	fs.writeFileSync(path.join(dir, "index"), "");
	fs.writeFileSync(path.join(dir, "serial"), "01\n");
	openssl("req", "-x509", ...key, "-days", "30", "-subj", "/CN=Cards", "-extensions", "root", "-keyout", "ca.key", "-out", "ca.crt");
	for (const name of names) {
		openssl("req", ...key, "-subj", `/CN=${name}`, "-keyout", `${name}.key`, "-out", `${name}.csr`);
		openssl("ca", "-batch", "-config", "ca.cnf", "-extensions", "client", "-in", `${name}.csr`, "-out", `${name}.crt`, "-notext");
	}
	openssl("ca", "-config", "ca.cnf", "-gencrl", "-out", "ca.crl");
	for (const file of fs.readdirSync(dir))
		fs.chmodSync(path.join(dir, file), 0o644);
	fs.chmodSync(dir, 0o755);
}
