/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What administrators said to users, in memory, for an hour: the client fetches it when the broker tells it that there is
 * something. Must never show one user what was said to another.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "broker/hub/admin/internal.h"

enum { SAID_MAX = 1024, SAID_S = 3600 };

struct sek_admin_said {
	struct sek_admin_said *next; /* newest first */
	char user[SEK_STORE_NAME_BYTES], text[SEK_ADMIN_MESSAGE_BYTES];
	int64_t at_s;
};

static void drop(struct sek_admin *a, struct sek_admin_said **p)
{
	struct sek_admin_said *m = *p;

	*p = m->next;
	free(m);
	a->n_said--;
}

void sek_admin_say(struct sek_admin *a, const char *user, const char *text)
{
	struct sek_admin_said **p = &a->said, *m;
	int64_t now_s = (int64_t)time(NULL);

	while (*p) {
		if (strcmp((*p)->user, user) == 0 || now_s - (*p)->at_s > SAID_S ||
		    (!(*p)->next && a->n_said >= SAID_MAX))
			drop(a, p);
		else
			p = &(*p)->next;
	}
	m = calloc(1, sizeof *m);
	if (!m)
		return;
	snprintf(m->user, sizeof m->user, "%s", user);
	snprintf(m->text, sizeof m->text, "%s", text);
	m->at_s = now_s;
	m->next = a->said;
	a->said = m;
	a->n_said++;
}

json_t *sek_admin_message(const struct sek_admin *a, const char *user)
{
	const struct sek_admin_said *m;

	for (m = a->said; m; m = m->next)
		if (strcmp(m->user, user) == 0 && (int64_t)time(NULL) - m->at_s <= SAID_S)
			return json_pack("{s:s,s:I}", "text", m->text, "at_s", (json_int_t)m->at_s);
	return json_null();
}

void sek_admin_forget_said(struct sek_admin *a)
{
	while (a->said)
		drop(a, &a->said);
}
