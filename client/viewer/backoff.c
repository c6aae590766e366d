/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * How long to wait before the next attempt to connect: the steps of client/web/backoff.mjs.
 */
#include <sys/random.h>

#include "client/viewer/link.h"

unsigned link_backoff_ms(unsigned attempt, unsigned random)
{
	static const unsigned steps_ms[] = { 200, 1000, 2000, 4000, 5000 };
	unsigned last = sizeof steps_ms / sizeof steps_ms[0] - 1;

	/* spread, so that the many clients of a broker that comes back do not all come at once */
	return steps_ms[attempt < last ? attempt : last] * (800 + 400 * random / 1000) / 1000;
}

unsigned link_wait_ms(unsigned attempt)
{
	unsigned random = 500;

	if (getrandom(&random, sizeof random, 0) == sizeof random)
		random %= 1001;
	return link_backoff_ms(attempt, random);
}
