/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The CA's directory: opening, making and renewing certificates. The order of writes is such that a crash leaves nothing
 * signed that the index does not know: index first, then key, then certificate.
 */
#include "certs/pki_internal.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "certs/x509.h"

enum { CA_DAYS = 3650, LEAF_DAYS = 397, DAYS_MAX = 36500, DAY_S = 86400 };

sek_status sek_pki_say(enum sek_code code, char *err, size_t err_size, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(err, err_size, format, ap);
	va_end(ap);
	return sek_fail(code);
}

sek_status sek_pki_say_status(sek_status s, char *err, size_t err_size, const char *doing, const char *what)
{
	char text[128];

	snprintf(err, err_size, "cannot %s %s: %s", doing, what, s.origin == SEK_FROM_ERRNO ? strerror(s.detail) :
		s.origin == SEK_FROM_GNUTLS ? gnutls_strerror(s.detail) : sek_status_text(s, text, sizeof text));
	return s;
}

sek_status sek_pki_path(const struct sek_pki *p, const char *name, const char *suffix, char ret[PATH_MAX])
{
	if (snprintf(ret, PATH_MAX, "%s/%s%s", p->directory, name, suffix) >= PATH_MAX)
		return sek_foreign(SEK_E_IO, SEK_FROM_ERRNO, ENAMETOOLONG);
	return sek_ok();
}

void sek_pki_range(const struct sek_pki *p, const struct sek_pki_wish *w, int default_days, time_t *ret_from,
	time_t *ret_until)
{
	time_t now = w->now ? w->now : time(NULL);
	time_t end;

	*ret_from = now - SEK_PKI_SKEW_S;
	*ret_until = now + (time_t)(w->days > 0 ? w->days : default_days) * DAY_S;
	if (!p->ca)
		return;
	end = gnutls_x509_crt_get_expiration_time(p->ca);
	if (end != (time_t)-1 && *ret_until > end)
		*ret_until = end;
}

sek_status sek_pki_check_days(const struct sek_pki_wish *w, char *err, size_t err_size)
{
	if (w->days < 0 || w->days > DAYS_MAX)
		return sek_pki_say(SEK_E_CONFIG, err, err_size, "--days %d: give a number from 1 to %d", w->days, DAYS_MAX);
	return sek_ok();
}

static sek_status read_text(const struct sek_pki *p, const char *name, const char *suffix, char **ret, char *err,
	size_t err_size)
{
	char path[PATH_MAX];
	sek_status s = sek_pki_path(p, name, suffix, path);

	if (sek_is_ok(s))
		s = sek_file_read(path, ret, NULL);
	return sek_is_ok(s) ? s : sek_pki_say_status(s, err, err_size, "read", path);
}

static sek_status lock_directory(struct sek_pki *p, char *err, size_t err_size)
{
	char path[PATH_MAX];

	SEK_TRY(sek_pki_path(p, ".lock", "", path));
	p->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (p->lock < 0 || flock(p->lock, LOCK_EX) != 0)
		return sek_pki_say_status(sek_from_errno(), err, err_size, "lock", path);
	return sek_ok();
}

static sek_status new_pki(const char *directory, struct sek_pki **ret, char *err, size_t err_size)
{
	struct sek_pki *p = calloc(1, sizeof *p);

	if (!p)
		return sek_pki_say(SEK_E_NOMEM, err, err_size, "not enough memory");
	p->lock = -1;
	if (snprintf(p->directory, sizeof p->directory, "%s", directory) >= (int)sizeof p->directory) {
		free(p);
		return sek_pki_say(SEK_E_CONFIG, err, err_size, "the path of the directory is too long");
	}
	*ret = p;
	return sek_ok();
}

static sek_status load(struct sek_pki *p, char *err, size_t err_size)
{
	char *text = NULL, path[PATH_MAX];
	size_t line = 0;
	sek_status s;

	SEK_TRY(sek_pki_path(p, "ca", ".crt", path));
	if (access(path, F_OK) != 0)
		return sek_pki_say(SEK_E_NOT_FOUND, err, err_size, "%s holds no CA: make one by 'sekisho-certs init %s'",
			p->directory, p->directory);
	SEK_TRY(lock_directory(p, err, err_size));
	SEK_TRY(read_text(p, "ca", ".crt", &text, err, err_size));
	s = sek_x509_read_cert(text, &p->ca);
	free(text);
	if (!sek_is_ok(s))
		return sek_pki_say_status(s, err, err_size, "understand", path);
	SEK_TRY(read_text(p, "index", "", &text, err, err_size));
	s = sek_index_parse(text, &p->index, &line);
	free(text);
	if (!sek_is_ok(s))
		return sek_pki_say(SEK_E_MALFORMED, err, err_size,
			"%s/index:%zu: damaged: restore the file from a backup (without it, revocations could be forgotten)",
			p->directory, line);
	return s;
}

