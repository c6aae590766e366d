/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Whether what must be recorded is being recorded. This version records nothing and takes no policy that asks for it, and says so; the
 * session manager's own count comes in here.
 */
#include "broker/hub/control/selfcheck_lines.h"

void sek_check_recording(struct sek_selfcheck *s)
{
	sek_check_line(s, "recording", SEK_CHECK_ATTENTION, "no-recording", NULL, "%s", SEK_VERSION);
}
