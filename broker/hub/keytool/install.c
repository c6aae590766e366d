/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Putting keys and certificates from elsewhere into their places. Must never put one there with which the broker could not go on.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>

#include "base/file.h"
#include "broker/hub/keytool/keytool.h"

enum { CERTIFICATES_MAX = 16, KEY_ID_BYTES = 64 };

static bool no(char *err, size_t err_size, const char *path, const char *what)
{
	snprintf(err, err_size, "'%.300s' %s", path, what);
	return false;
}

bool keytool_install(const char *path, const void *bytes, size_t n, char *err, size_t err_size)
{
	char next[PATH_MAX];
	struct stat st;
	bool ok;
	int fd;

	if (stat(path, &st) != 0)
		return no(err, err_size, path, "is not there: there is nothing to replace");
	snprintf(next, sizeof next, "%.4000s.next", path);
	(void)unlink(next);
	fd = open(next, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return no(err, err_size, next, strerror(errno));
	ok = sek_is_ok(sek_file_put(fd, bytes, n)) && ((st.st_uid == geteuid() && st.st_gid == getegid()) || fchown(fd, st.st_uid, st.st_gid) == 0) &&
		fchmod(fd, st.st_mode & 0777) == 0 && fsync(fd) == 0;
	close(fd);
	if (ok && rename(next, path) == 0)
		return true;
	(void)unlink(next);
	return no(err, err_size, path, "cannot be replaced: run this as root");
}

struct list {
	gnutls_x509_crt_t all[CERTIFICATES_MAX];
	unsigned n;
};

static bool load_list(const char *path, struct list *ret, char *err, size_t err_size)
{
	char *text = NULL;
	size_t n = 0;
	gnutls_datum_t d;
	int r;

	ret->n = CERTIFICATES_MAX;
	if (!sek_is_ok(sek_file_read(path, &text, &n))) {
		ret->n = 0;
		return no(err, err_size, path, "cannot be read");
	}
	d = (gnutls_datum_t){ (unsigned char *)text, (unsigned)n };
	r = gnutls_x509_crt_list_import(ret->all, &ret->n, &d, GNUTLS_X509_FMT_PEM, GNUTLS_X509_CRT_LIST_IMPORT_FAIL_IF_EXCEED);
	free(text);
	if (r > 0)
		return true;
	ret->n = 0;
	return no(err, err_size, path, "holds no certificate in PEM");
}

static void free_list(struct list *l)
{
	for (unsigned i = 0; i < l->n; i++)
		gnutls_x509_crt_deinit(l->all[i]);
	l->n = 0;
}

static bool comes_from(struct list *certificate, const char *ca, char *err, size_t err_size)
{
	struct list cas = { .n = 0 };
	unsigned verdict = ~0u;
	bool ok = load_list(ca, &cas, err, err_size);

	if (ok && (gnutls_x509_crt_list_verify(certificate->all, certificate->n, cas.all, cas.n, NULL, 0, 0, &verdict) < 0 || verdict != 0))
		ok = no(err, err_size, ca, "does not vouch for that certificate now: nothing was changed");
	free_list(&cas);
	return ok;
}

static bool belongs(gnutls_x509_crt_t certificate, const char *key, char *err, size_t err_size)
{
	unsigned char a[KEY_ID_BYTES], b[KEY_ID_BYTES];
	size_t an = sizeof a, bn = sizeof b, n = 0;
	gnutls_x509_privkey_t k = NULL;
	char *text = NULL;
	bool ok;

	if (!sek_is_ok(sek_file_read(key, &text, &n)))
		return no(err, err_size, key, "cannot be read");
	ok = gnutls_x509_privkey_init(&k) == 0 &&
		gnutls_x509_privkey_import2(k, &(gnutls_datum_t){ (unsigned char *)text, (unsigned)n }, GNUTLS_X509_FMT_PEM, NULL, 0) == 0 &&
		gnutls_x509_privkey_get_key_id(k, GNUTLS_KEYID_USE_SHA256, a, &an) == 0 &&
		gnutls_x509_crt_get_key_id(certificate, GNUTLS_KEYID_USE_SHA256, b, &bn) == 0 && an == bn && memcmp(a, b, an) == 0;
	gnutls_x509_privkey_deinit(k);
	explicit_bzero(text, n);
	free(text);
	return ok || no(err, err_size, key, "is not the key of that certificate");
}

bool keytool_check_pair(const char *certificate, const char *key, const char *ca, char *err, size_t err_size)
{
	struct list l = { .n = 0 };
	time_t now = time(NULL);
	bool ok = load_list(certificate, &l, err, err_size);

	if (ok && (gnutls_x509_crt_get_activation_time(l.all[0]) > now || gnutls_x509_crt_get_expiration_time(l.all[0]) <= now))
		ok = no(err, err_size, certificate, "is not good now: look at its dates and at the clock");
	ok = ok && belongs(l.all[0], key, err, err_size) && (!ca || comes_from(&l, ca, err, err_size));
	free_list(&l);
	return ok;
}

/* Signed by it; *ret_good: and good now. */
static bool is_of(gnutls_x509_crl_t crl, gnutls_x509_crt_t ca, bool *ret_good)
{
	const unsigned dates = GNUTLS_CERT_INVALID | GNUTLS_CERT_REVOCATION_DATA_SUPERSEDED | GNUTLS_CERT_REVOCATION_DATA_ISSUED_IN_FUTURE;
	unsigned verdict = ~0u;

	if (gnutls_x509_crl_verify(crl, &ca, 1, 0, &verdict) < 0 || verdict == GNUTLS_CERT_INVALID || (verdict & ~dates) != 0)
		return false;
	*ret_good = verdict == 0 && gnutls_x509_crl_get_next_update(crl) > time(NULL);
	return true;
}

bool keytool_check_crl(const char *crl, const char *ca, char *err, size_t err_size)
{
	gnutls_x509_crl_t *all = NULL;
	struct list cas = { .n = 0 };
	unsigned count = 0, i, k;
	char *text = NULL;
	size_t n = 0;
	bool ok = load_list(ca, &cas, err, err_size);

	if (ok && !sek_is_ok(sek_file_read(crl, &text, &n)))
		ok = no(err, err_size, crl, "cannot be read");
	if (ok && (gnutls_x509_crl_list_import2(&all, &count, &(gnutls_datum_t){ (unsigned char *)text, (unsigned)n }, GNUTLS_X509_FMT_PEM, 0) < 0 ||
			count == 0))
		ok = no(err, err_size, crl, "is no CRL in PEM");
	for (i = 0; ok && i < cas.n; i++) {
		bool good = false;

		/* the first of each is what counts (base/tls_verify.c) */
		for (k = 0; k < count && !is_of(all[k], cas.all[i], &good); k++)
			;
		if (!good)
			ok = no(err, err_size, crl, "is not signed by the CA (by each, if there are several), or has run out");
	}
	for (k = 0; k < count; k++)
		gnutls_x509_crl_deinit(all[k]);
	gnutls_free(all);
	free(text);
	free_list(&cas);
	return ok;
}

bool keytool_check_ca(const char *ca, const char *certificate, const char *crl, char *err, size_t err_size)
{
	struct list l = { .n = 0 };
	bool ok = load_list(certificate, &l, err, err_size) && comes_from(&l, ca, err, err_size);

	free_list(&l);
	if (ok && !keytool_check_crl(crl, ca, err, err_size))
		return no(err, err_size, crl, "holds no good CRL of each of these CAs: put those in first (rotate crl)");
	return ok;
}