sek_status sek_pki_open(const char *directory, struct sek_pki **ret, char *err, size_t err_size)
{
	struct sek_pki *p;
	sek_status s;

	SEK_TRY(new_pki(directory, &p, err, err_size));
	s = load(p, err, err_size);
	if (!sek_is_ok(s)) {
		sek_pki_close(p);
		return s;
	}
	*ret = p;
	return s;
}

void sek_pki_close(struct sek_pki *p)
{
	if (!p)
		return;
	if (p->ca)
		gnutls_x509_crt_deinit(p->ca);
	if (p->ca_key)
		gnutls_x509_privkey_deinit(p->ca_key);
	sek_index_finish(&p->index);
	if (p->lock >= 0)
		close(p->lock);
	free(p);
}

sek_status sek_pki_need_ca_key(struct sek_pki *p, char *err, size_t err_size)
{
	char *text = NULL;
	sek_status s;

	if (p->ca_key)
		return sek_ok();
	SEK_TRY(read_text(p, "ca", ".key", &text, err, err_size));
	s = sek_x509_read_key(text, &p->ca_key);
	sek_x509_wipe(text);
	if (!sek_is_ok(s))
		return sek_pki_say_status(s, err, err_size, "understand", "ca.key");
	if (!sek_x509_matches(p->ca, p->ca_key))
		return sek_pki_say(SEK_E_CRYPTO, err, err_size, "%s/ca.key does not belong to ca.crt: restore the right one",
			p->directory);
	return s;
}

sek_status sek_pki_save_index(struct sek_pki *p, char *err, size_t err_size)
{
	char path[PATH_MAX], *text = NULL;
	sek_status s = sek_pki_path(p, "index", "", path);

	if (sek_is_ok(s))
		s = sek_index_text(&p->index, &text);
	if (sek_is_ok(s))
		s = sek_file_write(path, text, strlen(text), 0644, SEK_FILE_REPLACE);
	free(text);
	return sek_is_ok(s) ? s : sek_pki_say_status(s, err, err_size, "write", path);
}

static sek_status record(struct sek_pki *p, gnutls_x509_crt_t c, enum sek_pki_kind kind, const char *name, char *err,
	size_t err_size)
{
	struct sek_pki_entry e = { .kind = kind, .from = gnutls_x509_crt_get_activation_time(c),
				   .until = gnutls_x509_crt_get_expiration_time(c) };
	uint8_t serial[SEK_SERIAL_BYTES];
	size_t n = sizeof serial, i;
	int g = gnutls_x509_crt_get_serial(c, serial, &n);
	sek_status s;

	if (g < 0 || n != sizeof serial)
		return sek_pki_say(SEK_E_INTERNAL, err, err_size, "the serial number is not as it was set");
	for (i = 0; i < n; i++)
		snprintf(e.serial + 2 * i, 3, "%02x", serial[i]);
	snprintf(e.name, sizeof e.name, "%s", name);
	s = sek_index_add(&p->index, &e);
	if (!sek_is_ok(s))
		return sek_pki_say_status(s, err, err_size, "add to", "the index");
	return sek_pki_save_index(p, err, err_size);
}

static sek_status write_cert(const struct sek_pki *p, const char *name, gnutls_x509_crt_t c, char *err, size_t err_size)
{
	char path[PATH_MAX], *text = NULL;
	sek_status s = sek_pki_path(p, name, ".crt", path);

	if (sek_is_ok(s))
		s = sek_x509_cert_text(c, &text);
	if (sek_is_ok(s))
		s = sek_file_write(path, text, strlen(text), 0644, SEK_FILE_REPLACE);
	free(text);
	return sek_is_ok(s) ? s : sek_pki_say_status(s, err, err_size, "write", path);
}

