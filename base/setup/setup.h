/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the two set-up programs share: questions in two languages with answers from a terminal or a file, each checked at once; files that
 * are written whole or not at all and never over another without a yes; other programs; the machine's own addresses.
 */
#ifndef SEK_BASE_SETUP_SETUP_H
#define SEK_BASE_SETUP_SETUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include "base/language.h"
#include "base/status.h"

#define SEK_ANSWER_BYTES 1024 /* of an answer with its end */
#define SEK_ANSWERS_MAX 64

/* --- answers.c: a file of lines "key: answer"; '#' begins a comment line --- */
struct sek_answer {
	char *key, *text;
	size_t line;
	bool used;
};
struct sek_answers {
	struct sek_answer list[SEK_ANSWERS_MAX];
	size_t n;
};
/* SEK_E_MALFORMED with the line in *ret_line: no key, a key twice, control characters, or too long. SEK_E_LIMIT, SEK_E_NOMEM. */
sek_status sek_answers_parse(const char *text, struct sek_answers *ret, size_t *ret_line);
struct sek_answer *sek_answers_find(struct sek_answers *a, const char *key); /* NULL: not there */
/* Adds or replaces. */
sek_status sek_answers_set(struct sek_answers *a, const char *key, const char *text);
void sek_answers_remove(struct sek_answers *a, const char *key);
char *sek_answers_text(const struct sek_answers *a, const char *heading); /* heap, NULL: no memory */
void sek_answers_finish(struct sek_answers *a);

/* --- questions.c --- */
struct sek_questions {
	bool ja, terminal, dry_run, yes; /* yes: everything that would be asked with yes or no is answered with yes */
	FILE *in, *out;
	const char *path;              /* of the answers file, NULL: asked on the terminal */
	struct sek_answers file, remembered, given;
	unsigned of;                   /* how many numbered questions there are */
	unsigned wrong;                /* answers of the file that cannot be used, or that are missing */
	bool ended;                    /* the terminal's end: ask no more */
};
/* Reads the answers file (path; NULL: none) and what was answered the last time (remembered; NULL or not there: nothing). out, in: the
 * terminal, or what takes its place. False after a message. */
bool sek_questions_start(struct sek_questions *q, const char *path, const char *remembered);
void sek_questions_finish(struct sek_questions *q);

struct sek_question {
	const char *key;
	unsigned number;          /* 0: goes with the question before it */
	struct sek_phrase text, help;
};
/* True if the answer will do; it may be rewritten in place, within SEK_ANSWER_BYTES. False: err says what to do, in the user's language. */
typedef bool sek_answer_check_fn(void *ctx, char *answer, char *err, size_t err_size);
/* Asks until the answer is right (terminal), or looks it up. suggestion: taken for an empty line or a missing key; NULL or "": there is none,
 * and the last time's answer comes before it. Without help text and check both may be NULL. False: no answer (counted in q->wrong, or ended). */
bool sek_question(struct sek_questions *q, const struct sek_question *what, const char *suggestion, sek_answer_check_fn *check, void *ctx,
	char ret[SEK_ANSWER_BYTES]);
/* yes or no (y, n, はい, いいえ). In a file under this key; where it is not there the answer is `otherwise`, as on a terminal's empty line. */
bool sek_question_yes(struct sek_questions *q, const char *key, const struct sek_phrase *text, bool otherwise);
/* Says which keys of the answers file nobody has asked for; each counts in q->wrong. */
void sek_questions_check_unused(struct sek_questions *q);
const char *sek_say(const struct sek_questions *q, const struct sek_phrase *p);
/* Writes a phrase with what it takes into err, and gives false: the end of a check. */
bool sek_wrong(const struct sek_questions *q, char *err, size_t err_size, const struct sek_phrase *p, ...);
/* A line to q->out by one of two printf formats that take the same arguments. */
void sek_tell(const struct sek_questions *q, const char *en, const char *ja, ...);

/* --- files.c --- */
enum sek_wrote { SEK_WROTE_NEW, SEK_WROTE_SAME, SEK_WROTE_OVER, SEK_WROTE_KEPT, SEK_WROTE_FAILED };
struct sek_owner {
	uid_t uid;
	gid_t gid;
};
/* Writes a file with this mode and owner (owner NULL: whoever runs this), and says what it did. One that is there with another content is
 * asked about and, with a yes, kept beside as PATH.before. In a dry run only says what it would do. */
enum sek_wrote sek_setup_write(struct sek_questions *q, const char *path, const void *bytes, size_t n, mode_t mode, const struct sek_owner *owner);
/* Makes a folder with its parents' last part only. True: it is there. */
bool sek_setup_folder(struct sek_questions *q, const char *path, mode_t mode, const struct sek_owner *owner);

/* --- programs.c --- */
/* Runs argv[0] (a path, or a name in PATH) and waits. input: what it reads, NULL: nothing. as: whose rights, NULL: the same. output (may
 * be NULL): what it wrote to both outputs, cut at size and terminated; else it writes to ours. Exit code, or -1: it could not be run or was killed. */
int sek_setup_run(const char *const *argv, const char *input, const struct sek_owner *as, char *output, size_t size);
/* A program that lies beside this one: ret of PATH_MAX bytes. */
bool sek_setup_sibling(const char *name, char *ret, size_t size);

/* --- machine.c --- */
struct sek_face {
	char interface[32], address[64];
};
/* The machine's own addresses without loopback and link-local ones; how many. */
size_t sek_faces_find(struct sek_face *ret, size_t max);
/* The interface that has a numeric address; false: none has. */
bool sek_face_of(const char *address, char ret_interface[32]);
/* Writes a numeric address as everybody writes it (small letters, shortest form), within SEK_ANSWER_BYTES. False: it is none. */
bool sek_address_normalize(char *text);
/* HOST as it stands in an address for browsers: an IPv6 address in brackets. */
void sek_address_in_url(const char *host, char *ret, size_t size);
/* True if something can listen on that numeric address here. *ret_numeric (may be NULL): it is a numeric address at all, and no wildcard. */
bool sek_address_is_own(const char *address, bool *ret_numeric);
/* "10.1.0.0/16" or one address, numeric. */
bool sek_network_ok(const char *text);

/* --- networks.c: IPv4 and IPv6, for the firewall's rules --- */
/* "10.1.0.0/16 10.2.0.0/16" to "10.1.0.0/16, 10.2.0.0/16" in place (SEK_ANSWER_BYTES); "none" stays. False: ret_bad is what is none. */
bool sek_networks_normalize(char *text, char *ret_bad, size_t bad_size);
/* Those of one kind (six: IPv6) of a list as sek_networks_normalize leaves it; "" if there is none. */
void sek_networks_of(const char *networks, bool six, char *ret, size_t size);
/* A numeric address is in one of these networks. */
bool sek_networks_cover(const char *networks, const char *address);
/* Whoever runs this sits in an SSH session from ret_from, which these networks do not cover. */
bool sek_networks_shut_out(const char *networks, char ret_from[64]);
/* Appends the addresses of a name, those of one kind, each with the suffix, to a list for nftables; false: there is none, or no room. */
bool sek_addresses_of(const char *host, bool six, const char *suffix, char *list, size_t size);
/* The same with the machine's resolvers, each once with each suffix (second may be NULL). */
void sek_resolvers_of(bool six, const char *first, const char *second, char *list, size_t size);
/* The interface of the default route. */
bool sek_default_interface(char ret[32]);

#endif
