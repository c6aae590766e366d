/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * HELLO, WELCOME, STATE, PING, PONG and the messages without payload: reader and writer of each side by side, sharing
 * one check. Freestanding.
 */
#include "protocol/wire/checks.h"
#include "protocol/wire/messages.h"

/* --- HELLO --- */

static bool hello_allowed(const struct sek_hello *m)
{
	bool no_max = m->max_width_px == 0 && m->max_height_px == 0;

	return m->version_min >= 1 && m->version_min <= m->version_max &&
	       sek_size_allowed(m->width_px, m->height_px) && sek_scale_allowed(m->scale_percent) &&
	       m->lang <= SEK_LANG_EN && (m->flags & ~(unsigned)(SEK_HELLO_CREATE | SEK_HELLO_RULES)) == 0 &&
	       (no_max || sek_size_allowed(m->max_width_px, m->max_height_px));
}

sek_status sek_hello_read(const void *payload, size_t n, struct sek_hello *ret)
{
	struct sek_reader r;
	struct sek_hello m;
	uint32_t magic;

	sek_reader_init(&r, payload, n);
	SEK_TRY(sek_read_u32(&r, &magic));
	SEK_TRY(sek_read_u16(&r, &m.version_min));
	SEK_TRY(sek_read_u16(&r, &m.version_max));
	SEK_TRY(sek_read_u16(&r, &m.width_px));
	SEK_TRY(sek_read_u16(&r, &m.height_px));
	SEK_TRY(sek_read_u16(&r, &m.scale_percent));
	SEK_TRY(sek_read_u8(&r, &m.lang));
	SEK_TRY(sek_read_u8(&r, &m.flags));
	SEK_TRY(sek_read_u16(&r, &m.max_width_px));
	SEK_TRY(sek_read_u16(&r, &m.max_height_px));
	SEK_TRY(sek_read_end(&r, magic == SEK_HELLO_MAGIC && hello_allowed(&m)));
	*ret = m;
	return sek_ok();
}

void sek_hello_write(struct sek_writer *w, const struct sek_hello *m)
{
	size_t at;

	if (!sek_message_begin(w, SEK_MSG_HELLO, hello_allowed(m), &at))
		return;
	sek_write_u32(w, SEK_HELLO_MAGIC);
	sek_write_u16(w, m->version_min);
	sek_write_u16(w, m->version_max);
	sek_write_u16(w, m->width_px);
	sek_write_u16(w, m->height_px);
	sek_write_u16(w, m->scale_percent);
	sek_write_u8(w, m->lang);
	sek_write_u8(w, m->flags);
	sek_write_u16(w, m->max_width_px);
	sek_write_u16(w, m->max_height_px);
	sek_frame_end(w, at);
}

/* --- WELCOME --- */

static bool welcome_allowed(const struct sek_welcome *m)
{
	/* "The version is one that HELLO offered": no build offers more than these. */
	return m->version >= SEK_VERSION_MIN && m->version <= SEK_VERSION_MAX &&
	       sek_size_allowed(m->max_width_px, m->max_height_px);
}

sek_status sek_welcome_read(const void *payload, size_t n, struct sek_welcome *ret)
{
	struct sek_reader r;
	struct sek_welcome m;
	const uint8_t *session;

	sek_reader_init(&r, payload, n);
	SEK_TRY(sek_read_u16(&r, &m.version));
	SEK_TRY(sek_read_u16(&r, &m.max_width_px));
	SEK_TRY(sek_read_u16(&r, &m.max_height_px));
	SEK_TRY(sek_read_reserved(&r, 2));
	SEK_TRY(sek_read_bytes(&r, SEK_SESSION_ID_BYTES, &session));
	SEK_TRY(sek_read_end(&r, welcome_allowed(&m)));
	__builtin_memcpy(m.session, session, SEK_SESSION_ID_BYTES);
	*ret = m;
	return sek_ok();
}

void sek_welcome_write(struct sek_writer *w, const struct sek_welcome *m)
{
	size_t at;

	if (!sek_message_begin(w, SEK_MSG_WELCOME, welcome_allowed(m), &at))
		return;
	sek_write_u16(w, m->version);
	sek_write_u16(w, m->max_width_px);
	sek_write_u16(w, m->max_height_px);
	sek_write_u16(w, 0);
	sek_write_bytes(w, m->session, SEK_SESSION_ID_BYTES);
	sek_frame_end(w, at);
}

/* --- STATE --- */

sek_status sek_state_read(const void *payload, size_t n, struct sek_state_msg *ret)
{
	struct sek_reader r;
	struct sek_state_msg m;

	sek_reader_init(&r, payload, n);
	SEK_TRY(sek_read_u16(&r, &m.state));
	SEK_TRY(sek_read_reserved(&r, 2));
	SEK_TRY(sek_read_u32(&r, &m.arg));
	SEK_TRY(sek_read_end(&r, sek_state_known(m.state)));
	*ret = m;
	return sek_ok();
}

void sek_state_write(struct sek_writer *w, const struct sek_state_msg *m)
{
	size_t at;

	if (!sek_message_begin(w, SEK_MSG_STATE, sek_state_known(m->state), &at))
		return;
	sek_write_u16(w, m->state);
	sek_write_u16(w, 0);
	sek_write_u32(w, m->arg);
	sek_frame_end(w, at);
}

/* --- PING, PONG --- */

sek_status sek_ping_read(const void *payload, size_t n, struct sek_ping *ret)
{
	struct sek_reader r;
	struct sek_ping m;

	sek_reader_init(&r, payload, n);
	SEK_TRY(sek_read_u32(&r, &m.id));
	SEK_TRY(sek_read_done(&r));
	*ret = m;
	return sek_ok();
}

static void ping_write(struct sek_writer *w, enum sek_msg_type type, const struct sek_ping *m)
{
	size_t at = sek_frame_begin(w, type, 0);

	sek_write_u32(w, m->id);
	sek_frame_end(w, at);
}

void sek_ping_write(struct sek_writer *w, const struct sek_ping *m)
{
	ping_write(w, SEK_MSG_PING, m);
}

void sek_pong_write(struct sek_writer *w, const struct sek_ping *m)
{
	ping_write(w, SEK_MSG_PONG, m);
}

/* --- REFRESH, RELEASE, END: a type with a payload is refused by sek_frame_end --- */

void sek_empty_write(struct sek_writer *w, enum sek_msg_type type)
{
	sek_frame_end(w, sek_frame_begin(w, type, 0));
}
