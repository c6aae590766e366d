/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Renewal: a new certificate that says what the present one says, for the same public key, with new dates and serial. The
 * private key is not needed for that and usually is not here any more.
 */
#include "certs/pki_internal.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "certs/x509.h"

enum { LEAF_DAYS = 397, NAME_BYTES = 256 };

/* Names copied out of a certificate. */
struct names {
	char texts[2 * SEK_PKI_ADDRESSES_MAX][NAME_BYTES];
	const char *dns[2 * SEK_PKI_ADDRESSES_MAX], *addresses[2 * SEK_PKI_ADDRESSES_MAX];
	size_t n, n_dns, n_addresses;
};

static bool copy_names(gnutls_x509_crt_t c, struct names *ret)
{
	for (ret->n = 0; ret->n < 2 * SEK_PKI_ADDRESSES_MAX; ret->n++) {
		char *text = ret->texts[ret->n];
		uint8_t raw[NAME_BYTES];
		size_t size = sizeof raw;
		int kind = gnutls_x509_crt_get_subject_alt_name(c, (unsigned)ret->n, raw, &size, NULL);

		if (kind == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE)
			return true;
		if (kind == GNUTLS_SAN_DNSNAME && size < NAME_BYTES) {
			memcpy(text, raw, size);
			text[size] = '\0';
			ret->dns[ret->n_dns++] = text;
		} else if (kind == GNUTLS_SAN_IPADDRESS && (size == 4 || size == 16)) {
			if (!inet_ntop(size == 4 ? AF_INET : AF_INET6, raw, text, NAME_BYTES))
				return false;
			ret->addresses[ret->n_addresses++] = text;
		} else {
			return false;
		}
	}
	return false;
}

static const struct sek_pki_entry *newest(const struct sek_pki *p, const char *name)
{
	size_t i;

	for (i = p->index.n; i-- > 0;)
		if (strcmp(p->index.entries[i].name, name) == 0)
			return &p->index.entries[i];
	return NULL;
}

static sek_status read_present(const struct sek_pki *p, const char *name, gnutls_x509_crt_t *ret, char *err,
	size_t err_size)
{
	char path[PATH_MAX], *text = NULL;
	sek_status s = sek_pki_path(p, name, ".crt", path);

	if (sek_is_ok(s))
		s = sek_file_read(path, &text, NULL);
	if (sek_is_ok(s))
		s = sek_x509_read_cert(text, ret);
	free(text);
	return sek_is_ok(s) ? s : sek_pki_say_status(s, err, err_size, "read", path);
}

static sek_status sign_again(struct sek_pki *p, const struct sek_pki_entry *entry, gnutls_x509_crt_t present,
	const struct sek_pki_wish *wish, char *err, size_t err_size)
{
	struct sek_x509_wish w = { .cn = NULL };
	gnutls_pubkey_t public = NULL;
	struct names *names;
	sek_status s;
	int e;

	names = calloc(1, sizeof *names);
	if (!names)
		return sek_pki_say(SEK_E_NOMEM, err, err_size, "not enough memory");
	if (!copy_names(present, names)) {
		free(names);
		return sek_pki_say(SEK_E_MALFORMED, err, err_size, "%s.crt holds names that this CA never writes", entry->name);
	}
	sek_pki_wish_for(entry->kind, entry->name, &w);
	w.names = names->dns;
	w.n_names = names->n_dns;
	w.addresses = names->addresses;
	w.n_addresses = names->n_addresses;
	sek_pki_range(p, wish, LEAF_DAYS, &w.from, &w.until);
	if ((e = gnutls_pubkey_init(&public)) >= 0)
		e = gnutls_pubkey_import_x509(public, present, 0);
	s = e < 0 ? sek_pki_say_status(sek_x509_failed(e), err, err_size, "use the key of", entry->name) :
		sek_pki_sign_and_write(p, entry->kind, entry->name, &w, public, NULL, false, err, err_size);
	if (public)
		gnutls_pubkey_deinit(public);
	free(names);
	return s;
}

sek_status sek_pki_renew(struct sek_pki *p, const char *name, const struct sek_pki_wish *wish, char *err, size_t err_size)
{
	const struct sek_pki_entry *found = newest(p, name);
	gnutls_x509_crt_t present = NULL;
	struct sek_pki_entry entry;
	sek_status s;

	SEK_TRY(sek_pki_check_days(wish, err, err_size));
	if (!found)
		return sek_pki_say(SEK_E_NOT_FOUND, err, err_size, "nothing was issued for '%s': see 'sekisho-certs list'", name);
	if (found->kind == SEK_PKI_CA)
		return sek_pki_say(SEK_E_DENIED, err, err_size, "the CA itself cannot be renewed: make a new one in another "
			"directory before it expires, and put its certificates on every machine");
	if (found->revoked)
		return sek_pki_say(SEK_E_DENIED, err, err_size, "the certificate of '%s' was revoked, so its key is not renewed: "
			"issue it anew with --force", name);
	entry = *found; /* the index will grow */
	SEK_TRY(sek_pki_need_ca_key(p, err, err_size));
	SEK_TRY(read_present(p, name, &present, err, err_size));
	s = sign_again(p, &entry, present, wish, err, err_size);
	gnutls_x509_crt_deinit(present);
	return s;
}