static sek_status write_key(const struct sek_pki *p, const char *name, gnutls_x509_privkey_t key, bool force, char *err,
	size_t err_size)
{
	char path[PATH_MAX], *text = NULL;
	sek_status s = sek_pki_path(p, name, ".key", path);

	if (sek_is_ok(s))
		s = sek_x509_key_text(key, &text);
	if (sek_is_ok(s))
		s = sek_file_write(path, text, strlen(text), 0600, force ? SEK_FILE_REPLACE : SEK_FILE_NEW);
	sek_x509_wipe(text);
	return sek_is_ok(s) ? s : sek_pki_say_status(s, err, err_size, "write", path);
}

static sek_status refuse_existing_key(const struct sek_pki *p, const char *name, bool force, char *err, size_t err_size)
{
	char path[PATH_MAX];

	SEK_TRY(sek_pki_path(p, name, ".key", path));
	if (force || access(path, F_OK) != 0)
		return sek_ok();
	return sek_pki_say(SEK_E_EXISTS, err, err_size,
		"%s is there already: 'renew' makes a new certificate for it, --force replaces the key", path);
}

sek_status sek_pki_sign_and_write(struct sek_pki *p, enum sek_pki_kind kind, const char *name,
	const struct sek_x509_wish *wish, gnutls_pubkey_t public, gnutls_x509_privkey_t key, bool force, char *err,
	size_t err_size)
{
	gnutls_x509_crt_t c = NULL;
	sek_status s = sek_x509_make(wish, public, p->ca, p->ca ? p->ca_key : key, &c);

	if (!sek_is_ok(s))
		return sek_pki_say_status(s, err, err_size, "sign the certificate of", name);
	s = record(p, c, kind, name, err, err_size);
	if (sek_is_ok(s) && key)
		s = write_key(p, name, key, force, err, err_size);
	if (sek_is_ok(s))
		s = write_cert(p, name, c, err, err_size);
	if (sek_is_ok(s) && kind == SEK_PKI_CA) {
		p->ca = c;
		p->ca_key = key;
		return s;
	}
	gnutls_x509_crt_deinit(c);
	return s;
}

void sek_pki_wish_for(enum sek_pki_kind kind, const char *name, struct sek_x509_wish *w)
{
	w->cn = name;
	w->path_length = -1;
	switch (kind) {
	case SEK_PKI_CA:
		w->ca = true;
		w->usage = GNUTLS_KEY_KEY_CERT_SIGN | GNUTLS_KEY_CRL_SIGN;
		break;
	case SEK_PKI_BROKER:
		w->ca = true;
		w->path_length = 0;
		w->usage = GNUTLS_KEY_KEY_CERT_SIGN;
		w->purpose = GNUTLS_KP_TLS_WWW_CLIENT;
		w->only_uri_domain = SEK_SESSION_DOMAIN;
		break;
	case SEK_PKI_HTTPS:
		w->usage = GNUTLS_KEY_DIGITAL_SIGNATURE;
		w->purpose = GNUTLS_KP_TLS_WWW_SERVER;
		break;
	case SEK_PKI_HOST:
		w->usage = GNUTLS_KEY_DIGITAL_SIGNATURE;
		w->purpose = GNUTLS_KP_TLS_WWW_SERVER;
		break;
	}
}

sek_status sek_pki_init(const char *directory, const char *cn, const struct sek_pki_wish *wish, char *err,
	size_t err_size)
{
	struct sek_x509_wish w = { .cn = NULL };
	gnutls_x509_privkey_t key = NULL;
	gnutls_pubkey_t public = NULL;
	char path[PATH_MAX];
	struct sek_pki *p;
	sek_status s;

	SEK_TRY(sek_pki_check_days(wish, err, err_size));
	if (mkdir(directory, 0700) != 0 && errno != EEXIST)
		return sek_pki_say_status(sek_from_errno(), err, err_size, "make the directory", directory);
	SEK_TRY(new_pki(directory, &p, err, err_size));
	s = lock_directory(p, err, err_size);
	if (sek_is_ok(s))
		s = sek_pki_path(p, "ca", ".key", path);
	if (sek_is_ok(s) && !wish->force && access(path, F_OK) == 0)
		s = sek_pki_say(SEK_E_EXISTS, err, err_size, "%s holds a CA already: --force would replace it, and every "
			"certificate that it has issued would be worth nothing", directory);
	if (!sek_is_ok(s))
		goto out;
	sek_pki_wish_for(SEK_PKI_CA, cn, &w);
	sek_pki_range(p, wish, CA_DAYS, &w.from, &w.until);
	s = sek_x509_make_key(&key);
	if (sek_is_ok(s))
		s = sek_x509_public(key, &public);
	if (!sek_is_ok(s)) {
		s = sek_pki_say_status(s, err, err_size, "make", "a key");
		goto out;
	}
	s = sek_pki_sign_and_write(p, SEK_PKI_CA, "ca", &w, public, key, wish->force, err, err_size);
	if (sek_is_ok(s)) {
		struct sek_pki_wish crl = { .now = wish->now };

		key = NULL; /* p's now */
		s = sek_pki_sign_crl(p, &crl, err, err_size);
	}
out:
	if (public)
		gnutls_pubkey_deinit(public);
	if (key)
		gnutls_x509_privkey_deinit(key);
	sek_pki_close(p);
	return s;
}

