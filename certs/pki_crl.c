/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Revocation: the CRL is always made anew from the index, so the two cannot disagree for long.
 */
#include "certs/pki_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "certs/x509.h"

enum { CRL_DAYS = 7 };

static sek_status read_crl(const struct sek_pki *p, gnutls_x509_crl_t *ret)
{
	char path[PATH_MAX], *text = NULL;
	gnutls_x509_crl_t crl = NULL;
	gnutls_datum_t d;
	int e;

	SEK_TRY(sek_pki_path(p, "ca", ".crl", path));
	SEK_TRY(sek_file_read(path, &text, NULL));
	d = (gnutls_datum_t){ (unsigned char *)text, (unsigned)strlen(text) };
	if ((e = gnutls_x509_crl_init(&crl)) >= 0)
		e = gnutls_x509_crl_import(crl, &d, GNUTLS_X509_FMT_PEM);
	free(text);
	if (e < 0) {
		if (crl)
			gnutls_x509_crl_deinit(crl);
		return sek_x509_failed(e);
	}
	*ret = crl;
	return sek_ok();
}

static uint64_t crl_number(gnutls_x509_crl_t crl)
{
	uint8_t raw[20];
	size_t n = sizeof raw, i;
	uint64_t number = 0;

	if (gnutls_x509_crl_get_number(crl, raw, &n, NULL) < 0 || n > 9)
		return 0;
	for (i = 0; i < n; i++)
		number = number << 8 | raw[i];
	return number;
}

sek_status sek_pki_crl_info(const struct sek_pki *p, time_t *ret_until, uint64_t *ret_number)
{
	gnutls_x509_crl_t crl;

	SEK_TRY(read_crl(p, &crl));
	*ret_until = gnutls_x509_crl_get_next_update(crl);
	*ret_number = crl_number(crl);
	gnutls_x509_crl_deinit(crl);
	return sek_ok();
}

static int read_serial(const char *hex, uint8_t ret[SEK_SERIAL_BYTES])
{
	size_t n = SEK_SERIAL_BYTES;
	gnutls_datum_t d = { (unsigned char *)(uintptr_t)hex, (unsigned)strlen(hex) };

	return gnutls_hex_decode(&d, ret, &n);
}

static int add_revoked(const struct sek_pki *p, gnutls_x509_crl_t crl)
{
	size_t i;

	for (i = 0; i < p->index.n; i++) {
		const struct sek_pki_entry *e = &p->index.entries[i];
		uint8_t serial[SEK_SERIAL_BYTES];
		int r;

		if (!e->revoked)
			continue;
		if ((r = read_serial(e->serial, serial)) < 0 ||
				(r = gnutls_x509_crl_set_crt_serial(crl, serial, sizeof serial, e->revoked)) < 0)
			return r;
	}
	return 0;
}

/* RFC 5280, 5.2.3: the number grows with each CRL. */
static int set_number(gnutls_x509_crl_t crl, uint64_t number)
{
	uint8_t raw[9] = { 0 }; /* one byte more: it is a signed integer */
	size_t i;

	for (i = 0; i < 8; i++)
		raw[8 - i] = (uint8_t)(number >> (8 * i));
	for (i = 0; i < 8 && raw[i] == 0 && raw[i + 1] < 0x80; i++)
		;
	return gnutls_x509_crl_set_number(crl, raw + i, sizeof raw - i);
}

static sek_status build_crl(struct sek_pki *p, const struct sek_pki_wish *wish, uint64_t number, gnutls_datum_t *ret)
{
	gnutls_x509_crl_t crl = NULL;
	uint8_t id[64];
	size_t n = sizeof id;
	time_t from, until;
	int e;

	sek_pki_range(p, wish, CRL_DAYS, &from, &until);
	if ((e = gnutls_x509_crl_init(&crl)) >= 0 && (e = gnutls_x509_crl_set_version(crl, 2)) >= 0 &&
			(e = gnutls_x509_crl_set_this_update(crl, from)) >= 0 &&
			(e = gnutls_x509_crl_set_next_update(crl, until)) >= 0 && (e = add_revoked(p, crl)) >= 0 &&
			(e = set_number(crl, number)) >= 0 &&
			(e = gnutls_x509_crt_get_subject_key_id(p->ca, id, &n, NULL)) >= 0 &&
			(e = gnutls_x509_crl_set_authority_key_id(crl, id, n)) >= 0 &&
			(e = gnutls_x509_crl_sign2(crl, p->ca, p->ca_key, GNUTLS_DIG_SHA256, 0)) >= 0)
		e = gnutls_x509_crl_export2(crl, GNUTLS_X509_FMT_PEM, ret);
	if (crl)
		gnutls_x509_crl_deinit(crl);
	return e < 0 ? sek_x509_failed(e) : sek_ok();
}

sek_status sek_pki_sign_crl(struct sek_pki *p, const struct sek_pki_wish *wish, char *err, size_t err_size)
{
	gnutls_datum_t text = { NULL, 0 };
	char path[PATH_MAX];
	uint64_t number = 0;
	time_t until;
	sek_status s;

	SEK_TRY(sek_pki_check_days(wish, err, err_size));
	SEK_TRY(sek_pki_need_ca_key(p, err, err_size));
	SEK_TRY(sek_pki_path(p, "ca", ".crl", path));
	s = sek_pki_crl_info(p, &until, &number);
	if (!sek_is_ok(s) && !sek_is(s, SEK_E_NOT_FOUND))
		return sek_pki_say_status(s, err, err_size, "read the number of", path);
	s = build_crl(p, wish, number + 1, &text);
	if (!sek_is_ok(s))
		return sek_pki_say_status(s, err, err_size, "sign", path);
	s = sek_file_write(path, text.data, text.size, 0644, SEK_FILE_REPLACE);
	gnutls_free(text.data);
	return sek_is_ok(s) ? s : sek_pki_say_status(s, err, err_size, "write", path);
}

sek_status sek_pki_revoke(struct sek_pki *p, const char *name_or_serial, const struct sek_pki_wish *wish, size_t *ret_n,
	char *err, size_t err_size)
{
	time_t now = wish->now ? wish->now : time(NULL);
	size_t i, known = 0, n = 0;

	SEK_TRY(sek_pki_need_ca_key(p, err, err_size));
	for (i = 0; i < p->index.n; i++) {
		struct sek_pki_entry *e = &p->index.entries[i];

		if (e->kind == SEK_PKI_CA || (strcmp(e->name, name_or_serial) != 0 && strcmp(e->serial, name_or_serial) != 0))
			continue;
		known++;
		if (e->revoked)
			continue;
		e->revoked = now;
		n++;
	}
	if (known == 0)
		return sek_pki_say(SEK_E_NOT_FOUND, err, err_size, "nothing was issued with the name or serial '%s': see "
			"'sekisho-certs list'", name_or_serial);
	if (n > 0)
		SEK_TRY(sek_pki_save_index(p, err, err_size));
	SEK_TRY(sek_pki_sign_crl(p, wish, err, err_size));
	*ret_n = n;
	return sek_ok();
}

const struct sek_pki_entry *sek_pki_entries(const struct sek_pki *p, size_t *ret_n)
{
	*ret_n = p->index.n;
	return p->index.entries;
}

bool sek_pki_is_superseded(const struct sek_pki *p, const struct sek_pki_entry *e)
{
	const struct sek_pki_entry *k;

	for (k = e + 1; k < p->index.entries + p->index.n; k++)
		if (strcmp(k->name, e->name) == 0)
			return true;
	return false;
}
