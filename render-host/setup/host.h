/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * sekisho-setup-host: what its files share.
 */
#ifndef SEK_RENDER_HOST_SETUP_HOST_H
#define SEK_RENDER_HOST_SETUP_HOST_H

#include "base/setup/setup.h"
#include "render-host/setup/words.h"

#define HOST_UID_BASE 210000
#define HOST_WARM 1

struct sek_host_key;

struct host {
	struct sek_questions q;
	const char *etc, *answers;
	unsigned port;
	bool no_start;
	char listen[SEK_ANSWER_BYTES], upstream[SEK_ANSWER_BYTES], sessions[SEK_ANSWER_BYTES];
	char management[SEK_ANSWER_BYTES], never[SEK_ANSWER_BYTES]; /* networks, "none"; management "off": no rules */
	char name[64], broker[64]; /* as the broker says; its address as it came */
	const struct sek_host_key *key;
};

#define SAY(h, phrase, ...) sek_tell(&(h)->q, (phrase).en, (phrase).ja __VA_OPT__(, ) __VA_ARGS__)

/* firewall.c: the questions, and what was answered; true: done, or not wanted */
void host_ask_firewall_rules(struct host *h);
bool host_firewall(struct host *h);

#endif
