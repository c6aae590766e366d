/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What of the live sessions is being recorded, against what their policies ask for, and how long there is room for more.
 */
#include "broker/hub/control/selfcheck_lines.h"

void sek_check_recording(struct sek_selfcheck *s)
{
	const struct sek_recorder_state *r = &s->archive.recorder;
	enum sek_check_level level = SEK_CHECK_OK;

	if (!s->has_archive) {
		sek_check_line(s, "recording", s->required ? SEK_CHECK_FAILED : SEK_CHECK_ATTENTION, "no-recording", NULL, "%u", s->required);
		return;
	}
	if (r->warning || r->failed || s->unrecorded || s->archive.lost)
		level = SEK_CHECK_ATTENTION;
	if (!r->writable || s->uncovered)
		level = SEK_CHECK_FAILED;
	sek_check_line(s, "recording", level, r->why[0] ? "recording-trouble" : "recording", NULL, "%u" SEK_CHECK_NEXT "%u" SEK_CHECK_NEXT "%u"
		SEK_CHECK_NEXT "%u" SEK_CHECK_NEXT "%lld" SEK_CHECK_NEXT "%lld" SEK_CHECK_NEXT "%lld" SEK_CHECK_NEXT "%llu" SEK_CHECK_NEXT "%s",
		s->required - s->uncovered, s->required, s->covered + s->uncovered - s->required, s->unrecorded,
		(long long)s->archive.recordings, (long long)(s->archive.bytes >> 20), (long long)(s->archive.bytes_a_day >> 20),
		(unsigned long long)(r->free_bytes >> 20), r->why);
}
