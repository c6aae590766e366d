/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The questions about the machine: CA, the two faces, name and certificate of the pages; and the order of all of them.
 */
#include "broker/hub/setup/setup.h"

#include <errno.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gnutls/x509.h>

#include "base/file.h"
#include "broker/hub/setup/words.h"

enum { DAY_S = 86400, SOON_DAYS = 14 };

bool setup_path_ok(const char *p)
{
	return p[0] == '/' && strlen(p) < 2000 && !strpbrk(p, "'\"\\\n#");
}

static bool check_ca(void *ctx, char *answer, char *err, size_t err_size)
{
	struct setup *s = ctx;
	char path[PATH_MAX], parent[PATH_MAX];
	struct stat st;

	if (!setup_path_ok(answer))
		return WRONG(s, err, err_size, w_not_path, answer);
	if (stat(answer, &st) == 0) {
		if (!S_ISDIR(st.st_mode))
			return WRONG(s, err, err_size, w_not_folder, answer);
		if (st.st_mode & 022)
			return WRONG(s, err, err_size, w_open_folder, answer, answer);
		snprintf(path, sizeof path, "%s/ca.crt", answer);
		if (access(path, F_OK) != 0)
			return true;
		snprintf(path, sizeof path, "%s/ca.key", answer);
		return access(path, R_OK) == 0 || WRONG(s, err, err_size, w_no_ca_key, answer);
	}
	snprintf(parent, sizeof parent, "%s", answer);
	*strrchr(parent, '/') = '\0';
	if (access(parent[0] ? parent : "/", W_OK | X_OK) != 0)
		return WRONG(s, err, err_size, w_no_parent, parent[0] ? parent : "/", strerror(errno));
	return true;
}

static bool check_face(void *ctx, char *answer, char *err, size_t err_size)
{
	struct setup *s = ctx;
	bool numeric, own = sek_address_is_own(answer, &numeric);

	if (!numeric)
		return WRONG(s, err, err_size, w_not_address, answer);
	return (own && sek_address_normalize(answer)) || WRONG(s, err, err_size, w_not_own, answer);
}

static bool check_outer(void *ctx, char *answer, char *err, size_t err_size)
{
	struct setup *s = ctx;

	if (!check_face(s, answer, err, err_size))
		return false;
	return strcmp(answer, s->inner) != 0 || WRONG(s, err, err_size, w_same_face);
}

static bool check_name(void *ctx, char *answer, char *err, size_t err_size)
{
	struct setup *s = ctx;
	size_t n, i;

	for (i = 0; answer[i]; i++)
		if (answer[i] >= 'A' && answer[i] <= 'Z')
			answer[i] = (char)(answer[i] + 32);
	n = strlen(answer);
	if (strcmp(answer, s->inner) == 0)
		return true;
	if (n < 1 || n > SEK_PKI_NAME_MAX_BYTES || answer[0] == '.' || answer[0] == '-' ||
	    answer[strspn(answer, "abcdefghijklmnopqrstuvwxyz0123456789-.")] != '\0')
		return WRONG(s, err, err_size, w_bad_name, answer);
	return true;
}

/* Only said: names are often made later. */
static void look_up(struct setup *s)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *a = NULL, *i;
	char text[64];
	bool found = false;

	if (!s->name[0] || strcmp(s->name, s->inner) == 0)
		return;
	if (getaddrinfo(s->name, NULL, &hints, &a) != 0) {
		SAY(s, w_name_unknown, s->name, s->inner);
		return;
	}
	for (i = a; i; i = i->ai_next)
		found |= getnameinfo(i->ai_addr, i->ai_addrlen, text, sizeof text, NULL, 0, NI_NUMERICHOST) == 0 && strcmp(text, s->inner) == 0;
	freeaddrinfo(a);
	if (!found)
		SAY(s, w_name_elsewhere, s->name, s->inner);
}

static gnutls_x509_crt_t first_certificate(const char *path)
{
	gnutls_x509_crt_t c = NULL;
	gnutls_datum_t d;
	char *text = NULL;
	size_t n = 0;

	if (!sek_is_ok(sek_file_read(path, &text, &n)))
		return NULL;
	d = (gnutls_datum_t){ (unsigned char *)text, (unsigned)n };
	if (gnutls_x509_crt_init(&c) >= 0 && gnutls_x509_crt_import(c, &d, GNUTLS_X509_FMT_PEM) < 0) {
		gnutls_x509_crt_deinit(c);
		c = NULL;
	}
	free(text);
	return c;
}

