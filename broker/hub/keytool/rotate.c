/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Another key in the place of one, while sessions run. Must never throw a public half away by which something is still to be verified.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <sodium.h>

#include "base/ask.h"
#include "base/file.h"
#include "broker/hub/audit/rekey.h"
#include "broker/hub/keys/replace.h"
#include "broker/hub/keys/words.h"
#include "broker/hub/keytool/keytool.h"
#include "broker/hub/owner.h"

static int refuse(const struct keytool *t, const struct keytool_key *k, const char *what)
{
	char text[1100];

	snprintf(text, sizeof text, "%s: %s", k->name, what);
	return sek_tool_fail(t->ja, KEYTOOL_NAME, text);
}

static bool put(const char *from, const char *to, char *err, size_t err_size)
{
	char *bytes = NULL;
	size_t n = 0;
	bool ok;

	if (!sek_is_ok(sek_file_read(from, &bytes, &n)) || n == 0) {
		snprintf(err, err_size, "'%.300s' cannot be read, or is empty", from);
		free(bytes);
		return false;
	}
	ok = keytool_install(to, bytes, n, err, err_size);
	sodium_memzero(bytes, n);
	free(bytes);
	return ok;
}

static bool put_pair(const struct keytool *t, const struct keytool_key *k, char *err, size_t err_size)
{
	const char *ca = strcmp(k->name, "broker") == 0 ? t->config->sessions.ca_path : NULL;

	if (!t->certificate || !t->key || t->file) {
		snprintf(err, err_size, "name the new ones: --certificate FILE --key FILE");
		return false;
	}
	/* one behind the other: who reads between the two has a pair that does not match, and tries again */
	return keytool_check_pair(t->certificate, t->key, ca, err, err_size) && put(t->key, k->file, err, err_size) &&
		put(t->certificate, k->public, err, err_size);
}

static bool put_file(const struct keytool *t, const struct keytool_key *k, char *err, size_t err_size)
{
	const char *to = k->file ? k->file : k->public;
	uint8_t key[SEK_SIGN_KEY_BYTES];

	if (!t->file || t->certificate || t->key) {
		snprintf(err, err_size, "name the new one: --file FILE");
		return false;
	}
	if (strcmp(k->name, "ca") == 0 && !keytool_check_ca(t->file, t->config->sessions.intermediate_path,
	    t->config->sessions.crl_path, err, err_size))
		return false;
	if (strcmp(k->name, "crl") == 0 && !keytool_check_crl(t->file, t->config->sessions.ca_path, err, err_size))
		return false;
	if (!k->file && !sek_is_ok(sek_public_key_load(t->file, key))) {
		snprintf(err, err_size, "'%.300s' is no public half: make a pair with `sekishoctl %s keygen`", t->file, k->name);
		return false;
	}
	return put(t->file, to, err, err_size);
}

/* Beside the old one: the next start of the broker seals the store with it, and puts it into its place. */
static bool make_login(const char *path, char *err, size_t err_size)
{
	uint8_t key[32];
	char next[4200];
	sek_status s;

	snprintf(next, sizeof next, "%.4000s.next", path);
	randombytes_buf(key, sizeof key);
	s = sek_file_write(next, key, sizeof key, 0600, SEK_FILE_NEW);
	sodium_memzero(key, sizeof key);
	if (!sek_is_ok(s))
		snprintf(err, err_size, sek_is(s, SEK_E_EXISTS) ? "one waits already for the next start of the broker" : "it cannot be written");
	return sek_is_ok(s);
}

/* By the owner of the key, for whom nothing that root made may lie there. */
static bool make_here(const struct keytool *t, const struct keytool_key *k, const char *who, char *err, size_t err_size)
{
	char old[SEK_AUDIT_HEX_BYTES], new[SEK_AUDIT_HEX_BYTES];
	struct sek_sign_key key;
	sek_status s;

	if (k->way == KEYTOOL_AUDIT)
		return sek_is_ok(sek_audit_rekey(&t->config->audit, who, old, new, err, err_size));
	if (k->way == KEYTOOL_LOGIN)
		return make_login(k->file, err, err_size);
	s = sek_sign_key_replace(k->file, &key);
	sodium_memzero(&key, sizeof key);
	if (!sek_is_ok(s))
		snprintf(err, err_size, sek_is(s, SEK_E_NOT_FOUND) ? "there is none yet" : "it cannot be written");
	return sek_is_ok(s);
}

