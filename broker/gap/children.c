/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * See children.h.
 */
#include "broker/gap/children.h"

enum sek_state sek_child_exit_state(int code)
{
	switch (code) {
	case SEK_EXIT_CONNECT:
		return SEK_STATE_HOST_UNREACHABLE;
	case SEK_EXIT_CERTIFICATE:
		return SEK_STATE_HOST_CERTIFICATE;
	case SEK_EXIT_REFUSED:
		return SEK_STATE_HOST_REFUSED;
	case SEK_EXIT_PROTOCOL:
		return SEK_STATE_HOST_PROTOCOL;
	case SEK_EXIT_LOST:
		return SEK_STATE_HOST_LOST;
	case SEK_EXIT_SILENT:
		return SEK_STATE_HOST_SILENT;
	case SEK_EXIT_TLS:
		return SEK_STATE_HOST_TLS;
	case SEK_EXIT_LOGIN:
		return SEK_STATE_HOST_LOGIN;
	case SEK_EXIT_SIZE:
		return SEK_STATE_HOST_SIZE;
	default:
		return SEK_STATE_NONE;
	}
}
