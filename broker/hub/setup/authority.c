/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The CA, and what the broker needs of it. Keys go from the CA's folder to the broker's and are not left behind; ca.key stays where it is.
 */
#include "broker/hub/setup/setup.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gnutls/x509.h>
#include <sodium.h>

#include "base/file.h"
#include "broker/hub/setup/words.h"

enum { DAY_S = 86400, SOON_DAYS = 30 };

void setup_machine_name(char ret[SEK_PKI_NAME_MAX_BYTES + 1])
{
	char host[256] = "";
	size_t n = 0, i;

	(void)gethostname(host, sizeof host - 1);
	for (i = 0; host[i] && host[i] != '.' && n < 40; i++) {
		char c = (char)tolower((unsigned char)host[i]);

		if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (c == '-' && n > 0))
			ret[n++] = c;
	}
	ret[n] = '\0';
	if (n == 0 || strcmp(ret, "ca") == 0)
		snprintf(ret, SEK_PKI_NAME_MAX_BYTES + 1, "broker");
}

static bool wrote(enum sek_wrote w)
{
	return w != SEK_WROTE_FAILED;
}

/* FOLDER/NAME to /etc/sekisho/TO. */
static bool bring(struct setup *s, const char *folder, const char *name, const char *to, mode_t mode)
{
	char from[PATH_MAX], path[PATH_MAX], *text = NULL;
	size_t n = 0;
	bool ok;

	snprintf(from, sizeof from, "%s%s%s", folder ? folder : "", folder ? "/" : "", name);
	setup_path(s, to, path);
	if (!sek_is_ok(sek_file_read(from, &text, &n))) {
		SAY(s, w_cannot_read, from);
		return false;
	}
	ok = wrote(sek_setup_write(&s->q, path, text, n, mode, setup_owner(s)));
	sodium_memzero(text, n);
	free(text);
	return ok;
}

bool setup_copy_trust(struct setup *s)
{
	bool yes = s->q.yes, ok;

	s->q.yes = true; /* a newer CRL is what everybody wants */
	ok = bring(s, s->ca, "ca.crl", "ca.crl", 0644);
	s->q.yes = yes;
	return bring(s, s->ca, "ca.crt", "ca.crt", 0644) && ok;
}

static bool make_ca(struct setup *s)
{
	char path[PATH_MAX], err[600];
	struct sek_pki_wish wish = { .days = 0 };

	snprintf(path, sizeof path, "%s/ca.crt", s->ca);
	if (access(path, F_OK) == 0) {
		SAY(s, w_ca_there, s->ca);
		return true;
	}
	if (!s->q.dry_run && !sek_is_ok(sek_pki_init(s->ca, "Sekisho CA", &wish, err, sizeof err))) {
		SAY(s, w_pki_failed, err);
		return false;
	}
	SAY(s, w_ca_made, s->ca);
	return true;
}

/* The certificate that is there is of this CA, in these names (NULL: any), for its key, and good for a while. */
static bool is_good(const struct setup *s, const char *name, const char *host, const char *address)
{
	gnutls_x509_crt_t c = NULL, ca = NULL;
	char path[3][PATH_MAX], *text[2] = { NULL, NULL };
	unsigned verdict = 1;
	size_t i;
	bool ok = false;

	snprintf(path[0], PATH_MAX, "%.3000s/%s.crt", s->etc, name);
	snprintf(path[1], PATH_MAX, "%s/ca.crt", s->ca);
	snprintf(path[2], PATH_MAX, "%.3000s/%s.key", s->etc, name);
	for (i = 0; i < 2; i++) {
		gnutls_x509_crt_t *where = i == 0 ? &c : &ca;
		gnutls_datum_t d;

		if (!sek_is_ok(sek_file_read(path[i], &text[i], NULL)) || gnutls_x509_crt_init(where) < 0)
			goto out;
		d = (gnutls_datum_t){ (unsigned char *)text[i], (unsigned)strlen(text[i]) };
		if (gnutls_x509_crt_import(*where, &d, GNUTLS_X509_FMT_PEM) < 0)
			goto out;
	}
	ok = access(path[2], F_OK) == 0 && gnutls_x509_crt_verify(c, &ca, 1, 0, &verdict) >= 0 && verdict == 0 &&
		gnutls_x509_crt_get_expiration_time(c) > time(NULL) + (time_t)SOON_DAYS * DAY_S && (!host || gnutls_x509_crt_check_hostname(c, host)) &&
		(!address || gnutls_x509_crt_check_hostname(c, address));
out:
	for (i = 0; i < 2; i++)
		free(text[i]);
	if (c)
		gnutls_x509_crt_deinit(c);
	if (ca)
		gnutls_x509_crt_deinit(ca);
	return ok;
}

