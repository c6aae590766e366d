/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The questions about what is around: the first render host, the networks of the firewall.
 */
#include "broker/hub/setup/setup.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "broker/hub/setup/enrol.h"
#include "broker/hub/setup/words.h"

/* Something must listen there: said before anybody types a code. */
static bool check_host(void *ctx, char *answer, char *err, size_t err_size)
{
	struct setup *s = ctx;
	int fd = -1;

	if (strcmp(answer, "later") == 0)
		return true;
	if (!sek_address_normalize(answer))
		return WRONG(s, err, err_size, w_not_address, answer);
	if (strcmp(answer, s->inner) == 0)
		return WRONG(s, err, err_size, w_host_is_inner);
	if (!s->outer[0])
		return true; /* that has been complained of already */
	if (!sek_is_ok(enrol_connect(s->outer, answer, (uint16_t)s->render_port, &fd)))
		return WRONG(s, err, err_size, w_nobody_there, answer, s->render_port, s->outer);
	close(fd);
	return true;
}

static bool check_code(void *ctx, char *answer, char *err, size_t err_size)
{
	struct setup *s = ctx;

	if (!sek_is_ok(sek_enrol_code_read(answer, s->code)))
		return WRONG(s, err, err_size, w_bad_code);
	snprintf(answer, SEK_ANSWER_BYTES, "-"); /* it is good once: nothing to remember */
	return true;
}

static bool check_host_name(void *ctx, char *answer, char *err, size_t err_size)
{
	struct setup *s = ctx;
	size_t n = strlen(answer);

	if (n < 1 || n > SEK_PKI_NAME_MAX_BYTES || answer[0] == '.' || answer[0] == '-' || strcmp(answer, "ca") == 0 ||
	    answer[strspn(answer, "abcdefghijklmnopqrstuvwxyz0123456789-.")] != '\0')
		return WRONG(s, err, err_size, w_bad_name, answer);
	return true;
}

void setup_ask_host(struct setup *s)
{
	char code[SEK_ANSWER_BYTES];

	if (!sek_question(&s->q, &ask_host, "later", check_host, s, s->host) || strcmp(s->host, "later") == 0)
		return;
	(void)sek_question(&s->q, &ask_host_name, "render1.sekisho.internal", check_host_name, s, s->host_name);
	(void)sek_question(&s->q, &ask_host_code, NULL, check_code, s, code);
}

static bool check_networks(void *ctx, char *answer, char *err, size_t err_size)
{
	struct setup *s = ctx;
	char bad[SEK_ANSWER_BYTES] = "";

	return sek_networks_normalize(answer, bad, sizeof bad) || WRONG(s, err, err_size, w_bad_network, bad);
}

static bool has_nft(void)
{
	return sek_setup_run((const char *const[]){ "nft", "--version", NULL }, NULL, NULL, (char[64]){ 0 }, 64) == 0;
}

static bool check_staff(void *ctx, char *answer, char *err, size_t err_size)
{
	struct setup *s = ctx;
	char same[SEK_ANSWER_BYTES];

	if (!check_networks(s, answer, err, err_size) || strcmp(answer, "none") == 0)
		return strcmp(answer, "none") == 0;
	sek_networks_of(answer, strchr(s->inner, ':') != NULL, same, sizeof same);
	if (s->inner[0] && !same[0])
		return WRONG(s, err, err_size, w_other_kind, s->inner);
	return has_nft() || WRONG(s, err, err_size, w_no_nft);
}

/* Whoever sits in an SSH session must not shut the door behind himself. */
static bool check_management(void *ctx, char *answer, char *err, size_t err_size)
{
	struct setup *s = ctx;
	char from[64];

	if (!check_networks(s, answer, err, err_size))
		return false;
	return !sek_networks_shut_out(answer, from) || WRONG(s, err, err_size, w_locks_out, from);
}

void setup_ask_firewall(struct setup *s)
{
	if (!sek_question(&s->q, &ask_staff, "none", check_staff, s, s->staff) || strcmp(s->staff, "none") == 0)
		return;
	(void)sek_question(&s->q, &ask_management, "none", check_management, s, s->management);
	(void)sek_question(&s->q, &ask_never, "none", check_networks, s, s->never);
}
