/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Times of certificates and revocation lists, read by GnuTLS.
 */
#include "base/ages.h"

#include <stdlib.h>
#include <time.h>

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>

#include "base/file.h"

sek_status sek_certificate_times(const char *pem, size_t n, struct sek_validity *ret)
{
	gnutls_datum_t d = { (unsigned char *)(uintptr_t)pem, (unsigned)n };
	gnutls_x509_crt_t crt;
	struct sek_validity t;
	int r;

	if (gnutls_x509_crt_init(&crt) < 0)
		return sek_fail(SEK_E_NOMEM);
	r = gnutls_x509_crt_import(crt, &d, GNUTLS_X509_FMT_PEM);
	t.from_s = r < 0 ? -1 : gnutls_x509_crt_get_activation_time(crt);
	t.until_s = r < 0 ? -1 : gnutls_x509_crt_get_expiration_time(crt);
	gnutls_x509_crt_deinit(crt);
	if (t.from_s < 0 || t.until_s < 0)
		return sek_fail(SEK_E_MALFORMED);
	*ret = t;
	return sek_ok();
}

sek_status sek_crl_times(const char *pem, size_t n, struct sek_validity *ret)
{
	gnutls_datum_t d = { (unsigned char *)(uintptr_t)pem, (unsigned)n };
	struct sek_validity t = { .from_s = INT64_MAX, .until_s = INT64_MAX };
	gnutls_x509_crl_t *all = NULL;
	unsigned count = 0;

	if (gnutls_x509_crl_list_import2(&all, &count, &d, GNUTLS_X509_FMT_PEM, 0) < 0)
		return sek_fail(SEK_E_MALFORMED);
	for (unsigned i = 0; i < count; i++) {
		int64_t from_s = gnutls_x509_crl_get_this_update(all[i]), until_s = gnutls_x509_crl_get_next_update(all[i]);

		t.from_s = from_s < t.from_s ? from_s : t.from_s;
		t.until_s = until_s >= 0 && until_s < t.until_s ? until_s : t.until_s;
		gnutls_x509_crl_deinit(all[i]);
	}
	gnutls_free(all);
	if (count == 0 || t.from_s < 0)
		return sek_fail(SEK_E_MALFORMED);
	*ret = t;
	return sek_ok();
}

static sek_status of_file(const char *path, sek_status (*of)(const char *pem, size_t n, struct sek_validity *ret), struct sek_validity *ret)
{
	char *pem = NULL;
	size_t n = 0;
	sek_status s = sek_file_read(path, &pem, &n);

	if (sek_is_ok(s))
		s = of(pem, n, ret);
	free(pem);
	return s;
}

sek_status sek_certificate_file_times(const char *path, struct sek_validity *ret)
{
	return of_file(path, sek_certificate_times, ret);
}

sek_status sek_crl_file_times(const char *path, struct sek_validity *ret)
{
	return of_file(path, sek_crl_times, ret);
}

uint16_t sek_age(int64_t from_s, int64_t to_s, int64_t unit_s)
{
	int64_t units = to_s > from_s ? (to_s - from_s) / unit_s : 0;

	return units > SEK_AGE_MOST ? SEK_AGE_MOST : (uint16_t)units;
}