/* Issues NAME and brings it as TO.crt and TO.key; the key that the CA's folder had for a moment is taken away. */
static bool issue(struct setup *s, struct sek_pki *pki, enum sek_pki_kind kind, const char *name, const char *to, const struct sek_pki_wish *wish)
{
	char file[96], target[96], path[PATH_MAX], err[600];
	bool ok;

	if (s->q.dry_run) {
		SAY(s, w_would_issue, name, to);
		return true;
	}
	if (!sek_is_ok(sek_pki_issue(pki, kind, name, wish, err, sizeof err))) {
		SAY(s, w_pki_failed, err);
		return false;
	}
	snprintf(file, sizeof file, "%s.key", name);
	snprintf(target, sizeof target, "%s.key", to);
	ok = bring(s, s->ca, file, target, 0600);
	snprintf(path, sizeof path, "%s/%s", s->ca, file);
	if (ok)
		(void)unlink(path);
	snprintf(file, sizeof file, "%s.crt", name);
	snprintf(target, sizeof target, "%s.crt", to);
	return ok && bring(s, s->ca, file, target, 0644);
}

static bool pages(struct setup *s, struct sek_pki *pki, const char *machine)
{
	const bool named = strcmp(s->name, s->inner) != 0;
	const char *address = s->inner, *name = s->name;
	const struct sek_pki_wish wish = { .force = true, .addresses = &address, .n_addresses = 1, .names = &name, .n_names = named ? 1 : 0 };
	char https[SEK_PKI_NAME_MAX_BYTES + 8];

	if (strcmp(s->certificate, "own") != 0)
		return bring(s, NULL, s->certificate, "https.crt", 0644) && bring(s, NULL, s->certificate_key, "https.key", 0600);
	if (is_good(s, "https", s->name, s->inner)) {
		SAY(s, w_certificate_there, "https.crt");
		return true;
	}
	snprintf(https, sizeof https, "%s-https", machine);
	return issue(s, pki, SEK_PKI_HTTPS, https, "https", &wish);
}

bool setup_authority(struct setup *s)
{
	const struct sek_pki_wish wish = { .force = true };
	char machine[SEK_PKI_NAME_MAX_BYTES + 1], err[600];
	struct sek_pki *pki = NULL;
	bool ok;

	setup_machine_name(machine);
	if (!make_ca(s))
		return false;
	if (s->q.dry_run && access(s->ca, F_OK) != 0) {
		SAY(s, w_would_issue, machine, "broker");
		return strcmp(s->certificate, "own") != 0 || (SAY(s, w_would_issue, "https", "https"), true);
	}
	if (!sek_is_ok(sek_pki_open(s->ca, &pki, err, sizeof err))) {
		SAY(s, w_pki_failed, err);
		return false;
	}
	if (is_good(s, "broker", NULL, NULL)) {
		SAY(s, w_certificate_there, "broker.crt");
		ok = true;
	} else {
		ok = issue(s, pki, SEK_PKI_BROKER, machine, "broker", &wish);
	}
	ok = ok && pages(s, pki, machine);
	sek_pki_close(pki);
	return ok && setup_copy_trust(s);
}
