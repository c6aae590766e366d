/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The names of the kinds of hosts. A library of its own, since the configuration knows them too.
 */
#include <string.h>

#include "broker/hub/session/session.h"

static const char *const kinds[SEK_HOST_KINDS] = { "sekisho", "vnc", "rdp" };

const char *sek_host_kind_name(enum sek_host_kind kind)
{
	return kinds[kind];
}

bool sek_host_kind_find(const char *name, enum sek_host_kind *ret)
{
	for (unsigned i = 0; i < SEK_HOST_KINDS; i++) {
		if (strcmp(name, kinds[i]) != 0)
			continue;
		*ret = (enum sek_host_kind)i;
		return true;
	}
	return false;
}