static bool check_certificate(void *ctx, char *answer, char *err, size_t err_size)
{
	struct setup *s = ctx;
	gnutls_x509_crt_t c;
	time_t until;
	bool named;

	if (strcmp(answer, "own") == 0)
		return true;
	if (!setup_path_ok(answer))
		return WRONG(s, err, err_size, w_not_path, answer);
	c = first_certificate(answer);
	if (!c)
		return WRONG(s, err, err_size, w_no_certificate, answer);
	until = gnutls_x509_crt_get_expiration_time(c);
	named = gnutls_x509_crt_check_hostname(c, s->name);
	gnutls_x509_crt_deinit(c);
	if (!named)
		return WRONG(s, err, err_size, w_other_name, answer, s->name);
	if (until < time(NULL) + (time_t)SOON_DAYS * DAY_S)
		return WRONG(s, err, err_size, w_expires, answer, SOON_DAYS);
	return true;
}

static bool check_key(void *ctx, char *answer, char *err, size_t err_size)
{
	struct setup *s = ctx;
	gnutls_certificate_credentials_t both = NULL;
	int e;

	if (!setup_path_ok(answer))
		return WRONG(s, err, err_size, w_not_path, answer);
	if (gnutls_certificate_allocate_credentials(&both) < 0)
		return WRONG(s, err, err_size, w_internal);
	e = gnutls_certificate_set_x509_key_file(both, s->certificate, answer, GNUTLS_X509_FMT_PEM);
	gnutls_certificate_free_credentials(both);
	return e >= 0 || WRONG(s, err, err_size, w_bad_key, answer, s->certificate, gnutls_strerror(e));
}

/* The first two faces are offered in this order; with one or none there is nothing to offer for the outer one. */
static void ask_faces(struct setup *s)
{
	struct sek_face faces[16];
	size_t n = sek_faces_find(faces, 16), i;

	if (!s->q.path) {
		SAY(s, w_faces);
		for (i = 0; i < n; i++)
			fprintf(s->q.out, "        %-20s %s\n", faces[i].address, faces[i].interface);
	}
	(void)sek_question(&s->q, &ask_inner, n > 0 ? faces[0].address : NULL, check_face, s, s->inner);
	for (i = 0; i + 1 < n && strcmp(faces[i].address, s->inner) == 0; i++)
		;
	(void)sek_question(&s->q, &ask_outer, n > 1 ? faces[i].address : NULL, check_outer, s, s->outer);
}

static void ask_pages(struct setup *s)
{
	(void)sek_question(&s->q, &ask_name, s->inner, check_name, s, s->name);
	if (s->q.ended)
		return;
	look_up(s);
	if (sek_question(&s->q, &ask_certificate, "own", check_certificate, s, s->certificate) && strcmp(s->certificate, "own") != 0)
		(void)sek_question(&s->q, &ask_certificate_key, NULL, check_key, s, s->certificate_key);
}

/* Keys that are asked for only when something is in the way. */
static void allow_later(struct setup *s)
{
	static const char *const keys[] = { "overwrite", "replace_host" };
	size_t i;

	for (i = 0; i < sizeof keys / sizeof keys[0]; i++) {
		struct sek_answer *a = sek_answers_find(&s->q.file, keys[i]);

		if (a)
			a->used = true;
	}
	sek_questions_check_unused(&s->q);
}

bool setup_ask(struct setup *s)
{
	(void)sek_question(&s->q, &ask_ca, "/etc/sekisho-ca", check_ca, s, s->ca);
	ask_faces(s);
	ask_pages(s);
	setup_ask_people(s);
	setup_ask_recording(s);
	setup_ask_host(s);
	setup_ask_firewall(s);
	setup_ask_backup(s);
	allow_later(s);
	if (s->q.wrong > 0)
		SAY(s, w_wrong, s->q.wrong);
	else if (s->q.ended)
		SAY(s, w_stopped);
	return s->q.wrong == 0 && !s->q.ended;
}
