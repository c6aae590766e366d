/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * See kept_rows.h.
 */
#include "broker/hub/kept_rows.h"

#include <stdlib.h>
#include <string.h>

void sek_kept_row_free(struct row *r)
{
	if (r)
		free(r->own);
	free(r);
}

bool sek_kept_row_same(const struct row *a, const struct row *b)
{
	return a->task <= TASK_GONE && b->task <= TASK_GONE && strcmp(a->session.id, b->session.id) == 0 &&
		a->session.generation == b->session.generation;
}

bool sek_kept_row_in(const struct row *list, const struct row *r)
{
	while (list && !sek_kept_row_same(list, r))
		list = list->next;
	return list != NULL;
}

void sek_kept_rows_forget(struct row **list, const struct row *fresh)
{
	while (*list) {
		struct row *r = *list;

		if (sek_kept_row_same(r, fresh)) {
			*list = r->next;
			sek_kept_row_free(r);
		} else {
			list = &r->next;
		}
	}
}
