// SPDX-License-Identifier: GPL-3.0-or-later
// How long to wait before the next attempt to connect. Pure arithmetic.

const STEPS_MS = [200, 1000, 2000, 4000, 5000]; // a broker that comes back has everybody back within ten seconds

/** @param {number} attempt 0 for the first attempt after a connection broke
 * @param {number} random 0..1, spreads many clients of a broker that comes back
 * @returns {number} milliseconds */
export function backoffMs(attempt, random)
{
	const step = STEPS_MS[Math.min(attempt, STEPS_MS.length - 1)];
	return Math.round(step * (0.8 + 0.4 * random));
}
