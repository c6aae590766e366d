/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * sekisho-setup: what its files share. It runs as root, once in a while, by hand; it never reads a byte from the outer zone (enrol.h).
 */
#ifndef SEK_BROKER_HUB_SETUP_SETUP_H
#define SEK_BROKER_HUB_SETUP_SETUP_H

#include <limits.h>

#include "base/setup/setup.h"
#include "certs/pki.h"
#include "protocol/enrol/enrol.h"

#define SETUP_PASSWORD_BYTES 520
#define SETUP_RENDER_PORT 7443

struct setup {
	struct sek_questions q;
	const char *etc, *state, *answers; /* folders: configuration, store; the answers file or NULL */
	char control[PATH_MAX];                            /* the broker's socket for sekishoctl */
	bool no_start;
	unsigned https_port, render_port;
	struct sek_owner owner;            /* the broker's account */
	bool has_owner;                    /* false: whoever runs this is the broker's account (tests, --etc) */
	char ca[SEK_ANSWER_BYTES], inner[SEK_ANSWER_BYTES], outer[SEK_ANSWER_BYTES], name[SEK_ANSWER_BYTES];
	char certificate[SEK_ANSWER_BYTES], certificate_key[SEK_ANSWER_BYTES]; /* "own", or files */
	char administrator[SEK_ANSWER_BYTES], password[SETUP_PASSWORD_BYTES];  /* "none"; "": made */
	char directory[SEK_ANSWER_BYTES], directory_ca[SEK_ANSWER_BYTES], bind_dn[SEK_ANSWER_BYTES], bind_password[SETUP_PASSWORD_BYTES];
	char base[SEK_ANSWER_BYTES], filter[SEK_ANSWER_BYTES], test_user[SEK_ANSWER_BYTES];
	char recording[SEK_ANSWER_BYTES], passphrase[SETUP_PASSWORD_BYTES];    /* "no", "make", or a public key's file */
	char host[SEK_ANSWER_BYTES], host_name[SEK_ANSWER_BYTES];              /* address or "later" */
	uint8_t code[SEK_ENROL_CODE_BYTES];
	bool ask_database; /* on the terminal too */
	char database[SEK_ANSWER_BYTES], database_port[SEK_ANSWER_BYTES], database_server[SEK_ANSWER_BYTES]; /* PostgreSQL; "none": a file */
	char database_name[SEK_ANSWER_BYTES], database_user[SEK_ANSWER_BYTES], database_ca[SEK_ANSWER_BYTES], database_password[SETUP_PASSWORD_BYTES];
	uint64_t database_users;
	char staff[SEK_ANSWER_BYTES], management[SEK_ANSWER_BYTES], never[SEK_ANSWER_BYTES]; /* networks, "none" */
	char backup[SEK_ANSWER_BYTES], backup_key[SEK_ANSWER_BYTES], backup_passphrase[SETUP_PASSWORD_BYTES]; /* folder, "none"; "make" or a file */
	bool host_enrolled;
};

/* One of our phrases, with what it takes, as a line. */
#define SAY(s, phrase, ...) sek_tell(&(s)->q, (phrase).en, (phrase).ja __VA_OPT__(, ) __VA_ARGS__)
/* The same into err, as the answer of a check. */
#define WRONG(s, err, size, phrase, ...) sek_wrong(&(s)->q, err, size, &(phrase)__VA_OPT__(, ) __VA_ARGS__)

/* ret: PATH_MAX bytes */
void setup_path(const struct setup *s, const char *name, char *ret);
const struct sek_owner *setup_owner(const struct setup *s); /* NULL: leave it */
/* Reads a secret: hidden on the terminal (twice if `again`), or the first line of the file that the answers name under `key`. */
bool setup_secret(struct setup *s, const char *key, const struct sek_phrase *prompt, bool again, char ret[SETUP_PASSWORD_BYTES]);

/* ask.c, ask_people.c, ask_site.c: each asks its questions; what is wrong is in s->q */
bool setup_ask(struct setup *s);
void setup_ask_people(struct setup *s);
/* A file with a certificate in PEM; sek_answer_check_fn. */
bool setup_check_pem(void *ctx, char *answer, char *err, size_t err_size);
void setup_ask_recording(struct setup *s);
void setup_ask_host(struct setup *s);
void setup_ask_firewall(struct setup *s);
void setup_ask_backup(struct setup *s);
/* A path that may stand in YAML and in words as it is. */
bool setup_path_ok(const char *path);
/* A file of the form of our public keys: 64 hexadecimal digits. */
bool setup_is_public_key(const char *path);

/* database.c: where the store is, if not in a file; its files, and its part of broker.yaml */
void setup_ask_database(struct setup *s);
bool setup_has_database(const struct setup *s);
/* A store in a file is to be moved there before the broker starts. */
bool setup_moves(const struct setup *s);
bool setup_database_files(struct setup *s);
void setup_database_yaml(const struct setup *s, FILE *f);
/* Its addresses of one kind, each with its port, for nftables. */
void setup_database_services(const struct setup *s, bool six, char *list, size_t size);

/* authority.c: CA, the broker's own certificates */
bool setup_authority(struct setup *s);
/* Copies ca.crt and ca.crl from the CA's folder. */
bool setup_copy_trust(struct setup *s);
/* The broker's name in certificates: the machine's. */
void setup_machine_name(char ret[SEK_PKI_NAME_MAX_BYTES + 1]);

/* apply.c: true if everything was done */
bool setup_apply(struct setup *s);

/* backup.c: key and folder; later, once the broker runs, the timer and a first backup */
bool setup_backup_files(struct setup *s);
bool setup_backup_start(struct setup *s);

/* firewall.c */
bool setup_firewall(struct setup *s);
/* Lets the broker reach one more render host: true if rules are there and now say so. */
bool setup_firewall_add_host(struct setup *s, const char *address);

/* enrol_command.c: exit code */
int setup_enrol_command(struct setup *s, int argc, char **argv);
/* Enrols the host of s (host, host_name, code): true after a message that says so. */
bool setup_enrol_host(struct setup *s);

#endif
