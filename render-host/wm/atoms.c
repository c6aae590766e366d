/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Interns the atoms of atoms.h: all requests first, then all answers, so that it costs one round trip.
 */
#include "render-host/wm/atoms.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

bool sek_wm_atoms_intern(xcb_connection_t *c, xcb_atom_t ret[SEK_ATOM_COUNT])
{
	static const char *const names[SEK_ATOM_COUNT] = {
#define X(name) #name,
		SEK_WM_ATOMS(X)
#undef X
	};
	xcb_intern_atom_cookie_t cookies[SEK_ATOM_COUNT];
	bool ok = true;

	for (int i = 0; i < SEK_ATOM_COUNT; i++)
		cookies[i] = xcb_intern_atom(c, 0, (uint16_t)strlen(names[i]), names[i]);
	for (int i = 0; i < SEK_ATOM_COUNT; i++) {
		xcb_intern_atom_reply_t *r = xcb_intern_atom_reply(c, cookies[i], NULL);

		if (!r) {
			ok = false;
			continue;
		}
		ret[i] = r->atom;
		free(r);
	}
	return ok;
}
