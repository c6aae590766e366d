/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A text of a session's clipboard as something that is asked for.
 */
#include "broker/hub/approved.h"

static void *ask_text(void *user, const struct sek_clipboard_event *e, const char *text, uint32_t hours, bool log_text,
	void (*done)(void *arg, const char *error), void *arg)
{
	const struct sek_approval_ask ask = { .kind = SEK_APPROVAL_TEXT, .user = e->user, .session = e->session, .sha256 = e->sha256,
		.chars = (uint32_t)e->chars, .bytes = e->bytes, .hours = hours, .text = text, .log_text = log_text };

	return sek_approvals_ask(user, &ask, done, arg);
}

static void forget_text(void *ticket)
{
	sek_approvals_forget(ticket);
}

sek_status sek_approved_start(uv_loop_t *loop, const struct sek_approvals_config *config, struct sek_sessions *sessions,
	struct sek_approvals **ret, char *err, size_t err_size)
{
	SEK_TRY(sek_approvals_create(loop, config, ret, err, err_size));
	sek_sessions_approve_clipboard(sessions, &(struct sek_clipboard_approval){ ask_text, forget_text, *ret });
	return sek_ok();
}
