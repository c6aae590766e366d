/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * sekisho-key: what its files share. Every key of a broker, by its configuration, and how another one takes its place.
 */
#ifndef SEK_BROKER_HUB_KEYTOOL_KEYTOOL_H
#define SEK_BROKER_HUB_KEYTOOL_KEYTOOL_H

#include "base/language.h"
#include "broker/hub/config.h"

#define KEYTOOL_NAME "sekisho-key"
enum { KEYTOOL_DONE = 0, KEYTOOL_FAILED = 1, KEYTOOL_USAGE = 2 };

/* How another key takes its place. */
enum keytool_way {
	KEYTOOL_PAIR,     /* certificate and key from elsewhere are put there */
	KEYTOOL_FILE,     /* one file from elsewhere is */
	KEYTOOL_AUDIT,    /* made here: the log's signing key */
	KEYTOOL_SIGNING,  /* made here: another signing key */
	KEYTOOL_LOGIN,    /* made here, taken at the next start */
	KEYTOOL_ELSEWHERE,/* by something else, which the list says */
};
/* When the running broker takes it. */
enum keytool_when { KEYTOOL_AT_ONCE, KEYTOOL_RELOAD, KEYTOOL_RESTART };

struct keytool_key {
	const char *name;
	const char *file;     /* the secret, or the only one; NULL: this broker has no such key */
	const char *public;   /* certificate or public half; NULL: none */
	enum keytool_way way;
	enum keytool_when when;
	struct sek_phrase what, copy; /* what it is for and how it is changed; where the copy should be */
};

#define KEYTOOL_KEYS 15

struct keytool {
	const char *config_path;
	struct sek_broker_config *config;
	bool ja, yes;
	const char *certificate, *key, *file; /* what the command line gives */
	struct keytool_key keys[KEYTOOL_KEYS];
};

void keytool_fill(struct keytool *t);                 /* list.c: the table */
int keytool_list(const struct keytool *t);
int keytool_rotate(const struct keytool *t, const char *name);

/* install.c. Each writes a sentence into err. */
/* Puts n bytes into the place of the file at path, with its owner and mode; nobody ever sees half of it. */
bool keytool_install(const char *path, const void *bytes, size_t n, char *err, size_t err_size);
/* A certificate and its key that may take the place of others: they belong together, are good now and, if ca is not NULL, come from it. */
bool keytool_check_pair(const char *certificate, const char *key, const char *ca, char *err, size_t err_size);
/* Another CA file must still vouch for the certificate that the broker has, and for each of its CAs there must be a good CRL in the file crl. A CRL
 * file must hold one of each CA that is good now; those of others do no harm. */
bool keytool_check_ca(const char *ca, const char *certificate, const char *crl, char *err, size_t err_size);
bool keytool_check_crl(const char *crl, const char *ca, char *err, size_t err_size);

/* tell.c: the running broker. 1: it has taken the keys anew; 0: nobody listens at the socket; -1: it did not, err says why. */
int keytool_tell(const char *socket_path, char *err, size_t err_size);

#endif
