/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Connections for documents: they reach the sandbox of the session that their certificate names and no other, and end with a reason
 * whatever becomes of the sandbox, its renderer or the session.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/renderd/rig.h"

static const uint8_t first[16] = { 1 }, second[16] = { 2 };
static struct rig rig;

static void ask(struct client *c, const uint8_t id[16], uint16_t dpi)
{
	uint8_t memory[32];
	struct sek_writer w;

	client_open(c, &rig, id);
	sek_writer_init(&w, memory, sizeof memory);
	sek_document_msg_write(&w, &(struct sek_document_msg){ 1, 1, SEK_DOCUMENT_CAUGHT, 150, 10, 600, 800 });
	memory[SEK_FRAME_HEADER_BYTES + 6] = (uint8_t)(dpi >> 8);
	memory[SEK_FRAME_HEADER_BYTES + 7] = (uint8_t)dpi;
	client_send(c, memory, w.len);
}

static void expect_pages(struct client *c, enum sek_document_state state)
{
	const uint8_t *payload;
	struct sek_pages_msg m;
	struct sek_frame f;

	ck_assert(client_next(c, &f, &payload));
	ck_assert_uint_eq(f.type, SEK_MSG_PAGES);
	ck_assert(sek_is_ok(sek_pages_msg_read(payload, f.payload_bytes, &m)));
	ck_assert_msg(m.state == state, "%s", sek_document_state_name(m.state));
}

static void order(const char *text)
{
	char path[300], name[300];
	FILE *f;

	/* put there whole: the stand-in looks all the time */
	snprintf(path, sizeof path, "%s/s0/order.new", rig.sessions);
	snprintf(name, sizeof name, "%s/s0/order", rig.sessions);
	f = fopen(path, "w");
	ck_assert_ptr_nonnull(f);
	fprintf(f, "%s\n", text);
	fclose(f);
	ck_assert_int_eq(rename(path, name), 0);
}

START_TEST(they_reach_their_session)
{
	static const struct {
		const char *order;
		enum sek_document_state state;
	} rows[] = { { "drop", SEK_DOCUMENT_DIED }, { "final", SEK_DOCUMENT_BROKEN } };
	struct client s, a, b;

	rig_start(&rig, &(struct rig_wishes){ .max = 2 });
	/* of no session */
	ask(&a, first, 150);
	expect_pages(&a, SEK_DOCUMENT_ENDED);
	client_expect_end(&a);
	client_close(&a);
	client_attach(&s, &rig, first, SEK_HELLO_CREATE);
	/* of somebody else's */
	ask(&a, second, 150);
	expect_pages(&a, SEK_DOCUMENT_ENDED);
	client_expect_end(&a);
	client_close(&a);
	/* a malformed one is refused without a word */
	ask(&a, first, 71);
	client_expect_end(&a);
	client_close(&a);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		ask(&a, first, 150);
		expect_pages(&a, SEK_DOCUMENT_WORKING);
		order(rows[i].order);
		expect_pages(&a, rows[i].state);
		client_expect_end(&a); /* once is enough */
		client_close(&a);
	}
	/* half a frame is taken back, or nothing more is said */
	ask(&a, first, 150);
	expect_pages(&a, SEK_DOCUMENT_WORKING);
	order("half");
	client_expect_end(&a);
	client_close(&a);
	/* the second takes the place of the first */
	ask(&a, first, 150);
	expect_pages(&a, SEK_DOCUMENT_WORKING);
	ask(&b, first, 150);
	expect_pages(&a, SEK_DOCUMENT_ENDED);
	client_expect_end(&a);
	client_close(&a);
	expect_pages(&b, SEK_DOCUMENT_WORKING);
	/* one that goes away is no word to the session */
	client_close(&b);
	client_text(&s, "still here");
	ask(&b, first, 150);
	expect_pages(&b, SEK_DOCUMENT_WORKING);
	/* the session's end is its end */
	client_empty(&s, SEK_MSG_END);
	expect_pages(&b, SEK_DOCUMENT_ENDED);
	client_expect_end(&b);
	client_close(&b);
	client_close(&s);
	rig_expect_empty(&rig);
	rig_finish(&rig);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("renderd documents");
	TCase *tests = tcase_create("documents");
	SRunner *runner;
	int failed;

	if (geteuid() != 0)
		return 77;
	tcase_set_timeout(tests, 90);
	tcase_add_test(tests, they_reach_their_session);
	suite_add_tcase(suite, tests);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
