/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the self-check says of ages beyond the four files that every site has: further certificates, and the render hosts.
 */
#include <stdio.h>

#include "broker/hub/control/selfcheck_lines.h"

void sek_check_host_ages(struct sek_selfcheck *s, const struct sek_host_info *i)
{
	for (unsigned k = 0; k < SEK_AGE_FAULTS; k++) {
		unsigned bit = 1u << k;

		if ((i->age.old | i->age.soon) & bit)
			sek_check_name(i->age.old & bit ? &s->too_old : &s->soon_old, i->host->name, sek_age_fault_name((enum sek_age_fault)k));
	}
}

void sek_check_ages(struct sek_selfcheck *s)
{
	struct sek_check_names *names = s->too_old.n ? &s->too_old : &s->soon_old;

	sek_check_line(s, "host-ages", s->too_old.n ? SEK_CHECK_FAILED : s->soon_old.n ? SEK_CHECK_ATTENTION : SEK_CHECK_OK, "of-ages", names,
		"%u" SEK_CHECK_NEXT "%u" SEK_CHECK_NEXT "%u", s->too_old.n, s->soon_old.n, s->heard);
}
