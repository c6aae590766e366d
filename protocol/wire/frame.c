/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Frame headers: the only layer that may say "need more bytes". Everything about a type that can be known before its
 * payload arrives (link, direction, flags, length) is refused here, from messages.def alone. Freestanding.
 */
#include "protocol/wire/names.h"
#include "protocol/wire/wire.h"

/* The words that messages.def uses. */
enum {
	UP = SEK_DIR_UP, DOWN = SEK_DIR_DOWN, BOTH = SEK_DIR_BOTH,
	HOST = SEK_LINK_HOST, CLIENT = SEK_LINK_CLIENT, HUB = SEK_LINK_HUB,
};

struct rule {
	uint8_t dir, links, flags;
	uint32_t least, most;
};

/* False if the type is unknown. */
static bool find_rule(uint8_t type, struct rule *ret)
{
	switch (type) {
#define SEK_MESSAGE(name, number, dir, links, least, most, flags, text)                                            \
	case number:                                                                                               \
		*ret = (struct rule){ (uint8_t)(dir), (uint8_t)(links), flags, least, most };               \
		return true;
#include "protocol/wire/messages.def"
	default:
		return false;
	}
}

/* Flags of a type that this link does not have. */
static uint8_t flags_elsewhere(uint8_t type, unsigned link)
{
	uint8_t flags = 0;

#define SEK_MESSAGE_FLAG(name, flag, links, text)                     \
	if (type == SEK_MSG_##name && !((links) & link))                   \
		flags |= flag;
#include "protocol/wire/messages.def"
	return flags;
}

sek_status sek_frame_parse(const void *bytes, size_t n, enum sek_link link, enum sek_direction dir,
	struct sek_frame *ret)
{
	struct sek_reader r;
	struct sek_frame f;
	struct rule rule;
	uint16_t reserved;

	if (n < SEK_FRAME_HEADER_BYTES)
		return sek_fail(SEK_E_AGAIN);
	sek_reader_init(&r, bytes, SEK_FRAME_HEADER_BYTES);
	SEK_TRY(sek_read_u8(&r, &f.type));
	SEK_TRY(sek_read_u8(&r, &f.flags));
	SEK_TRY(sek_read_u16(&r, &reserved));
	SEK_TRY(sek_read_u32(&r, &f.payload_bytes));

	/* "An unknown type, a type of another link or the other direction ends the session." */
	if (!find_rule(f.type, &rule) || !(rule.links & (unsigned)link) || !(rule.dir & (unsigned)dir))
		return sek_fail(SEK_E_MALFORMED);
	/* "Reserved bytes and flag bits that the type does not define are 0." */
	if (reserved != 0 || (f.flags & (uint8_t)~rule.flags) || (f.flags & flags_elsewhere(f.type, (unsigned)link)))
		return sek_fail(SEK_E_MALFORMED);
	/* "The length lies within the type's bounds; it is checked before anything is allocated." */
	if (f.payload_bytes < rule.least || f.payload_bytes > rule.most)
		return sek_fail(SEK_E_MALFORMED);
	*ret = f;
	return sek_ok();
}

sek_status sek_frame_whole(const void *bytes, size_t n, enum sek_link link, enum sek_direction dir,
	struct sek_frame *ret, size_t *ret_total)
{
	struct sek_frame f;

	SEK_TRY(sek_frame_parse(bytes, n, link, dir, &f));
	if (n - SEK_FRAME_HEADER_BYTES < f.payload_bytes)
		return sek_fail(SEK_E_AGAIN);
	*ret = f;
	*ret_total = (size_t)SEK_FRAME_HEADER_BYTES + f.payload_bytes;
	return sek_ok();
}

size_t sek_frame_begin(struct sek_writer *w, enum sek_msg_type type, uint8_t flags)
{
	size_t offset = w->len;

	sek_write_u8(w, (uint8_t)type);
	sek_write_u8(w, flags);
	sek_write_u16(w, 0);
	sek_write_u32(w, 0);
	return offset;
}

sek_status sek_frame_end(struct sek_writer *w, size_t offset)
{
	struct sek_writer head;
	struct rule rule;
	size_t payload;

	if (w->failed || w->len < offset || w->len - offset < SEK_FRAME_HEADER_BYTES)
		goto refuse;
	payload = w->len - offset - SEK_FRAME_HEADER_BYTES;
	if (!find_rule(w->start[offset], &rule) || (w->start[offset + 1] & (uint8_t)~rule.flags) ||
	    payload < rule.least || payload > rule.most)
		goto refuse;
	sek_writer_init(&head, w->start + offset + 4, 4);
	sek_write_u32(&head, (uint32_t)payload);
	return sek_ok();

refuse:
	if (w->len > offset)
		w->len = offset;
	w->failed = true;
	return sek_fail(SEK_E_LIMIT);
}

const char *sek_msg_name(uint8_t type)
{
	static const struct {
		uint8_t type;
		char name[SEK_NAME_MAX];
	} names[] = {
#define SEK_MESSAGE(name, number, dir, links, least, most, flags, text) { number, SEK_LOWER(#name) },
#include "protocol/wire/messages.def"
	};
#define SEK_MESSAGE(name, number, dir, links, least, most, flags, text) \
	_Static_assert(sizeof(#name) <= SEK_NAME_MAX, "name too long");
#include "protocol/wire/messages.def"

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		if (names[i].type == type)
			return names[i].name;
	}
	return "unknown";
}
