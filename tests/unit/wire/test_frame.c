/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Frame headers: every rule of messages.def at its border, for every type, link and direction.
 */
#include <check.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/wire/wire.h"

enum { UP = SEK_DIR_UP, DOWN = SEK_DIR_DOWN, BOTH = SEK_DIR_BOTH };
enum { HOST = SEK_LINK_HOST, CLIENT = SEK_LINK_CLIENT, HUB = SEK_LINK_HUB };

static const struct {
	const char *name;
	uint8_t type, dir, links, flags;
	uint32_t least, most;
} rules[] = {
#define SEK_MESSAGE(name, number, dir, links, least, most, flags, text) \
	{ #name, number, (dir), (uint8_t)(links), flags, least, most },
#include "protocol/wire/messages.def"
};
#define RULES (sizeof rules / sizeof rules[0])

static void header(uint8_t out[8], uint8_t type, uint8_t flags, uint16_t reserved, uint32_t length)
{
	struct sek_writer w;

	sek_writer_init(&w, out, 8);
	sek_write_u8(&w, type);
	sek_write_u8(&w, flags);
	sek_write_u16(&w, reserved);
	sek_write_u32(&w, length);
}

static enum sek_link link_of(size_t i)
{
	return rules[i].links & HOST ? SEK_LINK_HOST : rules[i].links & HUB ? SEK_LINK_HUB : SEK_LINK_CLIENT;
}

/* The flags that a type has on a link, counted from the list anew. */
static uint8_t flags_on(size_t i, unsigned link)
{
	uint8_t flags = rules[i].flags;

#define SEK_MESSAGE_FLAG(name, flag, links, text)                           \
	if (rules[i].type == SEK_MSG_##name && ((links) & link) == 0)            \
		flags = (uint8_t)(flags & ~(flag));
#include "protocol/wire/messages.def"
	return flags;
}

static sek_status parse(size_t i, uint8_t flags, uint16_t reserved, uint32_t length)
{
	enum sek_direction dir = rules[i].dir & UP ? SEK_DIR_UP : SEK_DIR_DOWN;
	struct sek_frame f;
	uint8_t b[8];

	header(b, rules[i].type, flags, reserved, length);
	return sek_frame_parse(b, sizeof b, link_of(i), dir, &f);
}

START_TEST(every_type_at_its_limits)
{
	for (size_t i = 0; i < RULES; i++) {
		ck_assert(sek_is_ok(parse(i, 0, 0, rules[i].least)));
		ck_assert(sek_is_ok(parse(i, flags_on(i, link_of(i)), 0, rules[i].most)));
		if (rules[i].least > 0)
			ck_assert(sek_is(parse(i, 0, 0, rules[i].least - 1), SEK_E_MALFORMED));
		ck_assert(sek_is(parse(i, 0, 0, rules[i].most + 1), SEK_E_MALFORMED));
		ck_assert(sek_is(parse(i, 0, 0, UINT32_MAX), SEK_E_MALFORMED));
		for (uint16_t bit = 1; bit; bit = (uint16_t)(bit << 1))
			ck_assert(sek_is(parse(i, 0, bit, rules[i].least), SEK_E_MALFORMED));
		for (unsigned bit = 1; bit < 0x100; bit <<= 1) {
			bool allowed = (flags_on(i, link_of(i)) & bit) != 0;

			ck_assert(sek_is_ok(parse(i, (uint8_t)bit, 0, rules[i].least)) == allowed);
		}
	}
}
END_TEST

/* "ASIDE is nothing for a client, and a render host has neither ASIDE nor FRESH." */
START_TEST(what_is_for_the_recording_stays_on_the_hub_link)
{
	static const struct {
		enum sek_link link;
		uint8_t flags;
	} rows[] = { { SEK_LINK_HOST, 0x03 }, { SEK_LINK_CLIENT, 0x0b }, { SEK_LINK_HUB, 0x0f } };

	for (size_t k = 0; k < 3; k++) {
		for (unsigned flags = 0; flags < 0x100; flags++) {
			struct sek_frame f;
			uint8_t b[8];

			header(b, SEK_MSG_UPDATE, (uint8_t)flags, 0, 8);
			ck_assert(sek_is_ok(sek_frame_parse(b, sizeof b, rows[k].link, SEK_DIR_DOWN, &f)) ==
				((flags & ~(unsigned)rows[k].flags) == 0));
		}
	}
}
END_TEST

START_TEST(only_listed_types_on_their_link_in_their_direction)
{
	static const enum sek_link links[] = { SEK_LINK_HOST, SEK_LINK_CLIENT, SEK_LINK_HUB };
	static const enum sek_direction dirs[] = { SEK_DIR_UP, SEK_DIR_DOWN };

	for (unsigned type = 0; type < 256; type++) {
		for (size_t l = 0; l < 3; l++) {
			for (size_t d = 0; d < 2; d++) {
				struct sek_frame f = { 0xaa, 0xaa, 0xaaaaaaaa };
				bool allowed = false;
				uint32_t length = 0;
				uint8_t b[8];

				for (size_t i = 0; i < RULES; i++) {
					if (rules[i].type == type) {
						length = rules[i].least;
						allowed = (rules[i].links & links[l]) && (rules[i].dir & dirs[d]);
					}
				}
				header(b, (uint8_t)type, 0, 0, length);
				ck_assert(sek_is_ok(sek_frame_parse(b, 8, links[l], dirs[d], &f)) == allowed);
				if (allowed)
					ck_assert(f.type == type && f.flags == 0 && f.payload_bytes == length);
				else
					ck_assert(f.type == 0xaa && f.payload_bytes == 0xaaaaaaaa);
			}
		}
	}
}
END_TEST

START_TEST(a_short_header_or_payload_needs_more)
{
	uint8_t b[8 + 4] = { 0 };
	struct sek_frame f;
	size_t total = 77;

	header(b, SEK_MSG_ACK, 0, 0, 4);
	for (size_t n = 0; n < 8; n++) {
		ck_assert(sek_is(sek_frame_parse(b, n, SEK_LINK_HOST, SEK_DIR_UP, &f), SEK_E_AGAIN));
		ck_assert(sek_is(sek_frame_whole(b, n, SEK_LINK_HOST, SEK_DIR_UP, &f, &total), SEK_E_AGAIN));
	}
	ck_assert(sek_is_ok(sek_frame_parse(b, 8, SEK_LINK_HOST, SEK_DIR_UP, &f)));
	for (size_t n = 8; n < 12; n++)
		ck_assert(sek_is(sek_frame_whole(b, n, SEK_LINK_HOST, SEK_DIR_UP, &f, &total), SEK_E_AGAIN));
	ck_assert_uint_eq(total, 77);
	ck_assert(sek_is_ok(sek_frame_whole(b, 12, SEK_LINK_HOST, SEK_DIR_UP, &f, &total)));
	ck_assert_uint_eq(total, 12);
	b[0] = 0xff; /* a refusal needs no payload */
	ck_assert(sek_is(sek_frame_whole(b, 8, SEK_LINK_HOST, SEK_DIR_UP, &f, &total), SEK_E_MALFORMED));
}
END_TEST

START_TEST(a_frame_of_a_wrong_size_is_taken_back)
{
	uint8_t memory[64];
	struct sek_writer w;
	size_t at;

	sek_writer_init(&w, memory, sizeof memory);
	at = sek_frame_begin(&w, SEK_MSG_ACK, 0);
	sek_write_u32(&w, 1);
	ck_assert(sek_is_ok(sek_frame_end(&w, at)));
	ck_assert_uint_eq(w.len, 12);

	at = sek_frame_begin(&w, SEK_MSG_ACK, 0);
	ck_assert(sek_is(sek_frame_end(&w, at), SEK_E_LIMIT)); /* too short */
	ck_assert_uint_eq(w.len, 12);
	ck_assert(w.failed);

	w.failed = false;
	at = sek_frame_begin(&w, SEK_MSG_ACK, 0);
	sek_write_u32(&w, 1);
	sek_write_u8(&w, 1);
	ck_assert(sek_is(sek_frame_end(&w, at), SEK_E_LIMIT)); /* too long */
	ck_assert_uint_eq(w.len, 12);

	w.failed = false;
	at = sek_frame_begin(&w, SEK_MSG_ACK, 1); /* a flag that ACK does not have */
	sek_write_u32(&w, 1);
	ck_assert(sek_is(sek_frame_end(&w, at), SEK_E_LIMIT));
	ck_assert_uint_eq(w.len, 12);

	w.failed = false;
	at = sek_frame_begin(&w, (enum sek_msg_type)0x7f, 0);
	ck_assert(sek_is(sek_frame_end(&w, at), SEK_E_LIMIT)); /* unknown type */

	sek_writer_init(&w, memory, 7); /* not even the header fits */
	at = sek_frame_begin(&w, SEK_MSG_END, 0);
	ck_assert(sek_is(sek_frame_end(&w, at), SEK_E_LIMIT));
	ck_assert_uint_eq(w.len, 0);
	ck_assert(sek_is(sek_frame_end(&w, 5), SEK_E_LIMIT)); /* an offset that no begin returned */
}
END_TEST

START_TEST(names_are_the_lists_names)
{
	for (size_t i = 0; i < RULES; i++) {
		const char *got = sek_msg_name(rules[i].type);

		ck_assert_uint_eq(strlen(got), strlen(rules[i].name));
		for (size_t k = 0; got[k]; k++)
			ck_assert_int_eq(got[k], rules[i].name[k] == '_' ? '-' : tolower((unsigned char)rules[i].name[k]));
	}
	ck_assert_str_eq(sek_msg_name(0), "unknown");
	ck_assert_str_eq(sek_msg_name(SEK_MSG_VISIBILITY), "visibility");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("wire frames");
	TCase *t = tcase_create("all");
	SRunner *r;
	int failed;

	tcase_add_test(t, every_type_at_its_limits);
	tcase_add_test(t, what_is_for_the_recording_stays_on_the_hub_link);
	tcase_add_test(t, only_listed_types_on_their_link_in_their_direction);
	tcase_add_test(t, a_short_header_or_payload_needs_more);
	tcase_add_test(t, a_frame_of_a_wrong_size_is_taken_back);
	tcase_add_test(t, names_are_the_lists_names);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
