/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Ed25519, so that what is signed is the same each time.
 */
#include "tests/fuzz/hub/authority.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

static void must(int ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "authority: %s\n", what);
	exit(1);
}

static EVP_PKEY *key_of(uint8_t seed)
{
	uint8_t bytes[32];
	EVP_PKEY *key;

	memset(bytes, seed, sizeof bytes);
	key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, bytes, sizeof bytes);
	must(key != NULL, "key");
	return key;
}

static void extend(X509 *x, X509 *issuer, int nid, const char *value)
{
	X509_EXTENSION *e;
	X509V3_CTX ctx;

	X509V3_set_ctx(&ctx, issuer, x, NULL, NULL, 0);
	e = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	must(e && X509_add_ext(x, e, -1) == 1, value);
	X509_EXTENSION_free(e);
}

static void date(ASN1_TIME *t, const char *text)
{
	must(ASN1_TIME_set_string_X509(t, text) == 1, text);
}

static X509 *begin(const char *name, long serial, EVP_PKEY *key)
{
	X509 *x = X509_new();
	X509_NAME *n = x ? X509_get_subject_name(x) : NULL;

	must(n && X509_set_version(x, X509_VERSION_3) == 1 && ASN1_INTEGER_set(X509_get_serialNumber(x), serial) == 1,
		"certificate");
	must(X509_NAME_add_entry_by_txt(n, "CN", MBSTRING_UTF8, (const uint8_t *)name, -1, -1, 0) == 1, name);
	date(X509_getm_notBefore(x), "20200101000000Z");
	date(X509_getm_notAfter(x), "20991231235959Z");
	must(X509_set_pubkey(x, key) == 1, "public key");
	return x;
}

static X509 *authority(EVP_PKEY *key)
{
	X509 *x = begin("fuzz ca", 1, key);

	must(X509_set_issuer_name(x, X509_get_subject_name(x)) == 1, "issuer");
	extend(x, x, NID_basic_constraints, "critical,CA:TRUE");
	extend(x, x, NID_key_usage, "critical,keyCertSign,cRLSign");
	extend(x, x, NID_subject_key_identifier, "hash");
	extend(x, x, NID_authority_key_identifier, "keyid");
	must(X509_sign(x, key, NULL) > 0, "signature");
	return x;
}

static void write_pem(const char *path, int (*write)(FILE *f, void *what), void *what)
{
	FILE *f = fopen(path, "w");

	must(f && write(f, what) == 1 && fclose(f) == 0, path);
}

static int write_certificate(FILE *f, void *x)
{
	return PEM_write_X509(f, x);
}

static int write_crl(FILE *f, void *crl)
{
	return PEM_write_X509_CRL(f, crl);
}

void authority_write(const char *ca_path, const char *crl_path)
{
	EVP_PKEY *key = key_of(7);
	X509 *ca = authority(key);
	X509_CRL *crl = X509_CRL_new();
	ASN1_TIME *from = ASN1_TIME_new(), *to = ASN1_TIME_new();
	ASN1_INTEGER *number = ASN1_INTEGER_new();
	X509_EXTENSION *e;
	X509V3_CTX ctx;

	must(crl && from && to, "CRL");
	date(from, "20200101000000Z");
	date(to, "20991231235959Z");
	must(X509_CRL_set_version(crl, X509_CRL_VERSION_2) == 1 &&
		X509_CRL_set_issuer_name(crl, X509_get_subject_name(ca)) == 1 && X509_CRL_set1_lastUpdate(crl, from) == 1 &&
		X509_CRL_set1_nextUpdate(crl, to) == 1, "CRL");
	X509V3_set_ctx(&ctx, ca, NULL, NULL, crl, 0);
	e = X509V3_EXT_conf_nid(NULL, &ctx, NID_authority_key_identifier, "keyid");
	must(e && X509_CRL_add_ext(crl, e, -1) == 1, "CRL's key identifier");
	X509_EXTENSION_free(e);
	must(number && ASN1_INTEGER_set(number, 1) == 1 && X509_CRL_add1_ext_i2d(crl, NID_crl_number, number, 0, 0) == 1,
		"CRL's number");
	ASN1_INTEGER_free(number);
	must(X509_CRL_sign(crl, key, NULL) > 0, "CRL's signature");
	write_pem(ca_path, write_certificate, ca);
	write_pem(crl_path, write_crl, crl);
	ASN1_TIME_free(from);
	ASN1_TIME_free(to);
	X509_CRL_free(crl);
	X509_free(ca);
	EVP_PKEY_free(key);
}

size_t authority_issue(const char *name, uint8_t ret[AUTHORITY_CERTIFICATE_BYTES])
{
	EVP_PKEY *ca_key = key_of(7), *key = key_of(9);
	X509 *ca = authority(ca_key), *x = begin(name, 2, key);
	int n;

	must(X509_set_issuer_name(x, X509_get_subject_name(ca)) == 1, "issuer");
	extend(x, ca, NID_basic_constraints, "critical,CA:FALSE");
	extend(x, ca, NID_key_usage, "critical,digitalSignature");
	extend(x, ca, NID_ext_key_usage, "clientAuth");
	extend(x, ca, NID_subject_key_identifier, "hash");
	extend(x, ca, NID_authority_key_identifier, "keyid");
	must(X509_sign(x, ca_key, NULL) > 0, "signature");
	n = i2d_X509(x, NULL);
	must(n > 0 && n <= AUTHORITY_CERTIFICATE_BYTES && i2d_X509(x, &ret) == n, "size");
	X509_free(x);
	X509_free(ca);
	EVP_PKEY_free(key);
	EVP_PKEY_free(ca_key);
	return (size_t)n;
}
