/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A render host's certificate for a key that was made on the render host (enrolment): what crosses is the public half only.
 */
#include "certs/pki_internal.h"

#include <string.h>
#include <unistd.h>

enum { LEAF_DAYS = 397 };

static bool has_good_one(const struct sek_pki *p, const char *name, time_t now)
{
	size_t i;

	for (i = 0; i < p->index.n; i++)
		if (strcmp(p->index.entries[i].name, name) == 0 && !p->index.entries[i].revoked && p->index.entries[i].until > now)
			return true;
	return false;
}

/* A key that lies here from the way by hand belongs to a certificate that is worth nothing now. */
static sek_status forget_before(struct sek_pki *p, const char *name, const struct sek_pki_wish *wish, char *err, size_t err_size)
{
	char path[PATH_MAX];
	size_t n = 0;

	SEK_TRY(sek_pki_revoke(p, name, &(struct sek_pki_wish){ .now = wish->now }, &n, err, err_size));
	SEK_TRY(sek_pki_path(p, name, ".key", path));
	(void)unlink(path);
	return sek_ok();
}

static sek_status import(const uint8_t point[SEK_PKI_POINT_BYTES], gnutls_pubkey_t *ret)
{
	gnutls_datum_t x = { (unsigned char *)(uintptr_t)point, 32 }, y = { x.data + 32, 32 };
	gnutls_pubkey_t key = NULL;
	int e = gnutls_pubkey_init(&key);

	if (e >= 0)
		e = gnutls_pubkey_import_ecc_raw(key, GNUTLS_ECC_CURVE_SECP256R1, &x, &y);
	if (e >= 0)
		e = gnutls_pubkey_verify_params(key); /* a point of the curve */
	if (e < 0) {
		if (key)
			gnutls_pubkey_deinit(key);
		return sek_x509_failed(e);
	}
	*ret = key;
	return sek_ok();
}

sek_status sek_pki_issue_host(struct sek_pki *p, const char *name, const uint8_t point[SEK_PKI_POINT_BYTES], const struct sek_pki_wish *wish,
	char *err, size_t err_size)
{
	struct sek_x509_wish w = { .cn = NULL };
	gnutls_pubkey_t public = NULL;
	sek_status s;

	SEK_TRY(sek_pki_check_issue(p, SEK_PKI_HOST, name, wish, err, err_size));
	SEK_TRY(sek_pki_need_ca_key(p, err, err_size));
	s = import(point, &public);
	if (!sek_is_ok(s))
		return sek_pki_say_status(s, err, err_size, "take the key of", name);
	if (has_good_one(p, name, wish->now ? wish->now : time(NULL)))
		s = wish->force ? forget_before(p, name, wish, err, err_size) :
			sek_pki_say(SEK_E_EXISTS, err, err_size, "'%s' has a certificate that is still good", name);
	if (sek_is_ok(s)) {
		sek_pki_wish_for(SEK_PKI_HOST, name, &w);
		w.names = &name;
		w.n_names = 1;
		sek_pki_range(p, wish, LEAF_DAYS, &w.from, &w.until);
		s = sek_pki_sign_and_write(p, SEK_PKI_HOST, name, &w, public, NULL, wish->force, err, err_size);
	}
	gnutls_pubkey_deinit(public);
	return s;
}
