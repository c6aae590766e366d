/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * sekishoctl: what its files share. It is a thin client: every operation is the broker's (docs/api.md), which checks everything; here
 * words become members and answers become lines.
 */
#ifndef SEK_CLIENT_CTL_CTL_H
#define SEK_CLIENT_CTL_CTL_H

#include <stdbool.h>
#include <stdio.h>

#include <jansson.h>

#define SEK_CTL_SOCKET "/run/sekisho/control.sock"
#define SEK_CTL_LINE_MAX (16u * 1024 * 1024)

/* Exit codes; sekishoctl(8) explains them. */
enum { CTL_DONE = 0, CTL_REFUSED = 1, CTL_USAGE = 2, CTL_UNREACHABLE = 3, CTL_FOUND = 4 };

enum ctl_word {
	W_UNREACHABLE, W_NO_ANSWER, W_REFUSED, W_DONE, W_NONE, W_YES, W_NO, W_ENDED, W_PASSWORD, W_PENDING, W_EMPTY, W_USAGE,
	W_NO_PROGRAM, W_CHECK_OK, W_CHECK_ATTENTION, W_CHECK_FAILED, W_CHECK_TITLE, W_CHECK_SUMMARY, W_CHECK_DO, W_CHECK_SIGNED,
	W_CHECK_GOOD, W_CHECK_BAD, W_NO_CERTIFICATE, W_RECORDINGS, W_RECORDINGS_ELSEWHERE, W_HOST_PASSWORD, W_HOST_TEST, W_HOST_INSECURE, CTL_WORDS,
};

struct ctl {
	const char *socket;
	bool json, ja;
	int fd;
};

/* words.c, words_check.c */
const char *ctl_word(const struct ctl *c, enum ctl_word w);
const char *ctl_error(const struct ctl *c, const char *error);  /* a sentence for a word of the broker */
const char *ctl_host_result(const struct ctl *c, const char *result); /* of a host's test, a sentence */
const char *ctl_column(const struct ctl *c, const char *name);  /* heading of a member */
/* Of a line of the self-check: what it is about, and what to do about it. */
const char *ctl_check_text(const struct ctl *c, const char *id);
const char *ctl_check_do(const struct ctl *c, const char *id);

/* call.c */
/* Asks the broker; in is stolen. CTL_DONE with a new reference in *ret, or an exit code after a message on stderr. */
int ctl_call(struct ctl *c, const char *op, json_t *in, json_t **ret);
void ctl_close(struct ctl *c);

/* print.c: nothing that came from a person or a page reaches the terminal with control characters */
void ctl_print_text(FILE *to, const char *text);
void ctl_print_rows(const struct ctl *c, const json_t *rows, const char *columns);
void ctl_print_object(const struct ctl *c, const json_t *object, const char *indent);
void ctl_print_json(const json_t *json);
/* Red from here on, and no more: for what must not be overlooked. Nothing where `to` is no terminal, or NO_COLOR is set. */
void ctl_print_red(FILE *to, bool on);

/* How a line tells its evidence: a sentence with %1 to %9 for values; and what is wrong with one of the things that it lists. */
const char *ctl_check_say(const struct ctl *c, const char *say);
const char *ctl_check_fault(const struct ctl *c, const char *why);

/* certificate.c */
#define CTL_CERTIFICATE_MAX_BYTES 65536 /* of a file */
/* The first certificate of a file (PEM or DER) as PEM; NULL after a message on stderr. */
json_t *ctl_certificate(const struct ctl *c, const char *path);

/* host.c */
int ctl_host_password(struct ctl *c, int argc, char **argv);
int ctl_host_test(struct ctl *c, int argc, char **argv);
int ctl_host_enrol(struct ctl *c, int argc, char **argv);

/* recording.c */
/* Without a broker: becomes `sekisho-broker store migrate`. */
int ctl_store_migrate(struct ctl *c, int argc, char **argv);
int ctl_recording_keygen(struct ctl *c, int argc, char **argv);
int ctl_recording_export(struct ctl *c, int argc, char **argv);
int ctl_recording_verify(struct ctl *c, int argc, char **argv);

/* become.c */
/* Becomes another of our programs; words[0] is set here, NULL ends them. Returns only if it cannot. */
int ctl_become(const struct ctl *c, const char *name, const char **words);
int ctl_backup(struct ctl *c, int argc, char **argv);
int ctl_key(struct ctl *c, int argc, char **argv);

/* check.c */
int ctl_selfcheck(struct ctl *c, int argc, char **argv);

extern const char ctl_usage_text[];

#endif
