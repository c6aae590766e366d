/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The tests' PKI.
 */
#include "tests/unit/certs/world.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"

static void must(sek_status s, const char *what, const char *err)
{
	char text[128];

	if (sek_is_ok(s))
		return;
	fprintf(stderr, "%s: %s (%s)\n", what, sek_status_text(s, text, sizeof text), err);
	abort();
}

char *world_text(const struct world *w, const char *name)
{
	char path[160], *text = NULL;

	snprintf(path, sizeof path, "%s/%s", w->directory, name);
	must(sek_file_read(path, &text, NULL), path, "");
	return text;
}

void world_reload(struct world *w)
{
	free(w->ca);
	free(w->crl);
	w->ca = world_text(w, "ca.crt");
	w->crl = world_text(w, "ca.crl");
}

void world_build(struct world *w)
{
	static const char *const loopback[] = { "127.0.0.1" };
	struct sek_pki_wish none = { .days = 0 }, web = { .addresses = loopback, .n_addresses = 1 };
	char err[512] = "", *certificate, *key;
	struct sek_pki *p = NULL;

	memset(w, 0, sizeof *w);
	snprintf(w->directory, sizeof w->directory, "/tmp/sekisho-pki-XXXXXX");
	if (!mkdtemp(w->directory))
		abort();
	must(sek_pki_init(w->directory, "Test CA", &none, err, sizeof err), "init", err);
	must(sek_pki_open(w->directory, &p, err, sizeof err), "open", err);
	must(sek_pki_issue(p, SEK_PKI_BROKER, "broker1", &none, err, sizeof err), "broker", err);
	must(sek_pki_issue(p, SEK_PKI_HTTPS, "https1", &web, err, sizeof err), "https", err);
	must(sek_pki_issue(p, SEK_PKI_HOST, WORLD_HOST, &none, err, sizeof err), "host", err);
	sek_pki_close(p);
	certificate = world_text(w, "broker1.crt");
	key = world_text(w, "broker1.key");
	must(sek_issuer_create(certificate, key, &w->issuer), "issuer", "");
	free(certificate);
	free(key);
	world_reload(w);
}

void world_remove(struct world *w)
{
	DIR *d = opendir(w->directory);
	struct dirent *e;
	char path[400];

	while (d && (e = readdir(d)) != NULL) {
		snprintf(path, sizeof path, "%s/%s", w->directory, e->d_name);
		unlink(path);
	}
	if (d)
		closedir(d);
	rmdir(w->directory);
	free(w->ca);
	free(w->crl);
	sek_issuer_destroy(w->issuer);
}

char *world_join(const char *a, const char *b)
{
	char *both = malloc(strlen(a) + strlen(b) + 1);

	if (!both)
		abort();
	memcpy(both, a, strlen(a));
	memcpy(both + strlen(a), b, strlen(b) + 1);
	return both;
}

void world_session(const struct world *w, const uint8_t id[16], const char *host, char **ret_chain, char **ret_key)
{
	struct sek_session_cert c;
	char *intermediate = world_text(w, "broker1.crt");

	must(sek_issuer_issue(w->issuer, id, host, &c), "issue", "");
	*ret_chain = world_join(c.certificate_pem, intermediate);
	*ret_key = strdup(c.key_pem);
	sek_session_cert_finish(&c);
	free(intermediate);
}

static void read_pair(const struct world *w, const char *name, gnutls_x509_crt_t *ret_cert, gnutls_x509_privkey_t *ret_key)
{
	char file[120], *text;

	snprintf(file, sizeof file, "%s.crt", name);
	text = world_text(w, file);
	must(sek_x509_read_cert(text, ret_cert), file, "");
	free(text);
	snprintf(file, sizeof file, "%s.key", name);
	text = world_text(w, file);
	must(sek_x509_read_key(text, ret_key), file, "");
	free(text);
}

static void write_beside(const struct world *w, const char *name, const char *suffix, const char *text)
{
	char path[200];

	snprintf(path, sizeof path, "%s/%s%s", w->directory, name, suffix);
	must(sek_file_write(path, text, strlen(text), 0600, SEK_FILE_REPLACE), path, "");
}

void world_craft(const struct world *w, const char *issuer, const struct sek_x509_wish *wish, const char *keep,
	char **ret_cert, char **ret_key)
{
	gnutls_x509_privkey_t key, issuer_key = NULL;
	gnutls_x509_crt_t certificate, issuer_cert = NULL;
	struct sek_x509_wish full = *wish;
	gnutls_pubkey_t public;

	if (!full.from)
		full.from = time(NULL) - 60;
	if (!full.until)
		full.until = time(NULL) + 600;
	if (issuer)
		read_pair(w, issuer, &issuer_cert, &issuer_key);
	must(sek_x509_make_key(&key), "key", "");
	must(sek_x509_public(key, &public), "public", "");
	must(sek_x509_make(&full, public, issuer_cert, issuer ? issuer_key : key, &certificate), "make", "");
	must(sek_x509_cert_text(certificate, ret_cert), "text", "");
	must(sek_x509_key_text(key, ret_key), "text", "");
	if (keep) {
		write_beside(w, keep, ".crt", *ret_cert);
		write_beside(w, keep, ".key", *ret_key);
	}
	gnutls_x509_crt_deinit(certificate);
	gnutls_pubkey_deinit(public);
	gnutls_x509_privkey_deinit(key);
	if (issuer) {
		gnutls_x509_crt_deinit(issuer_cert);
		gnutls_x509_privkey_deinit(issuer_key);
	}
}

char *world_crl(const struct world *w, time_t from, time_t until)
{
	gnutls_x509_privkey_t key;
	gnutls_x509_crt_t ca;
	gnutls_x509_crl_t crl;
	gnutls_datum_t d;
	char *text;

	read_pair(w, "ca", &ca, &key);
	if (gnutls_x509_crl_init(&crl) < 0 || gnutls_x509_crl_set_version(crl, 2) < 0 ||
			gnutls_x509_crl_set_this_update(crl, from) < 0 ||
			(until && gnutls_x509_crl_set_next_update(crl, until) < 0) ||
			gnutls_x509_crl_sign2(crl, ca, key, GNUTLS_DIG_SHA256, 0) < 0 ||
			gnutls_x509_crl_export2(crl, GNUTLS_X509_FMT_PEM, &d) < 0)
		abort();
	text = strndup((char *)d.data, d.size);
	gnutls_free(d.data);
	gnutls_x509_crl_deinit(crl);
	gnutls_x509_crt_deinit(ca);
	gnutls_x509_privkey_deinit(key);
	return text;
}