static bool change(const struct keytool *t, const struct keytool_key *k, const char *who, char *err, size_t err_size)
{
	const char *why;

	if (k->way == KEYTOOL_PAIR)
		return put_pair(t, k, err, err_size);
	if (k->way == KEYTOOL_FILE)
		return put_file(t, k, err, err_size);
	if (t->certificate || t->key || t->file) {
		snprintf(err, err_size, "is made here: give no file");
		return false;
	}
	why = sek_become_owner(k->file);
	if (why) {
		snprintf(err, err_size, "%s", why);
		return false;
	}
	return make_here(t, k, who, err, err_size);
}

static void note(const struct keytool *t, const struct keytool_key *k, const char *who, bool ok, const char *why)
{
	char err[400];

	if (!sek_become_owner(t->config->audit.key_path))
		(void)sek_audit_once(&t->config->audit, &(struct sek_audit_event){ .who = who, .what = "key.rotated", .object = k->name,
			.outcome = ok ? SEK_AUDIT_DONE : SEK_AUDIT_FAILED, .details = (const char *const[]){ ok ? NULL : "why", why, NULL } }, err, sizeof err);
}

static int tell(const struct keytool *t, const struct keytool_key *k)
{
	char err[512] = "", text[1000];
	int r = k->when == KEYTOOL_RELOAD ? keytool_tell(t->config->control_path, err, sizeof err) : 1;

	if (r < 0) {
		snprintf(text, sizeof text, "%s %s", sek_phrase_of(t->ja, &tool_in_place), err);
		return refuse(t, k, text);
	}
	sek_tool_say(t->ja, k->when == KEYTOOL_RESTART ? &tool_restart_takes : r == 0 ? &tool_not_running : &tool_changed, k->name);
	sek_tool_say(t->ja, &tool_copy, sek_phrase_of(t->ja, &k->copy));
	return KEYTOOL_DONE;
}

/* What cannot be taken back is asked about: hashes of recovery codes cannot be made anew. */
static bool is_sure(const struct keytool *t, const struct keytool_key *k)
{
	char answer[64] = "";

	if (k->way != KEYTOOL_LOGIN || t->yes)
		return true;
	if (!isatty(STDIN_FILENO))
		return false;
	fputs(sek_phrase_of(t->ja, &tool_login_sure), stdout);
	fflush(stdout);
	return sek_ask_line(stdin, answer, sizeof answer) && (strcasecmp(answer, "y") == 0 || strcasecmp(answer, "yes") == 0 || strcmp(answer, "はい") == 0);
}

int keytool_rotate(const struct keytool *t, const char *name)
{
	const struct keytool_key *k = t->keys;
	char err[1024] = "", who[40];
	bool ok;

	while (k < t->keys + KEYTOOL_KEYS && strcmp(k->name, name) != 0)
		k++;
	if (k == t->keys + KEYTOOL_KEYS)
		return sek_tool_fail(t->ja, KEYTOOL_NAME, "there is no key of that name: `sekishoctl key list`");
	if (k->way == KEYTOOL_ELSEWHERE)
		return refuse(t, k, sek_phrase_of(t->ja, &k->what));
	if (!k->file && !k->public)
		return refuse(t, k, "this broker has none");
	if (!is_sure(t, k))
		return refuse(t, k, sek_phrase_of(t->ja, &tool_login_yes));
	snprintf(who, sizeof who, geteuid() == 0 ? "#local:root" : "#local:uid%lu", (unsigned long)geteuid());
	ok = change(t, k, who, err, sizeof err);
	note(t, k, who, ok, err);
	return ok ? tell(t, k) : refuse(t, k, err);
}