sek_status sek_pki_check_issue(struct sek_pki *p, enum sek_pki_kind kind, const char *name, const struct sek_pki_wish *wish, char *err,
	size_t err_size)
{
	size_t i;

	SEK_TRY(sek_pki_check_days(wish, err, err_size));
	if (!sek_pki_name_ok(name))
		return sek_pki_say(SEK_E_CONFIG, err, err_size, "the name '%s' cannot be used: 1 to %d lower-case letters, "
			"digits, '-' and '.', as in a domain name, and not 'ca'", name, SEK_PKI_NAME_MAX_BYTES);
	for (i = 0; i < wish->n_addresses; i++) {
		uint8_t a[16];

		if (inet_pton(AF_INET, wish->addresses[i], a) != 1 && inet_pton(AF_INET6, wish->addresses[i], a) != 1)
			return sek_pki_say(SEK_E_CONFIG, err, err_size, "--address %s: give a numeric IPv4 or IPv6 address",
				wish->addresses[i]);
	}
	for (i = 0; i < wish->n_names; i++)
		if (!sek_pki_name_ok(wish->names[i]))
			return sek_pki_say(SEK_E_CONFIG, err, err_size, "--dns %s: give a lower-case domain name", wish->names[i]);
	if (kind == SEK_PKI_HTTPS && wish->n_addresses + wish->n_names == 0)
		return sek_pki_say(SEK_E_CONFIG, err, err_size, "give the address or name that browsers will use: "
			"--address IP or --dns NAME");
	for (i = 0; i < p->index.n; i++)
		if (strcmp(p->index.entries[i].name, name) == 0 && p->index.entries[i].kind != kind)
			return sek_pki_say(SEK_E_EXISTS, err, err_size, "the name '%s' is that of a %s: choose another", name,
				sek_pki_kind_name(p->index.entries[i].kind));
	return refuse_existing_key(p, name, wish->force, err, err_size);
}

sek_status sek_pki_issue(struct sek_pki *p, enum sek_pki_kind kind, const char *name, const struct sek_pki_wish *wish,
	char *err, size_t err_size)
{
	struct sek_x509_wish w = { .cn = NULL };
	gnutls_x509_privkey_t key = NULL;
	gnutls_pubkey_t public = NULL;
	sek_status s;

	SEK_TRY(sek_pki_check_issue(p, kind, name, wish, err, err_size));
	SEK_TRY(sek_pki_need_ca_key(p, err, err_size));
	sek_pki_wish_for(kind, name, &w);
	if (kind == SEK_PKI_HOST) {
		w.names = &name;
		w.n_names = 1;
	} else if (kind == SEK_PKI_HTTPS) {
		w.names = wish->names;
		w.n_names = wish->n_names;
		w.addresses = wish->addresses;
		w.n_addresses = wish->n_addresses;
	}
	sek_pki_range(p, wish, LEAF_DAYS, &w.from, &w.until);
	s = sek_x509_make_key(&key);
	if (sek_is_ok(s))
		s = sek_x509_public(key, &public);
	if (sek_is_ok(s))
		s = sek_pki_sign_and_write(p, kind, name, &w, public, key, wish->force, err, err_size);
	else
		s = sek_pki_say_status(s, err, err_size, "make", "a key");
	if (public)
		gnutls_pubkey_deinit(public);
	if (key)
		gnutls_x509_privkey_deinit(key);
	return s;
}
